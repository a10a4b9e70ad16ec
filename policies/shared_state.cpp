#include "policies/shared_state.hpp"

#include "policies/context_scope.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace troupe {

namespace {

/// Two values of a field that were both made from `base`. Nothing: they contradict each other.
using merged_value = std::optional<json>;

merged_value merge_members(const json& base, const json& now, const json& mine) {
  auto out = now;
  for (const auto& [key, value] : mine.items()) {
    const auto theirs = out.find(key);
    if (theirs == out.end() || *theirs == value) {
      out[key] = value;
      continue;
    }
    // A member that one of the two has left as it was is the other's.
    const bool known = base.is_object() && base.contains(key);
    if (known && base.at(key) == value)
      continue;
    if (!known || base.at(key) != *theirs)
      return std::nullopt;
    *theirs = value;
  }
  return out;
}

json merge_elements(const json& now, const json& mine) {
  auto out = now;
  for (const auto& x : mine)
    if (std::find(out.begin(), out.end(), x) == out.end())
      out.push_back(x);
  return out;
}

/// A sum that its type cannot hold is nothing: said wrong, nobody would notice.
merged_value sum(const json& base, const json& now, const json& mine) {
  if (now.is_number_integer() && mine.is_number_integer() && !base.is_number_float()) {
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    const auto of = [](const json& x) -> std::optional<std::int64_t> {
      if (x.is_null())
        return 0;
      if (x.is_number_unsigned() && x.get<std::uint64_t>() > std::uint64_t{most})
        return std::nullopt;
      return x.get<std::int64_t>();
    };
    const auto plus = [](std::int64_t a, std::int64_t b) -> std::optional<std::int64_t> {
      constexpr auto least = std::numeric_limits<std::int64_t>::min();
      if (b > 0 ? a > most - b : a < least - b)
        return std::nullopt;
      return a + b;
    };
    const auto a = of(now);
    const auto b = of(mine);
    const auto from = of(base);
    if (!a || !b || !from || *from == std::numeric_limits<std::int64_t>::min())
      return std::nullopt;
    const auto added = plus(*b, -*from);
    const auto all = added ? plus(*a, *added) : std::nullopt;
    return all ? merged_value{*all} : std::nullopt;
  }
  const auto all =
      now.get<double>() + mine.get<double>() - (base.is_number() ? base.get<double>() : 0);
  return std::isfinite(all) ? merged_value{all} : std::nullopt;
}

merged_value merge_values(state_merge how, const json& base, const json& now, const json& mine) {
  if (how == state_merge::replace)
    return mine;
  const bool numbers = now.is_number() && mine.is_number();
  if (how == state_merge::sum && numbers)
    return sum(base, now, mine);
  if (now == mine)
    return now;
  if (how == state_merge::lowest && numbers)
    return std::min(now, mine);
  if (how == state_merge::highest && numbers)
    return std::max(now, mine);
  if (how == state_merge::together && now.is_array() && mine.is_array())
    return merge_elements(now, mine);
  if (how == state_merge::together && now.is_object() && mine.is_object())
    return merge_members(base, now, mine);
  return std::nullopt;
}

std::string short_text(const json& x) {
  auto out = as_text(x);
  constexpr std::size_t most = 80;
  if (out.size() > most) {
    out.resize(most);
    out += "...";
  }
  return out;
}

} // namespace

void shared_state::began(std::uint32_t step, std::uint32_t attempt, const json& context,
                         std::span<const std::string> fields, bool in_doubt) {
  if (fields.empty())
    return;
  auto& seen = seen_[step];
  if (seen.attempt == attempt && !seen.fields.empty())
    return;
  seen.attempt = attempt;
  if (!in_doubt)
    seen.fields.clear();
  for (const auto& name : fields) {
    if (std::any_of(seen.fields.begin(), seen.fields.end(),
                    [&](const auto& s) { return s.name == name; }))
      continue;
    const bool known = context.is_object() && context.contains(name);
    seen.fields.push_back({name, version(name), known ? context.at(name) : json{}});
  }
}

void shared_state::rewind(std::uint32_t step, json& shown) const {
  const auto mine = seen_.find(step);
  if (mine == seen_.end() || !shown.is_object())
    return;
  for (const auto& s : mine->second.fields) {
    const auto hit = shown.find(s.name);
    if (hit == shown.end() || s.version == version(s.name))
      continue;
    if (s.value.is_null())
      shown.erase(hit);
    else
      *hit = s.value;
  }
}

state_change shared_state::merge(std::uint32_t step, const json& context, const domain_spec& domain,
                                 std::span<const std::string> writes, const json& data) const {
  state_change out;
  // What may be taken over at all is decided in one place.
  json wanted = json::object();
  out.refused = write_back(wanted, domain, {writes.begin(), writes.end()}, data);
  const auto mine = seen_.find(step);
  for (const auto& [name, value] : wanted.items()) {
    const auto field = name;
    const seen_field* before = nullptr;
    if (mine != seen_.end())
      for (const auto& s : mine->second.fields)
        if (s.name == field)
          before = &s;
    const bool set = context.is_object() && context.contains(field);
    if (!before || before->version == version(field) || !set) {
      out.fields[field] = value;
      continue;
    }
    const auto rule = domain.context.find(field)->second.merge;
    auto both = merge_values(rule, before->value, context.at(field), value);
    if (!both) {
      out.conflict = "the context field '" + field + "' was set to " +
                     short_text(context.at(field)) + " while the step worked, which says " +
                     short_text(value);
      return out;
    }
    out.fields[field] = *std::move(both);
  }
  return out;
}

void shared_state::take(const state_change& change, json& context) {
  for (const auto& [name, value] : change.fields.items()) {
    context[name] = value;
    ++versions_[name];
  }
}

bool meets_old_answers(const domain_spec& domain, const plan& how) {
  if (domain.context.empty())
    return false;
  bool at_once = false;
  bool delegates = false;
  for (const auto& x : how.steps) {
    const auto op = x.node.op;
    at_once = at_once || op == plan_op::parallel || op == plan_op::race || op == plan_op::quorum ||
              op == plan_op::map;
    delegates = delegates || op == plan_op::domain;
  }
  return at_once &&
         (delegates || std::any_of(domain.agents.begin(), domain.agents.end(), [](const auto& a) {
            return a.card.does != effects::none && !a.writes.empty();
          }));
}

json lasting(const domain_spec& domain, const json& context) {
  auto out = context;
  if (out.is_object())
    for (const auto& [name, field] : domain.context)
      if (field.ephemeral)
        out.erase(name);
  return out;
}

outcome_ptr lasting(const domain_spec& domain, outcome_ptr x) {
  if (!x->data.is_object())
    return x;
  const auto context = x->data.find("context");
  const bool passing =
      context != x->data.end() && context->is_object() &&
      std::any_of(domain.context.begin(), domain.context.end(), [&](const auto& field) {
        return field.second.ephemeral && context->contains(field.first);
      });
  if (!passing)
    return x;
  auto out = *x;
  out.data["context"] = lasting(domain, *context);
  return std::make_shared<const outcome>(std::move(out));
}

} // namespace troupe
