#include "actors/post_wire.hpp"
#include "src/wire/json_text.hpp"

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

void demand(bool there, const char* field) {
  if (!there)
    throw malformed{std::string{field} + " is missing"};
}

refused take_refused(v1::Refused& in) {
  refused out{enum_of<refusal>(in.refusal(), "refused.refusal"), std::move(*in.mutable_detail()),
              milliseconds{in.retry_after()}};
  for (auto& e : *in.mutable_errors())
    out.errors.push_back({std::move(*e.mutable_pointer()), std::move(*e.mutable_keyword()),
                          std::move(*e.mutable_message())});
  return out;
}

task_ptr take_task(v1::Task& in) {
  return std::make_shared<const task>(take(in));
}

template <class Message>
outcome_ptr take_outcome(Message& in, const char* field) {
  demand(in.has_x(), field);
  return std::make_shared<const outcome>(take(*in.mutable_x()));
}

/// Whoever gets a record reads its task and, of one that has ended, its result.
task_record_ptr take_news(v1::TaskNews& in) {
  demand(in.has_record() && in.record().has_what(), "record.what");
  auto out = std::make_shared<task_record>(take(*in.mutable_record()));
  out->before = in.before();
  out->cut = in.cut();
  if (is_final(out->state))
    demand(out->result != nullptr, "record.result");
  return out;
}

std::shared_ptr<const session_snapshot> take_session(v1::Session& in) {
  return std::make_shared<const session_snapshot>(take(in));
}

seat_ptr seat_at(const std::string& text, const seat_finder& seats, const char* field) {
  auto found = seats ? seats(take_address(text, field)) : nullptr;
  if (!found)
    throw malformed{std::string{field} + ": nobody here knows " + text};
  return found;
}

/// Only the human desk has to reach whoever asks: others may not know that seat.
question_ptr take_asked(v1::Question& in, const seat_finder& seats, bool must_reach = false) {
  auto out = std::make_shared<question>();
  out->id = std::move(*in.mutable_id());
  out->task = std::move(*in.mutable_task());
  out->step = in.step();
  out->attempt = in.attempt();
  out->domain = std::move(*in.mutable_domain());
  out->queue = std::move(*in.mutable_queue());
  out->text = std::move(*in.mutable_text());
  out->context = json_of(in.context_json(), "question.context");
  if (in.has_who())
    out->who = {std::move(*in.mutable_who()->mutable_id()),
                std::move(*in.mutable_who()->mutable_tier())};
  out->urgency = enum_of<priority>(in.priority(), "question.priority");
  out->asked = time_of(in.asked());
  if (in.has_due())
    out->due = time_of(in.due());
  if (in.has_until())
    out->until = time_of(in.until());
  out->claimed_by = std::move(*in.mutable_claimed_by());
  out->claimed = time_of(in.claimed());
  out->claimed_until = time_of(in.claimed_until());
  if (must_reach)
    out->asker = seat_at(in.asker(), seats, "question.asker");
  else if (!in.asker().empty())
    out->asker = seats ? seats(take_address(in.asker(), "question.asker")) : nullptr;
  return out;
}

agent_call_ptr take_call(v1::AgentCall& in) {
  demand(in.has_about(), "call.about");
  auto out = std::make_shared<agent_call>();
  out->about = take_task(*in.mutable_about());
  out->step = in.step();
  out->attempt = in.attempt();
  out->skill = std::move(*in.mutable_skill());
  out->text = in.has_text() ? std::move(*in.mutable_text()) : out->about->text;
  out->input = json_of(in.input_json(), "call.input");
  out->context = json_of(in.context_json(), "call.context");
  out->urgency = enum_of<priority>(in.priority(), "call.priority");
  if (in.has_deadline())
    out->deadline = time_of(in.deadline());
  out->idempotency_key = std::move(*in.mutable_idempotency_key());
  out->query = in.query();
  out->epoch = in.epoch();
  return out;
}

} // namespace

caf::error take(v1::Error& in) {
  if (in.code() > 255)
    throw malformed{"error.code: " + std::to_string(in.code())};
  if (in.code() == 0)
    return {};
  auto out = error_from(static_cast<std::uint8_t>(in.code()), in.category(),
                        std::move(*in.mutable_text()));
  if (!out)
    throw malformed{"error.category is too long"};
  return *std::move(out);
}

address take_address(const std::string& text, const char* field) {
  auto out = address::parse(text);
  if (!out)
    throw malformed{std::string{field} + ": no address"};
  return *std::move(out);
}

void take(v1::SubmitTask& in, const seat_finder&, submit_task& out) {
  demand(in.has_what(), "submit_task.what");
  out = {take_task(*in.mutable_what()), in.watch(), in.again()};
}

void take(v1::WatchTask& in, const seat_finder&, watch_task& out) {
  out = {std::move(*in.mutable_id()), in.progress()};
}

void take(v1::UnwatchTask& in, const seat_finder&, unwatch_task& out) {
  out = {std::move(*in.mutable_id())};
}

void take(v1::CancelTask& in, const seat_finder&, cancel_task& out) {
  out = {std::move(*in.mutable_id()), std::move(*in.mutable_why())};
}

void take(v1::Find& in, const seat_finder&, find_task& out) {
  out = {std::move(*in.mutable_id()), in.request()};
}

void take(v1::Find& in, const seat_finder&, find_session& out) {
  out = {std::move(*in.mutable_id()), in.request()};
}

void take(v1::ViewShard& in, const seat_finder&, view_shard& out) {
  out = {in.request(), in.limit()};
}

void take(v1::QuestionAnswered& in, const seat_finder&, question_answered& out) {
  out = {std::move(*in.mutable_task()), in.step(), in.attempt(),
         take_outcome(in, "question_answered.x")};
}

void take(v1::QuestionClaimed& in, const seat_finder&, question_claimed& out) {
  out = {std::move(*in.mutable_task()), in.step(), in.attempt(), std::move(*in.mutable_by())};
}

void take(v1::TaskAccepted& in, const seat_finder&, task_accepted& out) {
  out = {std::move(*in.mutable_id()), in.known(), std::move(*in.mutable_asked_as())};
}

void take(v1::TaskRefused& in, const seat_finder&, task_refused& out) {
  out = {std::move(*in.mutable_id()), take_refused(*in.mutable_why())};
}

void take(v1::TaskTold& in, const seat_finder&, task_progressed& out) {
  out = {take_news(*in.mutable_news())};
}

void take(v1::TaskTold& in, const seat_finder&, task_ended& out) {
  out = {take_news(*in.mutable_news())};
  demand(out.record->result != nullptr, "task_ended.result");
}

void take(v1::TaskFound& in, const seat_finder&, task_found& out) {
  out = {in.request(), in.has_news() ? take_news(*in.mutable_news()) : nullptr};
}

void take(v1::SessionFound& in, const seat_finder&, session_found& out) {
  out = {in.request(),
         in.has_what() ? take_session(*in.mutable_what()) : nullptr,
         std::move(*in.mutable_domain()),
         std::move(*in.mutable_working_on()),
         in.waiting(),
         in.shard(),
         in.cut()};
}

void take(v1::ShardSeen& in, const seat_finder&, shard_seen& out) {
  out.request = in.request();
  for (auto& t : *in.mutable_tasks())
    out.tasks.push_back(take_news(t));
  for (auto& s : *in.mutable_sessions())
    out.sessions.push_back(take_session(s));
}

void take(v1::RunCall& in, const seat_finder&, run_call& out) {
  demand(in.has_what(), "run_call.what");
  out = {in.call(), take_call(*in.mutable_what()), in.again()};
}

void take(v1::ClaimCall& in, const seat_finder&, claim_call& out) {
  demand(in.has_what(), "claim_call.what");
  out = {in.call(), take_call(*in.mutable_what())};
}

void take(v1::CallNotHere& in, const seat_finder&, call_not_here& out) {
  out = {in.call()};
}

void take(v1::StopCall& in, const seat_finder&, stop_call& out) {
  out = {in.call(), in.hung()};
}

void take(v1::CallEnded& in, const seat_finder&, call_ended& out) {
  out = {in.call(), take_outcome(in, "call_ended.x"),
         in.has_note() ? std::make_shared<const std::string>(std::move(*in.mutable_note()))
                       : nullptr};
}

void take(v1::CallHandedOver& in, const seat_finder&, call_handed_over& out) {
  out = {in.call(), std::move(*in.mutable_question())};
}

void take(v1::SeatDown& in, const seat_finder& seats, seat_down& out) {
  out = {seat_at(in.who(), seats, "seat_down.who"), in.incarnation(), std::move(*in.mutable_why())};
}

void take(v1::AskHuman& in, const seat_finder& seats, ask_human& out) {
  demand(in.has_what(), "ask_human.what");
  out = {take_asked(*in.mutable_what(), seats, true)};
}

void take(v1::WithdrawQuestion& in, const seat_finder&, withdraw_question& out) {
  out = {std::move(*in.mutable_id())};
}

void take(v1::QuestionSettled& in, const seat_finder&, question_settled& out) {
  out = {std::move(*in.mutable_id()), in.taken()};
}

void take(v1::ListQuestions& in, const seat_finder&, list_questions& out) {
  out = {in.request(), std::move(*in.mutable_queue())};
}

void take(v1::QuestionsSeen& in, const seat_finder& seats, questions_seen& out) {
  out.request = in.request();
  for (auto& q : *in.mutable_open())
    out.open.push_back(take_asked(q, seats));
}

void take(v1::ClaimQuestion& in, const seat_finder&, claim_question& out) {
  out = {in.request(), std::move(*in.mutable_id()), std::move(*in.mutable_by())};
}

void take(v1::AnswerQuestion& in, const seat_finder&, answer_question& out) {
  out = {in.request(), std::move(*in.mutable_id()), std::move(*in.mutable_by()),
         take_outcome(in, "answer_question.x")};
}

void take(v1::QuestionDone& in, const seat_finder& seats, question_done& out) {
  out = {in.request(), take_refused(*in.mutable_why()),
         in.has_what() ? take_asked(*in.mutable_what(), seats) : nullptr};
}

void take(v1::TableChanged& in, const seat_finder&, table_changed& out) {
  out = {in.version()};
}

void take(v1::ShardsAsked& in, const seat_finder&, shards_asked& out) {
  out.version = in.version();
  for (auto& shard : *in.mutable_which())
    out.which.push_back({std::move(*shard.mutable_domain()), shard.shard()});
}

void take(v1::ShardsReleased& in, const seat_finder&, shards_released& out) {
  out.version = in.version();
  for (auto& r : *in.mutable_which()) {
    // Nobody may make us wait longer than a lease and what is added to it.
    constexpr std::int64_t longest = 60'000;
    auto& shard = *r.mutable_shard();
    out.which.push_back({{std::move(*shard.mutable_domain()), shard.shard()},
                         milliseconds{std::clamp<std::int64_t>(r.leased_in(), 0, longest)}});
  }
}

void take(v1::AskNode& in, const seat_finder&, ask_node& out) {
  out = {std::move(*in.mutable_subject()), std::move(*in.mutable_query()), in.rest(), in.from()};
}

void take(v1::NodeAnswered& in, const seat_finder&, node_answered& out) {
  out = {std::move(*in.mutable_part()), in.whole(), in.rest(), take_refused(*in.mutable_why())};
}

} // namespace troupe::wire
