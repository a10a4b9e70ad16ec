#include "actors/quota_leaves_json.hpp"

#include "actors/quota_desk.hpp"

#include <algorithm>

namespace troupe {

namespace {

/// Older ones tell of nothing that is still in a window.
constexpr milliseconds leaves_age_most{std::chrono::minutes{10}};

milliseconds leaves_span(const json& x, const char* name) {
  const auto hit = x.find(name);
  if (hit == x.end() || !hit->is_number_integer())
    return leaves_age_most;
  return std::clamp(milliseconds{hit->get<std::int64_t>()}, milliseconds{0}, leaves_age_most);
}

} // namespace

json leaves_json(const std::vector<quota_amount>& steps) {
  json out = json::array();
  for (const auto& x : steps)
    out.push_back({{"requests", x[quota_kind::requests]}, {"tokens", x[quota_kind::tokens]}});
  return out;
}

json leaves_json(const quota_leaves& x, timestamp now) {
  return {{"steps", leaves_json(x.steps)},
          {"age_ms", left(now, x.since).count()},
          {"sooner_ms", x.sooner.count()}};
}

std::vector<quota_amount> steps_of(const json& x, const char* name) {
  std::vector<quota_amount> out;
  const auto hit = x.is_object() ? x.find(name) : x.end();
  if (!x.is_object() || hit == x.end() || !hit->is_array())
    return out;
  for (const auto& one : *hit) {
    if (out.size() >= quota_leaves::most)
      break;
    out.push_back(quota_amount_of(json{{"step", one}}, "step"));
  }
  return out;
}

quota_leaves leaves_of(const json& x, const char* name, timestamp now) {
  quota_leaves out;
  const auto hit = x.is_object() ? x.find(name) : x.end();
  if (!x.is_object() || hit == x.end() || !hit->is_object())
    return out;
  out.steps = steps_of(*hit, "steps");
  out.since = now - leaves_span(*hit, "age_ms");
  out.sooner = leaves_span(*hit, "sooner_ms");
  return out;
}

} // namespace troupe
