#include "src/config/checks.hpp"

#include "src/config/section.hpp"
#include "src/text/sanitize.hpp"

#include <algorithm>
#include <set>

namespace troupe::config {

namespace {

bool is_built_in(std::string_view name) {
  const auto known = text::sanitizer::built_in();
  return std::find(known.begin(), known.end(), name) != known.end();
}

} // namespace

void check_sanitize_rules(const domain_draft& domain, report& problems) {
  const auto* list = domain.from.root->find("sanitize");
  if (!list || !list->is_list() || list->children.size() != domain.spec.sanitize.size())
    return;
  std::set<std::string, std::less<>> seen;
  for (std::size_t i = 0; i < domain.spec.sanitize.size(); ++i) {
    const auto& rule = domain.spec.sanitize[i];
    const auto& at = *list->children[i];
    if (rule.name.empty())
      continue;
    if (is_built_in(rule.name))
      problems.error(at.nearest_to({"name"}),
                     problems.quoted(rule.name) + " is the name of a built-in rule");
    if (!seen.insert(rule.name).second)
      problems.error(at.nearest_to({"name"}), problems.quoted(rule.name) + " is there twice");
    if (auto why = text::sanitizer::problem_of(rule); !why.empty())
      problems.error(at.nearest_to({"pattern"}), std::move(why));
  }
}

void check_sanitize_names(const domain_draft& domain, const agent_draft& agent, report& problems) {
  const auto* list = agent.from.root->find("sanitize");
  if (!list || !list->is_list())
    return;
  std::set<std::string, std::less<>> seen;
  for (const auto& child : list->children) {
    const auto name = as_text(*child);
    if (!name)
      continue;
    if (!seen.insert(*name).second)
      problems.error(*child, report::quoted(*child) + " is there twice");
    const auto& declared = domain.spec.sanitize;
    const bool known =
        is_built_in(*name) || std::any_of(declared.begin(), declared.end(),
                                          [&](const sanitize_rule& r) { return r.name == *name; });
    if (known || !domain.from.sound)
      continue;
    std::vector<std::string_view> names{text::sanitizer::built_in().begin(),
                                        text::sanitizer::built_in().end()};
    for (const auto& r : declared)
      names.push_back(r.name);
    problems.error(*child, "there is no sanitizing rule " + report::quoted(*child) +
                               ": neither built in nor declared by domain " +
                               problems.quoted(domain.spec.path) +
                               problems.did_you_mean(*child, *name, names));
  }
}

void check_facts(const domain_draft& domain, report& problems) {
  const auto* context = domain.from.root->find("context");
  if (!context || !context->is_map())
    return;
  for (const auto& entry : context->children)
    if (const auto* said = entry->find("said_as"))
      if (const auto field = domain.spec.context.find(entry->key);
          field != domain.spec.context.end() && !field->second.fact)
        problems.error(*said, "said_as needs fact: true; without it nothing is compared");
}

} // namespace troupe::config
