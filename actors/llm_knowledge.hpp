#pragma once

#include "actors/boundary.hpp"
#include "actors/fleet_version.hpp"
#include "src/knowledge/base.hpp"

#include <troupe/agent.hpp>
#include <troupe/model.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace troupe {

/// What was looked up for one call of an agent with a model, and what its answer may cite.
class knowledge_search {
 public:
  /// Passages that a tool has shown: {"sources": [{"source"}]} in its data.
  void note(const outcome& x);
  /// Sources that the answer names and was not shown.
  [[nodiscard]] std::vector<flaw> flaws_in(const outcome& x) const;
  /// Puts the sources of `data.sources` into the text, where it does not name them itself.
  void name_sources(outcome& x) const;

 private:
  friend class llm_knowledge;
  /// Filled by the search, on whatever thread; read once it has said that it is done.
  struct found {
    std::mutex mutex;
    std::vector<knowledge::hit> hits;
    bool done = false;
    bool later = false;
  };
  std::shared_ptr<found> found_;
  bool ready_ = false; ///< `hits_` is what there is
  std::vector<knowledge::hit> hits_;
  std::vector<std::string> shown_;
};

/// What an agent with a model has of its domain's documents, and how its answers are kept. Belongs
/// to the agent's runner.
class llm_knowledge {
 public:
  static llm_knowledge of(const fleet_version& version, const agent_spec& spec);

  /// Looks passages up for a prompt. True: that is done, or there is nothing to look up; false:
  /// `done` is called from another thread when it is.
  bool search(const std::string& question, milliseconds left, knowledge_search& to,
              std::function<void()> done) const;
  /// The passages for the prompt; null: the agent gets none there.
  [[nodiscard]] json shown(knowledge_search& of) const;
  /// How the answer to `asked`, which is complete but for this, may be had again.
  [[nodiscard]] cache_use cache_for(const agent_call& call, const model_request& asked,
                                    knowledge_search& of, const boundary_ptr& boundary) const;

 private:
  std::shared_ptr<const knowledge::knowledge_base> base_;
  std::shared_ptr<const text::sentence_vectors> vectors_;
  knowledge_use use_;
  cache_spec cache_;
  double least_confidence_ = 0;
};

/// For a trace: that nobody was asked, and why.
[[nodiscard]] std::string cached_words(const model_reply& reply);

} // namespace troupe
