#include "src/config/checks.hpp"

#include "src/config/section.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace troupe::config {

namespace {

// A key that stands in the file would be read by everybody who reads the fleet.
void check_key(const yaml_node& at, report& problems) {
  if (!at.written.starts_with("${secret:") && !at.written.starts_with("${file:"))
    problems.error(at, "must be ${secret:NAME} or ${file:PATH}: keys do not stand in files that "
                       "others read");
}

std::string written_at(const section& from, std::string_view key) {
  const auto* at = from.find(key);
  return !at ? std::string{} : at->written.empty() ? at->text : at->written;
}

// What counts is what the provider counts: the key, and the model under it. Said twice, in two
// places, a limit would be used twice.
void check_one_limit_each(const section& top, report& problems) {
  std::map<std::pair<std::string, std::string>, const yaml_node*> keys;
  for (const auto* provider : top.entries("providers")) {
    const section from{provider};
    const auto [same, first] =
        keys.try_emplace({written_at(from, "url"), written_at(from, "key")}, provider);
    const auto* said = from.find("limits");
    if (!said)
      said = section{same->second}.find("limits");
    if (!first && said)
      problems.error(*provider, "has the url and the key of provider " +
                                    problems.quoted(same->second->key) +
                                    ", and limits hold for a key: make them one");
  }
  std::map<std::pair<std::string, std::string>, const yaml_node*> models;
  for (const auto* model : top.entries("models")) {
    const section from{model};
    const auto* limits = from.find("limits");
    if (!limits)
      continue;
    const auto [same, first] =
        models.try_emplace({written_at(from, "provider"), written_at(from, "model")}, model);
    if (!first)
      problems.error(*limits, "model " + problems.quoted(same->second->key) +
                                  " is the same one and has the limits already");
  }
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
  check_one_limit_each(top, problems);
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
