#pragma once

#include "policies/votes.hpp"

#include <troupe/link_loss.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

struct membership_settings {
  vote_rules votes;
  milliseconds renew_every{500}; ///< the lease of `votes.lease` is asked for so often
  milliseconds table_every{
      1000}; ///< the table is read at least so often, though nobody has told of a new version
  milliseconds answer_wait{
      1000};                     ///< the store is out of reach when it has not answered for so long
  milliseconds relink_wait{500}; ///< for a link that was closed without a word to be made again
  /// After a link has fallen silent: whoever is cut off finds its links silent one after the other,
  /// within one look at the heartbeats. It must know of all before it judges, or it accuses those
  /// whom it hears no more together with those whom it is about to hear no more.
  milliseconds silence_wait{250};
  milliseconds join_wait{5000};     ///< for links with everybody; then those with most are enough
  milliseconds cut_off_after{5000}; ///< without a renewal, a member owns nothing any more
  milliseconds forget_after{std::chrono::hours{24}}; ///< rows of those that are down
};

/// What the node has to do.
struct membership_action {
  enum class kind : std::uint8_t {
    read,  ///< read the table, and answer `on_table`
    write, ///< apply `write`, and answer `on_written`
    renew, ///< set back `unrenewed` of `write.row` if its token is still in the table and it is not
           ///< down, and answer `on_renewed` with the table's version, read in the same statement
    tell,  ///< tell all peers that the table has version `version`
    view,  ///< the table has changed: what follows from it is decided anew
    stop,  ///< this incarnation is over: let go of everything at once, and begin as a new one
    refuse, ///< do not start: somebody else lives under this id
  };
  kind what;
  std::uint64_t op = 0; ///< of `read`, `write` and `renew`: goes back with the answer
  member_write write;
  std::uint64_t version = 0;
  std::string why; ///< for people
};

/// A node's part in the cluster: it joins, renews its lease, accuses whom it cannot reach, declares
/// dead whom enough have accused, and learns of its own death. The table decides; this value only
/// says what to ask of it. The scheme is that of Orleans (Bernstein et al., "Orleans: Distributed
/// Virtual Actors for Programmability and Scalability", 2014), with two additions: an isolated node
/// does not accuse, and ages are counted by the store's clock alone, so that no two clocks are ever
/// compared.
///
/// Nobody is declared dead while the table cannot be read and written, because the declaration is a
/// write. Of reads and writes one is under way at a time; a renewal goes beside them.
///
/// A value: time comes in by a clock of the node's own, which must not run backwards. Not thread
/// safe.
class membership {
 public:
  using actions = std::vector<membership_action>;

  /// `self`: the row as the node wants it. Its token must be drawn anew for each incarnation;
  /// state, incarnation and ages are set here.
  membership(member self, const membership_settings& settings);

  void start(timestamp now, actions& todo);
  /// Call it at `next_timer`.
  void tick(timestamp now, actions& todo);

  void on_table(std::uint64_t op, member_table table, timestamp now, actions& todo);
  /// `taken`: false for a conflict.
  void on_written(std::uint64_t op, bool taken, timestamp now, actions& todo);
  /// `version`: of the table; nothing: the row is not there any more.
  void on_renewed(std::uint64_t op, std::optional<std::uint64_t> version, timestamp now,
                  actions& todo);
  /// The store could not be asked, or nobody knows what came of it.
  void on_store_failed(std::uint64_t op, timestamp now, actions& todo);

  void on_link_up(std::string_view node, std::uint64_t incarnation, timestamp now, actions& todo);
  /// Also for attempts to make a link, with `incarnation` zero: these break no link that is up.
  void on_link_down(std::string_view node, std::uint64_t incarnation, link_loss how, timestamp now,
                    actions& todo);
  /// All links have ended with what held them on this side, which has begun anew and makes them
  /// again. Each counts as one that ended with a goodbye: that is what the peers have heard.
  void on_links_gone(timestamp now, actions& todo);
  /// A peer says that the table has this version, or somebody needs to know the newest.
  void on_version_heard(std::uint64_t version, timestamp now, actions& todo);

  /// Begins to leave: it owns nothing from then on. Call `left` when everything is handed over.
  void leave(timestamp now, actions& todo);
  void left(timestamp now, actions& todo);
  /// Changes this member's share of the shards, and what is said of it for people, from the next
  /// write on. With a weight of zero it gives away what it owns, and stays a member with a vote.
  void weigh(std::uint32_t weight, std::string why, timestamp now, actions& todo);
  /// Wants a region's duty written. Given up at the first conflict: decide again by the next view.
  void propose(const region_duty& duty, timestamp now, actions& todo);
  /// The same of a domain's placement: the last one that was said before there was time to write.
  void propose(const domain_placement& placement, timestamp now, actions& todo);

  /// The last table that was read or written, or nothing.
  [[nodiscard]] const std::optional<member_table>& table() const noexcept { return table_; }
  /// Until then the node may do what needs no store, in shards that `ownership` lets it.
  [[nodiscard]] timestamp leased_until() const noexcept { return leased_until_; }
  [[nodiscard]] bool store_reachable() const noexcept { return store_since_.has_value(); }
  [[nodiscard]] bool is_up() const noexcept { return phase_ == phase::up; }
  [[nodiscard]] bool over() const noexcept { return phase_ == phase::over; }
  [[nodiscard]] std::uint64_t incarnation() const noexcept { return self_.incarnation; }
  [[nodiscard]] bool linked_to(const member& m) const;
  [[nodiscard]] timestamp next_timer() const noexcept { return next_; }

 private:
  enum class phase : std::uint8_t { starting, joining, up, leaving, over };
  struct peer_link {
    std::uint64_t incarnation = 0;
    bool up = false;
    link_loss how = link_loss::closed;
    timestamp since{};
  };
  /// What is known of an incarnation since its row was first seen.
  struct peer_row {
    std::uint64_t incarnation = 0;
    timestamp seen{};
    std::optional<timestamp> refused; ///< since when nobody listens there
  };
  struct suspicion {
    timestamp due; ///< from then on it may be accused
    link_loss how;
    bool linked_before;
  };

  void pump(timestamp now, actions& todo);
  void renew(timestamp now, actions& todo);
  void begin(membership_action::kind what, member_write write, timestamp now, actions& todo);
  void end(std::string why, membership_action::kind how, actions& todo);
  /// `op`: what gave the table.
  void use(std::uint64_t op, timestamp now, actions& todo);
  void apply(const member_write& write);
  void store_ok(timestamp now);
  void look_at_own_row(timestamp now, actions& todo);
  void learn_rows(timestamp now);
  [[nodiscard]] bool current_op(std::uint64_t op) noexcept;
  [[nodiscard]] std::optional<member_write> next_write(timestamp now, actions& todo);
  [[nodiscard]] std::optional<member_write> joining_write(timestamp now, actions& todo);
  [[nodiscard]] std::optional<member_write> own_write(timestamp now) const;
  [[nodiscard]] std::optional<member_write> write_about(const member& m, timestamp now) const;
  [[nodiscard]] std::optional<suspicion> suspicion_of(const member& m) const;
  [[nodiscard]] std::optional<timestamp> first_suspicion() const;
  [[nodiscard]] bool linked_to_enough(timestamp now) const;
  [[nodiscard]] witness eyes(timestamp now) const;
  [[nodiscard]] member_write put(member row) const;
  void arm(timestamp now);

  member self_;
  membership_settings settings_;
  phase phase_ = phase::starting;
  std::optional<member_table> table_;
  timestamp table_asked_{}; ///< when the read was sent that gave the table, or the write confirmed
  bool want_read_ = true;
  std::uint64_t heard_ = 0;       ///< the newest version that anybody has told of
  std::uint64_t heard_after_ = 0; ///< the last operation that had been begun by then
  std::uint64_t last_op_ = 0;
  std::uint64_t op_ = 0; ///< read or write under way; 0: none
  std::optional<member_write> writing_;
  timestamp op_sent_{};
  std::uint64_t renew_op_ = 0;
  timestamp renew_sent_{};
  timestamp renew_due_{};
  /// A renewal that came back with a newer table than ours: it counts once that one is read.
  std::optional<std::pair<timestamp, std::uint64_t>> renewed_ahead_;
  timestamp leased_until_{};
  std::optional<timestamp> store_since_;
  timestamp retry_at_{};
  std::optional<timestamp> waiting_since_; ///< starting: for a namesake to end
  timestamp joined_at_{};
  bool leave_wanted_ = false;
  bool left_wanted_ = false;
  std::optional<region_duty> proposed_;
  std::optional<domain_placement> proposed_placement_;
  std::uint64_t proposed_by_ = 0; ///< version of the table that they were decided on
  std::map<std::string, peer_link, std::less<>> links_;
  std::map<std::string, peer_row, std::less<>> rows_;
  timestamp next_{};
};

} // namespace troupe
