#include "src/config/checks.hpp"

#include "src/config/section.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string>

namespace troupe::config {

namespace {

/// The least that is said of the tokens of a minute, and where.
struct token_limit {
  std::uint64_t tokens = 0; ///< 0: nothing is said
  const yaml_node* at = nullptr;

  void take(std::uint64_t other, const section& top, std::string_view list, std::string_view name) {
    if (other == 0 || (tokens != 0 && tokens <= other))
      return;
    tokens = other;
    at = top.in(list).in(name).in("limits").find("tokens_per_minute");
  }
};

// A limit of a model holds for whatever name the provider's model has in the fleet.
token_limit limit_of(const fleet_draft& fleet, const model_spec& model) {
  const section top{fleet.from.root.get()};
  token_limit out;
  for (const auto& x : fleet.spec.models)
    if (x.provider == model.provider && x.model == model.model)
      out.take(x.limits.tokens_per_minute, top, "models", x.name);
  for (const auto& x : fleet.spec.providers)
    if (x.name == model.provider)
      out.take(x.limits.tokens_per_minute, top, "providers", x.name);
  return out;
}

/// The settings of an agent that asks models.
section block_of(const agent_draft& agent) {
  const section root{agent.from.root.get()};
  return agent.spec.card.kind == agent_kind::triage ? root.in("triage").in("ask_model")
         : agent.spec.card.kind == agent_kind::llm  ? root.in("llm")
                                                    : section{nullptr};
}

std::set<std::string> models_of(const section& block) {
  std::vector<std::string> names;
  block.get("fallback_models", names);
  std::set<std::string> out{names.begin(), names.end()};
  for (const auto& from : {block, block.in("simple")}) {
    std::string name;
    from.get("model", name);
    out.insert(name);
  }
  return out;
}

} // namespace

void check_token_limits(const fleet_draft& fleet, report& problems) {
  std::set<std::string> asked, asked_for_all; // The latter by agents that say no number of theirs.
  for (const auto& [path, domain] : fleet.domains)
    for (const auto& agent : domain.agents) {
      // What a broken file would have said nobody knows.
      if (!agent.from.sound)
        return;
      const auto block = block_of(agent);
      const auto* at = block.find("max_output");
      const auto wanted = at ? as_integer(*at) : std::nullopt;
      const auto names = models_of(block);
      asked.insert(names.begin(), names.end());
      if (!wanted) {
        asked_for_all.insert(names.begin(), names.end());
        continue;
      }
      const auto most = *wanted;
      const auto small = std::find_if(
          fleet.spec.models.begin(), fleet.spec.models.end(), [&](const model_spec& model) {
            const auto limit = limit_of(fleet, model).tokens;
            return names.contains(model.name) && limit > 0 && std::cmp_less(limit, most);
          });
      if (small != fleet.spec.models.end())
        problems.error(*at, "is more than the " + std::to_string(limit_of(fleet, *small).tokens) +
                                " tokens that model " + problems.quoted(small->name) +
                                " may have in a minute: no request could ever be sent");
    }
  for (const auto& model : fleet.spec.models) {
    if (asked.contains(model.name) && !asked_for_all.contains(model.name))
      continue;
    const auto limit = limit_of(fleet, model);
    if (limit.at && limit.tokens < model.max_output)
      problems.error(*limit.at, "is less than the " + std::to_string(model.max_output) +
                                    " tokens of `max_output` of model " +
                                    problems.quoted(model.name) +
                                    ": no request could ever be sent");
  }
}

} // namespace troupe::config
