#include "src/config/checks.hpp"

#include "src/config/section.hpp"

#include <algorithm>

namespace troupe::config {

namespace {

void check_collection_names(const domain_draft& domain, const yaml_node* at, report& problems) {
  if (!at || !domain.from.sound)
    return;
  std::vector<std::string_view> known;
  for (const auto& [name, collection] : domain.spec.knowledge)
    known.push_back(name);
  const auto* list = at->is_list() ? at : at->find("collections");
  if (!list || !list->is_list())
    return;
  for (const auto& child : list->children)
    if (const auto name = as_text(*child); name && !domain.spec.knowledge.contains(*name))
      problems.error(*child, "domain " + problems.quoted(domain.spec.path) + " has no collection " +
                                 problems.quoted(*name) + " under knowledge" +
                                 problems.did_you_mean(*child, *name, known));
}

/// Whether there is something that vectors of questions can be learned from.
bool has_words(const fleet_draft& fleet, const domain_draft& domain) {
  return !fleet.spec.vectors.provider.empty() || !domain.spec.knowledge.empty() ||
         std::any_of(domain.agents.begin(), domain.agents.end(),
                     [](const agent_draft& a) { return a.spec.card.kind == agent_kind::triage; });
}

} // namespace

void check_knowledge(const fleet_draft& fleet, const domain_draft& domain, const agent_draft& agent,
                     report& problems) {
  const auto& root = *agent.from.root;
  const auto kind = agent.spec.card.kind;
  check_collection_names(domain, root.find("knowledge"), problems);
  check_collection_names(domain, section{&root}.in("llm").find("knowledge"), problems);
  const auto* cache = root.find("cache");
  if (cache && kind != agent_kind::llm)
    problems.error(*cache, "only answers of models are kept: its kind is " +
                               std::string{to_string(kind)} + ", not llm");
  if (cache && agent.spec.cache.mode != cache_mode::off && agent.spec.card.does != effects::none)
    problems.error(*cache, "an agent with effects is asked every time: nothing of it is kept");
  if (cache && domain.from.sound && fleet.from.sound &&
      agent.spec.cache.mode == cache_mode::semantic && !has_words(fleet, domain))
    problems.error(cache->nearest_to({"mode"}),
                   "nothing says here which questions mean the same: the domain has neither "
                   "documents under knowledge nor a triage agent, and the fleet no vectors");
}

void check_vectors(const fleet_draft& fleet, report& problems) {
  const auto at = section{fleet.from.root.get()}.in("vectors");
  const auto* provider = at.find("provider");
  const auto name = provider ? as_text(*provider) : std::nullopt;
  if (!name)
    return;
  std::vector<std::string_view> known;
  for (const auto& p : fleet.spec.providers) {
    known.push_back(p.name);
    if (p.name != *name)
      continue;
    if (p.api != model_api::openai)
      problems.error(*provider, "provider " + problems.quoted(*name) +
                                    " does not speak openai: sentence vectors are asked for at "
                                    "`/embeddings`");
    return;
  }
  problems.error(*provider, "there is no provider " + problems.quoted(*name) +
                                problems.did_you_mean(*provider, *name, known));
}

} // namespace troupe::config
