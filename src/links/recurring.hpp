#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace troupe::links {

/// What happens again and again, such as a peer with another authority that dials twice a second:
/// told the first time, and then once a minute at most. Remembers so many things and no more, since
/// strangers make them up. A value; not thread safe.
class recurring {
 public:
  using steady = std::chrono::steady_clock;
  static constexpr std::chrono::seconds gap{60};
  static constexpr std::size_t most = 64;

  /// How often it has happened untold since it was told last, if it is to be told now.
  [[nodiscard]] std::optional<std::uint64_t> happens(const std::string& what,
                                                     steady::time_point now) {
    const auto at = all_.find(what);
    if (at == all_.end()) {
      if (all_.size() == most)
        all_.erase(std::min_element(all_.begin(), all_.end(), [](const auto& a, const auto& b) {
          return a.second.told < b.second.told;
        }));
      all_.emplace(what, state{now, 0});
      return 0;
    }
    auto& x = at->second;
    if (now - x.told < gap) {
      ++x.untold;
      return std::nullopt;
    }
    const auto untold = x.untold;
    x = {now, 0};
    return untold;
  }

 private:
  struct state {
    steady::time_point told;
    std::uint64_t untold = 0;
  };
  std::map<std::string, state> all_;
};

} // namespace troupe::links
