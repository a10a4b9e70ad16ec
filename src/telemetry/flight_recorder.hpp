#pragma once

#include <troupe/address.hpp>
#include <troupe/clock.hpp>
#include <troupe/enum_names.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace troupe {

/// What became of a message, as a node saw it.
enum class flight : std::uint8_t {
  told,    ///< given from one actor of this node to another
  sent,    ///< given to the network
  arrived, ///< came from the network, and was given to whom it is for
  refused, ///< was not delivered; its sender hears of it
};

template <>
struct enum_names<flight> {
  static constexpr std::array<std::string_view, 4> value{"told", "sent", "arrived", "refused"};
};

/// Who sends or gets a message; without a name: it is not known.
struct flight_party {
  address_kind kind = address_kind::node;
  std::string_view name;

  flight_party() = default;
  flight_party(address_kind k, std::string_view n) noexcept
      : kind(k)
      , name(n) {}
  flight_party(const address& x) noexcept // NOLINT(google-explicit-constructor): it is one
      : flight_party(x.kind, x.name) {}
};

/// A message that passed by. Texts that are too long are cut (`flight_recorder::entry`).
struct flight_note {
  timestamp at{};
  std::uint64_t stamp = 0; ///< see `flight_recorder::stamp`; 0: it gets the next one
  flight how = flight::told;
  flight_party from, to;
  std::string_view kind;         ///< which message it is
  std::string_view task;         ///< that it belongs to; empty: that is not known
  std::string_view trace;        ///< id of the trace that it belongs to; empty: none
  std::string_view why;          ///< the skill that is asked for, the reason of a failure
  std::uint32_t step = 0;        ///< of the task's plan; with an attempt
  std::uint32_t attempt = 0;     ///< 0: it is about no step
  std::uint64_t bytes = 0;       ///< of its content, as far as somebody has measured it
  std::uint64_t cost_micros = 0; ///< millionths of the fleet's currency that it reports
};

/// The FLIGHT RECORDER of a node: the last messages between its actors and to other nodes, in
/// memory that is bounded. Always on: a note costs a stamp and a copy of some 200 bytes, under a
/// lock that threads rarely share. All functions may be called by any thread.
///
/// Notes carry stamps of a hybrid logical clock (Kulkarni and others, 2014): a message's stamp
/// crosses with it to the other node, so that of two notes, at whatever nodes, the one that led to
/// the other has the smaller stamp, whatever the clocks say; beyond that stamps follow the time of
/// day, in microseconds.
class flight_recorder {
 public:
  /// As it is kept, and given to readers; see `text_in`.
  struct entry {
    timestamp at{};
    std::uint64_t stamp = 0;
    std::uint64_t bytes = 0;
    std::uint64_t cost_micros = 0;
    std::uint32_t step = 0, attempt = 0;
    flight how = flight::told;
    std::array<char, 48> from{}, to{}, why{};
    std::array<char, 40> task{};
    std::array<char, 32> trace{};
    std::array<char, 20> kind{};
  };

  /// Keeps so many of the last messages in each of its lanes; a thread writes to one lane.
  explicit flight_recorder(std::size_t per_lane = 16384);
  ~flight_recorder();
  flight_recorder(const flight_recorder&) = delete;
  flight_recorder& operator=(const flight_recorder&) = delete;

  /// The stamp of what happens at `now`: later than all that was seen before.
  [[nodiscard]] std::uint64_t stamp(timestamp now) noexcept;
  /// A message with this stamp has come from elsewhere: what happens from here on is later. Stamps
  /// that no clock gives are passed over.
  void observe(std::uint64_t theirs) noexcept;
  void note(const flight_note& x);

  /// What is kept since a moment, the earliest cause first; of one trace, unless that is empty; the
  /// last `most` of them.
  [[nodiscard]] std::vector<entry> last(timestamp since, std::string_view trace,
                                        std::size_t most) const;

  static constexpr std::size_t lanes = 8;

 private:
  struct lane;
  std::atomic<std::uint64_t> clock_{0};
  std::array<std::unique_ptr<lane>, lanes> lanes_;
};

/// The text in a field of an entry.
template <std::size_t N>
[[nodiscard]] std::string_view text_in(const std::array<char, N>& x) noexcept {
  std::size_t n = 0;
  while (n < N && x[n] != '\0')
    ++n;
  return {x.data(), n};
}

} // namespace troupe
