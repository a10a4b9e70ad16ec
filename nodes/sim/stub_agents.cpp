#include "nodes/sim/stub_agents.hpp"

#include <stdexcept>

namespace troupe::sim {

namespace {

constexpr const char* on_pool = "simulated";
constexpr const char* at_once = "simulated at once";
constexpr std::chrono::seconds wakes_within{2};

void put_stubs(std::vector<domain_spec>& domains) {
  for (auto& d : domains) {
    for (auto& a : d.agents) {
      auto& kind = a.card.kind;
      if (!stub_agents::stands_in_for(kind))
        continue;
      kind = agent_kind::native;
      // A tenth of all agents answers on its own thread, as cheap native functions do.
      const bool cheap = stable_hash(a.card.domain + "/" + a.card.name) % 10 == 0;
      a.settings = {{"function", cheap ? at_once : on_pool}};
    }
    put_stubs(d.domains);
  }
}

outcome failed_as(reason why, const char* detail, milliseconds wait = {}) {
  return outcome::of({why, detail, wait});
}

} // namespace

bool stub_agents::stands_in_for(agent_kind kind) noexcept {
  return kind == agent_kind::native || kind == agent_kind::subprocess || kind == agent_kind::http ||
         kind == agent_kind::llm || kind == agent_kind::a2a || kind == agent_kind::mcp ||
         kind == agent_kind::worker;
}

stub_agents::stub_agents(world& w, fault_plan faults, stub_answer answer,
                         std::shared_ptr<outside_world> outside)
    : world_(w)
    , faults_(faults)
    , answer_(answer ? std::move(answer) : plausible_answer)
    , outside_(std::move(outside)) {}

fleet_spec stub_agents::prepared(fleet_spec fleet) {
  fleet.plugins.clear();
  fleet.services.clear();
  fleet.mcp_servers.clear();
  put_stubs(fleet.domains);
  return fleet;
}

void stub_agents::register_in(native_agents& natives) {
  const auto make = [this](const agent_spec& spec) -> native_function {
    return [this, spec](const agent_call& call, std::stop_token) { return work(spec, call); };
  };
  natives.add(on_pool, make);
  natives.add(at_once, make, true);
}

bool stub_agents::goes_wrong(const char* kind, double chance) {
  if (!world_.chance(chance))
    return false;
  ++mishaps_[kind];
  return true;
}

void stub_agents::act(const agent_spec& spec, const agent_call& call) {
  if (spec.card.does == effects::none)
    return;
  auto& d = outside_->deeds[call.idempotency_key];
  d.agent = spec.card.domain + "/" + spec.card.name;
  d.kind = spec.card.does;
  d.kept = call.about->keep != durability::none;
  ++d.asked;
  outside_->actors.insert(d.agent);
  // Who takes the key knows what has been done; others do it again. What a machine does when it
  // wakes, after it was declared dead and others were asked what had come of it, nobody can prevent
  // from within.
  // While it stands still, what it has begun ends in the simulation where it would end then. The
  // same goes for a thread that was at it when its node was declared dead and lived on. Whether it
  // acts after those who do it again, or before them, is all the same.
  const bool risen = asleep_ || world_.now() < parted_until_ ||
                     world_.doing_since < world_.dead_since() ||
                     (awake_since_ != timestamp{} && world_.now() - awake_since_ < wakes_within);
  d.risen = d.risen || risen;
  if (d.carried == 0)
    d.order = ++outside_->acts;
  if (d.carried == 0 || spec.card.does == effects::unsafe ||
      (spec.card.does == effects::queryable && !d.risen))
    ++d.carried;
}

void stub_agents::note_part(const agent_call& call) {
  const auto told = [&](const char* name) -> std::optional<std::int64_t> {
    const auto hit = call.input.find(name);
    if (hit == call.input.end() || !hit->is_number_integer())
      return std::nullopt;
    return hit->get<std::int64_t>();
  };
  if (!call.input.is_object())
    return;
  if (const auto item = told("index"), round = told("round"); item || round)
    outside_->parts.insert({call.about->id, call.step, item, round});
}

outcome stub_agents::work(const agent_spec& spec, const agent_call& call) {
  if (!world_.process_runs)
    throw std::runtime_error{"the process is gone"};
  ++calls_;
  note_part(call);
  const auto said = [&](const char* how) {
    world_.note("call " + spec.card.domain + "/" + spec.card.name + " " + call.about->id + "/" +
                std::to_string(call.step) + " attempt " + std::to_string(call.attempt) + ": " +
                how);
  };
  if (call.query) {
    const auto hit = outside_->deeds.find(call.idempotency_key);
    const bool happened = hit != outside_->deeds.end() && hit->second.carried > 0;
    said(happened ? "asked, and it has happened" : "asked, and it has not happened");
    outcome x;
    if (happened)
      x = answer_(spec, call, world_.draw());
    if (!x.data.is_object())
      x.data = json::object();
    x.data["happened"] = happened;
    return x;
  }
  if (goes_wrong("limited", faults_.limited)) {
    said("come back later");
    return failed_as(reason::rate_limited, "too many requests", milliseconds{300});
  }
  if (goes_wrong("unavailable", faults_.unavailable)) {
    said("not now");
    return failed_as(reason::unavailable, "the service is away");
  }
  if (goes_wrong("throws", faults_.throws)) {
    if (world_.chance(0.5))
      act(spec, call);
    said("throws");
    throw std::runtime_error{"the agent has a defect"};
  }
  act(spec, call);
  auto x = answer_(spec, call, world_.draw());
  if (goes_wrong("garbage", faults_.garbage)) {
    said("garbage");
    if (world_.chance(0.5))
      x.data = json::array({"no", "object"});
    else
      x.confidence = 17;
    return x;
  }
  if (goes_wrong("unsure", faults_.unsure)) {
    said("unsure");
    x.confidence = 0.01;
    return x;
  }
  said(x.ok() ? "done" : "failed");
  return x;
}

} // namespace troupe::sim
