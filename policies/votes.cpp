#include "policies/votes.hpp"

#include <algorithm>

namespace troupe {

namespace {

bool counts(const accusation& a, const vote_rules& rules, const member_table& table) noexcept {
  const auto* accuser = table.find(a.by);
  return a.age <= rules.window && accuser && takes_part(*accuser) &&
         accuser->incarnation == a.incarnation;
}

} // namespace

bool takes_part(const member& m) noexcept {
  return m.state == member_state::up || m.state == member_state::leaving;
}

bool living(const member& m, const vote_rules& rules, const witness& by) noexcept {
  return takes_part(m) && (!by.ages_count || m.unrenewed < rules.lease);
}

bool isolated(const member& accused, const vote_rules& rules, const witness& by) {
  std::size_t others = 0;
  std::size_t linked = 0;
  for (const auto& m : by.table.rows) {
    if (m.node == by.self || m.node == accused.node || !living(m, rules, by))
      continue;
    ++others;
    if (by.linked(m))
      ++linked;
  }
  return 2 * linked < others;
}

std::uint32_t votes_needed(const member& accused, const vote_rules& rules,
                           const witness& by) noexcept {
  std::uint32_t others = 0;
  for (const auto& m : by.table.rows)
    if (m.node != accused.node && living(m, rules, by))
      ++others;
  return std::max(1u, std::min(rules.quorum, others));
}

member accused_row(const member& accused, std::string why, const vote_rules& rules,
                   const witness& by) {
  auto row = accused;
  std::erase_if(row.accused, [&](const accusation& a) {
    return a.by == by.self || !counts(a, rules, by.table);
  });
  const auto* self = by.table.find(by.self);
  row.accused.push_back({std::string{by.self}, self ? self->incarnation : 0, {}, std::move(why)});
  if (row.accused.size() < votes_needed(accused, rules, by))
    return row;
  row.state = member_state::down;
  row.why = "declared dead:";
  for (const auto& a : row.accused)
    row.why += " " + a.by + ": " + a.why + ";";
  row.why.pop_back();
  return row;
}

bool has_accused(const member& accused, const vote_rules& rules, const witness& by) {
  return std::any_of(accused.accused.begin(), accused.accused.end(), [&](const accusation& a) {
    return a.by == by.self && a.age < rules.window / 2 && counts(a, rules, by.table);
  });
}

} // namespace troupe
