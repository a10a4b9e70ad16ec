#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace troupe {

/// Which attempt of a step: a task that has begun anew under another owner counts its attempts
/// anew, under a newer epoch of its shard.
struct act_turn {
  std::uint64_t epoch = 0;
  std::uint32_t attempt = 0;
  friend auto operator<=>(const act_turn&, const act_turn&) = default;
};

/// What acts outside in this process, by idempotency key: calls that its agents have been given,
/// and threads that nobody can end, which go on when their agent has died. Until an act is over
/// nobody can say what has come of it; and once that has been asked, a call which was still on its
/// way must not begin. Thread safe.
class acts_under_way {
 public:
  /// So many keys are remembered as asked about: calls are on their way for moments.
  static constexpr std::size_t most_asked = 10000;

  /// The act lasts until the last copy of what is returned is gone.
  [[nodiscard]] std::shared_ptr<void> begin(std::string key) {
    {
      const std::lock_guard hold{book_->guard};
      book_->keys.insert(key);
    }
    return token(std::move(key));
  }
  /// As `begin`, for this attempt of a step; null if a later one has asked already what came of it.
  [[nodiscard]] std::shared_ptr<void> begin(std::string key, const act_turn& turn) {
    {
      const std::lock_guard hold{book_->guard};
      if (const auto asked = book_->asked.find(key);
          asked != book_->asked.end() && turn < asked->second)
        return nullptr;
      book_->keys.insert(key);
    }
    return token(std::move(key));
  }
  [[nodiscard]] bool has(const std::string& key) const {
    const std::lock_guard hold{book_->guard};
    return book_->keys.contains(key);
  }
  /// As `has`, for an attempt that asks what came of those before it: they begin no more.
  bool ask(const std::string& key, const act_turn& turn) {
    const std::lock_guard hold{book_->guard};
    const auto [at, fresh] = book_->asked.emplace(key, turn);
    at->second = std::max(at->second, turn);
    if (fresh)
      book_->in_order.push_back(key);
    if (book_->in_order.size() > most_asked) {
      book_->asked.erase(book_->in_order.front());
      book_->in_order.pop_front();
    }
    return book_->keys.contains(key);
  }

 private:
  struct book {
    mutable std::mutex guard;
    std::unordered_multiset<std::string> keys;
    std::unordered_map<std::string, act_turn> asked; ///< by which attempt
    std::deque<std::string> in_order;                ///< of those
  };
  [[nodiscard]] std::shared_ptr<void> token(std::string key) const {
    // It points to something: no token at all is an answer as well.
    return {book_.get(), [book = book_, key = std::move(key)](void*) {
              const std::lock_guard hold{book->guard};
              book->keys.erase(book->keys.find(key));
            }};
  }
  std::shared_ptr<book> book_ = std::make_shared<book>();
};

} // namespace troupe
