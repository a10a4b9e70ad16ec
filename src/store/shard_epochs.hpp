#pragma once

#include "src/store/store.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// The epochs of all shards of a store, in memory: what every write is held against.
class shard_epochs {
 public:
  /// Throws `fenced` when a write comes from somebody who owns its shard no more. A batch mostly
  /// comes from few owners, so that neighbours are alike and cost a comparison each.
  void check(std::span<const store_write> batch) const {
    const store_write* good = nullptr;
    for (const auto& w : batch) {
      if (w.epoch == 0 ||
          (good && good->epoch == w.epoch && good->shard == w.shard && good->domain == w.domain))
        continue;
      if (const auto now = of(w.domain, w.shard); w.epoch < now)
        throw store_error{store_error::kind::fenced,
                          "shard " + std::to_string(w.shard) + " of " + w.domain +
                              " is owned under epoch " + std::to_string(now) +
                              ", this write comes from " + std::to_string(w.epoch)};
      good = &w;
    }
  }
  /// 0: nobody has owned it yet.
  [[nodiscard]] std::uint64_t of(std::string_view domain, std::uint32_t shard) const {
    auto hit = shards_.find(domain);
    return hit == shards_.end() || shard >= hit->second.size() ? 0 : hit->second[shard];
  }
  void set(std::string_view domain, std::uint32_t shard, std::uint64_t epoch) {
    auto hit = shards_.find(domain);
    if (hit == shards_.end())
      hit = shards_.emplace(std::string{domain}, std::vector<std::uint64_t>{}).first;
    if (hit->second.size() <= shard)
      hit->second.resize(std::size_t{shard} + 1);
    hit->second[shard] = epoch;
  }

 private:
  std::map<std::string, std::vector<std::uint64_t>, std::less<>> shards_;
};

} // namespace troupe
