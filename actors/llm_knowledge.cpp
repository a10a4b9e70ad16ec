#include "actors/llm_knowledge.hpp"

#include "policies/llm_talk.hpp"
#include "src/knowledge/answer.hpp"

#include <algorithm>
#include <cstdio>

namespace troupe {

namespace {

constexpr milliseconds search_patience{2000}; ///< for a server of vectors; then words decide
constexpr std::size_t search_candidates = 10;
/// Models are told to be less sure than this of what they cannot answer.
constexpr double no_answer = 0.3;

/// Whatever the document says beside the request and the passages found for it.
std::string besides(const std::string& document) {
  auto x = json::parse(inside_data(document), nullptr, false);
  if (!x.is_object())
    return document;
  x.erase("request");
  x.erase("knowledge");
  return as_text(x);
}

} // namespace

void knowledge_search::note(const outcome& x) {
  for (auto& source : sources_of(x))
    shown_.push_back(std::move(source));
}

std::vector<flaw> knowledge_search::flaws_in(const outcome& x) const {
  std::vector<flaw> out;
  if (!ready_ && shown_.empty())
    return out;
  std::size_t number = 0;
  for (const auto& source : sources_of(x)) {
    if (std::find(shown_.begin(), shown_.end(), source) == shown_.end())
      out.push_back({"/data/sources/" + std::to_string(number), "enum",
                     "must be one of the sources that were shown, exactly as it stands there"});
    ++number;
  }
  return out;
}

void knowledge_search::name_sources(outcome& x) const {
  if (!shown_.empty())
    x.text = knowledge::with_sources(std::move(x.text), sources_of(x));
}

llm_knowledge llm_knowledge::of(const fleet_version& version, const agent_spec& spec) {
  llm_knowledge out;
  out.use_ = spec.knowledge;
  out.cache_ = spec.cache;
  out.least_confidence_ = std::max(spec.min_confidence, no_answer);
  const auto& domain = spec.card.domain;
  if (const auto hit = version.knowledge.find(domain);
      hit != version.knowledge.end() && out.use_.any())
    out.base_ = hit->second;
  if (const auto hit = version.vectors.find(domain);
      hit != version.vectors.end() && out.cache_.mode == cache_mode::semantic)
    out.vectors_ = hit->second;
  return out;
}

bool llm_knowledge::search(const std::string& question, milliseconds left, knowledge_search& to,
                           std::function<void()> done) const {
  if (!base_ || !use_.in_prompt)
    return true;
  to.found_ = std::make_shared<knowledge_search::found>();
  base_->find(
      question, use_.collections, search_candidates, std::min(left, search_patience),
      [box = to.found_, use = use_, done = std::move(done)](std::vector<knowledge::hit> hits) {
        {
          std::lock_guard hold{box->mutex};
          box->hits = knowledge::findings(std::move(hits), use);
          box->done = true;
          if (!box->later)
            return;
        }
        done();
      });
  std::lock_guard hold{to.found_->mutex};
  to.found_->later = !to.found_->done;
  return to.found_->done;
}

json llm_knowledge::shown(knowledge_search& of) const {
  if (!of.found_)
    return nullptr;
  {
    std::lock_guard hold{of.found_->mutex};
    of.hits_ = of.found_->hits;
  }
  of.ready_ = true;
  for (const auto& x : of.hits_)
    of.shown_.push_back(knowledge::cite(x.what));
  return knowledge::shown_to_model(of.hits_);
}

cache_use llm_knowledge::cache_for(const agent_call& call, const model_request& asked,
                                   knowledge_search& of, const boundary_ptr& boundary) const {
  cache_use out;
  const bool acts =
      asked.by.acts || std::any_of(asked.tools.begin(), asked.tools.end(),
                                   [](const tool_card& x) { return x.does != effects::none; });
  if (cache_.mode == cache_mode::off || acts)
    return out;
  out.spec = cache_;
  // Once a tool has been used, only the same conversation is the same request; and what a model
  // looks up for itself nobody knows beforehand.
  if (vectors_ && asked.messages.size() == 2 && asked.tools.empty()) {
    out.vectors = vectors_;
    out.question = call.text;
    out.about = asked.messages[0].text + '\n' + besides(asked.messages[1].text);
    if (base_) {
      out.about += '\n' + base_->digest();
      // Two questions that are answered by different passages do not mean the same.
      if (!of.hits_.empty())
        out.about += '\n' + knowledge::cite(of.hits_.front().what);
    }
  }
  out.keeps = [boundary, least = least_confidence_](const model_reply& x) {
    if (!x.calls.empty())
      return true;
    const auto read = read_answer(x.text);
    return read.flaws.empty() && read.what.confidence >= least &&
           !(boundary && boundary->refused_output(read.what));
  };
  return out;
}

std::string cached_words(const model_reply& reply) {
  if (reply.cached == cache_hit::exact)
    return "from the cache (same request)";
  if (reply.cached == cache_hit::shared)
    return "from the cache (asked at the same time)";
  char number[16];
  std::snprintf(number, sizeof number, "%.2f", reply.likeness);
  return std::string{"from the cache (same meaning, "} + number + ")";
}

} // namespace troupe
