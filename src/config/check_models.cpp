#include "src/config/checks.hpp"

#include "src/config/section.hpp"

#include <algorithm>

namespace troupe::config {

namespace {

// A key that stands in the file would be read by everybody who reads the fleet.
void check_key(const yaml_node& at, report& problems) {
  if (!at.written.starts_with("${secret:") && !at.written.starts_with("${file:"))
    problems.error(at, "must be ${secret:NAME} or ${file:PATH}: keys do not stand in files that "
                       "others read");
}

} // namespace

void check_models(const fleet_draft& fleet, report& problems) {
  if (!fleet.from.root)
    return;
  const section top{fleet.from.root.get()};
  std::vector<std::string_view> known;
  for (const auto* provider : top.entries("providers")) {
    known.push_back(provider->key);
    if (const auto* key = section{provider}.find("key"))
      check_key(*key, problems);
  }
  for (const auto* model : top.entries("models")) {
    const auto* provider = section{model}.find("provider");
    const auto name = provider ? as_text(*provider) : std::nullopt;
    if (name && std::find(known.begin(), known.end(), *name) == known.end())
      problems.error(*provider, "there is no provider " + problems.quoted(*name) +
                                    problems.did_you_mean(*provider, *name, known));
  }
}

void check_model_name(const fleet_draft& fleet, const yaml_node& at, report& problems) {
  const auto name = as_text(at);
  if (!name || !fleet.from.sound)
    return;
  std::vector<std::string_view> known;
  for (const auto& model : fleet.spec.models)
    known.push_back(model.name);
  if (std::find(known.begin(), known.end(), *name) == known.end())
    problems.error(at, "there is no model " + problems.quoted(*name) +
                           problems.did_you_mean(at, *name, known));
}

} // namespace troupe::config
