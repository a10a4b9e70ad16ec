// The body of an envelope from another node: the first byte says what it claims to be.
#include "actors/post_codec.hpp"
#include "actors/post_talk.hpp"
#include "tests/fuzz/target.hpp"

#include <array>

using namespace troupe;

namespace {

constexpr std::array<std::string_view, 36> kinds{
    "run_call",         "call_ended",     "task_progressed",   "task_ended",
    "submit_task",      "task_accepted",  "task_refused",      "stop_call",
    "call_handed_over", "watch_task",     "unwatch_task",      "cancel_task",
    "find_task",        "task_found",     "find_session",      "session_found",
    "view_shard",       "shard_seen",     "question_answered", "question_claimed",
    "question_settled", "ask_human",      "withdraw_question", "list_questions",
    "questions_seen",   "claim_question", "answer_question",   "question_done",
    "seat_down",        "ask_node",       "node_answered",     "exit",
    "failed",           "nothing",        "claim_call",        "call_not_here"};

template <class T>
void explained(const decoded<T>& x) {
  fuzz::demand(static_cast<bool>(x) || !x.error.empty(), "what cannot be read says why");
}

void parcel_round(std::string_view kind, std::string_view bytes) {
  static const auto place = std::make_shared<seat>(address{address_kind::domain, "d#0"});
  const auto seats = [](const address& x) { return x == place->where() ? place : nullptr; };
  const auto read = unpack(kind, bytes, seats);
  explained(read);
  if (!read)
    return;
  static_cast<void>(refusal_of(read->what, {reason::timeout, "late", {}}));
  std::optional<packed> again;
  try {
    again = pack(*read);
  } catch (const encode_error&) {
    return;
  }
  fuzz::demand(again && again->kind == kind, "what was read is of the same kind");
  const auto twice = unpack(kind, again->body, seats);
  fuzz::demand(static_cast<bool>(twice), "what was written can be read");
  fuzz::demand(pack(*twice)->body == again->body, "what was read again is the same");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  const auto bytes = fuzz::text_of(data + 1, size - 1);
  const auto what = data[0] % (kinds.size() + 6);
  switch (what) {
  case kinds.size():
    explained(post_talk::decode_greeting(bytes));
    break;
  case kinds.size() + 1:
    explained(post_talk::decode_ack(bytes));
    break;
  case kinds.size() + 2:
    explained(post_talk::decode_told(bytes));
    break;
  case kinds.size() + 3:
    explained(post_talk::decode_gone(bytes));
    break;
  case kinds.size() + 4:
    explained(post_talk::decode_returned(bytes));
    break;
  case kinds.size() + 5:
    explained(post_talk::decode_mark(bytes));
    break;
  default:
    parcel_round(kinds[what], bytes);
    break;
  }
  return 0;
}
