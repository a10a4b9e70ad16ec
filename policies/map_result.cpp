#include "policies/map_result.hpp"

#include "policies/aggregate.hpp"
#include "policies/context_scope.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace troupe {

namespace {

std::string name_of(std::string_view name, std::size_t n) {
  return std::string{name} + "[" + std::to_string(n) + "]";
}

outcome merged(std::string_view name, std::span<const outcome* const> items) {
  std::vector<std::string> names;
  names.reserve(items.size()); // The contributions look into it.
  std::vector<contribution> parts;
  for (std::size_t n = 0; n < items.size(); ++n)
    if (items[n])
      parts.push_back({names.emplace_back(name_of(name, n)), priority::medium, items[n]});
  return aggregate(join::merge, parts);
}

} // namespace

outcome reduce_items(join how, std::string_view name, std::span<const outcome* const> items) {
  outcome out;
  json list = json::array();
  json missing = json::array();
  const outcome* first_failed = nullptr;
  std::size_t first = 0;
  for (std::size_t n = 0; n < items.size(); ++n) {
    const auto* x = items[n];
    if (x)
      out.used += x->used;
    if (!x || !x->ok()) {
      static const failure unfinished{reason::cancelled, "it did not come to an end", {}};
      const auto& f = x ? x->failed : unfinished;
      missing.push_back({{"step", name_of(name, n)},
                         {"index", n},
                         {"reason", to_string(f.why)},
                         {"detail", f.detail}});
      if (x && !first_failed) {
        first_failed = x;
        first = n;
      }
      list.push_back(nullptr);
      continue;
    }
    out.confidence = std::min(out.confidence, x->confidence);
    out.partial = out.partial || x->partial;
    if (!x->text.empty()) {
      if (!out.text.empty())
        out.text += how == join::concatenate ? "\n\n" : " ";
      out.text += x->text;
    }
    list.push_back(without_context(x->data));
  }
  const bool any = missing.size() < items.size();
  if (how == join::merge) {
    auto x = merged(name, items);
    out.partial = out.partial || x.partial;
    out.data = x.ok() && x.data.is_object() ? std::move(x.data) : json::object();
    out.data.erase("missing");
  } else {
    out.data = {{"items", std::move(list)}};
  }
  if (!missing.empty()) {
    out.data["missing"] = std::move(missing);
    out.partial = any;
  }
  if (!any && first_failed) {
    out.confidence = 0;
    out.failed = first_failed->failed;
    out.failed.detail =
        "every item failed; first " + name_of(name, first) + ": " + out.failed.detail;
  }
  return out;
}

} // namespace troupe
