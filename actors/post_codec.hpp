#pragma once

#include "actors/seat.hpp"
#include "src/wire/codec.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

/// A message on its way from an actor of one node to an actor of another.
struct parcel {
  std::uint64_t incarnation = 0; ///< of who sits at the address; 0: whoever does
  std::uint64_t asks = 0;        ///< it is a request, and this its number; 0: it is none
  std::uint64_t answers = 0;     ///< it answers the request with this number; 0: none
  caf::message what;             ///< one that the codec knows, an `exit_msg`, an error, or empty
};

/// A parcel in bytes.
struct packed {
  std::string kind; ///< which message it holds: the name of its C++ type
  std::string body;
};

/// The seat of an address that a message speaks of; null: there is none here.
using seat_finder = std::function<seat_ptr(const address&)>;

/// The bytes of a parcel; nothing for a message that does not cross between nodes. Throws
/// `encode_error` as `encode` does. Any thread.
[[nodiscard]] std::optional<packed> pack(const parcel& x);

/// What `pack` wrote. Bytes of any kind are answered by a parcel or by an error, never by a crash.
/// An `exit_msg` has no source: who delivers it says who sent it. Any thread.
[[nodiscard]] decoded<parcel> unpack(std::string_view kind, std::string_view body,
                                     const seat_finder& seats);

/// What whoever sent `x` gets in its place when it could not be delivered, so that nobody waits in
/// vain: a call has failed, a task is refused, a search found nothing; a call or a task that came
/// to nobody is undelivered. Nothing for what wants no answer.
[[nodiscard]] std::optional<caf::message> refusal_of(const caf::message& x, const failure& why);

/// Whether `kind` asks for work. What only answers or tells may use the last part of a peer's
/// credit, so that work that is done can always be reported.
[[nodiscard]] bool opens_work(std::string_view kind) noexcept;

/// Whether `kind` is a hint, which may be lost: whoever lives by it looks for himself as well. It
/// is worth none of that last part.
[[nodiscard]] bool only_hints(std::string_view kind) noexcept;

/// Whether `kind` only looks, so that nothing is to be feared when it is answered with a refusal
/// although it may have arrived.
[[nodiscard]] bool only_looks(std::string_view kind) noexcept;

} // namespace troupe
