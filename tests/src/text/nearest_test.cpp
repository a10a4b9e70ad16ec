#include "src/text/nearest.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace {

using namespace troupe::text;

sentence_vector drawn(std::mt19937& dice) {
  std::normal_distribution<float> normal;
  sentence_vector out(32);
  float sum = 0;
  for (auto& v : out) {
    v = normal(dice);
    sum += v * v;
  }
  for (auto& v : out)
    v /= std::sqrt(sum);
  return out;
}

struct crowd {
  crowd(std::mt19937& dice, std::uint64_t many) {
    for (std::uint64_t i = 0; i < many; ++i) {
      kept.push_back(drawn(dice));
      all.add(i, kept.back());
    }
  }
  nearest all;
  std::vector<sentence_vector> kept; ///< by their ids
};

std::size_t nearest_one_by_one(const std::vector<sentence_vector>& all, const sentence_vector& at) {
  std::size_t best = 0;
  for (std::size_t k = 1; k < all.size(); ++k)
    if (likeness(at, all[k]) > likeness(at, all[best]))
      best = k;
  return best;
}

TEST(nearest, many_are_found_as_if_they_were_compared_one_by_one) {
  std::mt19937 dice{7};
  crowd many{dice, 3000};
  int right = 0;
  for (int i = 0; i < 200; ++i) {
    const auto at = drawn(dice);
    const auto found = many.all.find(at, 5);
    ASSERT_EQ(found.size(), 5u);
    EXPECT_GE(found[0].likeness, found[1].likeness);
    right += found[0].id == nearest_one_by_one(many.kept, at) ? 1 : 0;
  }
  EXPECT_GE(right, 190);
}

TEST(nearest, what_is_taken_out_is_not_found_any_more) {
  std::mt19937 dice{8};
  crowd many{dice, 2000};
  auto& [all, kept] = many;
  for (std::uint64_t i = 0; i < 2000; i += 2)
    all.remove(i);
  all.remove(99999);
  EXPECT_EQ(all.size(), 1000u);
  int found = 0;
  for (std::uint64_t i = 0; i < 2000; ++i)
    for (const auto& n : all.find(kept[i], 3)) {
      EXPECT_EQ(n.id % 2, 1u);
      found += n.id == i ? 1 : 0;
    }
  EXPECT_GE(found, 980);
  for (std::uint64_t i = 1; i < 2000; i += 2)
    all.remove(i);
  EXPECT_EQ(all.size(), 0u);
  EXPECT_TRUE(all.find(kept[0], 3).empty());
  all.add(5, kept[5]);
  EXPECT_EQ(all.find(kept[5], 3).size(), 1u);
}

TEST(nearest, finds_as_well_after_each_has_been_replaced_many_times) {
  std::mt19937 dice{9};
  constexpr std::uint64_t many = 800;
  nearest all;
  std::vector<sentence_vector> kept(many);
  for (std::uint64_t i = 0; i < many + 10000; ++i) {
    if (i >= many)
      all.remove(i - many);
    kept[i % many] = drawn(dice);
    all.add(i, kept[i % many]);
  }
  EXPECT_EQ(all.size(), many);
  int themselves = 0, right = 0;
  for (std::uint64_t i = 0; i < many; ++i) {
    const auto found = all.find(kept[i], 1);
    themselves += !found.empty() && found[0].id >= 10000 && found[0].id % many == i ? 1 : 0;
  }
  for (int i = 0; i < 200; ++i) {
    const auto at = drawn(dice);
    const auto found = all.find(at, 1);
    right += !found.empty() && found[0].id % many == nearest_one_by_one(kept, at) ? 1 : 0;
  }
  EXPECT_GE(themselves, 792);
  EXPECT_GE(right, 190);
}

TEST(nearest, shrinks_to_a_few_and_grows_again) {
  std::mt19937 dice{10};
  nearest all;
  std::vector<sentence_vector> kept;
  for (int round = 0; round < 2; ++round) {
    kept.clear();
    for (std::uint64_t i = 0; i < 1500; ++i) {
      kept.push_back(drawn(dice));
      all.add(i, kept.back());
    }
    for (std::uint64_t i = 10; i < 1500; ++i)
      all.remove(i);
    EXPECT_EQ(all.size(), 10u);
    for (std::uint64_t i = 0; i < 10; ++i)
      EXPECT_EQ(all.find(kept[i], 1).at(0).id, i);
    EXPECT_EQ(all.find(kept[0], 20).size(), 10u);
  }
}

TEST(nearest, other_dimensions_and_nothing_at_all_are_not_taken) {
  nearest all;
  all.add(1, {1, 0});
  all.add(2, {1, 0, 0});
  all.add(3, {0, 0});
  all.add(4, {});
  EXPECT_EQ(all.size(), 1u);
  EXPECT_TRUE(all.find({1, 0, 0}, 3).empty());
  all.add(1, {0, 1});
  ASSERT_EQ(all.find({0, 1}, 3).size(), 1u);
  EXPECT_NEAR(all.find({0, 1}, 3)[0].likeness, 1, 1e-6);
}

TEST(sentence_vectors, without_a_classifier_the_same_words_are_alike) {
  const std::vector<std::string> texts{"how long is the warranty", "where is my parcel",
                                       "what is the price"};
  const auto by = learned_vectors(nullptr, texts);
  std::vector<sentence_vector> got;
  by->of({"How long is the warranty?", "how long is the warranty", "where is my parcel", ""},
         std::chrono::milliseconds{1}, [&](std::vector<sentence_vector> x) { got = std::move(x); });
  ASSERT_EQ(got.size(), 4u);
  EXPECT_NEAR(likeness(got[0], got[1]), 1, 1e-5);
  EXPECT_LT(likeness(got[0], got[2]), 0.5);
  EXPECT_EQ(likeness(got[0], got[3]), 0);
  EXPECT_NEAR(likeness(got[0], got[0]), 1, 1e-5);
  EXPECT_EQ(by->space(), learned_vectors(nullptr, texts)->space());
}

TEST(sentence_vectors, know_words_of_at_least_two_texts_in_any_form) {
  const std::vector<std::string> texts{"where is my parcel", "two parcels arrived", "one invoice"};
  const auto by = learned_vectors(nullptr, texts);
  for (const char* known : {"parcel", "parcels", "Parcel"})
    EXPECT_TRUE(by->knows(known)) << known;
  for (const char* strange : {"leeds", "invoice", ""})
    EXPECT_FALSE(by->knows(strange)) << strange;
}

} // namespace
