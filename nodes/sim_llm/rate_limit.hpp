#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <string>

namespace troupe::sim_llm {

/// So many requests of each key in any minute, as strict services count: what was refused does not
/// count. Not thread safe.
class rate_limit {
 public:
  using steady = std::chrono::steady_clock;

  explicit rate_limit(std::uint32_t per_minute)
      : most_(per_minute) {}

  /// Takes a request in; else how long the key has to wait.
  [[nodiscard]] std::chrono::milliseconds enter(const std::string& key, steady::time_point now) {
    if (most_ == 0)
      return std::chrono::milliseconds{0};
    // Whoever invents keys gets no memory for each of them.
    auto& passed = passed_[passed_.size() < keys_max || passed_.contains(key) ? key : "others"];
    while (!passed.empty() && passed.front() <= now - std::chrono::minutes{1})
      passed.pop_front();
    if (passed.size() >= most_)
      return std::chrono::ceil<std::chrono::milliseconds>(passed.front() + std::chrono::minutes{1} -
                                                          now) +
             std::chrono::milliseconds{1};
    passed.push_back(now);
    return std::chrono::milliseconds{0};
  }

 private:
  static constexpr std::size_t keys_max = 1000;
  std::uint32_t most_;
  std::map<std::string, std::deque<steady::time_point>> passed_;
};

} // namespace troupe::sim_llm
