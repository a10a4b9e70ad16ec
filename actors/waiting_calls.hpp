#pragma once

#include <troupe/agent.hpp>
#include <troupe/caf.hpp>
#include <troupe/clock.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

/// A call that waits for a slot of its agent.
struct waiting_call {
  std::uint64_t call = 0;
  caf::actor caller;
  agent_call_ptr what;
  timestamp since{};
  std::shared_ptr<void> act; ///< while it is there, the act is under way; null: it is none
};

/// The calls that wait for a slot of one agent: the most urgent first, and of those the oldest.
/// How many may wait is looked at by whoever adds them. Small while nobody has ever waited.
class waiting_calls {
 public:
  void add(waiting_call x);
  [[nodiscard]] std::uint32_t size() const noexcept { return size_; }
  /// Some call that waits asks what has come of another one.
  [[nodiscard]] bool has_questions() const;

  /// The first one for which `wanted(const waiting_call&)` holds; it waits no more.
  template <class F>
  [[nodiscard]] std::optional<waiting_call> take_first(const F& wanted) {
    if (size_ == 0)
      return std::nullopt;
    for (auto& line : *lines_)
      if (const auto hit = std::find_if(line.begin(), line.end(), wanted); hit != line.end()) {
        auto out = std::move(*hit);
        line.erase(hit);
        --size_;
        return out;
      }
    return std::nullopt;
  }
  /// The calls under this key that are to be worked on, and do not only ask about one; they wait no
  /// more.
  [[nodiscard]] std::vector<waiting_call> take_acts(const std::string& key);
  /// `seen(waiting_call&)` is shown one after the other until it says true; whether it did.
  template <class F>
  bool show(const F& seen) {
    if (size_ == 0)
      return false;
    for (auto& line : *lines_)
      for (auto& x : line)
        if (seen(x))
          return true;
    return false;
  }

 private:
  using lines = std::array<std::deque<waiting_call>, enum_names<priority>::value.size()>;

  std::unique_ptr<lines> lines_; ///< made when somebody first has to wait
  std::uint32_t size_ = 0;
};

} // namespace troupe
