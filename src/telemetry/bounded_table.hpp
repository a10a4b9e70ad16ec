#pragma once

#include "src/telemetry/utf8.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe {

/// Series by name. The first `limit` distinct names get an entry of their own, all later ones share
/// the entry "other", so that names that clients choose cannot exhaust the memory. Entries never
/// move and never go away. Any thread.
template <class Series>
class bounded_table {
 public:
  explicit bounded_table(std::size_t limit)
      : limit_(limit) {}

  Series* at(std::string_view name) {
    {
      std::shared_lock hold{mutex_};
      if (auto i = all_.find(name); i != all_.end())
        return i->second.get();
    }
    // A name that is no proper label is never found above; it pays for being cleaned each time.
    auto key = label_value(name);
    std::unique_lock hold{mutex_};
    if (auto i = all_.find(key); i != all_.end())
      return i->second.get();
    if (all_.size() >= limit_)
      key = "other";
    auto& place = all_[std::move(key)];
    if (!place)
      place = std::make_unique<Series>();
    return place.get();
  }

  /// Names and entries at this moment, in no order. The pointers stay valid after the lock is gone.
  [[nodiscard]] std::vector<std::pair<std::string, const Series*>> list() const {
    std::shared_lock hold{mutex_};
    std::vector<std::pair<std::string, const Series*>> out;
    out.reserve(all_.size());
    for (const auto& [name, series] : all_)
      out.emplace_back(name, series.get());
    return out;
  }

 private:
  struct hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  const std::size_t limit_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, std::unique_ptr<Series>, hash, std::equal_to<>> all_;
};

} // namespace troupe
