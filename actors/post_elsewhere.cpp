#include "actors/lost_node.hpp"
#include "actors/post.hpp"

#include <algorithm>
#include <cmath>

namespace troupe {

namespace {

/// A seat that nobody claims is kept for so many times the patience, with what is known of it: most
/// agents come back.
constexpr int kept_for = 10;

bool may_be_told(const address& x, const std::string& node) {
  return x.kind == address_kind::agent || x.kind == address_kind::domain ||
         (x.kind == address_kind::node && x.name.starts_with(node + "/") &&
          x.name.find('@') == std::string::npos);
}

} // namespace

void post_state::on_told(peer_entry& p, const envelope& x) {
  auto told = post_talk::decode_told(x.body);
  if (!told) {
    ++p.counters.malformed;
    parts_->log->warn("post: what {} tells of its seats cannot be read: {}", p.who.node,
                      told.error);
    return;
  }
  for (auto& news : *told) {
    if (!may_be_told(news.where, p.who.node))
      continue;
    if (elsewhere_.size() >= config_.max_proxies && !elsewhere_.contains(news.where)) {
      parts_->log->warn("post: {} tells of more seats than we take", p.who.node);
      return;
    }
    auto& e = elsewhere_[news.where];
    auto& c = e.claims[p.who.node];
    if (!news.what)
      news.what = c.news.what;
    c = {news.incarnation, std::move(news)};
    settle(c.news.where, e);
  }
}

std::uint8_t post_state::distance_to(const std::string& node) const {
  const auto peer = peers_.find(node);
  return peer != peers_.end() && peer->second.who.region == parts_->fleet.region ? 1 : 2;
}

void post_state::settle(const address& at_address, seat_elsewhere& e) {
  const auto where = at_address;
  if (e.who && e.who->home.moving) {
    move_on(where, e);
    return;
  }
  if (e.who) {
    const auto used = e.claims.find(e.at);
    if (used != e.claims.end() && used->second.incarnation == e.who->home.incarnation) {
      show(e);
      return;
    }
    unseat(e, failure_error("it has been restarted"));
  }
  if (e.claims.empty() || !in_use(where, e))
    return;
  // While an agent moves, two nodes may have it: the one that takes work and is nearer.
  auto use = e.claims.end();
  std::pair<bool, std::uint8_t> best;
  for (auto i = e.claims.begin(); i != e.claims.end(); ++i) {
    const auto p = peers_.find(i->first);
    if (p == peers_.end() || !p->second.linked)
      continue;
    const std::pair mine{i->second.news.state != health::up, distance_to(i->first)};
    if (use == e.claims.end() || mine < best) {
      use = i;
      best = mine;
    }
  }
  if (use == e.claims.end())
    use = e.claims.begin();
  if (!e.place) {
    e.place = parts_->places->find(where);
    if (!e.place || (where.kind == address_kind::agent && !e.place->spec())) {
      auto what = use->second.news.what;
      if (where.kind == address_kind::agent && !what)
        return;
      provider_ptr depends_on;
      if (what) {
        auto version = parts_->versions->of(*what);
        if (!version)
          version = parts_->current();
        const auto* spec = version->domain(what->card.domain);
        if (spec) {
          auto whole = std::make_shared<agent_spec>(*what);
          whole->breaker = spec->breaker;
          what = std::move(whole);
        }
        if (!what->provider.empty())
          depends_on = parts_->places->claim_provider(what->provider, spec ? spec->provider_breaker
                                                                           : breaker_spec{});
      }
      e.place = parts_->places->claim(where, std::move(what), std::move(depends_on));
      e.made = true;
    }
  }
  // Who sits here himself is nearer; the claim is looked at again when he has left.
  if (e.place->now().handle)
    return;
  e.at = use->first;
  e.who = proxy_ptr::make(self_->system(), where, caf::actor_cast<caf::actor>(self_), intake_,
                          {use->first, use->second.incarnation, false});
  e.incarnation = e.place->take(e.who.handle(), parts_->now(self_), e.at, distance_to(use->first));
  e.version = 0;
  show(e);
  parts_->places->announce_taken(e.place);
  if (where.kind == address_kind::agent && config_.registry)
    send_to(self_, config_.registry, register_agent{e.place});
}

bool post_state::in_use(const address& where, seat_elsewhere& e) {
  if (!e.place)
    return true;
  auto now = parts_->places->find(where);
  if (now == e.place)
    return true;
  if (e.who)
    unseat(e, failure_error("another version of the fleet is in use"));
  if (!now)
    return false;
  if (e.made && where.kind == address_kind::agent && config_.registry)
    send_to(self_, config_.registry, unregister_agent{e.place});
  e.place = std::move(now);
  e.made = false;
  return true;
}

void post_state::show(seat_elsewhere& e) {
  const auto used = e.claims.find(e.at);
  if (!e.who || used == e.claims.end() || !seated(e))
    return;
  const auto& news = used->second.news;
  auto& place = *e.place;
  place.load.fetch_add(news.load - e.load, std::memory_order_relaxed);
  e.load = news.load;
  if (std::isfinite(news.success_rate))
    place.success_rate.store(std::clamp(news.success_rate, 0.0f, 1.0f), std::memory_order_relaxed);
  const auto peer = peers_.find(e.at);
  if (peer == peers_.end() || !peer->second.linked)
    place.state.store(health::down, std::memory_order_relaxed);
  else if (news.state != health::up)
    place.state.store(news.state, std::memory_order_relaxed);
  else
    place.set_duty(place.now_for()); // As we ourselves see it.
}

bool post_state::seated(seat_elsewhere& e) {
  const auto version = e.place->version();
  if (version == e.version)
    return true;
  if (e.place->now().handle != e.who.handle())
    return false;
  e.version = version;
  return true;
}

bool post_state::step_aside(const address& where, seat_elsewhere& e) {
  const auto claim = e.claims.find(e.at);
  if (where.kind != address_kind::agent || !e.place->now().handle || claim == e.claims.end() ||
      claim->second.incarnation != e.who->home.incarnation)
    return false;
  e.place->load.fetch_sub(std::exchange(e.load, 0), std::memory_order_relaxed);
  return true;
}

void post_state::unseat(seat_elsewhere& e, const caf::error& why) {
  auto* host = self_->context();
  const auto who = std::exchange(e.who, {});
  e.place->load.fetch_sub(e.load, std::memory_order_relaxed);
  e.load = 0;
  e.at.clear();
  e.since = parts_->now(self_);
  e.marked = false;
  auto lost = std::move(e.returned);
  e.returned.clear();
  lost.insert(lost.end(), std::make_move_iterator(e.held.begin()),
              std::make_move_iterator(e.held.end()));
  e.held.clear();
  if (e.place->now().handle == who.handle())
    e.place->leave();
  e.place->forget_former(e.incarnation);
  who->end(why, host);
  const auto text = why == caf::exit_reason::remote_link_unreachable
                        ? std::string{lost_with_its_node}
                        : failure_text(self_->system(), why);
  for (const auto& x : lost)
    refuse(x, {reason::unavailable, who->where().str() + ": " + text, {}});
  fail_asks(who.operator->(), caf::make_error(caf::sec::request_receiver_down));
  parts_->places->announce_down(e.place, e.incarnation, text);
}

void post_state::drop_claim(const address& where, seat_elsewhere& e, const std::string& node,
                            const caf::error& why, bool moved) {
  e.claims.erase(node);
  if (!e.who || e.at != node) {
    if (e.claims.empty() && !e.who)
      e.since = parts_->now(self_);
    return;
  }
  if (!moved) {
    unseat(e, why);
    settle(where, e);
    return;
  }
  e.who->home.moving = true;
  e.since = parts_->now(self_);
  e.marked = false;
  if (auto p = peers_.find(node); p != peers_.end())
    tell(p->second, post_talk::mark_kind,
         post_talk::encode_mark({where, e.who->home.incarnation, false}));
}

void post_state::on_gone(peer_entry& p, const envelope& x) {
  const auto gone = post_talk::decode_gone(x.body);
  if (!gone) {
    ++p.counters.malformed;
    parts_->log->warn("post: what {} tells of its seats cannot be read: {}", p.who.node,
                      gone.error);
    return;
  }
  for (const auto& g : *gone) {
    if (auto sender = p.senders.extract(g.where.name);
        !sender.empty() && g.where.kind == address_kind::node) {
      sender.mapped()->end(g.why, self_->context());
      fail_asks(sender.mapped().operator->(), caf::make_error(caf::sec::request_receiver_down));
      std::erase_if(p.relayed, [&](const auto& call) {
        if (call.first.first != g.where.name)
          return false;
        call.second->load.fetch_sub(1, std::memory_order_relaxed);
        return true;
      });
      continue;
    }
    const auto hit = elsewhere_.find(g.where);
    if (hit == elsewhere_.end())
      continue;
    const auto claimed = hit->second.claims.find(p.who.node);
    if (claimed != hit->second.claims.end() && claimed->second.incarnation == g.incarnation)
      drop_claim(g.where, hit->second, p.who.node, g.why, g.moved);
  }
}

void post_state::on_mark(peer_entry& p, const envelope& x) {
  const auto mark = post_talk::decode_mark(x.body);
  if (!mark) {
    ++p.counters.malformed;
    return;
  }
  if (!mark->answer) {
    tell(p, post_talk::mark_kind, post_talk::encode_mark({mark->where, mark->incarnation, true}));
    return;
  }
  const auto hit = elsewhere_.find(mark->where);
  if (hit != elsewhere_.end() && hit->second.who && hit->second.who->home.moving &&
      hit->second.at == p.who.node) {
    hit->second.marked = true;
    move_on(mark->where, hit->second);
  }
}

void post_state::on_returned(peer_entry& p, const envelope& x) {
  auto back = post_talk::decode_returned(x.body);
  if (!back) {
    ++p.counters.malformed;
    return;
  }
  ++p.counters.refused;
  if (back->why) {
    refuse(back->what, back->why);
    return;
  }
  const auto hit = elsewhere_.find(back->what.to);
  if (hit != elsewhere_.end() && hit->second.who && hit->second.who->home.moving &&
      hit->second.at == p.who.node)
    hit->second.returned.push_back(std::move(back->what));
  else
    refuse(back->what, {reason::unavailable, back->what.to.str() + " has moved", {}});
}

void post_state::move_on(const address& where, seat_elsewhere& e) {
  if (!e.marked || e.claims.empty())
    return;
  const auto& [node, use] = *e.claims.begin();
  const auto peer = peers_.find(node);
  if (peer == peers_.end())
    return;
  parts_->log->info("post: {} has moved from {} to {}", where.str(), e.at, node);
  e.at = node;
  e.marked = false;
  e.place->moved_to(node);
  e.who->home = {node, use.incarnation, false};
  if (seated(e))
    e.place->distance.store(distance_to(node), std::memory_order_relaxed);
  show(e);
  auto line = std::move(e.returned);
  e.returned.clear();
  line.insert(line.end(), std::make_move_iterator(e.held.begin()),
              std::make_move_iterator(e.held.end()));
  e.held.clear();
  const auto incarnation = use.incarnation;
  const auto via = e.who;
  const auto at = node;
  for (auto& x : line) {
    post_talk::stamp(x.body, incarnation, 0, 0);
    x.hops = {me_};
    const auto number = post_talk::asks_in(x.body);
    if (auto open = asks_.find(number); open != asks_.end())
      open->second.node = at;
    if (auto who = known_.find(actor_in(x.from, me_).value_or(0)); who != known_.end())
      give_address(who->second, at);
    const bool opens = number != 0 || opens_work(x.kind);
    dispatch(via, std::move(x), opens);
  }
}

void post_state::tidy_elsewhere(timestamp now) {
  // While no seat is made, replaced or forgotten, all of ours are still in use.
  const auto layout = parts_->places->layout();
  const bool same = std::exchange(tidied_layout_, layout) == layout;
  if (!same)
    std::erase_if(here_, [this](const auto& x) {
      return x.second.ended && parts_->places->find(x.first) != x.second.place;
    });
  for (auto i = elsewhere_.begin(); i != elsewhere_.end();) {
    auto& [where, e] = *i;
    if (e.who && e.who->home.moving && now - e.since > config_.patience)
      unseat(e, caf::exit_reason::remote_link_unreachable);
    // An actor of our own has taken the seat: who speaks to the proxy has to resolve again.
    if (e.who && !e.who->home.moving && !seated(e) && !step_aside(where, e))
      unseat(e, failure_error("it lives here now"));
    const bool used = same || in_use(where, e);
    if (used && !e.who && !e.claims.empty())
      settle(where, e);
    if (!e.who && e.claims.empty() && now - e.since > config_.patience * kept_for) {
      if (e.made && used) {
        if (where.kind == address_kind::agent && config_.registry)
          send_to(self_, config_.registry, unregister_agent{e.place});
        parts_->places->drop(where);
      }
      i = elsewhere_.erase(i);
    } else {
      ++i;
    }
  }
}

} // namespace troupe
