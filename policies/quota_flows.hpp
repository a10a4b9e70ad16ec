#pragma once

#include "policies/quota_share.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <utility>
#include <vector>

namespace troupe {

/// For whom a node needs a limit: by urgency and tenant what waits, and what was used within the
/// last minute. Pure.
class quota_flows {
 public:
  struct whose {
    priority urgency = priority::medium;
    std::uint64_t tenant = 0;
    double weight = 1;
  };

  /// A request of so many tokens waits; or does so no longer, without having been sent.
  void waits(const whose& x, std::uint64_t tokens) { change(x, {{1, tokens, 1}}, {}); }
  void leaves(const whose& x, std::uint64_t tokens) { change(x, {}, {{1, tokens, 1}}); }
  /// One that waited has been sent; the number is for `ended`.
  std::uint64_t sent(const whose& x, std::uint64_t tokens, timestamp now);
  /// It has its answer, and has cost so much; zero: nobody knows.
  void ended(std::uint64_t number, const whose& x, std::uint64_t tokens);

  /// At most so many, those with the greatest need; what the others need is put together by
  /// urgency, under tenant 0.
  [[nodiscard]] std::vector<quota_flow> list(std::size_t most, timestamp now);

 private:
  struct use {
    whose by;
    std::uint64_t tokens = 0;
    timestamp until{};
  };
  void change(const whose& x, const quota_amount& more, const quota_amount& less);

  std::map<std::pair<priority, std::uint64_t>, quota_flow> all_;
  std::deque<use> uses_;
  std::uint64_t first_ = 1; ///< the number of the first of `uses_`
};

} // namespace troupe
