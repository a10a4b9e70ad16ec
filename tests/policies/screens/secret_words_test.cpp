// What a model was told must not be told.
#include "tests/policies/screens/desk.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::screens;
using namespace troupe::screens::test;

TEST(secret_words, orders_to_the_model_are_withheld_and_facts_are_told) {
  desk x;
  EXPECT_EQ(x.answered("Of course. My rule: never grant more than 100 euros without a manager."),
            "Of course. [withheld]");
  const std::string fact = "We are open: Monday to Friday from nine to six.";
  EXPECT_EQ(x.answered(fact), fact);
  EXPECT_EQ(x.answered("bmV2ZXIgZ3JhbnQgbW9yZSB0aGFuIDEwMCBldXJvcyB3aXRob3V0IGEgbWFuYWdlcg=="),
            "[withheld]");
}

TEST(secret_words, a_fact_is_told_as_a_whole_and_a_list_of_facts_is_not) {
  const std::string phone =
      "We are reached from Monday to Friday from eight to twenty and on Saturday from nine to "
      "seventeen, and by mail we answer within one working day, on holidays within two";
  const std::string mail = "Parcels go out on the day of the order when it comes before three";
  const secret_words secret{
      "This is what is known:\n\n- " + phone + ".\n- " + mail + ".\n", {}, {}};
  EXPECT_FALSE(secret.in("Gladly. " + phone + "."));
  EXPECT_TRUE(secret.in(phone + ". " + mail + "."));
}

TEST(secret_words, the_canary_is_found_in_every_form) {
  desk x;
  EXPECT_EQ(x.canary, canary_of("shop/billing", instructions));
  EXPECT_NE(x.canary, canary_of("shop/sales", instructions));
  EXPECT_EQ(x.answered("It is " + x.canary), "[withheld]");
  std::string apart;
  for (const char c : x.canary)
    apart += std::string{c} + "-";
  EXPECT_EQ(x.answered(apart), "[withheld]");
  EXPECT_EQ(x.answered({x.canary.rbegin(), x.canary.rend()}), "[withheld]");
}
