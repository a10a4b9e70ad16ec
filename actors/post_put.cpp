#include "actors/post_wire.hpp"
#include "src/wire/json_text.hpp"

#include <algorithm>

namespace troupe::wire {

namespace {

std::int64_t micros(timestamp t) noexcept {
  return t.time_since_epoch().count();
}

template <class E>
std::uint32_t code(E x) noexcept {
  return static_cast<std::uint32_t>(x);
}

void put_refused(const refused& x, v1::Refused& out) {
  out.set_refusal(code(x.why));
  out.set_detail(x.detail);
  out.set_retry_after(x.retry_after.count());
  for (const auto& e : x.errors) {
    auto& to = *out.add_errors();
    to.set_pointer(e.pointer);
    to.set_keyword(e.keyword);
    to.set_message(e.message);
  }
}

void put_news(const task_record& x, v1::TaskNews& out) {
  put(x, *out.mutable_record());
  out.set_before(x.before);
  out.set_cut(x.cut);
}

/// Without the plan, and with no more than the `newest` events: for those who read no others.
void put_brief(const task_record& x, std::size_t newest, v1::TaskNews& out) {
  task_record brief;
  brief.what = x.what;
  brief.state = x.state;
  brief.phase = x.phase;
  const auto most = std::min(x.history.size(), newest);
  brief.history.assign(x.history.end() - static_cast<std::ptrdiff_t>(most), x.history.end());
  brief.before = x.before + x.history.size() - most;
  brief.result = x.result;
  brief.updated = x.updated;
  brief.cut = x.cut;
  put_news(brief, out);
}

void put_asked(const question& x, v1::Question& out) {
  out.set_id(x.id);
  out.set_task(x.task);
  out.set_step(x.step);
  out.set_attempt(x.attempt);
  out.set_domain(x.domain);
  out.set_queue(x.queue);
  out.set_text(x.text);
  if (!x.context.is_null())
    out.set_context_json(json_text(x.context));
  if (x.who != customer{}) {
    out.mutable_who()->set_id(x.who.id);
    out.mutable_who()->set_tier(x.who.tier);
  }
  out.set_priority(code(x.urgency));
  out.set_asked(micros(x.asked));
  if (x.due != no_deadline)
    out.set_due(micros(x.due));
  if (x.until != no_deadline)
    out.set_until(micros(x.until));
  out.set_claimed_by(x.claimed_by);
  out.set_claimed(micros(x.claimed));
  out.set_claimed_until(micros(x.claimed_until));
  if (x.asker)
    out.set_asker(x.asker->where().str());
}

void put_shard(const shard_key& x, v1::ShardName& out) {
  out.set_domain(x.domain);
  out.set_shard(x.shard);
}

void put_call(const agent_call& x, v1::AgentCall& out) {
  put(*x.about, *out.mutable_about());
  out.set_step(x.step);
  out.set_attempt(x.attempt);
  out.set_skill(x.skill);
  // Most steps are about the whole request, which the task says already.
  if (x.text != x.about->text)
    out.set_text(x.text);
  if (!x.input.is_null())
    out.set_input_json(json_text(x.input));
  if (!x.context.is_null())
    out.set_context_json(json_text(x.context));
  out.set_priority(code(x.urgency));
  if (x.deadline != no_deadline)
    out.set_deadline(micros(x.deadline));
  out.set_idempotency_key(x.idempotency_key);
  out.set_query(x.query);
  out.set_epoch(x.epoch);
}

} // namespace

void put(const caf::error& x, v1::Error& out) {
  if (!x)
    return;
  out.set_code(x.code());
  out.set_category(category_text(x));
  if (x.context().match_elements<std::string>())
    out.set_text(x.context().get_as<std::string>(0));
}

void put(const submit_task& x, v1::SubmitTask& out) {
  put(*x.what, *out.mutable_what());
  out.set_watch(x.watch);
  // What one node has looked up does not hold at the next one, which may know the task.
  out.set_again(x.again || x.open);
}

void put(const watch_task& x, v1::WatchTask& out) {
  out.set_id(x.id);
  out.set_progress(x.progress);
}

void put(const unwatch_task& x, v1::UnwatchTask& out) {
  out.set_id(x.id);
}

void put(const cancel_task& x, v1::CancelTask& out) {
  out.set_id(x.id);
  out.set_why(x.why);
}

void put(const find_task& x, v1::Find& out) {
  out.set_id(x.id);
  out.set_request(x.request);
}

void put(const find_session& x, v1::Find& out) {
  out.set_id(x.id);
  out.set_request(x.request);
}

void put(const view_shard& x, v1::ViewShard& out) {
  out.set_request(x.request);
  out.set_limit(x.limit);
}

void put(const question_answered& x, v1::QuestionAnswered& out) {
  out.set_task(x.task);
  out.set_step(x.step);
  out.set_attempt(x.attempt);
  if (x.x)
    put(*x.x, *out.mutable_x());
}

void put(const question_claimed& x, v1::QuestionClaimed& out) {
  out.set_task(x.task);
  out.set_step(x.step);
  out.set_attempt(x.attempt);
  out.set_by(x.by);
}

void put(const task_accepted& x, v1::TaskAccepted& out) {
  out.set_id(x.id);
  out.set_known(x.known);
  out.set_asked_as(x.asked_as);
}

void put(const task_refused& x, v1::TaskRefused& out) {
  out.set_id(x.id);
  put_refused(x.why, *out.mutable_why());
}

void put(const task_progressed& x, v1::TaskTold& out) {
  put_news(*x.record, *out.mutable_news());
}

void put(const task_ended& x, v1::TaskTold& out) {
  // Whoever waits reads the result; whoever has watched has been told of everything before the end.
  put_brief(*x.record, 1, *out.mutable_news());
}

void put(const task_found& x, v1::TaskFound& out) {
  out.set_request(x.request);
  if (x.record)
    put_news(*x.record, *out.mutable_news());
}

void put(const session_found& x, v1::SessionFound& out) {
  out.set_request(x.request);
  if (x.what)
    put(*x.what, *out.mutable_what());
  out.set_domain(x.domain);
  out.set_working_on(x.working_on);
  out.set_waiting(x.waiting);
  out.set_shard(x.shard);
  out.set_cut(x.cut);
}

void put(const shard_seen& x, v1::ShardSeen& out) {
  out.set_request(x.request);
  for (const auto& t : x.tasks)
    put_brief(*t, 0, *out.add_tasks());
  for (const auto& s : x.sessions)
    put(*s, *out.add_sessions());
}

void put(const run_call& x, v1::RunCall& out) {
  out.set_call(x.call);
  put_call(*x.what, *out.mutable_what());
  out.set_again(x.again);
}

void put(const claim_call& x, v1::ClaimCall& out) {
  out.set_call(x.call);
  put_call(*x.what, *out.mutable_what());
}

void put(const call_not_here& x, v1::CallNotHere& out) {
  out.set_call(x.call);
}

void put(const stop_call& x, v1::StopCall& out) {
  out.set_call(x.call);
  out.set_hung(x.hung);
}

void put(const call_ended& x, v1::CallEnded& out) {
  out.set_call(x.call);
  if (x.x)
    put(*x.x, *out.mutable_x());
  if (x.note)
    out.set_note(*x.note);
}

void put(const call_handed_over& x, v1::CallHandedOver& out) {
  out.set_call(x.call);
  out.set_question(x.question);
}

void put(const seat_down& x, v1::SeatDown& out) {
  if (x.who)
    out.set_who(x.who->where().str());
  out.set_incarnation(x.incarnation);
  out.set_why(x.why);
}

void put(const ask_human& x, v1::AskHuman& out) {
  put_asked(*x.what, *out.mutable_what());
}

void put(const withdraw_question& x, v1::WithdrawQuestion& out) {
  out.set_id(x.id);
}

void put(const question_settled& x, v1::QuestionSettled& out) {
  out.set_id(x.id);
  out.set_taken(x.taken);
}

void put(const list_questions& x, v1::ListQuestions& out) {
  out.set_request(x.request);
  out.set_queue(x.queue);
}

void put(const questions_seen& x, v1::QuestionsSeen& out) {
  out.set_request(x.request);
  for (const auto& q : x.open)
    put_asked(*q, *out.add_open());
}

void put(const claim_question& x, v1::ClaimQuestion& out) {
  out.set_request(x.request);
  out.set_id(x.id);
  out.set_by(x.by);
}

void put(const answer_question& x, v1::AnswerQuestion& out) {
  out.set_request(x.request);
  out.set_id(x.id);
  out.set_by(x.by);
  if (x.x)
    put(*x.x, *out.mutable_x());
}

void put(const question_done& x, v1::QuestionDone& out) {
  out.set_request(x.request);
  put_refused(x.why, *out.mutable_why());
  if (x.what)
    put_asked(*x.what, *out.mutable_what());
}

void put(const table_changed& x, v1::TableChanged& out) {
  out.set_version(x.version);
}

void put(const shards_asked& x, v1::ShardsAsked& out) {
  out.set_version(x.version);
  for (const auto& shard : x.which)
    put_shard(shard, *out.add_which());
}

void put(const shards_released& x, v1::ShardsReleased& out) {
  out.set_version(x.version);
  for (const auto& r : x.which) {
    auto& to = *out.add_which();
    put_shard(r.shard, *to.mutable_shard());
    to.set_leased_in(r.leased_in.count());
  }
}

void put(const ask_node& x, v1::AskNode& out) {
  out.set_subject(x.subject);
  out.set_query(x.query);
  out.set_rest(x.rest);
  out.set_from(x.from);
}

void put(const node_answered& x, v1::NodeAnswered& out) {
  out.set_part(x.part);
  out.set_whole(x.whole);
  out.set_rest(x.rest);
  put_refused(x.why, *out.mutable_why());
}

} // namespace troupe::wire
