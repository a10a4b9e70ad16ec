#include "src/cache/same_facts.hpp"

#include "src/text/sentence_vectors.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

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

TEST(same_facts, every_number_counts_and_so_does_its_place) {
  const pair table[] = {
      {"can I get a refund after thirteen days", "can I get a refund after fourteen days", false},
      {"can I get a refund within seventeen days", "can I get a refund within 19 days", false},
      {"can I get a refund within seventeen days", "is a refund possible within 17 days", true},
      {"is seventy fine", "is eighty fine", false},
      {"can I return it the first day", "can I return it the third day", false},
      {"can I return it the second day", "can I return it the first day", false},
      {"can I return it on the third day", "can I return it on the 3rd day", true},
      {"change the quantity from 2 to 3", "change the quantity from 3 to 2", false},
      {"change the quantity from 2 to 3", "please change the quantity from two to three", true},
      {"change it from one to two", "change it from two to one", false},
      {"send me one card", "send me two cards", false},
      {"send me one card", "send me 1 card", true},
      {"send me one card", "send me a card", true},
      {"please move order LF-12 to account 7", "please move order LF-7 to account 12", false},
      {"I was charged twice", "I was charged 2 times", true},
      {"tell Anna about Bob", "tell Bob about Anna", false},
  };
  for (const auto& x : table)
    EXPECT_EQ(same(x.a, x.b), x.same) << x.a << " / " << x.b;
}

TEST(same_facts, two_sides_of_one_matter_are_two_questions) {
  const pair table[] = {
      {"switch the newsletter on", "switch the newsletter off", false},
      {"how can I turn on two-factor login", "how can I turn off two-factor login", false},
      {"how can I turn on two-factor login", "turning on two-factor login, how", true},
      {"is it on my account", "what is on my account off late", true},
      {"may I return an opened item", "may I return an unopened item", false},
      {"is it legal to return this", "is it illegal to return this", false},
      {"what is included in the plan", "what is excluded from the plan", false},
      {"what is included in the plan", "what does the plan include", true},
      {"why was my refund approved", "why was my refund denied", false},
      {"why was my refund denied", "why did you deny me my refund", true},
      {"is my card accepted", "is my card rejected", false},
      {"do you accept returns", "do you reject returns", false},
      {"do you accept returns", "are returns accepted by you", true},
      {"my payment went through", "my payment failed", false},
      {"my payment went through", "my payment has gone through", true},
      {"can I pay by visa", "can I pay by paypal", false},
      {"refund me in dollars", "refund me in euros", false},
      {"send it on monday", "send it on friday", false},
      {"can my wife see my invoice", "can my husband see my invoice", false},
      {"how do I delete my account", "how do I edit my account", false},
      {"I want to subscribe to the newsletter", "I want the newsletter", false},
      {"my card was stolen", "where is my card", false},
      {"hardly any refund arrived", "any refund arrived", false},
      {"can I return it with a receipt", "can I return it without a receipt", false},
      {"ich will kein Konto", "ich will ein Konto", false},
      {"je veux un compte", "je ne veux pas un compte", false},
      {"I am unable to pay", "I am not able to pay", true},
  };
  for (const auto& x : table)
    EXPECT_EQ(same(x.a, x.b), x.same) << x.a << " / " << x.b;
}

TEST(same_facts, the_same_words_at_other_places_are_another_question) {
  const pair table[] = {
      {"how much is delivery from leeds to york", "how much is delivery from york to leeds", false},
      {"how much is delivery from leeds to york", "how much is the delivery from leeds to york",
       true},
      {"is express cheaper than standard delivery", "is standard cheaper than express delivery",
       false},
      {"cancel my order and do not refund it", "do not cancel my order and refund it", false},
      {"cancel my order and do not refund it", "please cancel my order and don't refund it", true},
      {"can I pay you", "can you pay me", false},
      {"the parcel arrived", "the parcel did arrive", true},
  };
  for (const auto& x : table)
    EXPECT_EQ(same(x.a, x.b), x.same) << x.a << " / " << x.b;
}

/// That have learned some words.
class some_words final : public troupe::text::sentence_vectors {
 public:
  void of(std::vector<std::string>, std::chrono::milliseconds, done_fn done) const override {
    done({});
  }
  const std::string& space() const noexcept override { return space_; }
  bool knows(std::string_view word) const override { return words_.contains(word); }

 private:
  std::string space_ = "some";
  std::set<std::string, std::less<>> words_{"delivery", "invoice", "see", "pay", "cost", "support"};
};

TEST(same_facts, words_that_nobody_has_learned_are_no_paraphrase_of_each_other) {
  const pair table[] = {
      {"how much is delivery to leeds", "how much is delivery to york", false},
      {"how much is delivery to leeds", "what does delivery to leeds cost", true},
      {"delivery from leeds to york", "what does delivery cost from york to leeds", false},
      {"delivery from leeds to york", "what does delivery cost from leeds to york", true},
      {"can my aunt see the invoice", "can my boss see the invoice", false},
      {"see the invoice", "pay the invoice", true},
      {"I need suport, an invoyce", "I need support, an invoce", true},
      {"delivery to liverpol", "delivery to liverpool", true},
      {"delivery to leeds", "the cost of delivery", true},
  };
  const some_words learned;
  for (const auto& x : table)
    EXPECT_EQ(may_be_same(facts_of(x.a, &learned), facts_of(x.b, &learned)), x.same)
        << x.a << " / " << x.b;
  // Where nobody can say what is known, nothing is strange.
  EXPECT_TRUE(same("how much is delivery to leeds", "how much is delivery to york"));
}

TEST(same_facts, thousands_of_strange_words_are_compared_at_once) {
  std::string a, b;
  for (int i = 0; i < 1500; ++i) {
    a += "abcde" + std::string(1, static_cast<char>('a' + i % 26)) + ' ';
    b += "fghij" + std::string(1, static_cast<char>('a' + i % 26)) + ' ';
  }
  const some_words learned;
  EXPECT_FALSE(may_be_same(facts_of(a, &learned), facts_of(b, &learned)));
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
