#include "actors/post.hpp"

#include <algorithm>
#include <cmath>

namespace troupe {

namespace {

constexpr std::size_t told_at_once = 256;
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
    mine = {place, sitter.handle.id(), sitter.incarnation, false};
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
  for (const auto& [where, mine] : here_) {
    if (mine.moved)
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
    const bool changed = fresh || told.incarnation != now.incarnation || told.state != now.state;
    const bool moved =
        told.load != now.load || std::abs(told.success_rate - now.success_rate) > rate_step;
    if (!changed && (!moved || p.out.busy()))
      continue;
    told = now;
    news.push_back({where, now.incarnation, fresh ? place.spec() : nullptr, now.state, now.load,
                    now.success_rate});
  }
  for (std::size_t i = 0; i < news.size(); i += told_at_once) {
    const auto last = std::min(news.size(), i + told_at_once);
    tell(p, post_talk::told_kind,
         post_talk::encode_told({news.begin() + static_cast<std::ptrdiff_t>(i),
                                 news.begin() + static_cast<std::ptrdiff_t>(last)}));
  }
}

void post_state::on_down(const caf::down_msg& x) {
  auto hit = known_.extract(x.source.id());
  if (hit.empty())
    return;
  const auto& who = hit.mapped();
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
      here_.erase(mine);
    }
  }
  for (auto& [node, p] : peers_) {
    std::vector<post_talk::seat_gone> gone;
    if (seat && p.told.erase(*seat) > 0)
      gone.push_back({*seat, incarnation, x.reason, false});
    if (who.peers.contains(node)) {
      auto& g = gone.emplace_back();
      g.where = {address_kind::node, me_ + "/@" + std::to_string(x.source.id())};
      g.why = x.reason;
    }
    if (!gone.empty())
      tell(p, post_talk::gone_kind, post_talk::encode_gone(gone));
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
  if (hit == here_.end() || hit->second.moved)
    return;
  hit->second.moved = true;
  const auto incarnation = hit->second.incarnation;
  for (auto& [node, p] : peers_)
    if (p.told.erase(x.where) > 0)
      tell(p, post_talk::gone_kind, post_talk::encode_gone({{x.where, incarnation, {}, true}}));
}

} // namespace troupe
