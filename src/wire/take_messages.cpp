#include "src/wire/json_text.hpp"
#include "src/wire/messages.hpp"

namespace troupe::wire {

namespace {

timestamp time_of(std::int64_t micros) noexcept {
  return timestamp{microseconds{micros}};
}

json json_of(std::string_view text, const char* field) {
  std::string error;
  auto out = json_of_text(text, error);
  if (!out)
    throw malformed{std::string{field} + ": " + error};
  return *std::move(out);
}

std::vector<std::string> strings(google::protobuf::RepeatedPtrField<std::string>& in) {
  std::vector<std::string> out;
  out.reserve(static_cast<std::size_t>(in.size()));
  for (auto& s : in)
    out.push_back(std::move(s));
  return out;
}

customer take(v1::Customer& in) {
  return {std::move(*in.mutable_id()), std::move(*in.mutable_tier())};
}

} // namespace

task take(v1::Task& in) {
  task out;
  out.id = std::move(*in.mutable_id());
  out.context_id = std::move(*in.mutable_context_id());
  out.domain = std::move(*in.mutable_domain());
  out.skill = std::move(*in.mutable_skill());
  out.text = std::move(*in.mutable_text());
  out.data = json_of(in.data_json(), "task.data");
  if (in.has_who())
    out.who = take(*in.mutable_who());
  out.urgency = enum_of<priority>(in.priority(), "task.priority");
  out.keep = enum_of<durability>(in.durability(), "task.durability");
  out.created = time_of(in.created());
  if (in.has_deadline())
    out.deadline = time_of(in.deadline());
  out.firm = in.firm();
  out.idempotency_key = std::move(*in.mutable_idempotency_key());
  out.trace_id = std::move(*in.mutable_trace_id());
  out.parent = std::move(*in.mutable_parent());
  out.parent_step = in.parent_step();
  out.fleet = in.fleet();
  out.path = strings(*in.mutable_path());
  return out;
}

failure take(v1::Failure& in) {
  failure out{enum_of<reason>(in.reason(), "failure.reason"), std::move(*in.mutable_detail()),
              milliseconds{in.retry_after()}};
  for (auto& e : *in.mutable_errors())
    out.errors.push_back({std::move(*e.mutable_pointer()), std::move(*e.mutable_keyword()),
                          std::move(*e.mutable_message())});
  return out;
}

outcome take(v1::Outcome& in) {
  outcome out;
  out.text = std::move(*in.mutable_text());
  out.data = json_of(in.data_json(), "outcome.data");
  out.confidence = in.confidence();
  out.partial = in.partial();
  const auto& used = in.used();
  out.used = {used.input_tokens(), used.output_tokens(), used.cost_micros(),
              used.calls(),        used.cached_tokens(), used.cache_write_tokens()};
  if (in.has_failed())
    out.failed = take(*in.mutable_failed());
  out.acted = enum_of<deeds>(in.acted(), "outcome.acted");
  return out;
}

route take(v1::Route& in) {
  route out;
  out.skill = std::move(*in.mutable_skill());
  out.agent = std::move(*in.mutable_agent());
  out.strategy = enum_of<route_strategy>(in.strategy(), "route.strategy");
  out.repeatable = !in.unrepeatable();
  out.does = enum_of<effects>(in.does(), "route.does");
  out.because = std::move(*in.mutable_because());
  out.of = in.of();
  out.node = std::move(*in.mutable_node());
  out.decided_at = std::move(*in.mutable_decided_at());
  out.seen.reserve(static_cast<std::size_t>(in.seen_size()));
  for (auto& s : *in.mutable_seen()) {
    auto& c = out.seen.emplace_back();
    c.agent = std::move(*s.mutable_agent());
    c.said = enum_of<verdict>(s.verdict(), "route.seen.verdict");
    c.load = s.load();
    c.capacity = s.capacity();
    c.cost = s.cost();
    c.quality = s.quality();
    c.success_rate = s.success_rate();
    c.fit = s.fit();
  }
  out.arms.reserve(static_cast<std::size_t>(in.arms_size()));
  for (auto& a : *in.mutable_arms())
    out.arms.push_back({std::move(*a.mutable_agent()), a.trials(), a.mean(), a.spread(), a.draw()});
  return out;
}

plan_node take(v1::PlanNode& in, std::size_t depth) {
  if (depth > plan::max_depth)
    throw malformed{"plan nests deeper than " + std::to_string(plan::max_depth) + " levels"};
  plan_node out;
  out.op = enum_of<plan_op>(in.op(), "plan.op");
  out.name = std::move(*in.mutable_name());
  out.skill = std::move(*in.mutable_skill());
  out.target = std::move(*in.mutable_target());
  out.text = std::move(*in.mutable_text());
  out.input = json_of(in.input_json(), "plan.input");
  out.urgency = enum_of<priority>(in.priority(), "plan.priority");
  out.timeout = milliseconds{in.timeout()};
  out.fallback = strings(*in.mutable_fallback());
  out.needed = in.needed();
  if (in.has_when()) {
    auto& when = *in.mutable_when();
    out.when.pointer = std::move(*when.mutable_pointer());
    out.when.test = enum_of<gate_test>(when.test(), "plan.when.test");
    out.when.value = json_of(when.value_json(), "plan.when.value");
  }
  out.how = enum_of<join>(in.join(), "plan.join");
  out.items = std::move(*in.mutable_items());
  if (in.has_at_once())
    out.at_once = in.at_once();
  if (in.has_max_rounds())
    out.max_rounds = in.max_rounds();
  out.note = std::move(*in.mutable_note());
  for (auto& s : *in.mutable_scores())
    out.scores.push_back({std::move(*s.mutable_intent()), s.score()});
  out.children.reserve(static_cast<std::size_t>(in.children_size()));
  for (auto& child : *in.mutable_children())
    out.children.push_back(take(child, depth + 1));
  for (auto& undo : *in.mutable_undo())
    out.undo.push_back(take(undo, depth + 1));
  return out;
}

event take(v1::Event& in) {
  event out;
  out.kind = enum_of<event_kind>(in.kind(), "event.kind");
  out.triage = in.triage();
  if (in.has_step())
    out.step = in.step();
  out.attempt = in.attempt();
  out.at = time_of(in.at());
  out.dice = in.dice();
  switch (in.body_case()) {
  case v1::Event::kPlan:
    out.body = std::make_shared<const plan>(take(*in.mutable_plan()));
    break;
  case v1::Event::kRoute:
    out.body = std::make_shared<const route>(take(*in.mutable_route()));
    break;
  case v1::Event::kOutcome:
    out.body = std::make_shared<const outcome>(take(*in.mutable_outcome()));
    break;
  case v1::Event::kFailure:
    out.body = std::make_shared<const failure>(take(*in.mutable_failure()));
    break;
  case v1::Event::kText:
    out.body = std::make_shared<const std::string>(std::move(*in.mutable_text()));
    break;
  case v1::Event::BODY_NOT_SET:
    break;
  }
  return out;
}

task_record take(v1::TaskRecord& in) {
  task_record out;
  if (in.has_what())
    out.what = std::make_shared<const task>(take(*in.mutable_what()));
  out.state = enum_of<task_state>(in.state(), "record.state");
  out.phase = enum_of<task_phase>(in.phase(), "record.phase");
  if (in.has_how())
    out.how = std::make_shared<const plan>(take(*in.mutable_how()));
  out.history.reserve(static_cast<std::size_t>(in.history_size()));
  for (auto& e : *in.mutable_history())
    out.history.push_back(take(e));
  if (in.has_result())
    out.result = std::make_shared<const outcome>(take(*in.mutable_result()));
  out.updated = time_of(in.updated());
  if (in.has_moved_deadline())
    out.moved_deadline = time_of(in.moved_deadline());
  return out;
}

session_snapshot take(v1::Session& in) {
  session_snapshot out;
  out.id = std::move(*in.mutable_id());
  out.domain = std::move(*in.mutable_domain());
  out.context = json_of(in.context_json(), "session.context");
  out.turns.reserve(static_cast<std::size_t>(in.turns_size()));
  for (auto& t : *in.mutable_turns())
    out.turns.push_back({time_of(t.at()), std::move(*t.mutable_task_id()),
                         std::move(*t.mutable_text()), std::move(*t.mutable_answer()),
                         enum_of<task_state>(t.state(), "session.turn.state")});
  if (in.has_who())
    out.who = take(*in.mutable_who());
  out.updated = time_of(in.updated());
  out.failures = in.failures();
  for (auto& i : *in.mutable_instances())
    out.instances.push_back(std::move(i));
  return out;
}

} // namespace troupe::wire
