#include "actors/budget_book.hpp"
#include "actors/fleet_version.hpp"

#include <algorithm>
#include <string_view>

namespace troupe {

namespace {

/// Of a limit that others have the rest of, somebody who needs less than this may still get it.
bool needs_less(const budget_amount& need, const budget_book::pause& than) noexcept {
  bool less = false;
  for (std::size_t i = 0; i < budget_units; ++i) {
    if (than.was[i] >= no_limit)
      continue;
    if (need[i] > than.need[i])
      return false;
    less = less || need[i] < than.need[i];
  }
  return less;
}

} // namespace

budget_slices::reply budget_book::try_reserve(const std::vector<budget_account>& from,
                                              const budget_amount& need, bool forced,
                                              timestamp now) {
  if (!forced)
    for (const auto& x : from)
      if (x.scope == budget_scope::day)
        if (const auto hit = pauses_.find(x.of);
            hit != pauses_.end() && hit->second.account == x.name && hit->second.was == x.limit &&
            !(hit->second.brief && needs_less(need, hit->second))) {
          budget_slices::reply out;
          out.answer = budget_answer::refused;
          out.limit = hit->second.limit;
          out.account = x.name;
          out.again = hit->second.until;
          out.daily = true;
          return out;
        }
  return slices_.reserve(from, need, forced, now);
}

void budget_book::note_refusal(const std::vector<budget_account>& from, const budget_amount& need,
                               const budget_slices::reply& said) {
  const auto which = std::find_if(from.begin(), from.end(),
                                  [&](const budget_account& x) { return x.name == said.account; });
  if (which == from.end())
    return;
  ++counts_.refused[{std::string{to_string(which->scope)}, which->of}];
  if (!said.daily)
    return;
  // Who is refused because of a pause does not make it longer.
  const auto there = pauses_.find(which->of);
  if (there != pauses_.end() && there->second.account == which->name &&
      there->second.until == said.again)
    return;
  pauses_.insert_or_assign(which->of, pause{which->of, said.limit, which->name, said.again,
                                            which->limit, said.again < which->ends, need});
}

void budget_book::note_day(const budget_account& what, const budget_stand& said) {
  bool over = false;
  for (std::size_t i = 0; i < budget_units; ++i)
    over =
        over || (what.limit[i] < no_limit && what.limit[i] > 0 && said.spent[i] >= what.limit[i]);
  const auto there = pauses_.find(what.of);
  if (over) {
    if (there == pauses_.end() || there->second.account != what.name || there->second.brief)
      pauses_.insert_or_assign(
          what.of, pause{what.of, words_of(what), what.name, what.ends, what.limit, false, {}});
    return;
  }
  if (there == pauses_.end() || !there->second.brief || there->second.account != what.name)
    return;
  bool fits = true;
  for (std::size_t i = 0; i < budget_units; ++i)
    fits = fits &&
           (what.limit[i] >= no_limit || there->second.need[i] <= what.limit[i] - said.taken[i]);
  if (fits)
    pauses_.erase(there);
}

std::vector<budget_book::pause> budget_book::pauses() const {
  std::lock_guard hold{mutex_};
  std::vector<pause> out;
  for (const auto& [of, x] : pauses_)
    out.push_back(x);
  return out;
}

std::optional<budget_book::pause> budget_book::paused(const agent_spec& who) const {
  if (who.card.kind != agent_kind::llm || who.critical)
    return std::nullopt;
  std::lock_guard hold{mutex_};
  for (const auto& [of, x] : pauses_)
    if (is_within(who.card.domain, std::string_view{of}))
      return x;
  return std::nullopt;
}

} // namespace troupe
