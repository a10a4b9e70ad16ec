#pragma once

#include "src/store/shard_epochs.hpp"
#include "src/store/store.hpp"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace troupe {

/// The claims to idempotency keys of a store that is in memory.
class memory_claims {
 public:
  /// Whose the key is then; no task may have been opened with it.
  std::string claim(std::string_view domain, std::uint32_t shard, std::uint64_t epoch,
                    const key_claim& x, const shard_epochs& owners) {
    const row fresh{x.id, shard, epoch, x.until};
    auto& now = rows_.try_emplace({std::string{domain}, x.key}, fresh).first->second;
    if ((now.shard == shard && now.epoch <= epoch) || now.epoch < owners.of(domain, now.shard))
      now = fresh;
    return now.id;
  }

  void release(std::string_view domain, std::string_view key, std::string_view id) {
    const auto hit = rows_.find({std::string{domain}, std::string{key}});
    if (hit != rows_.end() && hit->second.id == id)
      rows_.erase(hit);
  }

  std::size_t prune(timestamp older_than, std::size_t most) {
    std::size_t gone = 0;
    for (auto i = rows_.begin(); i != rows_.end() && gone < most;) {
      const bool old = i->second.until < older_than;
      i = old ? rows_.erase(i) : std::next(i);
      gone += old ? 1 : 0;
    }
    return gone;
  }

 private:
  struct row {
    std::string id;
    std::uint32_t shard = 0;
    std::uint64_t epoch = 0;
    timestamp until{};
  };
  std::map<std::pair<std::string, std::string>, row> rows_; ///< by domain and key
};

} // namespace troupe
