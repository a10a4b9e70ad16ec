#pragma once

#include "actors/arrivals.hpp"
#include "actors/node_parts.hpp"
#include "actors/post_metrics.hpp"
#include "actors/post_talk.hpp"
#include "actors/proxy.hpp"
#include "actors/seat_messages.hpp"
#include "policies/delivery.hpp"
#include "policies/dice.hpp"
#include "src/links/carrier.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe {

struct post_config {
  /// Makes the carrier; called at each start of the post, which stops it when it ends.
  std::function<std::unique_ptr<links::carrier>()> open;
  seat_ptr place;    ///< the post's own
  seat_ptr registry; ///< hears of agents elsewhere; null: nobody does
  seat_ptr keeper;   ///< hears of links and of the post's start; null: nobody does
  /// Parts of this node that others may speak to, as `human_desk`.
  std::vector<std::string> exposed;
  /// Per peer and direction. A quarter of its bytes may wait for the post itself.
  delivery_limits window;
  /// A message's bytes: what is larger is refused, or crosses with less in it. A link's frame takes
  /// that with its envelope, also when it is given back in another one.
  std::size_t largest = (std::size_t{4} << 20) - (std::size_t{64} << 10);
  /// So long a link may be down before its peer counts as lost with all that was under way.
  milliseconds patience{2000};
  /// So long a request may be under way whose sender names no deadline.
  milliseconds carry_within{30000};
  /// How often the gauges of seats are looked at and told of, and of their sitters those that
  /// nobody has announced: more seldom when there are more than eight thousand. Who takes a seat,
  /// or leaves it, is told at once.
  milliseconds tell_every{200};
  /// Whether actors of other nodes may end those of this one, by an exit or through a link. In a
  /// node nobody but their own supervisors may: what stands for an actor ends when that does, but
  /// not the other way round.
  bool takes_exits = false;
  std::size_t max_asks = 10000;     ///< requests without an answer, over all peers
  std::size_t max_proxies = 100000; ///< per peer, and the same for its seats

  /// Throws `std::invalid_argument` when something that it cannot do without is missing.
  void validate() const;
};

/// Keep links with these nodes, and with no others.
struct reach_nodes {
  std::vector<links::endpoint> nodes;
};
/// The node is no longer a member: what was under way to it is lost now.
struct forget_node {
  std::string node;
  std::string why;
};
/// Who sits at this address here goes on at another node, where he is seated already or will be
/// within the patience. What comes for him from now on is sent there, in order; what he has been
/// given he still works off.
struct hand_over {
  address where;
};
/// The actor that an address of its own, `node:<node>/@<actor>`, names; nothing for other
/// addresses.
[[nodiscard]] std::optional<caf::actor_id> actor_in(const address& x, const std::string& node);

/// A post has started. Of the links of the one before it, whose end nobody has told, none is there
/// any more; it wants to know whom to reach.
struct post_started {};

/// INTERNAL: what the carrier reports.
struct link_up {
  links::peer with;
};
struct link_down {
  links::peer with;
  link_loss how = link_loss::closed;
  std::string why;
};
/// Nobody listens where the node is reached.
struct link_refused {
  std::string node;
};
struct batch_arrived {
  links::peer from;
  envelope_batch_ptr what;
};

/// The POST: the one actor of a node that speaks to the network. What crosses between nodes goes
/// post to post as an envelope to an address; local messages never come here.
///
/// To others it gives a proxy for every address that another node has told of, seated like an
/// actor of this node, so that routers, orchestrators and supervisors need not know the difference.
/// It tells its peers of the seats of its own node and of their ends, with the reason. Whoever
/// sends through a proxy gets an address of his own, `node:<id>/@<actor>`, for as long as he lives.
///
/// What was taken from a sender arrives once and in order, or is answered by an error: links may go
/// down and come back in between. When a peer has been restarted, or its link is down for longer
/// than `patience`, or it does not take answers for too long, it is lost: its proxies end, and so
/// everybody hears that he will get no answer.
struct post_state {
  void init(caf::event_based_actor* self, parts_ptr parts, post_config config);
  ~post_state();

  // Life and links: post.cpp.
  void on_link_up(const link_up& x);
  void on_link_down(const link_down& x);
  void on_link_refused(const link_refused& x);
  void on_reach(const reach_nodes& x);
  void on_forget(const forget_node& x);
  void on_flush();
  void on_tick();

  // Sending: post_send.cpp.
  void on_carry(carry& x);

  // Receiving: post_receive.cpp.
  void on_batch(const batch_arrived& x);

  // The seats of this node: post_here.cpp.
  void on_down(const caf::down_msg& x);
  void on_hand_over(const hand_over& x);
  void on_seat_down(const seat_down& x);
  void on_seat_taken(const seat_taken& x);

  static inline const char* name = "post";

 private:
  struct told_seat {
    std::uint64_t incarnation = 0;
    health state = health::down;
    std::uint32_t load = 0;
    float success_rate = 1;
    friend bool operator==(const told_seat&, const told_seat&) = default;
  };
  /// A call that a peer's actor has at an agent here, by the address of the one who gave it.
  using relayed_call = std::pair<std::string, std::uint64_t>;
  struct relayed_call_hash {
    std::size_t operator()(const relayed_call& x) const noexcept {
      return std::hash<std::string>{}(x.first) ^ (x.second * 0x9e3779b97f4a7c15u);
    }
  };
  struct peer_entry {
    links::peer who;
    bool met = false; ///< there may be something to lose
    bool linked = false;
    bool heard = false;             ///< its greeting has come over this link
    bool agreed = false;            ///< it knows our stream: what is under way may be written
    std::uint64_t greeted_as = 0;   ///< our stream as we last named it on this link
    std::uint64_t greeted_with = 0; ///< and the peer's
    timestamp since{};              ///< when the link went down
    delivery_out out;
    delivery_in in;
    std::uint32_t unacked = 0; ///< envelopes that have come and are not acknowledged
    std::size_t unacked_bytes = 0;
    timestamp ack_by = no_deadline;                     ///< though nothing else is sent
    microseconds ahead{0};                              ///< of our clock, where that matters
    std::unordered_map<std::string, proxy_ptr> senders; ///< its actors that have no seat
    std::unordered_map<address, told_seat> told;        ///< what it knows of our seats
    bool told_all = false; ///< it knows all of them as they were when they were looked at last
    std::vector<seat_ptr> relayed_to; ///< when it was told last: its own calls are not in `load`
    std::unordered_map<relayed_call, seat_ptr, relayed_call_hash> relayed;
    std::vector<post_talk::seat_gone> gone; ///< of ours, and not told yet
    post_metrics counters;
  };
  struct ask {
    caf::strong_actor_ptr who;
    caf::message_id id;
    proxy_ptr via;
    std::string node;
    timestamp due{};
  };
  /// An actor of this node that peers know of, by its id.
  struct known_actor {
    caf::actor_addr who;
    std::optional<address> seat;
    std::set<std::string> peers; ///< that have an address of its own from us
    /// Set while any peer has: it may wait for what comes to that address, and nobody on this node
    /// may hold it besides. (Between actors of one node the message itself holds its sender.)
    caf::strong_actor_ptr held;
  };
  struct own_seat {
    seat_ptr place;
    caf::actor_id who = 0;
    std::uint64_t incarnation = 0;
    told_seat seen;      ///< its gauges, when all were looked at last
    bool changed = true; ///< since the look before
    bool moved = false;
    bool ended = false; ///< kept, so that the dead are not met again while their seat is not left
  };
  struct claim {
    std::uint64_t incarnation = 0;
    post_talk::seat_news news;
  };
  /// An address that other nodes say lives with them.
  struct seat_elsewhere {
    seat_ptr place;
    bool made = false; ///< the seat is there only because others told of it
    std::map<std::string, claim> claims;
    std::string at; ///< the node whose claim is in use; empty: none is
    proxy_ptr who;
    std::uint64_t incarnation = 0; ///< of the proxy in the seat
    std::uint64_t version = 0;     ///< of the seat, when the proxy was last seen in it
    std::uint32_t load = 0;        ///< that we have added to the seat's for others
    timestamp since{};             ///< when it began to move, or lost its last claim
    bool marked = false;           ///< moving: all that comes back has come back
    std::vector<envelope> returned;
    std::deque<envelope> held;
  };

  // Life and links.
  [[nodiscard]] std::uint64_t new_stream();
  void greet(peer_entry& p);
  void on_greeting(peer_entry& p, const envelope& x);
  void cut(peer_entry& p, const std::string& why);
  void lose(peer_entry& p, const std::string& why);
  void flush_later();
  void pump(peer_entry& p);

  // Sending.
  [[nodiscard]] address answer_address(const caf::strong_actor_ptr& sender,
                                       const std::string& peer);
  static void give_address(known_actor& who, const std::string& peer);
  void dispatch(const proxy_ptr& via, envelope x, bool opens);
  void post_to(peer_entry& p, envelope x, bool opens);
  void tell(peer_entry& p, std::string_view kind, std::string body);
  /// Something has come from the peer. What goes there anyway takes the acknowledgement along; it
  /// is sent alone when much has come, or after a while.
  void acknowledge_later(peer_entry& p, std::size_t bytes);
  [[nodiscard]] bool ack_is_due(peer_entry& p, timestamp now) const;
  void acknowledge(peer_entry& p);
  void arm_acks();
  /// The sender of `x` hears that it was not delivered. False: there is nothing that he could hear.
  bool refuse(const envelope& x, const failure& why);
  /// Takes out of `x` what makes it too large for a frame; false when there is nothing that could
  /// be spared.
  [[nodiscard]] bool lessen(peer_entry& p, envelope& x);
  /// The peer takes less than we do: what is next in line for it becomes less in its place, or
  /// goes.
  void lessen_next(peer_entry& p);
  /// No frame will ever take `x`, and nothing of it can be spared.
  void give_up_large(peer_entry& p, const envelope& x);
  void fail_ask(std::uint64_t number, const caf::error& why);
  void fail_asks(const proxy* via, const caf::error& why);

  // Receiving.
  void take_in(peer_entry& p, const envelope& x);
  void deliver(peer_entry& p, const envelope& x);
  void deliver_answer(std::uint64_t number, caf::message content);
  void give_back(peer_entry& p, const envelope& x, failure why);
  [[nodiscard]] caf::strong_actor_ptr target_of(peer_entry& p, const envelope& x,
                                                std::uint64_t incarnation, failure& why);
  [[nodiscard]] caf::strong_actor_ptr sender_of(peer_entry& p, const address& from);
  void call_over(peer_entry& p, const std::string& from, std::uint64_t call);

  // The seats of this node.
  void look_at_seats();
  /// False: its former sitter's end has to be told first, and it has to be looked at again.
  bool look_at(const seat_ptr& place);
  [[nodiscard]] bool may_tell_of(const seat& place) const;
  void tell_seats(peer_entry& p);
  void tell_seats(peer_entry& p, const std::vector<seat_ptr>& only);
  class teller;
  void tell_gone(peer_entry& p);
  void get_to_know(const caf::actor& who);
  [[nodiscard]] bool lives_here(const seat& place, const caf::actor& sitter) const;

  // Those of others: post_elsewhere.cpp.
  void on_told(peer_entry& p, const envelope& x);
  void on_gone(peer_entry& p, const envelope& x);
  void on_mark(peer_entry& p, const envelope& x);
  void on_returned(peer_entry& p, const envelope& x);
  void settle(const address& where, seat_elsewhere& e);
  /// As a seat says it.
  [[nodiscard]] std::uint8_t distance_to(const std::string& node) const;
  /// Whether the directory still has its place. A version of the fleet that came into use may have
  /// replaced it, then it gets the new one, or removed it.
  bool in_use(const address& where, seat_elsewhere& e);
  void show(seat_elsewhere& e);
  /// Its proxy is who sits there; an actor of our own may have taken its place.
  [[nodiscard]] static bool seated(seat_elsewhere& e);
  /// An actor of our own has taken the place of an agent that is still there elsewhere, and ends
  /// what it was given: its proxy goes when it does. False: it is not so.
  [[nodiscard]] static bool step_aside(const address& where, seat_elsewhere& e);
  void unseat(seat_elsewhere& e, const caf::error& why);
  void drop_claim(const address& where, seat_elsewhere& e, const std::string& node,
                  const caf::error& why, bool moved);
  void move_on(const address& where, seat_elsewhere& e);
  void tidy_elsewhere(timestamp now);

  caf::event_based_actor* self_ = nullptr;
  parts_ptr parts_;
  post_config config_;
  std::string me_; ///< this node's id
  std::unique_ptr<links::carrier> network_;
  std::shared_ptr<post_intake> intake_;
  intake_metrics intake_counters_;
  dice_box dice_{0};
  std::map<std::string, peer_entry, std::less<>> peers_;
  std::unordered_map<std::uint64_t, ask> asks_;
  std::uint64_t next_ask_ = 0;
  std::unordered_map<caf::actor_id, known_actor> known_;
  std::unordered_map<address, own_seat> here_;
  /// The seats that may be told of, with the version as it was looked at.
  std::vector<std::pair<seat_ptr, std::uint64_t>> looked_;
  std::uint64_t looked_layout_ = 0; ///< of the directory, that `looked_` is made from
  std::uint64_t tidied_layout_ = 0;
  std::unordered_map<address, seat_elsewhere> elsewhere_;
  bool flushing_ = false;
  bool offered_ = false;           ///< something, since the carrier was told to write
  bool look_ = false;              ///< at all seats, with the next flush
  std::vector<seat_ptr> arrivals_; ///< to be looked at and told with the next flush
  timestamp next_look_{};
  timestamp acks_armed_ = no_deadline;
};

caf::behavior post(caf::stateful_actor<post_state>* self, parts_ptr parts, post_config config);

} // namespace troupe

TROUPE_BEGIN_MESSAGES(troupe_post, TROUPE_FIRST_TYPE_ID + 80)
TROUPE_MESSAGE(troupe_post, troupe::reach_nodes)
TROUPE_MESSAGE(troupe_post, troupe::forget_node)
TROUPE_MESSAGE(troupe_post, troupe::hand_over)
TROUPE_MESSAGE(troupe_post, troupe::link_up)
TROUPE_MESSAGE(troupe_post, troupe::link_down)
TROUPE_MESSAGE(troupe_post, troupe::link_refused)
TROUPE_MESSAGE(troupe_post, troupe::batch_arrived)
TROUPE_MESSAGE(troupe_post, troupe::post_started)
TROUPE_END_MESSAGES(troupe_post)
