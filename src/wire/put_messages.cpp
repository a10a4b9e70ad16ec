#include "src/wire/json_text.hpp"
#include "src/wire/messages.hpp"

namespace troupe::wire {

namespace {

std::int64_t micros(timestamp t) noexcept {
  return t.time_since_epoch().count();
}

template <class E>
std::uint32_t code(E x) noexcept {
  return static_cast<std::uint32_t>(x);
}

void put(const customer& x, v1::Customer& out) {
  out.set_id(x.id);
  out.set_tier(x.tier);
}

void put(const usage& x, v1::Usage& out) {
  out.set_input_tokens(x.input_tokens);
  out.set_output_tokens(x.output_tokens);
  out.set_cost_micros(x.cost_micros);
  out.set_calls(x.calls);
  out.set_cached_tokens(x.cached_tokens);
  out.set_cache_write_tokens(x.cache_write_tokens);
}

} // namespace

void put(const task& x, v1::Task& out) {
  out.set_id(x.id);
  out.set_context_id(x.context_id);
  out.set_domain(x.domain);
  out.set_skill(x.skill);
  out.set_text(x.text);
  if (!x.data.is_null())
    out.set_data_json(json_text(x.data));
  if (x.who != customer{})
    put(x.who, *out.mutable_who());
  out.set_priority(code(x.urgency));
  out.set_durability(code(x.keep));
  out.set_created(micros(x.created));
  if (x.deadline != no_deadline)
    out.set_deadline(micros(x.deadline));
  out.set_firm(x.firm);
  out.set_idempotency_key(x.idempotency_key);
  out.set_trace_id(x.trace_id);
  out.set_fleet(x.fleet);
  out.set_parent(x.parent);
  out.set_parent_step(x.parent_step);
  for (const auto& p : x.path)
    out.add_path(p);
}

void put(const failure& x, v1::Failure& out) {
  out.set_reason(code(x.why));
  out.set_detail(x.detail);
  out.set_retry_after(x.retry_after.count());
  for (const auto& e : x.errors) {
    auto& to = *out.add_errors();
    to.set_pointer(e.pointer);
    to.set_keyword(e.keyword);
    to.set_message(e.message);
  }
}

void put(const outcome& x, v1::Outcome& out) {
  out.set_text(x.text);
  if (!x.data.is_null())
    out.set_data_json(json_text(x.data));
  out.set_confidence(x.confidence);
  out.set_partial(x.partial);
  if (x.used != usage{})
    put(x.used, *out.mutable_used());
  if (x.failed != failure{})
    put(x.failed, *out.mutable_failed());
  out.set_acted(code(x.acted));
}

void put(const plan_node& x, v1::PlanNode& out, std::size_t depth) {
  if (depth > plan::max_depth)
    throw encode_error{"plan nests deeper than " + std::to_string(plan::max_depth) + " levels"};
  out.set_op(code(x.op));
  out.set_name(x.name);
  out.set_skill(x.skill);
  out.set_target(x.target);
  out.set_text(x.text);
  if (!x.input.is_null())
    out.set_input_json(json_text(x.input));
  out.set_priority(code(x.urgency));
  out.set_timeout(x.timeout.count());
  for (const auto& f : x.fallback)
    out.add_fallback(f);
  out.set_needed(x.needed);
  if (x.op == plan_op::gate || x.when != condition{}) {
    auto& when = *out.mutable_when();
    when.set_pointer(x.when.pointer);
    when.set_test(code(x.when.test));
    if (!x.when.value.is_null())
      when.set_value_json(json_text(x.when.value));
  }
  out.set_join(code(x.how));
  out.set_items(x.items);
  static const plan_node plain;
  if (x.at_once != plain.at_once)
    out.set_at_once(x.at_once);
  if (x.max_rounds != plain.max_rounds)
    out.set_max_rounds(x.max_rounds);
  if (!x.note.empty())
    out.set_note(x.note);
  for (const auto& s : x.scores) {
    auto& score = *out.add_scores();
    score.set_intent(s.intent);
    score.set_score(s.score);
  }
  for (const auto& child : x.children)
    put(child, *out.add_children(), depth + 1);
  for (const auto& undo : x.undo)
    put(undo, *out.add_undo(), depth + 1);
}

void put(const plan& x, v1::Plan& out) {
  if (x.steps.empty() || x.steps.size() > plan::max_steps)
    throw encode_error{"a plan has between 1 and " + std::to_string(plan::max_steps) + " steps"};
  out.mutable_steps()->Reserve(static_cast<int>(x.steps.size()));
  for (const auto& s : x.steps) {
    auto& step = *out.add_steps();
    put(s.node, *step.mutable_node(), 1);
    step.set_parent(s.parent);
    step.mutable_children()->Add(s.children.begin(), s.children.end());
    step.set_undo(s.undo);
  }
  auto& retry = *out.mutable_retry();
  retry.set_max_retries(x.retry.max_retries);
  retry.set_min_backoff(x.retry.min_backoff.count());
  retry.set_max_backoff(x.retry.max_backoff.count());
  retry.set_factor(x.retry.factor);
  retry.set_random_factor(x.retry.random_factor);
  out.set_step_timeout(x.step_timeout.count());
  out.set_max_parallel(x.max_parallel);
  for (const auto& [why, rule] : x.on_failure) {
    auto& line = *out.add_on_failure();
    line.set_reason(code(why));
    line.set_remedy(code(rule.then));
    if (rule.max_retries)
      line.set_max_retries(*rule.max_retries);
    line.set_sanction(code(rule.agent));
  }
  out.set_human_queue(x.human_queue);
  out.set_max_failed_agents(x.max_failed_agents);
}

void put(const route& x, v1::Route& out) {
  out.set_skill(x.skill);
  out.set_agent(x.agent);
  out.set_strategy(code(x.strategy));
  out.set_unrepeatable(!x.repeatable);
  out.set_does(code(x.does));
  out.set_because(x.because);
  out.set_of(x.of);
  if (!x.node.empty())
    out.set_node(x.node);
  if (!x.decided_at.empty())
    out.set_decided_at(x.decided_at);
  for (const auto& c : x.seen) {
    auto& seen = *out.add_seen();
    seen.set_agent(c.agent);
    seen.set_verdict(code(c.said));
    seen.set_load(c.load);
    seen.set_capacity(c.capacity);
    seen.set_cost(c.cost);
    seen.set_quality(c.quality);
    seen.set_success_rate(c.success_rate);
    seen.set_fit(c.fit);
  }
  for (const auto& a : x.arms) {
    auto& arm = *out.add_arms();
    arm.set_agent(a.agent);
    arm.set_trials(a.trials);
    arm.set_mean(a.mean);
    arm.set_spread(a.spread);
    arm.set_draw(a.draw);
  }
}

void put(const event& x, v1::Event& out) {
  out.set_kind(code(x.kind));
  out.set_triage(x.triage);
  if (x.step != whole_task)
    out.set_step(x.step);
  out.set_attempt(x.attempt);
  out.set_at(micros(x.at));
  out.set_dice(x.dice);
  if (const auto* how = x.get<plan>())
    put(*how, *out.mutable_plan());
  else if (const auto* way = x.get<route>())
    put(*way, *out.mutable_route());
  else if (const auto* result = x.get<outcome>())
    put(*result, *out.mutable_outcome());
  else if (const auto* bad = x.get<failure>())
    put(*bad, *out.mutable_failure());
  else if (const auto* text = x.get<std::string>())
    out.set_text(*text);
}

void put(const task_record& x, v1::TaskRecord& out) {
  if (x.what)
    put(*x.what, *out.mutable_what());
  out.set_state(code(x.state));
  out.set_phase(code(x.phase));
  if (x.how)
    put(*x.how, *out.mutable_how());
  for (const auto& e : x.history)
    put(e, *out.add_history());
  if (x.result)
    put(*x.result, *out.mutable_result());
  out.set_updated(micros(x.updated));
  if (x.moved_deadline != no_deadline)
    out.set_moved_deadline(micros(x.moved_deadline));
}

void put(const session_snapshot& x, v1::Session& out) {
  out.set_id(x.id);
  out.set_domain(x.domain);
  if (!x.context.is_null())
    out.set_context_json(json_text(x.context));
  for (const auto& t : x.turns) {
    auto& said = *out.add_turns();
    said.set_at(micros(t.at));
    said.set_task_id(t.task_id);
    said.set_text(t.text);
    said.set_answer(t.answer);
    said.set_state(code(t.state));
  }
  if (x.who != customer{})
    put(x.who, *out.mutable_who());
  out.set_updated(micros(x.updated));
  out.set_failures(x.failures);
  for (const auto& i : x.instances)
    out.add_instances(i);
}

} // namespace troupe::wire
