#pragma once

#include "actors/call_messages.hpp"
#include "actors/cluster_messages.hpp"
#include "actors/node_messages.hpp"
#include "actors/post_codec.hpp"
#include "actors/question_messages.hpp"
#include "actors/seat_messages.hpp"
#include "actors/task_messages.hpp"
#include "src/wire/messages.hpp"

#include <troupe_post_v1.pb.h>

/// The two halves of the post's codec, message by message: for the post's codecs only. The taking
/// half may throw `malformed`.
namespace troupe::wire {

void put(const caf::error& x, v1::Error& out);
void put(const submit_task& x, v1::SubmitTask& out);
void put(const watch_task& x, v1::WatchTask& out);
void put(const unwatch_task& x, v1::UnwatchTask& out);
void put(const cancel_task& x, v1::CancelTask& out);
void put(const find_task& x, v1::Find& out);
void put(const find_session& x, v1::Find& out);
void put(const view_shard& x, v1::ViewShard& out);
void put(const question_answered& x, v1::QuestionAnswered& out);
void put(const question_claimed& x, v1::QuestionClaimed& out);
void put(const task_accepted& x, v1::TaskAccepted& out);
void put(const task_refused& x, v1::TaskRefused& out);
void put(const task_progressed& x, v1::TaskTold& out);
void put(const task_ended& x, v1::TaskTold& out);
void put(const task_found& x, v1::TaskFound& out);
void put(const session_found& x, v1::SessionFound& out);
void put(const shard_seen& x, v1::ShardSeen& out);
void put(const run_call& x, v1::RunCall& out);
void put(const claim_call& x, v1::ClaimCall& out);
void put(const call_not_here& x, v1::CallNotHere& out);
void put(const stop_call& x, v1::StopCall& out);
void put(const call_ended& x, v1::CallEnded& out);
void put(const call_handed_over& x, v1::CallHandedOver& out);
void put(const seat_down& x, v1::SeatDown& out);
void put(const ask_human& x, v1::AskHuman& out);
void put(const withdraw_question& x, v1::WithdrawQuestion& out);
void put(const question_settled& x, v1::QuestionSettled& out);
void put(const list_questions& x, v1::ListQuestions& out);
void put(const questions_seen& x, v1::QuestionsSeen& out);
void put(const claim_question& x, v1::ClaimQuestion& out);
void put(const answer_question& x, v1::AnswerQuestion& out);
void put(const question_done& x, v1::QuestionDone& out);
void put(const table_changed& x, v1::TableChanged& out);
void put(const shards_asked& x, v1::ShardsAsked& out);
void put(const shards_released& x, v1::ShardsReleased& out);
void put(const ask_node& x, v1::AskNode& out);
void put(const node_answered& x, v1::NodeAnswered& out);

/// Null when there is no error.
[[nodiscard]] caf::error take(v1::Error& in);
[[nodiscard]] address take_address(const std::string& text, const char* field);

void take(v1::SubmitTask& in, const seat_finder& seats, submit_task& out);
void take(v1::WatchTask& in, const seat_finder& seats, watch_task& out);
void take(v1::UnwatchTask& in, const seat_finder& seats, unwatch_task& out);
void take(v1::CancelTask& in, const seat_finder& seats, cancel_task& out);
void take(v1::Find& in, const seat_finder& seats, find_task& out);
void take(v1::Find& in, const seat_finder& seats, find_session& out);
void take(v1::ViewShard& in, const seat_finder& seats, view_shard& out);
void take(v1::QuestionAnswered& in, const seat_finder& seats, question_answered& out);
void take(v1::QuestionClaimed& in, const seat_finder& seats, question_claimed& out);
void take(v1::TaskAccepted& in, const seat_finder& seats, task_accepted& out);
void take(v1::TaskRefused& in, const seat_finder& seats, task_refused& out);
void take(v1::TaskTold& in, const seat_finder& seats, task_progressed& out);
void take(v1::TaskTold& in, const seat_finder& seats, task_ended& out);
void take(v1::TaskFound& in, const seat_finder& seats, task_found& out);
void take(v1::SessionFound& in, const seat_finder& seats, session_found& out);
void take(v1::ShardSeen& in, const seat_finder& seats, shard_seen& out);
void take(v1::RunCall& in, const seat_finder& seats, run_call& out);
void take(v1::ClaimCall& in, const seat_finder& seats, claim_call& out);
void take(v1::CallNotHere& in, const seat_finder& seats, call_not_here& out);
void take(v1::StopCall& in, const seat_finder& seats, stop_call& out);
void take(v1::CallEnded& in, const seat_finder& seats, call_ended& out);
void take(v1::CallHandedOver& in, const seat_finder& seats, call_handed_over& out);
void take(v1::SeatDown& in, const seat_finder& seats, seat_down& out);
void take(v1::AskHuman& in, const seat_finder& seats, ask_human& out);
void take(v1::WithdrawQuestion& in, const seat_finder& seats, withdraw_question& out);
void take(v1::QuestionSettled& in, const seat_finder& seats, question_settled& out);
void take(v1::ListQuestions& in, const seat_finder& seats, list_questions& out);
void take(v1::QuestionsSeen& in, const seat_finder& seats, questions_seen& out);
void take(v1::ClaimQuestion& in, const seat_finder& seats, claim_question& out);
void take(v1::AnswerQuestion& in, const seat_finder& seats, answer_question& out);
void take(v1::QuestionDone& in, const seat_finder& seats, question_done& out);
void take(v1::TableChanged& in, const seat_finder& seats, table_changed& out);
void take(v1::ShardsAsked& in, const seat_finder& seats, shards_asked& out);
void take(v1::ShardsReleased& in, const seat_finder& seats, shards_released& out);
void take(v1::AskNode& in, const seat_finder& seats, ask_node& out);
void take(v1::NodeAnswered& in, const seat_finder& seats, node_answered& out);

} // namespace troupe::wire
