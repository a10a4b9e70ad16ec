#include "actors/key_ring.hpp"

#include "src/store/api_keys.hpp"

namespace troupe {

void key_ring::read(store& from) {
  // A store that was opened anew may number its news differently, but never as they were.
  const auto news = from.keys(mark_);
  std::shared_ptr<const book> made;
  if (news) {
    auto all = std::make_shared<book>();
    for (const auto& row : *news) {
      // A row that cannot be read opens nothing, but it is a key: the door stays closed.
      auto key = key_of(row);
      all->insert_or_assign(row.id,
                            key ? std::make_shared<const api_key>(std::move(*key)) : nullptr);
    }
    made = std::move(all);
  }
  const std::lock_guard hold{mutex_};
  if (made)
    seen_ = std::move(made);
  read_ = steady::now();
}

std::shared_ptr<const key_ring::book> key_ring::seen() const {
  const std::lock_guard hold{mutex_};
  return seen_;
}

key_ring::steady::duration key_ring::age() const {
  const std::lock_guard hold{mutex_};
  return steady::now() - read_;
}

} // namespace troupe
