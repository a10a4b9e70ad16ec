#include "actors/runner.hpp"
#include "policies/rules.hpp"

namespace troupe {

namespace {

class rules_runner final : public agent_runner {
 public:
  explicit rules_runner(const agent_spec& spec)
      : rules_(read_rules(spec.settings)) {}

  outcome_ptr run(caf::event_based_actor*, std::uint64_t, const agent_call_ptr& what) override {
    return std::make_shared<const outcome>(apply(rules_, *what));
  }
  bool stop(std::uint64_t) override { return true; }

 private:
  rule_set rules_;
};

} // namespace

runner_ptr make_rules_runner(const agent_spec& spec) {
  return std::make_unique<rules_runner>(spec);
}

} // namespace troupe
