#include "src/cache/answer_book.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>

namespace answer_book_cases {

using namespace troupe;
using namespace troupe::cache;

request_key key(int number) {
  request_key out;
  out.owner = "support/policies";
  out.scope = "scope";
  out.group = "group";
  out.exact = std::to_string(number);
  return out;
}

model_reply saying(std::string text) {
  model_reply out;
  out.text = std::move(text);
  return out;
}

TEST(answer_book, counts_the_facts_of_a_question_and_its_vector_as_bytes) {
  constexpr std::size_t room = 1 << 20;
  const cache_spec how;
  answer_book plain{room}, factual{room}, wide{room};
  auto numbers = facts_of([] {
    std::string out;
    for (int i = 10000; i < 11300; ++i)
      out += std::to_string(i) + ' ';
    return out;
  }());
  ASSERT_EQ(numbers.numbers.size(), 1300u);
  for (int i = 0; i < 200; ++i) {
    plain.put(key(i), how, saying("x"), 0);
    auto one = key(i);
    one.facts = numbers;
    factual.put(one, how, saying("x"), 0);
    one = key(i);
    one.at = text::sentence_vector(4096, 0.01F);
    wide.put(one, how, saying("x"), 0);
  }
  EXPECT_EQ(plain.size(), 200u);
  EXPECT_LE(factual.size() * 1300 * sizeof(std::string), room);
  EXPECT_LE(wide.size() * 4096 * sizeof(float) * 3, room);
  EXPECT_GE(factual.size(), 5u);
  EXPECT_GE(wide.size(), 5u);
}

TEST(answer_book, a_vector_makes_no_answer_too_long) {
  answer_book book{std::size_t{64} << 20};
  auto one = key(1);
  one.at = text::sentence_vector(4096, 0.01F);
  book.put(one, {}, saying(std::string(answer_book::answer_most, 'x')), 0);
  EXPECT_EQ(book.size(), 1u);
  book.put(key(2), {}, saying(std::string(answer_book::answer_most + 1, 'x')), 0);
  EXPECT_EQ(book.size(), 1u);
}

/// Of length 1, and so far from the first axis that the cosine is about 1 / sqrt(1 + far^2).
text::sentence_vector drawn(std::mt19937& dice, float far) {
  constexpr std::size_t dimensions = 32;
  std::normal_distribution<float> normal;
  text::sentence_vector out(dimensions);
  for (auto& v : out)
    v = far * normal(dice) / std::sqrt(static_cast<float>(dimensions));
  out[0] = 1;
  float sum = 0;
  for (const auto v : out)
    sum += v * v;
  for (auto& v : out)
    v /= std::sqrt(sum);
  return out;
}

TEST(answer_book, hundreds_that_are_too_old_hide_nothing_and_are_dropped) {
  std::mt19937 dice{3};
  answer_book book{std::size_t{64} << 20};
  cache_spec how;
  how.ttl = milliseconds{1000};
  how.threshold = 0.5;
  for (int i = 0; i < 700; ++i) {
    auto old = key(i);
    old.at = drawn(dice, 0.3F);
    book.put(old, how, saying("old"), 0);
  }
  auto fresh = key(700);
  fresh.at = drawn(dice, 0.8F);
  book.put(fresh, how, saying("fresh"), 999);
  auto asked = key(-1);
  asked.at = drawn(dice, 0);
  EXPECT_EQ(book.find(asked, how, 999)->reply.text, "old");
  const auto found = book.find(asked, how, 1000);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->reply.text, "fresh");
  EXPECT_LE(book.size(), 50u);
  EXPECT_FALSE(book.find(asked, how, 1999));
}

} // namespace answer_book_cases
