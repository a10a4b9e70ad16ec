#include "src/cache/same_facts.hpp"

#include <gtest/gtest.h>

namespace {

using namespace troupe::cache;

bool same(const char* a, const char* b) {
  return may_be_same(facts_of(a), facts_of(b));
}

struct pair {
  const char* a;
  const char* b;
  bool same;
};

TEST(same_facts, numbers_ids_and_negations_must_be_equal) {
  const pair table[] = {
      {"what is your refund policy", "what's the policy for refunds?", true},
      {"refund order LF-10200", "please refund order lf-10200", true},
      {"refund order LF-10200", "refund order LF-10201", false},
      {"refund order LF-10200", "refund my order", false},
      {"can I return it after 30 days", "can I return it after 31 days", false},
      {"can I return it after 30 days", "can I return it after thirty days", true},
      {"is $1,000 fine", "is 1000 fine", true},
      {"is $1,000 fine", "is 100 fine", false},
      {"is $1,234,567 fine", "is 1234567 fine", true},
      {"is 1,5 kg fine", "is 15 kg fine", false},
      {"is 1,50 fine", "is 150 fine", false},
      {"is 1,0000 fine", "is 10000 fine", false},
      {"is 1234,567 fine", "is 1234567 fine", false},
      {"version 3.5", "version 35", false},
      {"is it covered", "is it not covered", false},
      {"I want it", "I don't want it", false},
      {"I don't want it", "I do not want it", true},
      {"can I pay", "can't I pay", false},
      {"charged twice", "charged two times", true},
      {"charged twice", "charged three times", false},
  };
  for (const auto& x : table)
    EXPECT_EQ(same(x.a, x.b), x.same) << x.a << " / " << x.b;
}

TEST(same_facts, so_must_names_opposites_and_what_is_asked_for) {
  const pair table[] = {
      {"My name is Anna, what are your hours", "My name is Bob, what are your hours", false},
      {"I think Anna called", "i think anna called", false},
      {"WHAT ARE YOUR HOURS", "what are your hours", true},
      {"how do I activate my card", "how do I deactivate my card", false},
      {"upgrade my plan", "downgrade my plan", false},
      {"how long do I have", "how much do I have", false},
      {"when does it arrive", "how long does it take to arrive", true},
      {"who pays for the parcel", "where is the parcel", false},
      {"is there a fee", "how much is the fee", true},
  };
  for (const auto& x : table)
    EXPECT_EQ(same(x.a, x.b), x.same) << x.a << " / " << x.b;
}

TEST(same_facts, a_question_is_normal_without_case_blanks_and_marks_at_its_end) {
  EXPECT_EQ(normal_question("  What is  your refund policy ??"),
            normal_question("what is your refund policy"));
  EXPECT_NE(normal_question("what is 5"), normal_question("what is 6"));
  EXPECT_EQ(normal_question("\xff\xfe"), normal_question(""));
  const std::string long_one(9000, 'x');
  EXPECT_NE(normal_question(long_one + " a"), normal_question(long_one + " b"));
}

} // namespace
