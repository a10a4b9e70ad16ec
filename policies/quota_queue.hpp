#pragma once

#include <troupe/clock.hpp>
#include <troupe/task.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace troupe {

/// A request that waits for room under a limit.
struct quota_wish {
  std::uint64_t id = 0; ///< unique
  priority urgency = priority::medium;
  std::string tenant;     ///< for whom: between tenants there is fairness
  double weight = 1;      ///< of its tenant
  std::uint32_t lane = 0; ///< requests of one lane need room in the same places
  double cost = 1;        ///< in what unit is the same for all
  std::uint64_t tokens = 0;
  timestamp since{};
  timestamp deadline = no_deadline;
};

/// Who waits for a limit, and who is next. The more urgent before the less urgent; among those that
/// are equally urgent each tenant gets its share, by start-time fair queueing (Goyal, Vin and
/// Cheng, "Start-time Fair Queuing", 1996), whatever the others bring along; among those of a
/// tenant the first come. Every eighth turn belongs to whoever has waited longest, so that nobody
/// waits for ever.
///
/// So many wait and no more: beyond, whoever is least urgent loses, among those the tenant that has
/// most waiting for its weight, and of its requests the youngest. Pure.
class quota_queue {
 public:
  static constexpr std::uint32_t eldest_every = 8;

  explicit quota_queue(std::size_t most)
      : most_(most) {}

  /// Returns the request for which there is no place: itself, or another one, which is taken out.
  std::optional<std::uint64_t> push(quota_wish x);

  enum class fit : std::uint8_t {
    yes,
    not_this_lane, ///< what needs the same room waits as well
    none,          ///< nothing can go now
  };
  /// Whether there is room for a request; for one that is `urgent`, or goes before such, also where
  /// others have to go evenly.
  using room = std::function<fit(const quota_wish&, bool urgent)>;
  /// Takes out who is next among those that fit; nothing when nobody does. Who is next and does not
  /// fit holds its lane up: what is large would else wait for ever. The eldest does not hold up
  /// somebody urgent only because it would have to wait for an even moment.
  std::optional<quota_wish> pop(const room& fits);

  std::optional<quota_wish> erase(std::uint64_t id);
  /// Takes out those whose deadline has come.
  [[nodiscard]] std::vector<quota_wish> expire(timestamp now);
  [[nodiscard]] timestamp next_deadline() const noexcept {
    return deadlines_.empty() ? no_deadline : deadlines_.begin()->first;
  }
  [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
  /// What waits of this urgency and the more urgent ones costs together.
  [[nodiscard]] double ahead_of(priority urgency) const noexcept;
  void for_each(const std::function<void(const quota_wish&)>& f) const;

 private:
  struct flow {
    std::map<std::uint32_t, std::deque<std::uint64_t>> lanes; ///< ids, the oldest first
    std::size_t waiting = 0;
    double weight = 1;
    double start = 0; ///< virtual: of its next request
  };
  struct level {
    std::map<std::string, flow> flows;
    std::set<std::pair<double, std::string>> order; ///< of `flows`, by their start
    double now = 0;                                 ///< virtual time
    double cost = 0;
  };
  struct held {
    quota_wish what;
    std::uint64_t place = 0; ///< in the order of their coming
  };
  [[nodiscard]] level& level_of(priority x) { return levels_[static_cast<std::size_t>(x)]; }
  std::optional<std::uint64_t> victim(const quota_wish& x);
  quota_wish remove(std::uint64_t id, bool served);

  std::size_t most_;
  std::map<std::uint64_t, held> all_;             ///< by id
  std::map<std::uint64_t, std::uint64_t> by_age_; ///< ids by place
  std::set<std::pair<timestamp, std::uint64_t>> deadlines_;
  std::array<level, 4> levels_;
  std::uint64_t last_place_ = 0;
  std::uint64_t turns_ = 0;
};

} // namespace troupe
