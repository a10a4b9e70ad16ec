#include "actors/dispatcher.hpp"

#include "policies/standing.hpp"

#include <algorithm>

namespace troupe {

namespace {

/// Replicas of one agent: `domain/agent#n`.
bool same_agent(std::string_view a, std::string_view b) noexcept {
  return a.substr(0, a.find('#')) == b.substr(0, b.find('#'));
}

/// Asks for the memory of a seat. The line before it has its reference count, for the one that will
/// be chosen.
void fetch(const seat& place) {
  const auto* at = reinterpret_cast<const char*>(&place);
  __builtin_prefetch(at);
  __builtin_prefetch(at + 64);
  __builtin_prefetch(at - 64);
}

} // namespace

const std::vector<seat_ptr>* dispatcher::candidates_for(const plan_run::target& target) const {
  const auto& index = target.agent.empty() ? table_->by_skill : table_->by_name;
  const auto wanted = target.agent.empty() ? target.skill : target.agent;
  auto hit = index.find(wanted);
  if (hit == index.end() && !target.agent.empty())
    hit = index.find(domain_.path + "/" + std::string{wanted});
  return hit == index.end() ? nullptr : &hit->second;
}

std::size_t dispatcher::window_at(const std::vector<seat_ptr>& all, neighbours& now,
                                  std::uint64_t dice) {
  if (now.left == 0) {
    now = {dice % all.size(), block};
    for (std::size_t i = 0; i < std::min(block, all.size()); ++i)
      fetch(*all[(now.at + i) % all.size()]);
  }
  --now.left;
  // Another part of the same dice.
  return (now.at + (dice >> 32) % (block - window + 1)) % all.size();
}

void dispatcher::approach(const std::vector<seat_ptr>& all, std::size_t from, std::size_t count,
                          const std::vector<std::string>* own) {
  seats_.clear();
  for (std::size_t i = 0; i < count; ++i)
    seats_.push_back(&all[from + i < all.size() ? from + i : from + i - all.size()]);
  if (own && count < all.size())
    for (const auto& place : all)
      if (std::find(own->begin(), own->end(), place->where().name) != own->end() &&
          std::find(seats_.begin(), seats_.end(), &place) == seats_.end())
        seats_.push_back(&place);
  for (const auto* place : seats_)
    fetch(**place);
}

void dispatcher::look_at_all(const plan_run::step_state& state, timestamp now,
                             const std::vector<std::string>* own) {
  candidates_.clear();
  for (const auto* at : seats_) {
    const auto& place = *at;
    candidate c;
    c.load = place->load.load(std::memory_order_relaxed);
    c.capacity = place->capacity();
    c.slots = place->slots();
    c.distance = place->distance.load(std::memory_order_relaxed);
    c.cost = place->cost();
    c.quality = place->quality();
    c.success_rate = place->success_rate.load(std::memory_order_relaxed);
    c.healthy = place->serves();
    c.shed = stage_ != 0 && place->shed_at() != 0 && stage_ >= place->shed_at();
    if (!place->breaker.closed() || place->depends_on())
      look_at_breakers(*place, c, now);
    // Who has been stopped by a limit would refuse, as one did that was tried.
    c.tried = place->paused.load(std::memory_order_relaxed) ||
              (!state.tried.empty() && std::find(state.tried.begin(), state.tried.end(),
                                                 place->where().name) != state.tried.end());
    if (own)
      for (const auto& name : *own) {
        c.bound = c.bound || name == place->where().name;
        c.spoken_for =
            c.spoken_for || (name != place->where().name && same_agent(name, place->where().name));
      }
    candidates_.push_back(c);
  }
}

dispatcher::choice dispatcher::choose(const live_task& t, std::uint32_t step, std::uint64_t dice,
                                      timestamp now, std::string_view only,
                                      const std::vector<std::string>* own,
                                      std::uint32_t former_failures) {
  const auto& state = t.run->step(step);
  auto target = t.run->target_of(step);
  if (!only.empty())
    target.agent = only;
  // Among many agents the candidates are in cold memory. What they are is read while the decision
  // is being prepared: first where their seats are, then the seats.
  const auto* all = candidates_for(target);
  const bool any = all && !all->empty();
  auto why = std::make_shared<route>();
  auto wish = wish_for(domain_.routing, {t.what->who.tier, former_failures}, dice, why->because);
  const auto strategy = wish.strategy;
  // A named agent is not drawn for.
  const bool learns = strategy == route_strategy::learned && arms_ && target.agent.empty();
  const bool by_content = strategy == route_strategy::classifier && target.agent.empty();
  const bool seeks = learns || by_content;
  const bool sample = any && all->size() > (seeks ? exact_learned : exact) &&
                      strategy != route_strategy::static_order;
  const auto sampled = seeks ? window_learned : window;
  auto* near = sample && !seeks ? &blocks_[all] : nullptr;
  const auto from = near ? window_at(*all, *near, dice) : sample ? dice % all->size() : 0;
  why->skill = target.skill.empty() ? std::string{target.agent} : std::string{target.skill};
  why->seen.reserve(sample && !seeks ? window : shown + 1);
  if (any)
    approach(*all, from, sample ? sampled : all->size(), own);
  // A named agent is wanted as it is, whatever the tier asks for.
  if (!target.agent.empty())
    wish.min_quality = 0;
  if (state.rung > 0)
    why->because += (why->because.empty() ? "" : "; ") + std::string{"fallback "} +
                    std::to_string(state.rung) + ": " + t.run->node(step).fallback[state.rung - 1];
  why->strategy = wish.strategy;
  why->decided_at = node_;
  if (!any) {
    why->because += (why->because.empty() ? "" : "; ") + std::string{"no agent offers it"};
    return {std::move(why), nullptr, 0};
  }
  why->of = static_cast<std::uint32_t>(all->size());
  const auto compare = [&] {
    look_at_all(state, now, own);
    if (learns)
      draw_arms(t, step, wish, *why);
    if (by_content)
      weigh_content(t.run->node(step));
    choose_route(wish, candidates_, choice_);
  };
  compare();
  if (sample && choice_.chosen == route_choice::nobody) {
    approach(*all, 0, all->size(), own);
    compare();
  }
  if (learns)
    why->because += (why->because.empty() ? "" : "; ") + learned_because_;
  std::uint8_t probe = 0;
  while (choice_.chosen != route_choice::nobody && !enter(*seats_[choice_.chosen], probe, now)) {
    // Somebody else has taken the probe since we looked.
    candidates_[choice_.chosen].open = true;
    choose_route(wish, candidates_, choice_);
  }
  if (by_content && choice_.chosen != route_choice::nobody)
    why->because += (why->because.empty() ? "" : "; ") + fit_words(fits_[choice_.chosen]);
  if (std::any_of(candidates_.begin(), candidates_.end(),
                  [](const candidate& c) { return c.open || c.probe; }))
    tell_of_breakers(why->because, now);
  if (choice_.chosen == route_choice::nobody)
    tell_of_absent(why->because);
  for (std::size_t i = 0; i < seats_.size(); ++i) {
    if (why->seen.size() >= shown && i != choice_.chosen)
      continue;
    const auto& c = candidates_[i];
    why->seen.push_back({(*seats_[i])->where().name, choice_.said[i], c.load, c.capacity, c.cost,
                         c.quality, c.success_rate, c.fit});
  }
  // Of those that are not shown neither are the arms.
  if (why->arms.size() > shown)
    std::erase_if(why->arms, [&](const arm_seen& arm) {
      return std::none_of(why->seen.begin(), why->seen.end(),
                          [&](const considered& x) { return arm_of(x.agent) == arm.agent; });
    });
  if (choice_.chosen == route_choice::nobody)
    return {std::move(why), nullptr, 0};
  auto to = *seats_[choice_.chosen];
  if (near && candidates_[choice_.chosen].load >= candidates_[choice_.chosen].slots)
    near->left = 0; // Elsewhere somebody may be idle.
  why->agent = to->where().name;
  why->node = to->elsewhere();
  if (why->node.empty())
    why->node = node_;
  why->does = to->does();
  why->repeatable = why->does != effects::unsafe;
  return {std::move(why), std::move(to), probe};
}

bool dispatcher::all_down(const live_task& t, std::uint32_t step, std::string_view only) const {
  auto target = t.run->target_of(step);
  if (!only.empty())
    target.agent = only;
  const auto* all = candidates_for(target);
  return all && !all->empty() && std::all_of(all->begin(), all->end(), [](const seat_ptr& x) {
           return x->state.load(std::memory_order_relaxed) == health::down;
         });
}

} // namespace troupe
