#include "nodes/knowledge.hpp"

#include "src/knowledge/base.hpp"

#include <chrono>
#include <filesystem>
#include <stdexcept>

namespace troupe {

namespace fs = std::filesystem;

namespace {

constexpr milliseconds vectors_patience{30000}; ///< for the vectors of one batch of passages

std::vector<knowledge::knowledge_base::content> content_of(const fleet_spec& fleet,
                                                           const domain_spec& domain) {
  std::vector<knowledge::knowledge_base::content> out;
  for (const auto& [name, collection] : domain.knowledge)
    out.push_back(
        {name, knowledge::documents_of(fs::path{fleet.dir} / domain.path, collection.files)});
  return out;
}

/// The classifier of the domain's triage agent; null: it has none.
std::shared_ptr<const text::classifier> classifier_of(const fleet_version& version,
                                                      const domain_spec& domain) {
  for (const auto& agent : domain.agents)
    if (const auto hit = version.classifiers.find(domain.path + "/" + agent.card.name);
        hit != version.classifiers.end())
      return hit->second;
  return nullptr;
}

std::vector<std::string> texts_of(const std::vector<knowledge::knowledge_base::content>& all) {
  std::vector<std::string> out;
  for (const auto& one : all)
    for (const auto& d : one.all.taken)
      for (auto& p : knowledge::passages_of(d.path, d.bytes, d.form))
        out.push_back(std::move(p.text));
  return out;
}

/// That a version which is there already has made of the same documents and classifier.
bool taken_over(const node_parts& parts, const domain_spec& domain, fleet_version& to) {
  const auto known = parts.versions->current();
  const auto* before = known->domain(domain.path);
  if (!before || !(before->knowledge == domain.knowledge) ||
      classifier_of(*known, *before) != classifier_of(to, domain))
    return false;
  if (const auto hit = known->knowledge.find(domain.path); hit != known->knowledge.end())
    to.knowledge.insert(*hit);
  if (const auto hit = known->vectors.find(domain.path); hit != known->vectors.end())
    to.vectors.insert(*hit);
  return true;
}

void load_domain(const node_parts& parts, const domain_spec& domain, fleet_version& to) {
  const auto classifier = classifier_of(to, domain);
  if ((domain.knowledge.empty() && !classifier && !parts.vectors) || taken_over(parts, domain, to))
    return;
  const auto began = std::chrono::steady_clock::now();
  auto content = content_of(to.fleet, domain);
  auto vectors = parts.vectors;
  if (!vectors)
    vectors = text::learned_vectors(classifier, texts_of(content));
  to.vectors[domain.path] = vectors;
  if (domain.knowledge.empty())
    return;
  const auto made = knowledge::knowledge_base::make(std::move(content), vectors, vectors_patience);
  for (const auto& [name, collection] : domain.knowledge)
    parts.log->info("domain {}: collection {} has {} documents, {} passages", domain.path, name,
                    made->count_documents(name), made->count_passages(name));
  if (!made->has_vectors())
    parts.log->warn("domain {}: its documents are searched by words alone, because their vectors "
                    "could not be had",
                    domain.path);
  parts.log->debug(
      "domain {}: documents ready after {:.1f} ms", domain.path,
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count());
  to.knowledge[domain.path] = made;
}

} // namespace

void load_knowledge(const node_parts& parts, fleet_version& to) {
  for (const auto& [path, place] : to.domains) {
    try {
      load_domain(parts, *place.spec, to);
    } catch (const std::exception& e) {
      throw std::runtime_error{"the documents of domain " + path + ": " + e.what()};
    }
  }
}

} // namespace troupe
