#pragma once

#include "actors/node_parts.hpp"
#include "actors/node_subject.hpp"
#include "actors/quota_port.hpp"
#include "policies/dice.hpp"
#include "policies/quota_flows.hpp"
#include "policies/quota_queue.hpp"
#include "policies/quota_slice.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace troupe {

/// A request wants to be sent.
struct quota_wanted {
  quota_ticket_ptr which;
};
/// Nobody waits for this request any more.
struct quota_given_up {
  std::uint64_t id = 0;
};
/// INTERNAL: a request that was sent has its answer.
struct quota_ended {
  std::uint64_t id = 0;
  std::uint64_t tokens = 0; ///< that it has cost; 0: nobody knows
  bool limited = false;
  milliseconds retry_after{0};
};
/// A provider has said at some node that nothing is to be sent for so long.
struct quota_frozen {
  std::string limit;
  milliseconds how_long{0};
};
/// The keeper of this node owns the limit no longer: what was free of it is with us until it is
/// claimed at its next owner.
struct quota_handed {
  std::string limit;
  quota_amount what;
};
/// How the limits stand at this node: takes JSON, see `quota_view_subject`.
struct quota_view {
  node_reply then;
};

struct quota_counters;

/// The QUOTA DESK: sends the requests for models that have limits, one after the other, as there is
/// room. Of each limit the node has a slice (`quota_slice`), lent by its owner, the quota keeper of
/// some node, whom it asks again and again: with what it has, what it needs and for whom. When no
/// owner can be reached it goes on until the lease ends, and then sends nothing. Who waits and who
/// is next, see `quota_queue`; whose deadline comes, and who finds no place, is refused as limited
/// with a time to come again. A 429 of a provider freezes the limit here and at all other nodes.
struct quota_desk_state {
  static constexpr milliseconds answer_within{2000};
  static constexpr milliseconds try_again{200};     ///< when the owner did not answer
  static constexpr milliseconds look_again{1000};   ///< at who is the owner
  static constexpr milliseconds freeze_first{1000}; ///< when a provider says no time; then doubled
  static constexpr milliseconds freeze_most{std::chrono::hours{1}};

  quota_desk_state();
  ~quota_desk_state();
  void init(caf::event_based_actor* self, parts_ptr parts);
  void on_wanted(const quota_wanted& x);
  void on_given_up(const quota_given_up& x);
  void on_ended(const quota_ended& x);
  void on_frozen(const quota_frozen& x);
  void on_handed(const quota_handed& x);
  void on_view(const quota_view& x);
  void on_tick();

  static inline const char* name = "quota_desk";

 private:
  struct limit_state {
    limit_state(const quota_plan::limit& x)
        : is(x)
        , slice(quota_amount::from(x.is), x.on_its_way) {}
    const quota_plan::limit& is;
    quota_slice slice;
    quota_flows flows;
    std::uint64_t life = 0; ///< another one has forgotten what this one had
    std::string owner;
    /// What owners have said of their own use, the last one and the one before it.
    struct told {
      std::string by;
      quota_leaves what;
    };
    told last, former;
    std::uint64_t answer = 0; ///< the number of the owner's last answer
    std::uint64_t asked = 0;  ///< the number of the last question
    bool asking = false;
    timestamp asked_at{};
    timestamp next{}; ///< when it is asked again
    milliseconds busy{50};
    std::uint32_t strikes = 0; ///< refusals of the provider in a row
  };
  struct line_state {
    explicit line_state(const quota_plan::line& x)
        : is(x)
        , queue(x.queue_limit) {}
    const quota_plan::line& is;
    quota_queue queue;
    timestamp next = no_deadline; ///< when somebody may go
  };
  struct waiter {
    quota_ticket_ptr which;
    quota_flows::whose by;
  };
  /// What a request under way has taken.
  struct under_way {
    struct taken {
      std::size_t limit = 0;
      std::uint64_t of_slice = 0, of_flows = 0; ///< their numbers
    };
    std::vector<taken> from;
    quota_flows::whose by;
    std::size_t line = 0;
  };

  // Requests: quota_desk.cpp.
  void pump(line_state& line, timestamp now);
  void go(const quota_wish& x, timestamp now);
  void drop_late(line_state& line, timestamp now);
  /// It waits no longer; null: it did not.
  quota_ticket_ptr gone(std::uint64_t id);
  void refuse(std::uint64_t id, const char* why, timestamp now);
  [[nodiscard]] milliseconds wait_of(const quota_ticket& which, priority urgency,
                                     timestamp now) const;
  void pump_all(timestamp now);
  void arm(timestamp now);

  // What a provider says: quota_desk_freeze.cpp.
  /// Before that nothing of this lane is sent.
  [[nodiscard]] timestamp frozen(const quota_plan::lane& lane) const;
  bool freeze(limit_state& l, milliseconds how_long, timestamp now);
  void tell_frozen(const std::string& limit, milliseconds how_long);

  // What is seen of it: quota_desk_view.cpp.
  void report(timestamp now);

  // The slices: quota_desk_lease.cpp.
  void look_after(std::size_t limit, timestamp now);
  void ask(std::size_t limit, timestamp now);
  void on_answer(std::size_t limit, const json& x, timestamp now);
  [[nodiscard]] json question(std::size_t limit, timestamp now);
  void want_more(limit_state& l, timestamp now);

  caf::event_based_actor* self_ = nullptr;
  parts_ptr parts_;
  dice_box dice_{0};
  std::vector<limit_state> limits_;
  std::vector<line_state> lines_;
  std::unordered_map<std::uint64_t, waiter> waiting_;
  std::unordered_map<std::uint64_t, under_way> sent_;
  std::unique_ptr<quota_counters> counters_;
  timestamp armed_ = no_deadline;
};

caf::behavior quota_desk(caf::stateful_actor<quota_desk_state>* self, parts_ptr parts);

/// The node that owns a limit: of the members that are up the one that rendezvous hashing picks.
/// Empty: there is none yet.
[[nodiscard]] std::string quota_owner(const node_parts& parts, const std::string& limit);

/// Subject `limits`: {"limits": [{"name", "provider", "model", "limit", "lent", "used", "waiting",
/// "frozen_ms", "owner"}]} of this node; amounts are {"requests", "tokens", "concurrent"}. With
/// "freeze" in the question: a provider has said so at another node.
[[nodiscard]] node_subject quota_view_subject(parts_ptr parts);

[[nodiscard]] json quota_json(const quota_amount& x);
/// What is no amount is nothing.
[[nodiscard]] quota_amount quota_amount_of(const json& x, const char* name);

} // namespace troupe

TROUPE_BEGIN_MESSAGES(troupe_quota_desk, TROUPE_FIRST_TYPE_ID + 190)
TROUPE_MESSAGE(troupe_quota_desk, troupe::quota_wanted)
TROUPE_MESSAGE(troupe_quota_desk, troupe::quota_given_up)
TROUPE_MESSAGE(troupe_quota_desk, troupe::quota_ended)
TROUPE_MESSAGE(troupe_quota_desk, troupe::quota_frozen)
TROUPE_MESSAGE(troupe_quota_desk, troupe::quota_handed)
TROUPE_MESSAGE(troupe_quota_desk, troupe::quota_view)
TROUPE_END_MESSAGES(troupe_quota_desk)
