#include "actors/post_codec.hpp"

#include "actors/arrivals.hpp"
#include "actors/cluster_messages.hpp"
#include "actors/post_wire.hpp"

#include <google/protobuf/arena.h>

#include <array>
#include <limits>

// The messages that cross between nodes, the frequent ones first.
#define TROUPE_CROSSING(X)                                                                         \
  X(run_call)                                                                                      \
  X(call_ended)                                                                                    \
  X(task_progressed)                                                                               \
  X(task_ended)                                                                                    \
  X(submit_task)                                                                                   \
  X(task_accepted)                                                                                 \
  X(task_refused)                                                                                  \
  X(stop_call)                                                                                     \
  X(call_handed_over)                                                                              \
  X(watch_task)                                                                                    \
  X(unwatch_task)                                                                                  \
  X(cancel_task)                                                                                   \
  X(find_task)                                                                                     \
  X(task_found)                                                                                    \
  X(find_session)                                                                                  \
  X(session_found)                                                                                 \
  X(view_shard)                                                                                    \
  X(shard_seen)                                                                                    \
  X(question_answered)                                                                             \
  X(question_claimed)                                                                              \
  X(question_settled)                                                                              \
  X(ask_human)                                                                                     \
  X(withdraw_question)                                                                             \
  X(list_questions)                                                                                \
  X(questions_seen)                                                                                \
  X(claim_question)                                                                                \
  X(answer_question)                                                                               \
  X(question_done)                                                                                 \
  X(seat_down)                                                                                     \
  X(table_changed)                                                                                 \
  X(shards_asked)                                                                                  \
  X(shards_released)                                                                               \
  X(ask_node)                                                                                      \
  X(node_answered)                                                                                 \
  X(claim_call)                                                                                    \
  X(call_not_here)

namespace troupe {

namespace {

/// Three numbers with their tags.
constexpr std::size_t stamp_room = 3 * (1 + 10);

/// As in the codec below: most messages fit into a block on the stack.
template <class F>
auto with_parcel(F&& work) {
  alignas(std::max_align_t) char first_block[4096];
  google::protobuf::ArenaOptions options;
  options.initial_block = first_block;
  options.initial_block_size = sizeof first_block;
  google::protobuf::Arena arena{options};
  return work(*google::protobuf::Arena::CreateMessage<v1::Parcel>(&arena));
}

/// The name of what was put; null when the message is not one that crosses.
const char* put_content(const caf::message& x, v1::Parcel& out) {
  if (x.empty()) {
    out.set_nothing(true);
    return "nothing";
  }
  if (x.size() != 1)
    return nullptr;
#define TROUPE_PUT(name)                                                                           \
  if (x.match_elements<name>()) {                                                                  \
    wire::put(x.get_as<name>(0), *out.mutable_##name());                                           \
    return #name;                                                                                  \
  }
  TROUPE_CROSSING(TROUPE_PUT)
#undef TROUPE_PUT
  if (x.match_elements<caf::exit_msg>()) {
    wire::put(x.get_as<caf::exit_msg>(0).reason, *out.mutable_exit());
    return "exit";
  }
  if (x.match_elements<caf::error>()) {
    wire::put(x.get_as<caf::error>(0), *out.mutable_failed());
    return "failed";
  }
  return nullptr;
}

template <class T, class Wire>
caf::message taken(Wire& in, const seat_finder& seats) {
  T out;
  wire::take(in, seats, out);
  return caf::make_message(std::move(out));
}

caf::message take_content(v1::Parcel& in, std::string_view kind, const seat_finder& seats) {
#define TROUPE_TAKE(name)                                                                          \
  if (kind == #name && in.has_##name())                                                            \
    return taken<name>(*in.mutable_##name(), seats);
  TROUPE_CROSSING(TROUPE_TAKE)
#undef TROUPE_TAKE
  if (kind == "exit" && in.has_exit())
    return caf::make_message(caf::exit_msg{caf::actor_addr{}, wire::take(*in.mutable_exit())});
  if (kind == "failed" && in.has_failed()) {
    auto why = wire::take(*in.mutable_failed());
    if (!why)
      throw wire::malformed{"failed.code is missing"};
    return caf::make_message(std::move(why));
  }
  if (kind == "nothing" && in.has_nothing())
    return {};
  throw wire::malformed{"it holds no " + std::string{kind}};
}

} // namespace

std::optional<packed> pack(const parcel& x) {
  return with_parcel([&](v1::Parcel& m) -> std::optional<packed> {
    m.set_incarnation(x.incarnation);
    m.set_asks(x.asks);
    m.set_answers(x.answers);
    const auto* kind = put_content(x.what, m);
    if (!kind)
      return std::nullopt;
    const auto size = m.ByteSizeLong();
    if (size > static_cast<std::size_t>(std::numeric_limits<int>::max()))
      throw encode_error{"message is larger than 2 GiB"};
    packed out{kind, {}};
    // The post adds numbers at the end. Without room for them it would get twice the memory for
    // that.
    out.body.reserve(size + stamp_room);
    out.body.resize(size);
    m.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(out.body.data()));
    return out;
  });
}

decoded<parcel> unpack(std::string_view kind, std::string_view body, const seat_finder& seats) {
  decoded<parcel> out;
  if (body.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    out.error = "parcel: larger than 2 GiB";
    return out;
  }
  return with_parcel([&](v1::Parcel& m) {
    if (!m.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
      out.error = "parcel: malformed or nested too deeply";
      return std::move(out);
    }
    try {
      out.value = parcel{m.incarnation(), m.asks(), m.answers(), take_content(m, kind, seats)};
    } catch (const wire::malformed& e) {
      out.error = std::string{"parcel: "} + e.what();
    }
    return std::move(out);
  });
}

std::optional<caf::message> refusal_of(const caf::message& x, const failure& why) {
  const auto failed = [&] { return std::make_shared<const outcome>(outcome::of(why)); };
  const refused busy{why.why == reason::timeout         ? refusal::timeout
                     : why.why == reason::invalid_input ? refusal::too_large
                                                        : refusal::busy,
                     why.detail,
                     why.retry_after,
                     {}};
  // Whoever was asked is gone: somebody else is there in his place, or will be.
  const bool unseen = why.why == reason::unavailable;
  if (unseen && x.match_elements<run_call>())
    return caf::make_message(call_undelivered{x.get_as<run_call>(0).call, why.detail});
  if (unseen && x.match_elements<submit_task>())
    return caf::make_message(task_undelivered{x.get_as<submit_task>(0).what->id, why.detail});
  if (unseen && x.match_elements<watch_task>())
    return caf::make_message(task_undelivered{x.get_as<watch_task>(0).id, why.detail});
  if (x.match_elements<run_call>())
    return caf::make_message(call_ended{x.get_as<run_call>(0).call, failed(), nullptr});
  // That it was not asked says nothing of what it does: in no case is it an answer to the call.
  if (x.match_elements<claim_call>())
    return caf::make_message(call_not_here{x.get_as<claim_call>(0).call});
  if (x.match_elements<submit_task>())
    return caf::make_message(task_refused{x.get_as<submit_task>(0).what->id, busy});
  if (x.match_elements<watch_task>())
    return caf::make_message(task_refused{x.get_as<watch_task>(0).id, busy});
  if (x.match_elements<find_task>())
    return caf::make_message(task_found{x.get_as<find_task>(0).request, nullptr});
  if (x.match_elements<find_session>())
    return caf::make_message(
        session_found{x.get_as<find_session>(0).request, nullptr, {}, {}, 0, 0});
  if (x.match_elements<view_shard>())
    return caf::make_message(shard_seen{x.get_as<view_shard>(0).request, {}, {}});
  if (x.match_elements<list_questions>())
    return caf::make_message(questions_seen{x.get_as<list_questions>(0).request, {}});
  if (x.match_elements<claim_question>())
    return caf::make_message(question_done{x.get_as<claim_question>(0).request, busy, nullptr});
  if (x.match_elements<answer_question>())
    return caf::make_message(question_done{x.get_as<answer_question>(0).request, busy, nullptr});
  if (x.match_elements<ask_human>()) {
    const auto& q = *x.get_as<ask_human>(0).what;
    return caf::make_message(question_answered{q.task, q.step, q.attempt, failed()});
  }
  return std::nullopt;
}

bool opens_work(std::string_view kind) noexcept {
  static constexpr std::array<std::string_view, 11> openers{
      "run_call",       "claim_call",      "submit_task", "watch_task",
      "find_task",      "find_session",    "view_shard",  "list_questions",
      "claim_question", "answer_question", "ask_human"};
  return std::find(openers.begin(), openers.end(), kind) != openers.end();
}

bool only_hints(std::string_view kind) noexcept {
  return kind == "table_changed" || kind == "shards_asked" || kind == "shards_released";
}

bool only_looks(std::string_view kind) noexcept {
  return kind == "find_task" || kind == "find_session" || kind == "view_shard" ||
         kind == "list_questions";
}

} // namespace troupe
