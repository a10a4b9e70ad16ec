#include "actors/runner.hpp"
#include "policies/deadline.hpp"
#include "policies/failure_table.hpp"
#include "src/a2a/remote_agent.hpp"
#include "src/telemetry/log.hpp"

#include <unordered_map>

namespace troupe {

namespace {

a2a::settings a2a_settings_of(const agent_spec& spec) {
  a2a::settings out;
  out.url = spec.settings.value("url", std::string{});
  out.tenant = spec.settings.value("tenant", std::string{});
  out.skill = spec.settings.value("skill", std::string{});
  if (const auto more = spec.settings.find("headers"); more != spec.settings.end())
    for (const auto& [name, value] : more->items())
      out.headers.emplace_back(name, value.get<std::string>());
  return out;
}

/// What another agent says of a failure may repeat what we sent it, keys among it. Its word for the
/// end of a task that had begun says why it ended, and not that nothing had been done before.
outcome outcome_of(a2a::reply x, effects does, const redactor_ptr& secrets) {
  if (x.failed) {
    if (x.begun && does != effects::none && did_nothing(x.failed.why))
      x.failed.why = reason::crash;
    if (secrets)
      secrets->apply(x.failed.detail);
    return outcome::of(std::move(x.failed));
  }
  outcome out;
  out.text = std::move(x.text);
  out.data = std::move(x.data);
  return out;
}

/// An agent somewhere else that speaks A2A: each call is one message to it.
class a2a_runner final : public agent_runner {
 public:
  a2a_runner(parts_ptr parts, const agent_spec& spec)
      : parts_(std::move(parts))
      , does_(spec.card.does)
      , agent_(a2a_settings_of(spec), *parts_->http, *parts_->clock) {}

  outcome_ptr run(caf::event_based_actor* self, std::uint64_t call,
                  const agent_call_ptr& what) override {
    const auto to = caf::actor_cast<caf::actor_addr>(self);
    running_[call] = agent_.call(
        message_of(*what), left(what->deadline, parts_->now(self)),
        [call, to, does = does_, secrets = parts_->secrets](a2a::reply x) {
          if (auto agent = caf::actor_cast<caf::actor>(to))
            caf::anon_send(agent, runner_ended{call, std::make_shared<const outcome>(
                                                         outcome_of(std::move(x), does, secrets))});
        });
    return nullptr;
  }

  bool stop(std::uint64_t call) override {
    if (const auto hit = running_.find(call); hit != running_.end())
      agent_.cancel(hit->second);
    return true;
  }

  void ended(std::uint64_t call) override { running_.erase(call); }

 private:
  /// The id is the same when the same effect is asked for again, so that an agent that compares ids
  /// has it once; an attempt without effects is another message.
  static a2a::message message_of(const agent_call& x) {
    a2a::message out;
    out.id = x.idempotency_key.empty()
                 ? x.about->id + "/" + std::to_string(x.step) + "/" + std::to_string(x.attempt)
                 : x.idempotency_key;
    out.text = x.text;
    if (x.input.is_object())
      out.data = x.input;
    if (x.context.is_object() && !x.context.empty()) {
      if (!out.data.is_object())
        out.data = json::object();
      out.data["context"] = x.context;
    }
    return out;
  }

  parts_ptr parts_;
  const effects does_;
  a2a::remote_agent agent_;
  std::unordered_map<std::uint64_t, std::uint64_t> running_;
};

} // namespace

runner_ptr make_a2a_runner(const parts_ptr& parts, const agent_spec& spec) {
  return std::make_unique<a2a_runner>(parts, spec);
}

} // namespace troupe
