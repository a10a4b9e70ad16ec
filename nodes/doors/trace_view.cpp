#include "nodes/doors/history.hpp"
#include "nodes/doors/uri.hpp"
#include "nodes/doors/views.hpp"
#include "policies/plan_ops.hpp"
#include "policies/step_input.hpp"

namespace troupe {

namespace {

constexpr int nesting_max =
    32; ///< of tasks within tasks: what the guard against loops lets through is far less

std::uint64_t mix(std::uint64_t h, std::string_view text) noexcept {
  for (const char c : text)
    h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  return h;
}

std::string hex16(std::uint64_t n) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out(16, '0');
  for (std::size_t i = 16; i-- > 0; n >>= 4)
    out[i] = digits[n & 15];
  return out;
}

void put_times(json& span, timestamp started, timestamp ended) {
  if (started == timestamp{})
    return;
  span["started"] = time_text(started);
  if (ended == timestamp{} || ended < started)
    return;
  span["ended"] = time_text(ended);
  span["duration_ms"] = static_cast<double>((ended - started).count()) / 1000.0;
}

void put_input(json& span, const json& data) {
  if (data.is_object() && !data.empty())
    span["input_data"] = shortened(as_text(data));
}

/// What a step's agent, or the other domain, is given beside the text: the same as when it began,
/// since what came before a step does not change any more.
json input_of(const task_record& x, const history_seen& seen, std::uint32_t i) {
  const auto op = seen.run->node(i).op;
  if (seen.steps[i].attempts.empty() || (op != plan_op::call && op != plan_op::domain))
    return {};
  // Another domain is not given the request, only what of it the step says.
  return step_input(*seen.run, i, op == plan_op::call ? x.what->data : json{});
}

void put_outcome(json& span, const outcome_ptr& x) {
  if (!x)
    return;
  if (!x->text.empty())
    span["output"] = shortened(x->text);
  if (!x->data.is_null())
    span["output_data"] = shortened(as_text(x->data));
  span["confidence"] = x->confidence;
  span["tokens"] = {{"input", x->used.input_tokens}, {"output", x->used.output_tokens}};
  span["cost_micros"] = x->used.cost_micros;
  if (x->partial)
    span["partial"] = true;
}

void put_failure(json& span, const failure& f) {
  if (!f)
    return;
  span["reason"] = to_string(f.why);
  span["detail"] = f.detail;
  for (const auto& e : f.errors)
    span["errors"].push_back(
        {{"pointer", e.pointer}, {"keyword", e.keyword}, {"detail", e.message}});
}

std::string_view status_word(const step_seen& s) noexcept {
  switch (s.status) {
  case step_status::idle:
    return "pending";
  case step_status::queued:
    return "queued";
  case step_status::wanted:
  case step_status::running:
    return "running";
  case step_status::waiting:
    return "waiting";
  case step_status::done:
    return s.rung > 0 ? "fallback" : "success";
  case step_status::failed:
    return "failure";
  case step_status::cancelled:
    return "cancelled";
  }
  return "?";
}

std::string_view status_word(const attempt_seen& a, bool step_over) noexcept {
  if (!a.over())
    return step_over                                   ? "cancelled"
           : a.asks || a.began_as == event_kind::asked ? "waiting_for_human"
                                                       : "running";
  return a.failed ? "failure" : "success";
}

void put_places(json& span, const route& how) {
  if (!how.node.empty())
    span["node"] = how.node;
  if (!how.decided_at.empty())
    span["decided_at"] = how.decided_at;
}

json attempt_span(const task& t, bool triage, std::uint32_t step, const attempt_seen& a,
                  bool step_over, const std::string& parent, const trace_sources& more) {
  json span{{"span_id", span_id(t.id, triage, step, a.attempt)},
            {"parent_span_id", parent},
            {"name", "attempt " + std::to_string(a.attempt)},
            {"op", a.began_as == event_kind::asked       ? "human"
                   : a.began_as == event_kind::delegated ? "domain"
                                                         : "call"},
            {"attempt", a.attempt},
            {"status", status_word(a, step_over)}};
  put_times(span, a.started, a.ended);
  if (a.how) {
    span["skill"] = a.how->skill;
    span["agent"] = a.how->agent;
    put_places(span, *a.how);
    if (auto model = more.model_of ? more.model_of(a.how->agent) : std::string{}; !model.empty())
      span["model"] = std::move(model);
  }
  if (a.began_as == event_kind::delegated)
    span["child_task"] = a.detail;
  if (a.began_as == event_kind::asked) {
    span["question"] = shortened(a.detail);
    if (a.over())
      span["human_wait_ms"] = static_cast<double>((a.ended - a.started).count()) / 1000.0;
  }
  put_outcome(span, a.given);
  put_failure(span, a.failed);
  if (a.then != after_failure::none)
    span["then"] = to_string(a.then);
  if (a.then == after_failure::retry && a.next_at >= a.ended)
    span["backoff_ms"] = static_cast<double>((a.next_at - a.ended).count()) / 1000.0;
  if (!a.fallback.empty())
    span["fallback"] = a.fallback;
  if (!a.asked_because.empty())
    span["asked_because"] = a.asked_because;
  return span;
}

json task_span(const task_record& x, const std::string& parent, const trace_sources& more,
               int nesting);

json step_span(const task_record& x, const history_seen& seen, std::uint32_t i,
               const std::string& parent, const trace_sources& more, int nesting) {
  const auto& node = seen.run->node(i);
  const auto& s = seen.steps[i];
  const auto id = span_id(x.what->id, false, i, 0);
  const bool over = s.status >= step_status::done;
  json span{{"span_id", id},
            {"parent_span_id", parent},
            {"step", i},
            {"name", seen.run->table().name(i)},
            {"op", to_string(node.op)},
            {"status", status_word(s)},
            {"retries", 0},
            {"spans", json::array()},
            {"priority", to_string(node.urgency)}};
  for (const auto& [key, text] :
       {std::pair{"skill", &node.skill}, {"target", &node.target}, {"note", &node.note}})
    if (!text->empty())
      span[key] = *text;
  put_times(span, s.started, s.ended);
  if (auto items = items_view(*seen.run, i); !items.is_null())
    span["items"] = std::move(items);
  if (is_leaf(node.op))
    span["input"] = shortened(node.text.empty() ? x.what->text : node.text);
  put_input(span, input_of(x, seen, i));
  put_outcome(span, s.result);
  if (s.result)
    put_failure(span, s.result->failed);
  for (const auto& n : s.notes)
    span["notes"].push_back({{"at", time_text(n.at)}, {"text", n.text}});
  std::uint32_t retries = 0;
  for (const auto& a : s.attempts) {
    retries += a.then == after_failure::retry ? 1 : 0;
    auto child = attempt_span(*x.what, false, i, a, over, id, more);
    if (a.how && !a.how->agent.empty()) {
      span["agent"] = a.how->agent;
      put_places(span, *a.how);
    }
    if (a.began_as == event_kind::delegated && more.find_task && nesting < nesting_max)
      if (const auto record =
              more.find_task(a.detail.empty() ? child_task_id(x.what->id, i) : a.detail))
        child["spans"] = json::array(
            {task_span(*record, child["span_id"].get<std::string>(), more, nesting + 1)});
    span["spans"].push_back(std::move(child));
  }
  span["retries"] = retries;
  for (auto c : shown_below(*seen.run, i))
    span["spans"].push_back(step_span(x, seen, c, id, more, nesting));
  return span;
}

json task_span(const task_record& x, const std::string& parent, const trace_sources& more,
               int nesting) {
  const auto& t = *x.what;
  const auto seen = read_history(x);
  const auto id = span_id(t.id, false, whole_task, 0);
  json span{{"span_id", id},
            {"name", t.domain},
            {"op", "task"},
            {"task", t.id},
            {"domain", t.domain},
            {"state", to_string(x.state)},
            {"input", shortened(t.text)},
            {"spans", json::array()}};
  if (!parent.empty())
    span["parent_span_id"] = parent;
  if (x.cut)
    span["cut"] = true;
  const bool over = is_final(x.state);
  span["status"] = !over                             ? "running"
                   : x.result && x.result->ok()      ? "success"
                   : x.state == task_state::canceled ? "cancelled"
                                                     : "failure";
  // Whoever decided last owns the task, or did when it ended.
  for (const auto& e : x.history)
    if (const auto* how = e.get<route>(); how && !how->decided_at.empty())
      span["node"] = how->decided_at;
  put_input(span, t.data);
  put_times(span, t.created, over ? x.updated : timestamp{});
  put_outcome(span, x.result);
  if (x.result)
    put_failure(span, x.result->failed);
  if (!seen.triage.empty()) {
    const auto triage_id = span_id(t.id, true, whole_task, 0);
    json triage{{"span_id", triage_id}, {"parent_span_id", id},       {"name", "triage"},
                {"op", "triage"},       {"input", shortened(t.text)}, {"spans", json::array()}};
    const bool understood = seen.understood && seen.understood->ok();
    triage["status"] = understood                               ? "success"
                       : seen.planned_at != timestamp{} || over ? "failure"
                                                                : "running";
    put_times(triage, seen.triage.front().started, seen.triage.back().ended);
    put_outcome(triage, seen.understood);
    triage["retries"] = seen.triage.size() - 1;
    for (const auto& a : seen.triage)
      triage["spans"].push_back(attempt_span(t, true, 0, a, over, triage_id, more));
    span["spans"].push_back(std::move(triage));
  }
  if (seen.run)
    span["spans"].push_back(step_span(x, seen, 0, id, more, nesting));
  return span;
}

} // namespace

std::string span_id(std::string_view task, bool triage, std::uint32_t step, std::uint32_t attempt) {
  auto h = mix(14695981039346656037ull, task);
  h = mix(h, triage ? "/triage/" : "/step/");
  h = mix(h, std::to_string(step));
  h = mix(h, "/");
  h = mix(h, std::to_string(attempt));
  return hex16(h == 0 ? 1 : h); // All zeroes means "no span" in W3C trace context.
}

std::string trace_id_of(const task& x) {
  if (!x.trace_id.empty())
    return x.trace_id;
  // Sub-tasks carry the id of the task they belong to before the first dot: one trace for all.
  const auto root = x.id.substr(0, x.id.find('.'));
  return hex16(mix(14695981039346656037ull, root) | 1) +
         span_id(root, false, whole_task, whole_task);
}

json trace_view(const task_record& x, const trace_sources& more) {
  json out{{"task", x.what->id},
           {"fleet_version", x.what->fleet},
           {"trace_id", trace_id_of(*x.what)},
           {"state", to_string(x.state)},
           {"phase", to_string(x.phase)},
           {"root", task_span(x, {}, more, 0)}};
  if (x.result)
    out["usage"] = usage_view(x.result->used);
  return out;
}

} // namespace troupe
