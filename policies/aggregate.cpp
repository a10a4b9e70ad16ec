#include "policies/aggregate.hpp"

#include <algorithm>
#include <vector>

namespace troupe {

namespace {

void merge_into(json& merged, json& contradictions, std::map<std::string, std::string>& said_by,
                const contribution& part) {
  for (const auto& [key, value] : part.what->data.items()) {
    auto known = merged.find(key);
    if (contradictions.contains(key)) {
      contradictions[key][std::string{part.name}] = value;
    } else if (known == merged.end()) {
      merged[key] = value;
      said_by[key] = part.name;
    } else if (known->is_object() && value.is_object()) {
      // Objects are merged one level further down, so that two agents may each fill a part of the
      // same thing.
      json inner = *known;
      for (const auto& [inner_key, inner_value] : value.items()) {
        auto hit = inner.find(inner_key);
        if (hit == inner.end())
          inner[inner_key] = inner_value;
        else if (*hit != inner_value) {
          contradictions[key + "." + inner_key] = {{said_by[key], *hit},
                                                   {std::string{part.name}, inner_value}};
          inner.erase(hit);
        }
      }
      *known = std::move(inner);
    } else if (*known != value) {
      contradictions[key] = {{said_by[key], *known}, {std::string{part.name}, value}};
      merged.erase(known);
    }
  }
}

} // namespace

outcome aggregate(join how, std::span<const contribution> parts) {
  if (parts.size() == 1)
    return *parts[0].what;
  std::vector<contribution> sorted{parts.begin(), parts.end()};
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.urgency < b.urgency; });
  outcome out;
  out.data = json::object();
  json missing = json::array();
  json contradictions = json::object();
  std::map<std::string, std::string> said_by;
  const contribution* first_failed = nullptr;
  bool any = false;
  for (const auto& part : sorted) {
    const auto& x = *part.what;
    out.used += x.used;
    if (!x.ok()) {
      first_failed = first_failed ? first_failed : &part;
      missing.push_back(
          {{"step", part.name}, {"reason", to_string(x.failed.why)}, {"detail", x.failed.detail}});
      continue;
    }
    any = true;
    out.confidence = std::min(out.confidence, x.confidence);
    out.partial = out.partial || x.partial;
    if (!x.text.empty()) {
      if (!out.text.empty())
        out.text += how == join::concatenate ? "\n\n" : " ";
      out.text += x.text;
    }
    if (how == join::concatenate)
      out.data[std::string{part.name}] = x.data;
    else if (x.data.is_object())
      merge_into(out.data, contradictions, said_by, part);
  }
  if (!contradictions.empty()) {
    out.data["contradictions"] = std::move(contradictions);
    out.partial = true;
  }
  if (!missing.empty()) {
    out.data["missing"] = std::move(missing);
    out.partial = any;
  }
  if (!any && first_failed) {
    out.confidence = 0;
    out.failed = first_failed->what->failed;
    out.failed.detail =
        "every branch failed; first " + std::string{first_failed->name} + ": " + out.failed.detail;
  }
  return out;
}

} // namespace troupe
