#include "actors/flight_log.hpp"
#include "actors/post.hpp"
#include "actors/post_less.hpp"
#include "actors/tick.hpp"

#include "policies/deadline.hpp"

#include <algorithm>

namespace troupe {

namespace {

/// An acknowledgement of its own costs a frame, two wake-ups and a look at the line there: about as
/// much as a call. With so many envelopes it is worth it, and after so long the sender's memory is.
constexpr std::uint32_t acks_most = 32;
constexpr milliseconds ack_within{20};

/// What a requester gets for a failure.
caf::error error_for(const failure& why) {
  if (why.why == reason::timeout)
    return caf::make_error(caf::sec::request_timeout);
  if (why.why == reason::unavailable)
    return caf::make_error(caf::sec::request_receiver_down);
  return failure_error(why.detail);
}

} // namespace

address post_state::answer_address(const caf::strong_actor_ptr& sender, const std::string& peer) {
  if (!sender)
    return {address_kind::node, {}};
  get_to_know(caf::actor_cast<caf::actor>(sender));
  give_address(known_[sender->id()], peer);
  return {address_kind::node, me_ + "/@" + std::to_string(sender->id())};
}

void post_state::give_address(known_actor& who, const std::string& peer) {
  if (!who.held)
    who.held = caf::actor_cast<caf::strong_actor_ptr>(who.who);
  who.peers.insert(peer);
}

void post_state::on_carry(carry& x) {
  x.taken = true;
  const proxy_ptr via{x.via};
  const auto fail = [&](const caf::error& why) {
    if (x.sender && x.id.is_request())
      x.sender->enqueue(x.via, x.id.response_id(), caf::make_message(why), self_->context());
  };
  if (x.what.kind.empty()) {
    parts_->log->error("post: a message to {} is not sent: {}", via->where().str(), x.problem);
    fail(caf::make_error(caf::sec::unexpected_message, x.problem));
    return;
  }
  if (!x.problem.empty())
    parts_->log->warn("post: a {} to {} is sent with less in it: {}", x.what.kind,
                      via->where().str(), x.problem);
  const auto peer = peers_.find(via->home.node);
  if (via->ended() || peer == peers_.end()) {
    fail(caf::make_error(caf::sec::request_receiver_down));
    return;
  }
  const bool asks = x.sender && x.id.is_request();
  if (asks && asks_.size() >= config_.max_asks) {
    fail(failure_error("too many requests to other nodes wait for their answers"));
    return;
  }
  if (x.ends_call)
    call_over(peer->second, via->where().name, x.call);
  envelope e;
  e.from = answer_address(x.sender, via->home.node);
  e.to = via->where();
  e.trace = std::move(x.trace);
  e.urgency = x.urgency;
  e.epoch = x.epoch;
  e.hops = {me_};
  e.kind = std::move(x.what.kind);
  e.body = std::move(x.what.body);
  const bool opens = asks || opens_work(e.kind) || only_hints(e.kind);
  e.deadline = x.deadline;
  if (opens && e.deadline == no_deadline)
    e.deadline = later(parts_->now(self_), config_.carry_within);
  std::uint64_t number = 0;
  if (asks) {
    number = ++next_ask_;
    asks_.emplace(number, ask{x.sender, x.id, via, via->home.node, e.deadline});
  }
  post_talk::stamp(e.body, via->home.incarnation, number,
                   x.id.is_response() ? x.id.request_id().integer_value() : 0);
  note_sent(*parts_, parts_->now(self_), e);
  dispatch(via, std::move(e), opens);
}

void post_state::dispatch(const proxy_ptr& via, envelope x, bool opens) {
  if (!via->home.moving) {
    auto peer = peers_.find(via->home.node);
    if (peer != peers_.end())
      post_to(peer->second, std::move(x), opens);
    return;
  }
  auto& e = elsewhere_[via->where()];
  if (e.held.size() < config_.window.envelopes / 4)
    e.held.push_back(std::move(x));
  else
    refuse(x, {reason::rate_limited, via->where().str() + " is moving", post_come_back});
}

void post_state::post_to(peer_entry& p, envelope x, bool opens) {
  if (p.out.admit(std::move(x), opens)) {
    flush_later();
    return;
  }
  // What would not be taken later either must not be told to come back.
  while (!p.out.ever_admits(x, opens)) {
    if (!opens && lessen(p, x))
      continue;
    give_up_large(p, x);
    return;
  }
  if (p.out.admit(std::move(x), opens)) {
    flush_later();
    return;
  }
  if (opens) {
    ++p.counters.refused;
    refuse(x, {reason::rate_limited, "too much is under way to " + p.who.node, post_come_back});
  } else {
    // Answers and news must not be lost in silence: then everything is, aloud.
    lose(p, "it has not taken answers for too long");
  }
}

void post_state::acknowledge_later(peer_entry& p, std::size_t bytes) {
  if (p.unacked++ == 0) {
    p.unacked_bytes = 0;
    p.ack_by = later(parts_->now(self_), ack_within);
  }
  p.unacked_bytes += bytes;
  if (ack_is_due(p, timestamp{}))
    flush_later();
  else
    arm_acks();
}

bool post_state::ack_is_due(peer_entry& p, timestamp now) const {
  return p.unacked > 0 && p.linked &&
         (p.unacked >= acks_most || p.unacked_bytes >= config_.window.bytes / 16 ||
          p.ack_by <= now || p.out.next() != nullptr);
}

void post_state::arm_acks() {
  if (acks_armed_ != no_deadline)
    return;
  acks_armed_ = later(parts_->now(self_), ack_within);
  self_->delayed_send(self_, ack_within, flush{});
}

void post_state::acknowledge(peer_entry& p) {
  envelope x;
  x.from = {address_kind::node, me_ + "/post"};
  x.to = {address_kind::node, p.who.node + "/post"};
  x.hops = {me_};
  x.kind = post_talk::ack_kind;
  x.body = post_talk::encode_ack(p.in.upto());
  if (network_->offer(p.who.node, x) != links::offered::taken)
    return;
  offered_ = true;
  p.unacked = 0;
}

bool post_state::lessen(peer_entry& p, envelope& x) {
  const auto read =
      unpack(x.kind, x.body, [this](const address& where) { return parts_->places->find(where); });
  if (!read)
    return false;
  // How much the peer takes is not known: half of it is tried, and of that half of it again.
  const auto why = too_many_bytes(x.body.size());
  auto less = pack_less(*read, x.body.size() / 2, why);
  if (!less)
    return false;
  parts_->log->warn("post: a {} to {} is sent with less in it: {}", x.kind, x.to.str(), why);
  ++p.counters.refused;
  x.kind = std::move(less->kind);
  x.body = std::move(less->body);
  return true;
}

void post_state::lessen_next(peer_entry& p) {
  auto x = p.out.take_back_next();
  if (lessen(p, x))
    p.out.put_next(std::move(x));
  else
    give_up_large(p, x);
}

void post_state::give_up_large(peer_entry& p, const envelope& x) {
  ++p.counters.refused;
  const auto why = "it cannot cross to " + p.who.node + ": " + too_many_bytes(x.body.size());
  if (!refuse(x, {reason::invalid_input, why, {}}))
    parts_->log->error("post: a {} to {} is lost: {}", x.kind, x.to.str(), why);
}

void post_state::tell(peer_entry& p, std::string_view kind, std::string body) {
  envelope x;
  x.from = {address_kind::node, me_ + "/post"};
  x.to = {address_kind::node, p.who.node + "/post"};
  x.hops = {me_};
  x.kind = kind;
  x.body = std::move(body);
  post_to(p, std::move(x), false);
}

bool post_state::refuse(const envelope& x, const failure& why) {
  note_refused(*parts_, parts_->now(self_), x, why);
  const auto read =
      unpack(x.kind, x.body, [this](const address& where) { return parts_->places->find(where); });
  if (!read)
    return false;
  if (read->asks != 0) {
    fail_ask(read->asks, error_for(why));
    return true;
  }
  auto said = refusal_of(read->what, why);
  if (!said)
    return false;
  const auto hit = known_.find(actor_in(x.from, me_).value_or(0));
  if (hit == known_.end())
    return true; // Whoever sent it has ended.
  const auto via = elsewhere_.find(x.to);
  if (auto to = caf::actor_cast<caf::strong_actor_ptr>(hit->second.who))
    to->enqueue(via == elsewhere_.end() ? nullptr : via->second.who.actor(), caf::make_message_id(),
                *std::move(said), self_->context());
  return true;
}

void post_state::fail_ask(std::uint64_t number, const caf::error& why) {
  deliver_answer(number, caf::make_message(why));
}

void post_state::fail_asks(const proxy* via, const caf::error& why) {
  std::vector<std::uint64_t> open;
  for (const auto& [number, x] : asks_)
    if (x.via.actor()->get() == via)
      open.push_back(number);
  std::sort(open.begin(), open.end());
  for (const auto number : open)
    fail_ask(number, why);
}

} // namespace troupe
