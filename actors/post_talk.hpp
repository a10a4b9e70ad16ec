#pragma once

#include "actors/seat.hpp"
#include "policies/delivery.hpp"
#include "src/wire/codec.hpp"

#include <troupe/caf.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What one post says to another, beside what it carries. Each `encode_*` gives the body of an
/// envelope of the kind of that name; each `decode_*` answers bytes of any kind by a value or an
/// error.
namespace troupe::post_talk {

inline constexpr std::string_view greeting_kind = "post.greeting";
inline constexpr std::string_view ack_kind = "post.ack";
inline constexpr std::string_view told_kind = "post.seats_told";
inline constexpr std::string_view gone_kind = "post.seats_gone";
inline constexpr std::string_view returned_kind = "post.returned";
inline constexpr std::string_view mark_kind = "post.move_mark";

/// The first thing on every link, both ways.
struct greeting {
  std::uint64_t stream = 0;       ///< of what the sender numbers
  std::uint64_t heard_stream = 0; ///< of the receiver's, as the sender knows it; 0: nothing yet
  std::uint64_t heard_upto = 0;   ///< the last number of it that has arrived
  delivery_limits window;         ///< what may be under way to the sender
  timestamp now{};                ///< by the sender's clock; the epoch: it does not say
};

/// How a seat of the sender's node is.
struct seat_news {
  address where;
  std::uint64_t incarnation = 0;
  std::shared_ptr<const agent_spec> what; ///< null: as before, or no agent
  health state = health::up;
  std::uint32_t load = 0; ///< calls there that are not the receiver's own
  float success_rate = 1;
};

/// Whoever sat there has ended, or has moved.
struct seat_gone {
  address where;
  std::uint64_t incarnation = 0;
  caf::error why;
  bool moved = false; ///< it goes on at another node
};

/// An envelope that was not delivered.
struct returned {
  envelope what; ///< as it came, but for its number and hops
  failure why;   ///< `reason::none`: who it was for has moved
};

/// See `MoveMark` in the protocol.
struct move_mark {
  address where;
  std::uint64_t incarnation = 0;
  bool answer = false;
};

[[nodiscard]] std::string encode_greeting(const greeting& x);
[[nodiscard]] std::string encode_ack(std::uint64_t upto);
/// Of an agent's declaration only what others need crosses; its settings, which may hold secrets,
/// do not.
[[nodiscard]] std::string encode_told(const std::vector<seat_news>& x);
[[nodiscard]] std::string encode_gone(const std::vector<seat_gone>& x);
[[nodiscard]] std::string encode_returned(const returned& x);
[[nodiscard]] std::string encode_mark(const move_mark& x);

[[nodiscard]] decoded<greeting> decode_greeting(std::string_view body);
[[nodiscard]] decoded<std::uint64_t> decode_ack(std::string_view body);
[[nodiscard]] decoded<std::vector<seat_news>> decode_told(std::string_view body);
[[nodiscard]] decoded<std::vector<seat_gone>> decode_gone(std::string_view body);
[[nodiscard]] decoded<returned> decode_returned(std::string_view body);
[[nodiscard]] decoded<move_mark> decode_mark(std::string_view body);

/// Writes down, after the rest of a packed parcel, whom it is for and what it asks or answers:
/// known only when it is sent. (Bytes of two Protobuf messages one after the other are the two
/// merged.)
void stamp(std::string& body, std::uint64_t incarnation, std::uint64_t asks, std::uint64_t answers);
/// The number of the request that a packed parcel is; 0: it is none.
[[nodiscard]] std::uint64_t asks_in(std::string_view body);

} // namespace troupe::post_talk
