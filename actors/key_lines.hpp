#pragma once

#include "actors/session_book.hpp"
#include "src/store/store.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe {

/// Requests that wait to hear whose their idempotency key is: a line for each key, whose first one
/// claims it. One question to the store at a time; keys that come meanwhile go into the next one,
/// so that they share a commit however many they are.
class key_lines {
 public:
  using waiting = session_book::waiting;

  /// False: as many wait for this key as may.
  [[nodiscard]] bool add(waiting w, std::size_t most) {
    const auto& what = *w.what.what;
    auto& line = lines_[what.idempotency_key];
    if (line.size() >= most) {
      if (line.empty())
        lines_.erase(what.idempotency_key);
      return false;
    }
    if (line.empty())
      new_.push_back({what.idempotency_key, what.id, what.deadline});
    line.push_back(std::move(w));
    ++size_;
    return true;
  }
  /// What to ask the store now, by key; nothing while it has not answered, or if nobody is new.
  [[nodiscard]] std::vector<key_claim> next() {
    if (asking_ || new_.empty())
      return {};
    asking_ = true;
    std::sort(new_.begin(), new_.end(),
              [](const key_claim& a, const key_claim& b) { return a.key < b.key; });
    return std::exchange(new_, {});
  }
  /// The store has answered.
  void answered() noexcept { asking_ = false; }
  /// Those who wait for this key; they wait no more.
  [[nodiscard]] std::vector<waiting> take(const std::string& key) {
    auto line = lines_.extract(key);
    if (line.empty())
      return {};
    size_ -= line.mapped().size();
    return std::move(line.mapped());
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// `what` is called with everybody who waits.
  template <class F>
  void for_each(const F& what) {
    for (auto& [key, line] : lines_)
      for (auto& w : line)
        what(w);
  }

 private:
  std::unordered_map<std::string, std::vector<waiting>> lines_;
  std::vector<key_claim> new_; ///< the store has not been asked for them yet
  bool asking_ = false;
  std::size_t size_ = 0;
};

} // namespace troupe
