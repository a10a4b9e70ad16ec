#include "actors/runner.hpp"

namespace troupe {

namespace {

/// Stands for the people behind a queue: it never works itself, the orchestrator puts the question
/// to the human desk.
class human_runner final : public agent_runner {
 public:
  explicit human_runner(const agent_spec& spec)
      : question_(spec.settings.value("question", std::string{})) {}

  outcome_ptr run(caf::event_based_actor*, std::uint64_t, const agent_call_ptr&) override {
    return std::make_shared<const outcome>(
        outcome::of({reason::unavailable, "people are asked, not called", {}}));
  }
  bool stop(std::uint64_t) override { return true; }
  std::string question_for(const agent_call& what) override {
    if (question_.empty())
      return what.text.empty() ? what.skill : what.text;
    return question_ + (what.text.empty() ? "" : "\n\n" + what.text);
  }

 private:
  std::string question_;
};

} // namespace

runner_ptr make_human_runner(const agent_spec& spec) {
  return std::make_unique<human_runner>(spec);
}

} // namespace troupe
