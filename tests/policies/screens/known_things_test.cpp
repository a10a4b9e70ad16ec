// Whom and what a call may speak of.
#include "tests/policies/screens/desk.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::screens;
using namespace troupe::screens::test;

TEST(known_things, what_a_result_says_of_another_customer_stays_unknown) {
  desk x;
  x.known.hear_data({{"orders",
                      {{{"customer", "C-1001"}, {"mail", "own@mail.example"}},
                       {{"customer", "C-1002"}, {"mail", "bob@other.example"}}}}});
  EXPECT_EQ(x.known.of("own@mail.example"), known_things::standing::trusted);
  EXPECT_EQ(x.known.of("bob@other.example"), known_things::standing::unknown);
  EXPECT_EQ(x.known.of("c-1002"), known_things::standing::unknown);
}
