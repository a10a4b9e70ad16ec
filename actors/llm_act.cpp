#include "actors/llm_act.hpp"

#include "actors/audit.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace troupe {

namespace {

constexpr std::size_t digits_kept = 32; ///< 128 bits; services bound the length of keys

/// The same numbers as the same bytes: a model writes 40 now and 40.0 then.
json with_plain_numbers(json x) {
  if (x.is_structured()) {
    for (auto& y : x)
      y = with_plain_numbers(std::move(y));
  } else if (x.is_number_float()) {
    const auto n = x.get<double>();
    if (std::trunc(n) == n && std::abs(n) < 0x1p53)
      x = static_cast<std::int64_t>(n);
  }
  return x;
}

json only(const std::vector<std::string>& names, const json& arguments) {
  auto out = json::object();
  for (const auto& name : names)
    if (const auto hit = arguments.find(name); hit != arguments.end())
      out[name] = *hit;
  return out;
}

} // namespace

llm_act act_of(const tool_card& card, const std::string& skill, const deed_names& once_per,
               const json& arguments, const agent_call& what) {
  const auto& step = what.idempotency_key;
  if (card.does == effects::none || step.empty())
    return {};
  const auto tool = step + '/' + card.name;
  if (once_per && once_per->empty())
    return {skill == what.skill ? step : tool, true};
  auto told_by = with_plain_numbers(once_per ? only(*once_per, arguments) : arguments);
  return {tool + '/' + fingerprint(card.name, told_by).substr(0, digits_kept),
          once_per.has_value()};
}

} // namespace troupe
