#pragma once

#include <troupe/clock.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace troupe {

struct refusal_book_settings {
  double burst = 20;                ///< refusals that a source gets in words before it is put off
  milliseconds refill{1000};        ///< until one more is answered so
  milliseconds record_every{10000}; ///< per source: what lies in between is counted into the next
  double records_burst = 20;        ///< of all sources together
  milliseconds records_refill{5000};
  std::size_t sources_max = 1024; ///< those that are too many share one entry
};

/// Keeps count of who is refused at a door: who comes too often is put off, and what is put on
/// record stays little, however many refusals there are and from wherever. A value: time is an
/// argument.
class refusal_book {
 public:
  explicit refusal_book(refusal_book_settings settings = {})
      : settings_(settings)
      , records_{settings.records_burst, timestamp::min()} {}

  struct advice {
    bool put_off = false;        ///< 429 instead of the reason
    milliseconds retry_after{0}; ///< with `put_off`
    std::uint64_t to_record = 0; ///< so many refusals of this source go on record; 0: not yet
  };
  /// A request of `source` is refused.
  [[nodiscard]] advice refused(const std::string& source, timestamp now);

  [[nodiscard]] std::size_t sources() const noexcept { return sources_.size(); }

 private:
  struct bucket {
    double left = 0;
    timestamp at = timestamp::min();
    /// Takes one if there is one.
    bool take(timestamp now, double most, milliseconds refill);
  };
  struct source_entry {
    bucket words;
    timestamp recorded = timestamp::min();
    std::uint64_t unrecorded = 0;
    timestamp seen = timestamp::min();
  };
  source_entry& entry_of(const std::string& source, timestamp now);
  void forget_idle(timestamp now);

  refusal_book_settings settings_;
  bucket records_;
  std::map<std::string, source_entry, std::less<>> sources_;
};

} // namespace troupe
