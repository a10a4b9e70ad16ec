#include "actors/flight_log.hpp"

#include "src/telemetry/flight_recorder.hpp"

namespace troupe {

namespace {

void note_envelope(flight_recorder& to, timestamp now, flight how, const envelope& x,
                   std::uint64_t stamp, std::string_view why) {
  flight_note n;
  n.at = now;
  n.stamp = stamp;
  n.how = how;
  n.from = x.from;
  n.to = x.to;
  n.kind = x.kind;
  n.trace = x.trace;
  n.why = why;
  n.bytes = x.body.size();
  to.note(n);
}

/// A message within the node that is about a task.
flight_note told(timestamp now, const task& about, std::string_view kind) {
  flight_note n;
  n.at = now;
  n.kind = kind;
  n.task = about.id;
  n.trace = trace_of(about);
  return n;
}

void tell_outcome(flight_note& n, const outcome& what) {
  n.why = what.ok() ? std::string_view{"ok"} : to_string(what.failed.why);
  n.bytes = what.text.size();
  n.cost_micros = what.used.cost_micros;
}

} // namespace

std::string_view trace_of(const task& x) noexcept {
  if (!x.trace_id.empty())
    return x.trace_id;
  // Sub-tasks have the id of the task that they belong to before the first dot.
  const std::string_view id = x.id;
  return id.substr(0, id.find('.'));
}

void note_sent(const node_parts& parts, timestamp now, envelope& x) {
  if (!parts.flights)
    return;
  x.stamp = parts.flights->stamp(now);
  note_envelope(*parts.flights, now, flight::sent, x, x.stamp, {});
}

void note_arrived(const node_parts& parts, timestamp now, const envelope& x) {
  if (!parts.flights)
    return;
  parts.flights->observe(x.stamp);
  note_envelope(*parts.flights, now, flight::arrived, x, 0, {});
}

void note_refused(const node_parts& parts, timestamp now, const envelope& x, const failure& why) {
  if (!parts.flights)
    return;
  parts.flights->observe(x.stamp);
  note_envelope(*parts.flights, now, flight::refused, x, 0,
                why.detail.empty() ? to_string(why.why) : std::string_view{why.detail});
}

void note_submitted(const node_parts& parts, timestamp now, const address& to, const task& what) {
  if (!parts.flights)
    return;
  auto n = told(now, what, "submit_task");
  if (!what.path.empty()) {
    const std::string_view stop = what.path.back();
    n.from = {address_kind::domain, stop.substr(0, stop.find(':'))};
  }
  n.to = to;
  n.why = what.skill;
  n.bytes = what.text.size();
  parts.flights->note(n);
}

void note_returned(const node_parts& parts, timestamp now, const task& about,
                   const task_record& child) {
  if (!parts.flights)
    return;
  auto n = told(now, *child.what, "task_ended");
  n.from = {address_kind::domain, child.what->domain};
  n.to = {address_kind::domain, about.domain};
  tell_outcome(n, *child.result);
  parts.flights->note(n);
}

void note_call(const node_parts& parts, timestamp now, const address& to, const agent_call& what) {
  if (!parts.flights)
    return;
  auto n = told(now, *what.about, "run_call");
  n.from = {address_kind::domain, what.about->domain};
  n.to = to;
  n.why = what.skill;
  n.step = what.step;
  n.attempt = what.attempt;
  n.bytes = what.text.size();
  parts.flights->note(n);
}

void note_answer(const node_parts& parts, timestamp now, const address& from, const task& about,
                 const outcome& what) {
  if (!parts.flights)
    return;
  auto n = told(now, about, "call_ended");
  n.from = from;
  n.to = {address_kind::domain, about.domain};
  tell_outcome(n, what);
  parts.flights->note(n);
}

} // namespace troupe
