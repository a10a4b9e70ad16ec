#pragma once

#include "actors/seat.hpp"

#include <array>
#include <cstdint>

namespace troupe {

/// Who sits at the seats that one actor sends to most, so that it need not take their locks with
/// each call. Direct mapped by the seat's address.
class sitter_cache {
 public:
  /// Who sits at `place`, from the copy while that is good. The answer stands until the next
  /// question.
  const seat::sitter& at(const seat_ptr& place) {
    auto& known = known_[(reinterpret_cast<std::uintptr_t>(place.get()) >> 6) % known_.size()];
    // The version is read first: a change in between is then noticed the next time.
    const auto version = place->version();
    if (known.place != place || known.version != version)
      known = {place, version, place->now()};
    return known.who;
  }

 private:
  struct known_sitter {
    seat_ptr place;
    std::uint64_t version = 0;
    seat::sitter who;
  };
  std::array<known_sitter, 64> known_;
};

} // namespace troupe
