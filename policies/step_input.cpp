#include "policies/step_input.hpp"

#include <algorithm>

namespace troupe {

json step_input(const plan_run& run, std::uint32_t step, const json& request) {
  const auto& node = run.node(step);
  json out;
  if (const auto lists = run.lists_above(step); request.is_object() && lists.empty()) {
    out = request;
    out.erase("context");
  } else if (request.is_object()) {
    out = json::object();
    for (const auto& [key, value] : request.items())
      if (key != "context" && std::find(lists.begin(), lists.end(), key) == lists.end())
        out[key] = value;
  }
  if (node.input.is_object())
    out.update(node.input);
  if (auto given = run.given_to(step); given.is_object())
    out.update(given);
  return out;
}

} // namespace troupe
