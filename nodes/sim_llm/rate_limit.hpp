#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>

namespace troupe::sim_llm {

/// So much of each key in any minute, as strict services count: what was refused does not count.
/// Not thread safe.
class rate_limit {
 public:
  using steady = std::chrono::steady_clock;

  explicit rate_limit(std::uint64_t per_minute)
      : most_(per_minute) {}

  /// Takes so much in; else how long the key has to wait. What is more than the limit never fits:
  /// it waits for an empty minute, each time.
  [[nodiscard]] std::chrono::milliseconds enter(const std::string& key, std::uint64_t amount,
                                                steady::time_point now) {
    if (most_ == 0)
      return std::chrono::milliseconds{0};
    // Whoever invents keys gets no memory for each of them.
    auto& w = windows_[windows_.size() < keys_max || windows_.contains(key) ? key : "others"];
    while (!w.passed.empty() && w.passed.front().first <= now - std::chrono::minutes{1}) {
      w.sum -= w.passed.front().second;
      w.passed.pop_front();
    }
    if (w.sum + amount <= most_) {
      w.passed.emplace_back(now, amount);
      w.sum += amount;
      return std::chrono::milliseconds{0};
    }
    auto free = now;
    auto sum = w.sum;
    for (const auto& [at, what] : w.passed) {
      if (sum + amount <= most_)
        break;
      sum -= what;
      free = at;
    }
    return std::chrono::ceil<std::chrono::milliseconds>(free + std::chrono::minutes{1} - now) +
           std::chrono::milliseconds{1};
  }

 private:
  static constexpr std::size_t keys_max = 1000;
  struct window {
    std::deque<std::pair<steady::time_point, std::uint64_t>> passed;
    std::uint64_t sum = 0;
  };
  std::uint64_t most_;
  std::map<std::string, window> windows_;
};

} // namespace troupe::sim_llm
