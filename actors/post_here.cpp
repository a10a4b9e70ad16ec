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

void post_state::look_at_seats() {
  const auto look = [this](const seat_ptr& place) {
    const auto sitter = place->now();
    if (!sitter.handle || !lives_here(*place, sitter.handle))
      return;
    auto& mine = here_[place->where()];
    if (mine.incarnation == sitter.incarnation && mine.place == place)
      return;
    // Its end, and why, is told before its successor.
    if (mine.who != 0 && mine.who != sitter.handle.id() && known_.contains(mine.who))
      return;
    mine = {place, sitter.handle.id(), sitter.incarnation, false, false};
    get_to_know(sitter.handle);
    known_[sitter.handle.id()].seat = place->where();
  };
  for (const auto& place : parts_->places->all(address_kind::agent))
    if (place->spec())
      look(place);
  for (const auto& place : parts_->places->all(address_kind::domain))
    look(place);
  for (const auto& part : config_.exposed)
    if (const auto place = parts_->places->find({address_kind::node, me_ + "/" + part}))
      look(place);
}

void post_state::tell_seats(peer_entry& p) {
  if (!p.agreed)
    return;
  // The peer counts its own calls itself.
  std::unordered_map<const seat*, std::uint32_t> its_own;
  for (const auto& [call, place] : p.relayed)
    ++its_own[place.get()];
  std::vector<post_talk::seat_news> news;
  const auto send = [&] {
    tell(p, post_talk::told_kind, post_talk::encode_told(news));
    news.clear();
  };
  for (const auto& [where, mine] : here_) {
    // A peer that takes slowly gets the rest the next time.
    if (!p.agreed || p.out.busy())
      break;
    if (mine.moved || mine.ended)
      continue;
    const auto& place = *mine.place;
    const auto load = place.load.load(std::memory_order_relaxed);
    const auto hit = its_own.find(&place);
    const auto theirs = hit == its_own.end() ? 0 : hit->second;
    const told_seat now{mine.incarnation, place.state.load(std::memory_order_relaxed),
                        load > theirs ? load - theirs : 0,
                        place.success_rate.load(std::memory_order_relaxed)};
    auto [known, fresh] = p.told.try_emplace(where);
    auto& told = known->second;
    if (!fresh && told.incarnation == now.incarnation && told.state == now.state &&
        told.load == now.load && std::abs(told.success_rate - now.success_rate) <= rate_step)
      continue;
    told = now;
    news.push_back({where, now.incarnation, fresh ? place.spec() : nullptr, now.state, now.load,
                    now.success_rate});
    if (news.size() == told_at_once)
      send();
  }
  if (!news.empty() && p.agreed)
    send();
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
  look_ = true;
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

void post_state::on_seat_down(const seat_down&) {
  // Its successor may sit there already.
  look_ = true;
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
