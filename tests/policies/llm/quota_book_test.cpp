// Limits of language models: how the owner of one lends it.
#include "policies/quota_book.hpp"
#include "tests/policies/llm/quota_words.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::quota_words;
using namespace std::chrono_literals;

namespace quota_book_cases {

quota_claim claim(std::uint64_t has = 0, bool knew = false, std::uint64_t life = 1) {
  quota_claim out;
  out.life = life;
  out.has = requests(has);
  out.knew = knew;
  return out;
}

TEST(quota_book, begins_when_all_members_say_that_there_was_none) {
  quota_book b{requests(100), t0};
  b.use({"a", "b"});
  EXPECT_TRUE(b.asked("a", claim(), t0).has.none()) << "b may know of something";
  EXPECT_EQ(b.asked("b", claim(), t0).has, requests(50));
  EXPECT_EQ(b.asked("a", claim(), t0).has, requests(50));
  EXPECT_TRUE(b.free().none());
}

TEST(quota_book, takes_for_used_what_nobody_tells_of) {
  quota_book b{requests(100), t0};
  b.use({"a", "b"});
  EXPECT_EQ(b.asked("a", claim(30, true), t0).has, requests(30));
  EXPECT_EQ(b.asked("b", claim(20, true), t0).has, requests(20));
  EXPECT_EQ(b.unknown(), requests(50));
  const quota_times times;
  const auto known = t0 + times.fenced + times.lease + times.lease / 16 + quota_minute +
                     quota_on_its_way + quota_clocks;
  for (auto now = t0; now < known; now += 1s) {
    EXPECT_EQ(b.asked("a", claim(30), now).has, requests(30));
    EXPECT_EQ(b.asked("b", claim(20), now).has, requests(20));
  }
  b.asked("a", claim(30), known);
  b.asked("b", claim(20), known);
  EXPECT_EQ(b.lent(), requests(100));
}

TEST(quota_book, what_is_given_back_goes_to_others_at_once) {
  quota_book b{requests(100), t0};
  b.use({"a", "b"});
  b.asked("a", claim(100, true), t0);
  const auto said = b.asked("b", claim(), t0);
  EXPECT_TRUE(said.has.none());
  EXPECT_EQ(b.asked("a", claim(100), t0).target, requests(50));
  b.asked("a", claim(60), t0 + 1s);
  EXPECT_EQ(b.asked("b", claim(), t0 + 1s).has, requests(40));
}

TEST(quota_book, what_the_silent_had_comes_back_a_minute_after_its_lease) {
  quota_book b{requests(100), t0};
  b.use({"a", "b"});
  b.asked("a", claim(), t0);
  b.asked("b", claim(), t0);
  b.asked("a", claim(), t0);
  b.use({"a"});
  auto now = t0;
  std::uint64_t has = 50;
  while (has < 100 && now < t0 + 10min) {
    now += 1s;
    has = b.asked("a", claim(has), now).has[quota_kind::requests];
  }
  EXPECT_EQ(has, 100u);
  const quota_times times;
  EXPECT_GE(now, t0 + times.lease + quota_minute);
  EXPECT_LE(now, t0 + times.lease + quota_minute + 3s);
}

TEST(quota_book, who_has_forgotten_what_it_had_begins_anew) {
  quota_book b{requests(100), t0};
  b.use({"a"});
  EXPECT_EQ(b.asked("a", claim(), t0).has, requests(100));
  EXPECT_TRUE(b.asked("a", claim(0, true, 2), t0 + 1s).has.none());
}

TEST(quota_book, who_is_no_member_gives_back) {
  quota_book b{requests(100), t0};
  b.use({"a", "b"});
  b.asked("a", claim(), t0);
  b.asked("b", claim(), t0);
  b.use({"a"});
  EXPECT_TRUE(b.asked("b", claim(50), t0 + 1s).target.none());
}

TEST(quota_book, claims_that_cannot_be_true_are_not_believed) {
  quota_book b{requests(100), t0};
  b.use({"a"});
  b.asked("a", claim(), t0);
  EXPECT_EQ(b.asked("a", claim(1000), t0).has, requests(100));
  quota_book c{requests(100), t0};
  c.use({"a", "b"});
  EXPECT_EQ(c.asked("a", claim(80, true), t0).has, requests(80));
  EXPECT_EQ(c.asked("b", claim(80, true), t0).has, requests(20));
}

} // namespace quota_book_cases
