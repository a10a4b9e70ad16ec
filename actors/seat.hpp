#pragma once

#include "actors/shared_breaker.hpp"

#include <troupe/address.hpp>
#include <troupe/agent.hpp>
#include <troupe/caf.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace troupe {

struct agent_metrics;

enum class health : std::uint8_t {
  down,
  up,
  draining,
  quarantined,
  unplaced, ///< nobody sits there, because no node satisfies what it needs
  spare,    ///< nobody sits there, because fewer replicas are needed
};

template <>
struct enum_names<health> {
  static constexpr std::array<std::string_view, 6> value{"down",        "up",       "draining",
                                                         "quarantined", "unplaced", "spare"};
};

/// What a seat is there for, as the failure table or a person has said. It outlives its sitters: an
/// agent in quarantine that is restarted is still in quarantine.
enum class duty : std::uint8_t {
  serving,
  draining,    ///< ends what it has and takes nothing new
  quarantined, ///< by a person: until a person returns it
  probation,   ///< quarantined by the failure table: until a probe succeeds or a person returns it
  stopped,     ///< by a person: nobody is to sit there
};

/// The stable place of an address: whoever sits there may die and be replaced, the seat stays, so
/// that tables which point to it need not change when an actor restarts. Its gauges are what the
/// router reads. Thread safe.
///
/// What the router reads of a candidate stands first, on one cache line, with the name on the next:
/// among a hundred thousand agents of one skill each look at a candidate is a walk to cold memory.
class alignas(64) seat {
 public:
  explicit seat(address where, std::shared_ptr<const agent_spec> what = nullptr,
                provider_ptr depends_on = nullptr)
      : shed_at_(what ? static_cast<std::uint8_t>(std::min(what->shed_at, 255u)) : std::uint8_t{0})
      , does_(what ? what->card.does : effects{})
      , slots_(what ? static_cast<std::uint8_t>(std::min(what->slots, 255u)) : std::uint8_t{0})
      , capacity_(what ? what->slots + what->queue_limit : 0)
      , cost_(what ? static_cast<float>(what->card.cost) : 0)
      , quality_(what ? static_cast<float>(what->card.quality) : 0)
      , breaker(what && what->breaker ? &*what->breaker : &usual_limits())
      , provider_(std::move(depends_on))
      , where_(std::move(where))
      , spec_(std::move(what)) {}

  /// Calls that have been sent here and not yet ended: counted by the senders.
  std::atomic<std::uint32_t> load{0};
  std::atomic<health> state{health::down};

 private:
  const std::uint8_t shed_at_;
  const effects does_;
  const std::uint8_t slots_;

 public:
  /// How far away its sitter is: 0 on this node, 1 in this node's region, 2 in another one.
  std::atomic<std::uint8_t> distance{0};
  /// A limit on what may be spent has stopped its agent for now: others are taken first.
  std::atomic<bool> paused{false};

 private:
  std::atomic<bool> remote_{false}; ///< `elsewhere_` is not empty

 public:
  /// Share of recent calls that succeeded: an exponential average over about 20 calls. Races lose
  /// an update at worst.
  std::atomic<float> success_rate{1.0f};

 private:
  const std::uint32_t capacity_;
  const float cost_;
  const float quality_;

 public:
  /// Its own circuit breaker.
  shared_breaker breaker;

 private:
  const provider_ptr provider_;
  const address where_;

 public:
  [[nodiscard]] const address& where() const noexcept { return where_; }
  /// What sits here, for agents; null for everything else.
  [[nodiscard]] const std::shared_ptr<const agent_spec>& spec() const noexcept { return spec_; }

  struct sitter {
    caf::actor handle;
    std::uint64_t incarnation = 0;
  };
  /// Who sits here now; an empty handle when nobody does.
  [[nodiscard]] sitter now() const {
    std::lock_guard hold{mutex_};
    return sitter_;
  }
  /// Seats a new incarnation; returns its number, 1 for the first. `since`: when that was.
  /// `elsewhere`: the node where it lives, if that is not this one, so far `away`.
  std::uint64_t take(caf::actor handle, timestamp since = {}, std::string elsewhere = {},
                     std::uint8_t away = 0) {
    std::lock_guard hold{mutex_};
    return seat_one(std::move(handle), since, std::move(elsewhere), away);
  }
  /// As above, for a supervisor of this process. 0, and nobody is seated: who sits here was seated
  /// by another one that began later, so that this one has been killed before it could begin.
  std::uint64_t take_for(caf::actor_id supervisor, caf::actor handle, timestamp since) {
    std::lock_guard hold{mutex_};
    if (sitter_.handle && supervisor < seated_by_)
      return 0;
    seated_by_ = supervisor;
    return seat_one(std::move(handle), since, {}, 0);
  }
  /// The incarnation has ended; its number is returned.
  std::uint64_t leave() {
    std::lock_guard hold{mutex_};
    sitter_.handle = nullptr;
    version_.fetch_add(1, std::memory_order_release);
    state.store(absent_, std::memory_order_relaxed);
    return sitter_.incarnation;
  }
  /// As above, if that incarnation still sits there: the supervisor of who has ended may have been
  /// replaced, and its successor's child be quicker.
  void leave(std::uint64_t which) {
    std::lock_guard hold{mutex_};
    if (sitter_.incarnation != which)
      return;
    sitter_.handle = nullptr;
    version_.fetch_add(1, std::memory_order_release);
    state.store(absent_, std::memory_order_relaxed);
  }
  /// Who sits here, if he lives at `node`, or who has made room for him and lives there: while an
  /// agent moves, its former self ends what it has. `here` is this node.
  [[nodiscard]] sitter at(const std::string& node, const std::string& here) const {
    std::lock_guard hold{mutex_};
    if (sitter_.handle && node == (elsewhere_.empty() ? here : elsewhere_))
      return sitter_;
    return former_.handle && node == former_at_ ? former_ : sitter{};
  }
  /// Who had made room has ended, or cannot be reached any more.
  void forget_former(std::uint64_t which) {
    std::lock_guard hold{mutex_};
    if (former_.incarnation == which)
      former_ = {};
  }
  /// How the seat looks while nobody sits there: `down`, `unplaced` or `spare`, and why.
  void set_absent(health as, std::string why) {
    std::lock_guard hold{mutex_};
    absent_ = as;
    absent_why_ = std::move(why);
    if (!sitter_.handle)
      state.store(as, std::memory_order_relaxed);
  }
  [[nodiscard]] health absent() const {
    std::lock_guard hold{mutex_};
    return absent_;
  }
  /// Why nobody sits there, if that is known.
  [[nodiscard]] std::string absent_why() const {
    std::lock_guard hold{mutex_};
    return sitter_.handle ? std::string{} : absent_why_;
  }

  /// Whoever is to sit here cannot start, and will not by being tried again.
  void cannot_start(std::string why) {
    std::lock_guard hold{mutex_};
    hopeless_ = std::move(why);
  }
  /// Which key of its file is the reason for that, and why; empty: nothing of the kind has happened
  /// here.
  [[nodiscard]] std::string hopeless() const {
    std::lock_guard hold{mutex_};
    return hopeless_;
  }

  /// Who sits here has moved on to another node.
  void moved_to(std::string node) {
    std::lock_guard hold{mutex_};
    elsewhere_ = std::move(node);
    remote_.store(!elsewhere_.empty(), std::memory_order_relaxed);
  }
  /// The node where the one who sits here, or sat here last, lives; empty: this one.
  [[nodiscard]] std::string elsewhere() const {
    if (!remote_.load(std::memory_order_relaxed))
      return {};
    std::lock_guard hold{mutex_};
    return elsewhere_;
  }
  /// Since when somebody sits here; the epoch's beginning when nobody said so.
  [[nodiscard]] timestamp since() const {
    std::lock_guard hold{mutex_};
    return since_;
  }

  /// Changes what the seat is there for, at once.
  void set_duty(duty d) {
    std::lock_guard hold{mutex_};
    duty_ = d;
    if (sitter_.handle)
      state.store(shown(d), std::memory_order_relaxed);
  }
  /// The failure table puts the seat on probation; what a person has said stands.
  void put_on_probation() {
    std::lock_guard hold{mutex_};
    if (duty_ != duty::serving)
      return;
    duty_ = duty::probation;
    if (sitter_.handle)
      state.store(health::quarantined, std::memory_order_relaxed);
  }
  /// A probe has succeeded.
  void end_probation() {
    std::lock_guard hold{mutex_};
    if (duty_ != duty::probation)
      return;
    duty_ = duty::serving;
    if (sitter_.handle)
      state.store(health::up, std::memory_order_relaxed);
  }
  [[nodiscard]] duty now_for() const {
    std::lock_guard hold{mutex_};
    return duty_;
  }
  /// Work may be sent here, as far as the breakers let it.
  [[nodiscard]] bool serves() const {
    const auto s = state.load(std::memory_order_relaxed);
    return s == health::up || (s == health::quarantined && on_probation());
  }
  /// True for the first who reports that this incarnation has crashed: whatever it held, it has
  /// failed once.
  bool first_to_mourn(std::uint64_t incarnation) noexcept {
    auto before = mourned_.load(std::memory_order_relaxed);
    return before < incarnation &&
           mourned_.compare_exchange_strong(before, incarnation, std::memory_order_relaxed);
  }

  /// Changes whenever `now()` does: whoever keeps a copy of it can tell cheaply whether it is still
  /// good.
  [[nodiscard]] std::uint64_t version() const noexcept {
    return version_.load(std::memory_order_acquire);
  }

  /// Calls that the agent which sits here itself has, running and waiting, whoever sent them: their
  /// senders may be gone, and no longer count them in `load`.
  std::atomic<std::uint32_t> held{0};
  std::atomic<std::uint64_t> served{0};
  std::atomic<std::uint64_t> failed{0};
  /// Of its agent; null until the first call.
  std::atomic<agent_metrics*> metrics{nullptr};

  void count(bool ok) noexcept {
    (ok ? served : failed).fetch_add(1, std::memory_order_relaxed);
    const auto rate = success_rate.load(std::memory_order_relaxed);
    success_rate.store(rate + 0.05f * ((ok ? 1.0f : 0.0f) - rate), std::memory_order_relaxed);
  }
  /// Calls that it works on at a time; 255 stands for more.
  [[nodiscard]] std::uint32_t slots() const noexcept { return slots_; }
  [[nodiscard]] std::uint32_t capacity() const noexcept { return capacity_; }
  /// As the card says them.
  [[nodiscard]] float cost() const noexcept { return cost_; }
  [[nodiscard]] float quality() const noexcept { return quality_; }
  [[nodiscard]] effects does() const noexcept { return does_; }
  /// A call of the agent is paid for neither in money nor in people's time, as far as its kind and
  /// its team say.
  [[nodiscard]] bool costs_nothing() const noexcept {
    if (!spec_ || cost_ > 0)
      return false;
    switch (spec_->card.kind) {
    case agent_kind::native:
    case agent_kind::rules:
    case agent_kind::subprocess:
    case agent_kind::triage:
    case agent_kind::knowledge:
      return true;
    case agent_kind::http:
    case agent_kind::human:
    case agent_kind::llm:
    case agent_kind::a2a:
    case agent_kind::mcp:
    case agent_kind::worker:
      break;
    }
    return false;
  }
  /// Whom its agent depends on; null: nobody.
  [[nodiscard]] const provider_ptr& depends_on() const noexcept { return provider_; }
  /// The stage of overload from which on it gets no new work; 0: never.
  [[nodiscard]] std::uint32_t shed_at() const noexcept { return shed_at_; }

 private:
  [[nodiscard]] static const breaker_spec& usual_limits() noexcept {
    static const breaker_spec limits;
    return limits;
  }
  [[nodiscard]] static health shown(duty d) noexcept {
    return d == duty::serving                          ? health::up
           : d == duty::draining || d == duty::stopped ? health::draining
                                                       : health::quarantined;
  }
  std::uint64_t seat_one(caf::actor handle, timestamp since, std::string elsewhere,
                         std::uint8_t away) {
    if (sitter_.handle && !elsewhere_.empty() && elsewhere_ != elsewhere) {
      former_ = sitter_;
      former_at_ = elsewhere_;
    }
    sitter_.handle = std::move(handle);
    since_ = since;
    elsewhere_ = std::move(elsewhere);
    remote_.store(!elsewhere_.empty(), std::memory_order_relaxed);
    distance.store(away, std::memory_order_relaxed);
    version_.fetch_add(1, std::memory_order_release);
    state.store(shown(duty_), std::memory_order_relaxed);
    return ++sitter_.incarnation;
  }
  [[nodiscard]] bool on_probation() const {
    std::lock_guard hold{mutex_};
    return duty_ == duty::probation && sitter_.handle;
  }

  const std::shared_ptr<const agent_spec> spec_;
  mutable std::mutex mutex_;
  sitter sitter_;
  caf::actor_id seated_by_ = 0; ///< the supervisor of this process that did it last
  sitter former_;               ///< lives at `former_at_`, another node; empty: there is none
  std::string former_at_;
  timestamp since_{};
  std::string elsewhere_;
  duty duty_ = duty::serving;
  health absent_ = health::down;
  std::string absent_why_;
  std::string hopeless_;
  std::atomic<std::uint64_t> mourned_{0};
  std::atomic<std::uint64_t> version_{1};
};

using seat_ptr = std::shared_ptr<seat>;

/// Sends to whoever sits at `to` now; false when nobody does.
template <class Sender, class... Ts>
bool send_to(Sender* self, const seat_ptr& to, Ts&&... xs) {
  if (!to)
    return false;
  auto who = to->now();
  if (!who.handle)
    return false;
  self->send(who.handle, std::forward<Ts>(xs)...);
  return true;
}

} // namespace troupe
