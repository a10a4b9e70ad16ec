#include "src/config/knowledge_files.hpp"

#include "src/config/section.hpp"
#include "src/config/text.hpp"
#include "src/knowledge/collection.hpp"

#include <map>
#include <set>
#include <utility>

namespace troupe::config {

namespace fs = std::filesystem;

namespace {

bool leaves(const fs::path& relative) {
  return relative.is_absolute() || relative.empty() || *relative.begin() == "..";
}

/// The nodes of a collection's files.
const yaml_node* files_at(const yaml_node& collection) {
  return collection.is_list() ? &collection : collection.find("files");
}

/// What each of the collection's files and folders has room for, and all of them together have not.
void warn_of_too_many(const yaml_node& at, const knowledge::documents& all,
                      const std::set<std::string>& told, report& problems) {
  std::map<std::string, std::pair<std::string, std::size_t>> by_reason;
  for (const auto& x : all.left)
    if (!told.contains(x.path)) {
      auto& [first, count] = by_reason[x.why];
      first = count == 0 ? x.path : first;
      ++count;
    }
  for (const auto& [why, which] : by_reason)
    problems.warn(
        at,
        in_quotes(which.first) +
            (which.second == 1 ? " is" : " and " + std::to_string(which.second - 1) + " more are") +
            " left out: " + why);
}

void read_collection(const yaml_node& at, const fs::path& dir, const fs::path& folder,
                     document_collection& out, std::vector<std::string>& files, report& problems) {
  const auto* list = files_at(at);
  if (!list || !list->is_list())
    return;
  std::set<std::string> told;
  for (const auto& child : list->children) {
    const auto name = as_text(*child);
    if (!name)
      continue;
    if (fs::path{*name}.is_absolute() || leaves((folder / *name).lexically_normal())) {
      problems.error(*child, "documents must lie within the fleet's folder");
      continue;
    }
    out.files.push_back(*name);
    const auto found = knowledge::documents_of(dir / folder, {*name});
    for (const auto& x : found.left)
      told.insert(x.path);
    if (found.taken.empty())
      problems.error(*child, found.left.empty() ? "there are no documents in " + in_quotes(*name)
                                                : in_quotes(found.left.front().path) + ": " +
                                                      found.left.front().why);
    else
      for (const auto& x : found.left)
        problems.warn(*child, in_quotes(x.path) + " is left out: " + x.why);
    for (const auto& x : found.taken)
      files.push_back((folder / x.path).lexically_normal().generic_string());
  }
  const auto all = knowledge::documents_of(dir / folder, out.files);
  warn_of_too_many(at, all, told, problems);
  out.digest = knowledge::digest_of(all);
}

void read_cache(const yaml_node* root, cache_spec& out) {
  if (!root)
    return;
  const auto from = section{root}.in("cache");
  from.get("mode", out.mode);
  from.get("ttl", out.ttl);
  from.get("threshold", out.threshold);
  from.get("max", out.max_entries);
  from.get("per_customer", out.per_customer);
}

void read_use(const yaml_node* at, knowledge_use& out) {
  if (!at)
    return;
  const section from{at};
  if (at->is_list()) {
    for (const auto& child : at->children)
      if (auto name = as_text(*child))
        out.collections.push_back(std::move(*name));
    return;
  }
  from.get("collections", out.collections);
  from.get("passages", out.passages);
  from.get("least", out.least);
  from.get("nothing", out.nothing);
  std::string use = "prompt";
  from.get("use", use);
  out.in_prompt = use != "tool";
  out.as_tool = use != "prompt";
}

} // namespace

void read_documents(const fs::path& dir, const fleet_draft& fleet, domain_draft& domain,
                    std::vector<std::string>& files, report& problems) {
  const auto* root = domain.from.root.get();
  const fs::path folder = domain.spec.path;
  for (const auto* entry : section{root}.entries("knowledge"))
    read_collection(*entry, dir, folder, domain.spec.knowledge[entry->key], files, problems);
  cache_spec cache;
  read_cache(fleet.from.root.get(), cache);
  read_cache(root, cache);
  for (auto& agent : domain.agents) {
    const auto kind = agent.spec.card.kind;
    const auto* from = agent.from.root.get();
    if (!from)
      continue;
    auto& use = agent.spec.knowledge;
    if (kind == agent_kind::knowledge) {
      use.passages = 2;
      read_use(from->find("knowledge"), use);
    } else if (kind == agent_kind::llm) {
      read_use(section{from}.in("llm").find("knowledge"), use);
      agent.spec.cache = cache;
      read_cache(from, agent.spec.cache);
    }
    for (const auto& name : use.collections)
      if (const auto hit = domain.spec.knowledge.find(name); hit != domain.spec.knowledge.end())
        use.digest += hit->second.digest;
  }
}

} // namespace troupe::config
