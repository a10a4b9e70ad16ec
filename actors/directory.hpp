#pragma once

#include "actors/seat.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Turns addresses into where they live now: the node's table of seats. Thread safe; a look-up
/// takes a shared lock, and whoever needs a seat often keeps the pointer.
class directory {
 public:
  /// The seat of `where`, made if there is none yet.
  seat_ptr claim(const address& where, std::shared_ptr<const agent_spec> what = nullptr,
                 provider_ptr depends_on = nullptr);
  /// The provider of that name, made with these limits if there is none yet. Never forgotten: they
  /// come from the fleet's declaration.
  provider_ptr claim_provider(const std::string& name, const breaker_spec& limits);
  [[nodiscard]] std::vector<provider_ptr> providers() const;
  [[nodiscard]] seat_ptr find(const address& where) const;
  /// Forgets the seat of `where`.
  void drop(const address& where);
  /// The actor behind an address, or an empty handle.
  [[nodiscard]] caf::actor resolve(const address& where) const;
  [[nodiscard]] std::vector<seat_ptr> all(address_kind kind) const;
  /// Another number whenever a seat has been made, replaced or forgotten: until then `find` and
  /// `all` give what they gave before.
  [[nodiscard]] std::uint64_t layout() const noexcept {
    return layout_.load(std::memory_order_acquire);
  }

  /// The seat of the orchestrator that serves `shard` of `domain`.
  [[nodiscard]] static address orchestrator_of(std::string_view domain, std::uint32_t shard);

  /// Seats whose sitters want to hear `seat_down` of every other seat: orchestrators and the front
  /// desk.
  void watch(seat_ptr who);
  /// The sitter of `who` wants to hear `seat_taken` of every seat of this kind.
  void watch_arrivals(seat_ptr who, address_kind kind);
  void announce_taken(const seat_ptr& who) const;
  /// Tells all watchers that `who`'s incarnation has ended.
  void announce_down(const seat_ptr& who, std::uint64_t incarnation, const std::string& why) const;

 private:
  mutable std::shared_mutex mutex_;
  std::map<std::pair<address_kind, std::string>, seat_ptr> seats_;
  std::atomic<std::uint64_t> layout_{1};
  std::vector<seat_ptr> watchers_;
  std::vector<std::pair<address_kind, seat_ptr>> arrivals_;
  std::map<std::string, provider_ptr, std::less<>> providers_;
};

} // namespace troupe
