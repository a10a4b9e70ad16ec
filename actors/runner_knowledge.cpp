#include "actors/runner.hpp"
#include "policies/deadline.hpp"
#include "src/knowledge/answer.hpp"

#include <algorithm>
#include <mutex>
#include <stdexcept>

namespace troupe {

namespace {

constexpr milliseconds vector_patience{2000}; ///< afterwards words alone decide

/// Answers from its domain's documents in their own words. A search takes less than a millisecond,
/// on the agent's own thread; with a server of vectors it waits for that elsewhere.
class knowledge_runner final : public agent_runner {
 public:
  knowledge_runner(parts_ptr parts, std::shared_ptr<const knowledge::knowledge_base> base,
                   const agent_spec& spec)
      : parts_(std::move(parts))
      , base_(std::move(base))
      , use_(spec.knowledge) {}

  outcome_ptr run(caf::event_based_actor* self, std::uint64_t call,
                  const agent_call_ptr& what) override {
    const auto question = question_of(*what);
    const auto patience = std::min(vector_patience, left(what->deadline, parts_->now(self)));
    struct handover {
      std::mutex mutex;
      outcome_ptr at_once;
      bool later = false; ///< `run` has returned without it
    };
    const auto box = std::make_shared<handover>();
    const auto to = caf::actor_cast<caf::actor_addr>(self);
    base_->find(question, use_.collections, candidates, patience,
                [=, base = base_, use = use_](std::vector<knowledge::hit> found) {
                  auto x = std::make_shared<const outcome>(knowledge::answer_from(
                      *base, knowledge::findings(std::move(found), use), question, use));
                  {
                    std::lock_guard hold{box->mutex};
                    if (!box->later) {
                      box->at_once = std::move(x);
                      return;
                    }
                  }
                  if (auto agent = caf::actor_cast<caf::actor>(to))
                    caf::anon_send(agent, runner_ended{call, std::move(x), nullptr});
                });
    std::lock_guard hold{box->mutex};
    box->later = !box->at_once;
    return box->at_once;
  }

  bool stop(std::uint64_t) override { return true; }

 private:
  static constexpr std::size_t candidates = 10;

  /// A model that searches says for what; everybody else means the request.
  static std::string question_of(const agent_call& what) {
    if (what.input.is_object())
      if (const auto query = what.input.find("query");
          query != what.input.end() && query->is_string())
        return query->get<std::string>();
    return what.text;
  }

  parts_ptr parts_;
  std::shared_ptr<const knowledge::knowledge_base> base_;
  const knowledge_use use_;
};

} // namespace

runner_ptr make_knowledge_runner(const parts_ptr& parts, const fleet_version& version,
                                 const agent_spec& spec) {
  const auto base = version.knowledge.find(spec.card.domain);
  if (base == version.knowledge.end())
    throw std::runtime_error{"the domain " + spec.card.domain + " has no documents"};
  return std::make_unique<knowledge_runner>(parts, base->second, spec);
}

} // namespace troupe
