// What a model answers that was asked to read a message: the first line is the message, the rest is
// the answer.
#include "policies/model_triage.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <string>

using namespace troupe;

namespace {

domain_spec asked() {
  domain_spec d;
  d.path = "support";
  for (const auto* name : {"billing", "orders"}) {
    agent_spec a;
    a.card.name = name;
    a.card.domain = d.path;
    a.card.skills = {name};
    d.agents.push_back(std::move(a));
  }
  d.understanding.intents["refund"].skill = "billing";
  d.understanding.intents["cancel"].skill = "orders";
  return d;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto in = asked();
  const auto all = fuzz::text_of(data, size);
  const auto line = std::min(all.find('\n'), all.size());
  const std::string message{all.substr(0, line)};
  const auto answer = all.substr(std::min(line + 1, all.size()));
  for (const bool plans : {false, true}) {
    model_triage_rules by;
    by.plans = plans;
    by.plan_words = 0;
    understood_clause whole;
    whole.text = message;
    const auto x = read_triage(answer, in, message, {whole}, by);
    if (!x.flaws.empty())
      continue;
    fuzz::demand(x.clauses.size() <= (plans ? by.max_steps : 1), "no more clauses than may be");
    for (const auto& c : x.clauses)
      fuzz::demand(c.confidence >= 0 && c.confidence <= 1, "confidence is one");
  }
  return 0;
}
