#pragma once

#include "actors/seat.hpp"

#include <troupe/caf.hpp>
#include <troupe/clock.hpp>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace troupe {

/// A call that an agent has been given and has not answered.
struct open_call {
  std::uint32_t slot = 0; ///< of its task, with `generation`
  std::uint32_t generation = 0;
  std::uint32_t step = 0;
  std::uint32_t attempt = 0;
  seat_ptr to;
  std::uint64_t incarnation = 0; ///< of the agent that has it
  caf::actor at;                 ///< that one: it may end what it has after it has left its seat
  timestamp started{};
  std::uint8_t probe = 0; ///< what it is a probe of, as `dispatcher` says
  bool judged = false;    ///< the breakers have been told how it went
};

/// The open calls of one orchestrator, by numbers that are never used twice: an answer to a call
/// that has been closed finds nothing. Keeps the gauges of the seats, also when it is destroyed:
/// nobody else would take back what a dead orchestrator had sent.
class call_table {
 public:
  call_table() = default;
  call_table(const call_table&) = delete;
  call_table& operator=(const call_table&) = delete;
  ~call_table() {
    for (auto& p : places_)
      if (p.what.to)
        p.what.to->load.fetch_sub(1, std::memory_order_relaxed);
  }

  /// Returns the number of the call.
  std::uint64_t open(open_call what) {
    std::uint32_t at;
    if (free_.empty()) {
      at = static_cast<std::uint32_t>(places_.size());
      places_.emplace_back();
    } else {
      at = free_.back();
      free_.pop_back();
    }
    what.to->load.fetch_add(1, std::memory_order_relaxed);
    places_[at].what = std::move(what);
    return number(at);
  }

  /// The call, which is closed with that; nothing if it is not open.
  std::optional<open_call> close(std::uint64_t call) {
    const auto at = static_cast<std::uint32_t>(call);
    if (at >= places_.size() || !places_[at].what.to || number(at) != call)
      return std::nullopt;
    auto& p = places_[at];
    p.what.to->load.fetch_sub(1, std::memory_order_relaxed);
    ++p.used;
    free_.push_back(at);
    return std::exchange(p.what, {});
  }

  /// The first open call for which `wanted(open_call)` holds, by its number.
  template <class Wanted>
  [[nodiscard]] std::optional<std::uint64_t> find_if(Wanted wanted) const {
    for (std::uint32_t at = 0; at < places_.size(); ++at)
      if (places_[at].what.to && wanted(places_[at].what))
        return number(at);
    return std::nullopt;
  }

  /// All of them.
  template <class Wanted>
  [[nodiscard]] std::vector<std::uint64_t> find_all(Wanted wanted) const {
    std::vector<std::uint64_t> out;
    for (std::uint32_t at = 0; at < places_.size(); ++at)
      if (places_[at].what.to && wanted(places_[at].what))
        out.push_back(number(at));
    return out;
  }

  [[nodiscard]] const open_call& operator[](std::uint64_t call) const {
    return places_[static_cast<std::uint32_t>(call)].what;
  }
  [[nodiscard]] open_call& operator[](std::uint64_t call) {
    return places_[static_cast<std::uint32_t>(call)].what;
  }

 private:
  struct place {
    open_call what; ///< open while `to` is set
    std::uint32_t used = 0;
  };
  [[nodiscard]] std::uint64_t number(std::uint32_t at) const noexcept {
    return static_cast<std::uint64_t>(places_[at].used) << 32 | at;
  }

  std::vector<place> places_;
  std::vector<std::uint32_t> free_;
};

} // namespace troupe
