#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <utility>

namespace troupe {

/// What acts outside in this process: calls that its agents have been given, and threads that
/// nobody can end, which go on when their agent has died. Until an act is over nobody can say what
/// has come of it. By idempotency key. Thread safe.
class acts_under_way {
 public:
  /// The act lasts until the last copy of what is returned is gone.
  [[nodiscard]] std::shared_ptr<void> begin(std::string key) {
    {
      const std::lock_guard hold{book_->guard};
      book_->keys.insert(key);
    }
    return {nullptr, [book = book_, key = std::move(key)](void*) {
              const std::lock_guard hold{book->guard};
              book->keys.erase(book->keys.find(key));
            }};
  }
  [[nodiscard]] bool has(const std::string& key) const {
    const std::lock_guard hold{book_->guard};
    return book_->keys.contains(key);
  }

 private:
  struct book {
    mutable std::mutex guard;
    std::unordered_multiset<std::string> keys;
  };
  std::shared_ptr<book> book_ = std::make_shared<book>();
};

} // namespace troupe
