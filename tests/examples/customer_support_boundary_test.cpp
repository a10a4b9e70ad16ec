// Wrong answers that look right, held against what the example's files say an answer must bring
// along; and all the right ones, which must pass.
#include "actors/boundary.hpp"
#include "policies/facts.hpp"
#include "src/config/load_fleet.hpp"
#include "tests/examples/support_desks.hpp"

#include <gtest/gtest.h>

namespace customer_support_boundary_cases {

using namespace troupe;
using namespace troupe::support;

/// The boundary of support/billing as the example declares it.
class billing_boundary : public support_desks {
 protected:
  void SetUp() override {
    support_desks::SetUp();
    auto got = config::load_fleet(TROUPE_SOURCE_DIR "/examples/customer-support",
                                  [](const std::string&) { return std::nullopt; });
    ASSERT_TRUE(got.ok());
    for (auto& d : got.fleet->domains)
      if (d.path == "support")
        domain_ = d;
    for (const auto& a : domain_.agents)
      if (a.card.name == "billing")
        agent_ = a;
    border_ = boundary::of(agent_, &domain_);
    ASSERT_TRUE(border_);
  }
  /// Why the answer is stopped; empty: it passes. `customer` is the established fact.
  [[nodiscard]] std::string stopped(const outcome& x, const std::string& customer) const {
    if (x.confidence < agent_.min_confidence)
      return "confidence";
    if (const auto why = border_->refused_output(x))
      return why.detail;
    return contradiction_failure(contradictions(domain_, {{"customer_id", customer}}, x.data))
        .detail;
  }

  domain_spec domain_;
  agent_spec agent_;
  boundary_ptr border_;
};

outcome said(std::string text, json data, double confidence = 0.9) {
  outcome x;
  x.text = std::move(text);
  if (!data.is_null() && !data.contains("source"))
    data["source"] = "database";
  x.data = std::move(data);
  x.confidence = confidence;
  return x;
}

const json a_refund{{"status", "refunded"},
                    {"refund_id", "RF-9001"},
                    {"amount", "$49.00"},
                    {"amount_cents", 4900},
                    {"transaction_id", "T-1"}};

json changed(json base, const json& patch) {
  base.merge_patch(patch);
  return base;
}

TEST_F(billing_boundary, catches_planted_semantic_failures) {
  const std::string refund = "We have issued a $49.00 refund to your card.";
  const json payment{{"transaction_id", "T-1"}, {"amount_cents", 4900}, {"on", "2026-11-01"}};
  const std::vector<std::pair<const char*, outcome>> planted{
      {"no charges found, without a look",
       said("No charges found on this account.", json::object())},
      {"no charges found, on an ambiguous payment",
       said("There are no charges found for this payment.", {{"status", "advice"}})},
      {"no duplicate, without the payments it rests on",
       said("Nothing was taken twice, all is well.", {{"status", "no_duplicate"}})},
      {"no duplicate, from the rules",
       said("Nothing was taken twice, all is well.",
            {{"status", "no_duplicate"}, {"latest", {payment}}, {"source", "rules"}})},
      {"payments that name no transaction",
       said("We found none that was taken twice.",
            {{"status", "no_duplicate"}, {"latest", {{{"amount_cents", 4900}}}}})},
      {"a refund without a number", said(refund, changed(a_refund, {{"refund_id", nullptr}}))},
      {"a refund whose number is a promise",
       said(refund, changed(a_refund, {{"refund_id", "pending"}}))},
      {"a refund of nothing", said(refund, changed(a_refund, {{"amount_cents", 0}}))},
      {"a refund in no currency", said(refund, changed(a_refund, {{"amount", "49"}}))},
      {"a refund that only the text knows",
       said(refund, {{"status", "no_duplicate"}, {"latest", {payment}}})},
      {"a made-up source", said(refund, changed(a_refund, {{"source", "memory"}}))},
      {"a refund in silence", said("Done.", a_refund)},
      {"a fee below nothing",
       said("There is a fee for leaving early.", {{"status", "fee"}, {"fee_cents", -500}})},
      {"a guess", said(refund, a_refund, 0.2)},
      {"another customer's refund", said(refund, changed(a_refund, {{"customer_id", "C-1002"}}))},
      {"the customer turned into another",
       said(refund, changed(a_refund, {{"context", {{"customer_id", "C-1002"}}}}))},
      // What a schema cannot see: two numbers that do not belong together, a card of somebody else.
      {"an amount that is another in cents",
       said(refund, changed(a_refund, {{"amount_cents", 9900}}))},
      {"somebody else's card",
       said("We have issued a $49.00 refund to your card ending in 0000.", a_refund)},
  };
  std::size_t caught = 0;
  for (const auto& [what, answer] : planted) {
    const auto why = stopped(answer, "C-1001");
    caught += why.empty() ? 0 : 1;
    RecordProperty(what, why.empty() ? "missed" : why);
  }
  EXPECT_EQ(stopped(planted[0].second, "C-1001").empty(), false);
  EXPECT_EQ(stopped(planted[1].second, "C-1001").empty(), false);
  EXPECT_EQ(caught, planted.size() - 2) << "the last two cannot be seen by a schema";
  EXPECT_GE(static_cast<double>(caught), 0.8 * static_cast<double>(planted.size()));
  EXPECT_EQ(stopped(said(refund, a_refund), "C-1001"), "");
}

TEST_F(billing_boundary, lets_the_desks_own_answers_pass) {
  std::size_t answers = 0;
  std::map<std::string, int> refused;
  for (int i = 1001; i <= 1040; ++i) {
    const auto customer = "C-" + std::to_string(i);
    for (const auto& skill : agent_.card.skills)
      for (const char* detail : {"full", "brief"}) {
        const auto x =
            bill(skill, customer, "about my last payment", customer + skill, nullptr, detail);
        if (!x.ok())
          continue;
        ++answers;
        if (auto why = stopped(x, customer); !why.empty())
          ++refused[skill + ": " + why + ": " + x.text.substr(0, 60)];
      }
  }
  EXPECT_GT(answers, 400u);
  for (const auto& [why, times] : refused)
    ADD_FAILURE() << times << " x " << why;
}

} // namespace customer_support_boundary_cases
