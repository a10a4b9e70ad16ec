#include "src/config/examples.hpp"

#include "src/config/section.hpp"
#include "src/text/training.hpp"

#include <map>
#include <system_error>

namespace troupe::config {

namespace fs = std::filesystem;

namespace {

std::string text_of_setting(const agent_spec& agent, const char* key) {
  const auto& settings = agent.settings;
  return settings.is_object() && settings.contains(key) && settings[key].is_string()
             ? settings[key].get<std::string>()
             : std::string{};
}

bool is_file(const fs::path& path) {
  std::error_code failed;
  return fs::is_regular_file(path, failed);
}

/// Relative to the fleet's folder, if it lies there.
std::string path_within(const fs::path& dir, const fs::path& file) {
  const auto out = file.lexically_normal().lexically_relative(dir.lexically_normal());
  return (out.empty() ? file : out).generic_string();
}

/// The file as a person knows it: a name that came from the environment as it is written.
std::map<fs::path, std::string> known_as(const fs::path& dir, const fs::path& folder,
                                         const section& triage) {
  auto names = triage.elements("extra_examples");
  if (const auto* first = triage.find("examples"))
    names.push_back(first);
  std::map<fs::path, std::string> out;
  for (const auto* node : names)
    if (const auto name = as_text(*node))
      out[folder / *name] = path_within(dir, folder / node->shown());
  return out;
}

void read_for(const fs::path& dir, const fs::path& folder, agent_draft& agent,
              std::vector<std::string>& files, report& problems) {
  std::error_code failed;
  if (fs::exists(folder / text_of_setting(agent.spec, "model"), failed))
    return;
  const auto& root = *agent.from.root;
  const auto from = example_files(agent.spec, folder);
  if (from.empty())
    return problems.error(root.nearest_to({"triage", "model"}),
                          "there is neither the model nor a file of examples to train it from");
  if (const auto name = text_of_setting(agent.spec, "examples");
      !name.empty() && !is_file(from.front()))
    return problems.error(root.nearest_to({"triage", "examples"}),
                          "there is no file " + problems.quoted(name) + " to train the model from");
  const auto names = known_as(dir, folder, section{&root}.in("triage"));
  for (const auto& file : from)
    if (const auto name = path_within(dir, file); names.at(file) == name)
      files.push_back(name);
  const auto read = text::read_training(from);
  for (const auto& flaw : read.flaws)
    problems.error(
        {names.at(flaw.file), static_cast<std::uint32_t>(flaw.line), 0, {}, flaw.problem});
  if (read.flaws.empty())
    for (const auto& [intent, place] : read.intents)
      agent.learns.emplace(intent,
                           row_site{names.at(place.file), static_cast<std::uint32_t>(place.line)});
}

} // namespace

std::vector<fs::path> example_files(const agent_spec& agent, const fs::path& folder) {
  std::vector<fs::path> out;
  if (const auto first = text_of_setting(agent, "examples"); !first.empty())
    out.push_back(folder / first);
  if (const auto more = agent.settings.find("extra_examples"); more != agent.settings.end())
    for (const auto& path : *more)
      if (auto file = folder / path.get<std::string>(); is_file(file))
        out.push_back(std::move(file));
  return out;
}

void read_examples(const fs::path& dir, domain_draft& domain, std::vector<std::string>& files,
                   report& problems) {
  for (auto& agent : domain.agents)
    if (agent.spec.card.kind == agent_kind::triage && agent.from.sound)
      read_for(dir, dir / domain.spec.path, agent, files, problems);
}

void warn_about_examples(const domain_draft& domain, const agent_draft& agent, report& problems) {
  if (agent.learns.empty() || domain.spec.understanding.agent != agent.spec.card.name)
    return;
  std::vector<std::string_view> taught;
  for (const auto& [intent, site] : agent.learns)
    taught.push_back(intent);
  // A language model finds intents that no example teaches.
  if (!agent.spec.settings.contains("ask_model"))
    for (const auto* intent : section{domain.from.root.get()}.in("understand").entries("intents"))
      if (!agent.learns.contains(intent->key))
        problems.warn(*intent, "no example of agent " + problems.quoted(agent.spec.card.name) +
                                   " has this intent: no message will be found to want it" +
                                   problems.did_you_mean(*intent, intent->key, taught));
  for (const auto& [intent, site] : agent.learns)
    if (!domain.spec.understanding.intents.contains(intent))
      problems.warn({site.file,
                     site.line,
                     0,
                     {},
                     "the intent " + problems.quoted(intent) + " is none of domain " +
                         problems.quoted(domain.spec.path) +
                         ": a message that is found to want it stays unclear"});
}

} // namespace troupe::config
