#pragma once

#include <troupe/clock.hpp>
#include <troupe/reason.hpp>

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe {

/// Requests that wait for answers of one kind, by their numbers. Each ends with an answer, or with
/// a refusal when its time is over. Used by one actor.
template <class Reply>
class waiting_room {
 public:
  /// `take` gets every answer until it returns true: that was all. `give_up` is called at most
  /// once, and never after that. Returns `request`.
  std::uint64_t admit(std::uint64_t request, timestamp due, std::function<bool(const Reply&)> take,
                      std::function<void(const refused&)> give_up) {
    guests_.emplace(request, guest{due, std::move(take), std::move(give_up)});
    return request;
  }
  void dismiss(std::uint64_t request) { guests_.erase(request); }

  void take(const Reply& x) {
    auto hit = guests_.find(x.request);
    if (hit != guests_.end() && hit->second.take(x))
      guests_.erase(x.request);
  }
  /// Gives up on those whose time is over.
  void expire(timestamp now) {
    std::vector<std::function<void(const refused&)>> late;
    for (auto i = guests_.begin(); i != guests_.end();) {
      if (i->second.due > now) {
        ++i;
        continue;
      }
      late.push_back(std::move(i->second.give_up));
      i = guests_.erase(i);
    }
    for (const auto& f : late)
      f({refusal::timeout, "no answer in time", {}});
  }
  /// Gives up on all.
  void close() {
    for (auto& [id, g] : guests_)
      g.give_up({refusal::stopping, "the node is stopping", {}});
    guests_.clear();
  }

 private:
  struct guest {
    timestamp due;
    std::function<bool(const Reply&)> take;
    std::function<void(const refused&)> give_up;
  };
  std::unordered_map<std::uint64_t, guest> guests_;
};

} // namespace troupe
