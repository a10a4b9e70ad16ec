#include "policies/content_fit.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace content_fit_cases {

domain_spec desk() {
  domain_spec d;
  d.path = "desk";
  auto& intents = d.understanding.intents;
  intents["refund"].skill = "money";
  intents["invoice"].skill = "money";
  intents["track"].skill = "parcels";
  intents["upgrade"].skill = "sell";
  intents["upgrade"].domain = "sales";
  return d;
}

TEST(content_fit, the_best_of_what_an_agent_is_there_for) {
  const auto in = desk();
  const std::vector<intent_score> scores{
      {"refund", 0.4f}, {"track", 0.3f}, {"invoice", 0.2f}, {"upgrade", 0.1f}};
  const struct {
    std::vector<std::string> skills, intents;
    std::string best;
  } table[] = {
      {{"help", "money"}, {}, "refund"},
      {{"help", "parcels"}, {}, "track"},
      {{"help", "parcels", "money"}, {}, "refund"},
      // What it names counts instead of what its skills would give.
      {{"money"}, {"invoice"}, "invoice"},
      {{"money"}, {"invoice", "track"}, "track"},
      {{"help"}, {"upgrade"}, "upgrade"},
      // Another domain's skill of the same name is another one.
      {{"sell"}, {}, ""},
      {{"help"}, {}, ""},
      {{"help"}, {"hours"}, ""},
  };
  for (const auto& row : table) {
    agent_card who;
    who.skills = row.skills;
    who.intents = row.intents;
    const auto* best = best_fit(scores, who, in);
    EXPECT_EQ(best ? best->intent : "", row.best);
  }
  EXPECT_EQ(best_fit({}, agent_card{}, in), nullptr);
}

} // namespace content_fit_cases
} // namespace troupe
