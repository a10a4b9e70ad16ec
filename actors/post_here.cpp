#include "actors/post.hpp"

#include <algorithm>
#include <cmath>

namespace troupe {

namespace {

constexpr std::size_t told_at_once = 64;
/// Smaller changes of an agent's success rate are not worth an envelope.
constexpr float rate_step = 0.05f;

} // namespace

void post_state::get_to_know(const caf::actor& who) {
  auto [at, fresh] = known_.try_emplace(who.id());
  if (!fresh)
    return;
  at->second.who = caf::actor_cast<caf::actor_addr>(who);
  self_->monitor(who);
}

bool post_state::lives_here(const seat& place, const caf::actor& sitter) const {
  const auto hit = elsewhere_.find(place.where());
  return hit == elsewhere_.end() || !hit->second.who || hit->second.who.handle() != sitter;
}

bool post_state::may_tell_of(const seat& place) const {
  const auto& where = place.where();
  switch (where.kind) {
  case address_kind::agent:
    return place.spec() != nullptr;
  case address_kind::domain:
    return true;
  case address_kind::node:
    return where.name.starts_with(me_ + "/") &&
           std::find(config_.exposed.begin(), config_.exposed.end(),
                     std::string_view{where.name}.substr(me_.size() + 1)) != config_.exposed.end();
  default:
    return false;
  }
}

bool post_state::look_at(const seat_ptr& place) {
  if (!may_tell_of(*place))
    return true;
  const auto sitter = place->now();
  if (!sitter.handle || !lives_here(*place, sitter.handle))
    return true;
  auto& mine = here_[place->where()];
  if (mine.incarnation == sitter.incarnation && mine.place == place)
    return true;
  // Its end, and why, is told before its successor.
  if (mine.who != 0 && mine.who != sitter.handle.id() && known_.contains(mine.who))
    return false;
  mine = {};
  mine.place = place;
  mine.who = sitter.handle.id();
  mine.incarnation = sitter.incarnation;
  get_to_know(sitter.handle);
  known_[sitter.handle.id()].seat = place->where();
  return true;
}

void post_state::look_at_seats() {
  // Most of a hundred thousand seats are as they were: those are not looked up, and nothing of
  // them is touched but two numbers.
  if (const auto layout = parts_->places->layout(); layout != looked_layout_) {
    looked_layout_ = layout;
    looked_.clear();
    for (const auto kind : {address_kind::agent, address_kind::domain})
      for (auto& place : parts_->places->all(kind))
        if (may_tell_of(*place))
          looked_.emplace_back(std::move(place), 0);
    for (const auto& part : config_.exposed)
      if (auto place = parts_->places->find({address_kind::node, me_ + "/" + part}))
        looked_.emplace_back(std::move(place), 0);
  }
  for (auto& [place, version] : looked_)
    // The version is read first: a change in between is then noticed the next time.
    if (const auto now = place->version(); now != version && look_at(place))
      version = now;
  for (auto& [where, mine] : here_) {
    const auto& place = *mine.place;
    const told_seat now{mine.incarnation, place.state.load(std::memory_order_relaxed),
                        place.load.load(std::memory_order_relaxed),
                        place.success_rate.load(std::memory_order_relaxed)};
    mine.changed = !(now == mine.seen);
    mine.seen = now;
  }
}

/// Gathers for one peer what has changed of seats since it was told of them.
class post_state::teller {
 public:
  teller(post_state& post, peer_entry& to)
      : post_(post)
      , to_(to) {
    // The peer counts its own calls itself.
    for (const auto& [call, place] : to.relayed)
      if (++its_own_[place.get()] == 1)
        relayed_to_.push_back(place);
  }
  /// False when the peer takes slowly: it gets the rest the next time.
  [[nodiscard]] bool goes_on() const { return to_.agreed && !to_.out.busy(); }
  /// Where it has calls of its own now.
  [[nodiscard]] const std::vector<seat_ptr>& relayed_to() const noexcept { return relayed_to_; }

  void look(const address& where, const own_seat& mine) {
    if (mine.moved || mine.ended)
      return;
    const auto& place = *mine.place;
    const auto load = place.load.load(std::memory_order_relaxed);
    const auto hit = its_own_.find(&place);
    const auto theirs = hit == its_own_.end() ? 0 : hit->second;
    const told_seat now{mine.incarnation, place.state.load(std::memory_order_relaxed),
                        load > theirs ? load - theirs : 0,
                        place.success_rate.load(std::memory_order_relaxed)};
    auto [known, fresh] = to_.told.try_emplace(where);
    auto& told = known->second;
    if (!fresh && told.incarnation == now.incarnation && told.state == now.state &&
        told.load == now.load && std::abs(told.success_rate - now.success_rate) <= rate_step)
      return;
    told = now;
    news_.push_back({where, now.incarnation, fresh ? place.spec() : nullptr, now.state, now.load,
                     now.success_rate});
    if (news_.size() == told_at_once)
      send();
  }
  void send() {
    if (news_.empty() || !to_.agreed)
      return;
    post_.tell(to_, post_talk::told_kind, post_talk::encode_told(news_));
    news_.clear();
  }

 private:
  post_state& post_;
  peer_entry& to_;
  std::unordered_map<const seat*, std::uint32_t> its_own_;
  std::vector<seat_ptr> relayed_to_;
  std::vector<post_talk::seat_news> news_;
};

void post_state::tell_seats(peer_entry& p) {
  if (!p.agreed) {
    p.told_all = false;
    return;
  }
  teller t{*this, p};
  const bool all = !std::exchange(p.told_all, true);
  for (const auto& [where, mine] : here_) {
    if (!all && !mine.changed)
      continue;
    if (!t.goes_on()) {
      p.told_all = false;
      break;
    }
    t.look(where, mine);
  }
  // What a peer is told of the load changes with its own calls, too.
  const auto before = std::exchange(p.relayed_to, t.relayed_to());
  for (const auto& some : {before, p.relayed_to})
    for (const auto& place : some)
      if (const auto hit = here_.find(place->where()); hit != here_.end())
        t.look(hit->first, hit->second);
  t.send();
}

void post_state::tell_seats(peer_entry& p, const std::vector<seat_ptr>& only) {
  if (!p.agreed)
    return;
  teller t{*this, p};
  for (const auto& place : only) {
    if (!t.goes_on())
      break;
    if (const auto hit = here_.find(place->where()); hit != here_.end()) {
      t.look(hit->first, hit->second);
      // What was told now may be past by the next look, which must not take it for unchanged.
      hit->second.seen = {};
    }
  }
  t.send();
}

void post_state::tell_gone(peer_entry& p) {
  const auto gone = std::exchange(p.gone, {});
  for (std::size_t i = 0; i < gone.size(); i += told_at_once) {
    const auto last = std::min(gone.size(), i + told_at_once);
    tell(p, post_talk::gone_kind,
         post_talk::encode_gone({gone.begin() + static_cast<std::ptrdiff_t>(i),
                                 gone.begin() + static_cast<std::ptrdiff_t>(last)}));
  }
}

void post_state::on_down(const caf::down_msg& x) {
  auto hit = known_.extract(x.source.id());
  if (hit.empty())
    return;
  const auto& who = hit.mapped();
  flush_later();
  std::optional<address> seat;
  std::uint64_t incarnation = 0;
  if (who.seat) {
    const auto mine = here_.find(*who.seat);
    if (mine != here_.end() && mine->second.who == x.source.id()) {
      for (auto& [node, p] : peers_)
        std::erase_if(p.relayed, [&](const auto& call) {
          if (call.second != mine->second.place)
            return false;
          call.second->load.fetch_sub(1, std::memory_order_relaxed);
          return true;
        });
      // Of one that has moved they know already.
      if (!mine->second.moved)
        seat = who.seat;
      incarnation = mine->second.incarnation;
      mine->second.ended = true;
      // Its successor may sit there already, and had to wait for this.
      arrivals_.push_back(mine->second.place);
    }
  }
  for (auto& [node, p] : peers_) {
    const auto note = [&](const address& where, std::uint64_t of) {
      auto& g = p.gone.emplace_back();
      g.where = where;
      g.incarnation = of;
      g.why = x.reason;
    };
    if (seat && p.told.erase(*seat) > 0)
      note(*seat, incarnation);
    if (who.peers.contains(node))
      note({address_kind::node, me_ + "/@" + std::to_string(x.source.id())}, 0);
  }
}

void post_state::on_seat_down(const seat_down& x) {
  // Its successor may sit there already, here or at another node.
  arrivals_.push_back(x.who);
  flush_later();
  if (const auto other = elsewhere_.find(x.who->where());
      other != elsewhere_.end() && !other->second.who)
    settle(other->first, other->second);
}

void post_state::on_seat_taken(const seat_taken& x) {
  arrivals_.push_back(x.who);
  flush_later();
}

void post_state::on_hand_over(const hand_over& x) {
  look_at_seats();
  auto hit = here_.find(x.where);
  if (hit == here_.end() || hit->second.moved || hit->second.ended)
    return;
  hit->second.moved = true;
  const auto incarnation = hit->second.incarnation;
  for (auto& [node, p] : peers_) {
    if (p.told.erase(x.where) == 0)
      continue;
    auto& g = p.gone.emplace_back();
    g.where = x.where;
    g.incarnation = incarnation;
    g.moved = true;
    // Before the first envelope that comes back because of it.
    tell_gone(p);
  }
}

} // namespace troupe
