#pragma once

#include "src/store/store.hpp"

#include <troupe/access.hpp>
#include <troupe/clock.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace troupe {

/// The API keys as this node read them last: the doors look here for every request. Thread safe.
class key_ring {
 public:
  using steady = std::chrono::steady_clock;
  using book = std::map<std::string, std::shared_ptr<const api_key>, std::less<>>;

  /// Reads what is new in the store. To be called on one thread at a time, the journal's once it
  /// runs. Throws `store_error`, and keeps what it knew.
  void read(store& from);

  /// By id. Null: nothing has been read yet, so that nobody knows whether there are keys.
  [[nodiscard]] std::shared_ptr<const book> seen() const;
  /// Since the store was read last.
  [[nodiscard]] steady::duration age() const;

 private:
  std::uint64_t mark_ = 0; ///< of the reader only
  mutable std::mutex mutex_;
  std::shared_ptr<const book> seen_;
  steady::time_point read_{};
};

} // namespace troupe
