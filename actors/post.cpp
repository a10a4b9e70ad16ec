#include "actors/post.hpp"

#include "actors/tick.hpp"
#include "policies/deadline.hpp"

#include <algorithm>
#include <stdexcept>

namespace troupe {

void post_config::validate() const {
  if (!open || !place)
    throw std::invalid_argument{"a post needs a carrier and a seat"};
  if (window.envelopes < 16 || window.bytes < (std::size_t{1} << 20))
    throw std::invalid_argument{"a post needs a window of at least 16 envelopes and 1 MiB"};
  if (largest < 1024)
    throw std::invalid_argument{"a post needs messages of at least 1 KiB"};
}

void post_state::init(caf::event_based_actor* self, parts_ptr parts, post_config config) {
  config.validate();
  self_ = self;
  parts_ = std::move(parts);
  config_ = std::move(config);
  me_ = parts_->fleet.node_id;
  // A post that is restarted begins streams that nobody has heard of.
  dice_ = dice_box{scramble(parts_->seed ^ stable_hash(me_ + "/post")) +
                   config_.place->now().incarnation};
  intake_ = std::make_shared<post_intake>(config_.window.bytes / 4, config_.largest);
  parts_->places->watch(config_.place);
  for (const auto kind : {address_kind::agent, address_kind::domain, address_kind::node})
    parts_->places->watch_arrivals(config_.place, kind);
  // Before anything that the new links have to tell.
  send_to(self_, config_.keeper, post_started{});
  network_ = config_.open();
  // The carrier must not keep a post alive that has ended.
  const auto me = caf::actor_cast<caf::actor_addr>(self_);
  const auto hand = [me](auto what) {
    if (auto to = caf::actor_cast<caf::actor>(me))
      caf::anon_send(to, std::move(what));
  };
  network_->start({[hand](const links::peer& x) { hand(link_up{x}); },
                   [hand](const links::peer& x, link_loss how, const std::string& why) {
                     hand(link_down{x, how, why});
                   },
                   [hand](const links::peer& x, envelope_batch_ptr what) {
                     hand(batch_arrived{x, std::move(what)});
                   },
                   [hand](const std::string& node) { hand(link_refused{node}); }});
  self_->delayed_send(self_, config_.tell_every, tick{});
}

post_state::~post_state() {
  if (!network_)
    return;
  network_->stop();
  // Nobody hears of what he sent through us any more: everybody is told so.
  const auto why = failure_error("the post has ended");
  for (auto& [where, e] : elsewhere_) {
    e.claims.clear();
    if (e.who)
      unseat(e, why);
  }
  for (auto& [node, p] : peers_) {
    for (auto& [name_of, who] : p.senders)
      who->end(why, nullptr);
    for (auto& [call, place] : p.relayed)
      place->load.fetch_sub(1, std::memory_order_relaxed);
  }
  while (!asks_.empty())
    fail_ask(asks_.begin()->first, why);
}

std::uint64_t post_state::new_stream() {
  return dice_.draw() | 1;
}

void post_state::flush_later() {
  if (flushing_)
    return;
  flushing_ = true;
  self_->send(self_, flush{});
}

void post_state::on_reach(const reach_nodes& x) {
  network_->reach(x.nodes);
}

void post_state::on_forget(const forget_node& x) {
  auto hit = peers_.find(x.node);
  if (hit == peers_.end())
    return;
  if (hit->second.linked)
    network_->cut(x.node, x.why);
  hit->second.linked = false;
  lose(hit->second, x.why);
  peers_.erase(hit);
}

void post_state::on_link_up(const link_up& x) {
  send_to(self_, config_.keeper, x);
  auto [at, fresh] = peers_.try_emplace(x.with.node);
  auto& p = at->second;
  if (fresh)
    p.out = delivery_out{new_stream(), config_.window};
  p.linked = false;
  if (p.met && p.who.incarnation != x.with.incarnation)
    lose(p, "it has been restarted");
  p.who = x.with;
  p.met = p.linked = true;
  p.heard = p.agreed = false;
  p.greeted_as = p.greeted_with = 0;
  greet(p);
}

void post_state::on_link_down(const link_down& x) {
  send_to(self_, config_.keeper, x);
  auto hit = peers_.find(x.with.node);
  if (hit == peers_.end() || !hit->second.linked ||
      hit->second.who.incarnation != x.with.incarnation)
    return;
  auto& p = hit->second;
  p.linked = p.heard = p.agreed = false;
  p.since = parts_->now(self_);
  parts_->log->info("post: the link with {} is down: {}", p.who.node, x.why);
  for (auto& [where, e] : elsewhere_)
    if (e.at == p.who.node)
      show(e);
}

void post_state::on_link_refused(const link_refused& x) {
  // What it means is not for the post to decide: the keeper has the votes of others.
  send_to(self_, config_.keeper, x);
}

void post_state::greet(peer_entry& p) {
  envelope x;
  x.from = {address_kind::node, me_ + "/post"};
  x.to = {address_kind::node, p.who.node + "/post"};
  x.hops = {me_};
  x.kind = post_talk::greeting_kind;
  x.body = post_talk::encode_greeting(
      {p.out.stream(), p.in.stream(), p.in.upto(), config_.window, parts_->now(self_)});
  if (network_->offer(p.who.node, x) == links::offered::taken) {
    p.greeted_as = p.out.stream();
    p.greeted_with = p.in.stream();
    offered_ = true;
  }
  flush_later();
}

void post_state::on_greeting(peer_entry& p, const envelope& x) {
  const auto said = post_talk::decode_greeting(x.body);
  if (!said) {
    ++p.counters.malformed;
    cut(p, said.error);
    return;
  }
  p.heard = true;
  // Clocks of nodes are steady ones: what they differ by now, they differ by for as long as both
  // run. The greeting has been on its way for a moment, so that less than this means nothing.
  constexpr milliseconds noticeable{200};
  const auto ahead = parts_->now(self_) - said->now;
  p.ahead = said->now == timestamp{} || (ahead < noticeable && ahead > -noticeable)
                ? microseconds{0}
                : microseconds{ahead};
  if (p.ahead.count() != 0)
    parts_->log->warn("post: the clock of {} differs from ours by {} ms; deadlines are converted",
                      p.who.node, p.ahead.count() / 1000);
  if (p.in.stream() != 0 && said->stream != p.in.stream() && (p.in.upto() > 0 || p.out.begun()))
    lose(p, "its post has been restarted");
  if (said->stream != p.in.stream())
    p.in.follow(said->stream);
  p.out.grant(said->window);
  // What is under way is written only to a peer that knows its numbers: a peer that begins anew
  // must not do again what its predecessor has done.
  p.agreed = said->heard_stream == p.out.stream();
  if (p.agreed && !p.out.rewind(said->heard_upto)) {
    ++p.counters.malformed;
    lose(p, "it has heard what was never sent");
  }
  if (p.greeted_as != p.out.stream() || p.greeted_with != p.in.stream())
    greet(p);
  if (!p.agreed)
    return;
  for (auto& [where, e] : elsewhere_)
    if (e.at == p.who.node)
      show(e);
  look_ = true;
  flush_later();
}

void post_state::cut(peer_entry& p, const std::string& why) {
  parts_->log->warn("post: cutting the link with {}: {}", p.who.node, why);
  p.linked = p.heard = p.agreed = false;
  p.since = parts_->now(self_);
  network_->cut(p.who.node, why);
}

void post_state::lose(peer_entry& p, const std::string& why) {
  parts_->log->warn("post: {} is lost with what was under way: {}", p.who.node, why);
  ++p.counters.losses;
  p.met = p.linked;
  p.agreed = false;
  // What was never written, or only looks, is refused. Of the rest nobody knows whether it was
  // done: whoever sent it hears that the one he sent it to is gone.
  const auto rest = p.out.give_up();
  p.out = delivery_out{new_stream(), config_.window};
  for (const auto& x : rest.unwritten)
    refuse(x, {reason::unavailable, p.who.node + " is lost: " + why, {}});
  for (const auto& x : rest.written)
    if (only_looks(x.kind))
      refuse(x, {reason::unavailable, p.who.node + " is lost: " + why, {}});
  p.in.follow(0);
  p.unacked = 0;
  p.told.clear();
  p.told_all = false;
  p.gone.clear();
  for (auto& [call, place] : p.relayed)
    place->load.fetch_sub(1, std::memory_order_relaxed);
  p.relayed.clear();
  for (auto& [id, k] : known_)
    if (k.peers.erase(p.who.node) > 0 && k.peers.empty())
      k.held = nullptr;
  const caf::error reason = caf::exit_reason::remote_link_unreachable;
  auto senders = std::move(p.senders);
  p.senders.clear();
  for (auto& [name_of, who] : senders)
    who->end(reason, self_->context());
  for (auto& [where, e] : elsewhere_)
    if (e.at == p.who.node || e.claims.contains(p.who.node))
      drop_claim(where, e, p.who.node, reason, false);
  std::vector<std::uint64_t> open;
  for (const auto& [number, x] : asks_)
    if (x.node == p.who.node)
      open.push_back(number);
  for (const auto number : open)
    fail_ask(number, caf::make_error(caf::sec::request_receiver_down));
  if (p.linked)
    greet(p);
}

void post_state::pump(peer_entry& p) {
  while (p.linked && p.agreed) {
    const auto* next = p.out.next();
    if (!next)
      return;
    const auto bytes = next->body.size();
    switch (network_->offer(p.who.node, *next)) {
    case links::offered::taken:
      offered_ = true;
      if (p.out.wrote()) {
        ++p.counters.sent;
        p.counters.sent_bytes += bytes;
      } else {
        ++p.counters.resent;
      }
      break;
    case links::offered::busy:
    case links::offered::unlinked:
      return; // The next acknowledgement, link or tick comes back to it.
    case links::offered::too_large:
      if (p.out.next_is_old()) {
        lose(p, "it no longer takes frames as long as before");
        return;
      }
      lessen_next(p);
      break;
    }
  }
}

void post_state::on_flush() {
  if (intake_->gathers()) {
    self_->send(self_, flush{});
    return;
  }
  flushing_ = false;
  const auto now = parts_->now(self_);
  if (acks_armed_ <= now)
    acks_armed_ = no_deadline;
  const bool look = std::exchange(look_, false) && !peers_.empty();
  const auto arrivals = std::exchange(arrivals_, {});
  if (look)
    look_at_seats();
  else
    for (const auto& place : arrivals)
      look_at(place);
  for (auto& [node, p] : peers_) {
    tell_gone(p);
    if (look)
      tell_seats(p);
    else if (!arrivals.empty())
      tell_seats(p, arrivals);
    if (ack_is_due(p, now))
      acknowledge(p);
    pump(p);
    if (p.unacked > 0 && p.linked)
      arm_acks();
  }
  if (std::exchange(offered_, false))
    network_->flush();
}

void post_state::on_tick() {
  const auto now = parts_->now(self_);
  for (auto& [node, p] : peers_) {
    if (!p.linked && p.met && now - p.since > config_.patience)
      lose(p, "its link has been down for too long");
    if (p.linked && p.greeted_as != p.out.stream())
      greet(p);
    for (const auto& x : p.out.expire(now)) {
      ++p.counters.refused;
      refuse(x, {reason::timeout, "its time was over before it could be sent to " + node, {}});
    }
    p.counters.under_way = p.out.under_way();
    p.counters.show(*parts_, node, p.who.region);
  }
  intake_counters_.show(*parts_, *intake_);
  std::vector<std::uint64_t> late;
  for (const auto& [number, x] : asks_)
    if (x.due <= now)
      late.push_back(number);
  for (const auto number : late)
    fail_ask(number, caf::make_error(caf::sec::request_timeout));
  if (now >= next_look_) {
    tidy_elsewhere(now);
    // However many seats there are, here and elsewhere, looking takes about the same share of a
    // core.
    const milliseconds rest{(here_.size() + elsewhere_.size()) / 40};
    next_look_ = later(now, std::max(config_.tell_every, rest));
    look_ = true;
  }
  flush_later();
  self_->delayed_send(self_, config_.tell_every, tick{});
}

caf::behavior post(caf::stateful_actor<post_state>* self, parts_ptr parts, post_config config) {
  guard(self, parts, "post");
  self->set_down_handler([self](const caf::down_msg& x) { state_of(self).on_down(x); });
  state_of(self).init(self, std::move(parts), std::move(config));
  return {
      [self](const carry_ptr& x) { state_of(self).on_carry(*x); },
      [self](const batch_arrived& x) { state_of(self).on_batch(x); },
      [self](flush) { state_of(self).on_flush(); },
      [self](tick) { state_of(self).on_tick(); },
      [self](const link_up& x) { state_of(self).on_link_up(x); },
      [self](const link_down& x) { state_of(self).on_link_down(x); },
      [self](const link_refused& x) { state_of(self).on_link_refused(x); },
      [self](const reach_nodes& x) { state_of(self).on_reach(x); },
      [self](const forget_node& x) { state_of(self).on_forget(x); },
      [self](const hand_over& x) { state_of(self).on_hand_over(x); },
      [self](const seat_down& x) { state_of(self).on_seat_down(x); },
      [self](const seat_taken& x) { state_of(self).on_seat_taken(x); },
  };
}

} // namespace troupe
