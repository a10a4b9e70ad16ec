// What becomes of a limit's parts when nodes fall silent: the book of its owner, and the slices
// that send.
#include "policies/quota_book.hpp"
#include "policies/quota_slice.hpp"
#include "tests/policies/llm/quota_words.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::quota_words;
using namespace std::chrono_literals;

namespace quota_book_deaths_cases {

/// A node's desk, as far as a book can see it.
struct desk {
  explicit desk(std::string n, quota_amount limit)
      : name(std::move(n))
      , slice(limit) {}

  /// Asks without delay, as often as it likes.
  void ask(quota_book& b, timestamp now) {
    quota_claim x;
    x.life = life;
    x.has = slice.give_back(now);
    x.knew = knew;
    x.wants.flows = {{priority::medium, 1, 1, requests(needs)}};
    x.after = after;
    x.leaves = slice.leaves(now);
    if (!left_by.empty()) {
      x.left_by = left_by;
      x.left = left;
    }
    const auto said = b.asked(name, std::move(x), now);
    after = said.number;
    knew = knew || said.settled || !said.has.none();
    slice.lend(said.has, said.target, now + said.lease);
  }
  /// Sends all that goes at once; answers take a moment.
  int send(timestamp now, int most = 1000) {
    int sent = 0;
    while (sent < most && slice.look(0, true, 1, now).goes) {
      slice.ended(slice.take(0, now), 0, now + 100ms);
      ++sent;
    }
    return sent;
  }
  void hear_of(const std::string& owner, quota_leaves of) {
    left_by = owner;
    left = std::move(of);
  }

  std::string name;
  quota_slice slice;
  std::uint64_t life = 1;
  std::uint64_t after = 0;
  std::uint64_t needs = 1;
  bool knew = false;
  std::string left_by;
  quota_leaves left;
};

quota_claim claim(std::uint64_t has, std::uint64_t after = 0) {
  quota_claim out;
  out.life = 1;
  out.has = requests(has);
  out.knew = true;
  out.after = after;
  return out;
}

/// Five requests leave in each of the steps.
quota_leaves five_a_step(timestamp since) {
  return {std::vector<quota_amount>(12, requests(5)), since, 0ms};
}

/// 120 requests, of which A, the owner, uses 70 evenly, and B and C 25 each; then A dies, and B
/// owns the limit.
struct after_a_death {
  after_a_death() {
    a.needs = 70;
    b.needs = c.needs = 25;
    quota_book old{requests(120), t0 - 10min};
    old.use({"A", "B", "C"});
    for (auto at = t0 - 90s; at <= t0; at += 100ms) {
      a.ask(old, at);
      b.ask(old, at);
      c.ask(old, at);
      // What each of them needs.
      if (at < t0 - 80s)
        continue;
      const auto n = (at - t0).count() / 100000;
      a.send(at, n % 9 == 0 ? 1 : 0);
      b.send(at, n % 25 == 0 ? 1 : 0);
      c.send(at, n % 25 == 7 ? 1 : 0);
    }
    told = old.leaves_of("A");
    book.use({"B", "C"});
    b.needs = c.needs = 200;
  }
  /// B and C go on until then.
  void pass(timestamp until) {
    for (; now < until; now += 100ms) {
      b.ask(book, now);
      c.ask(book, now);
      check();
    }
  }
  /// A, which nobody hears any more, sends until its lease is over, and nobody is lent what it
  /// uses.
  void check() {
    if (now < a.slice.lent_until())
      a.send(now);
    const auto lent = book.free() + book.lent();
    ASSERT_EQ(lent + book.unknown(), requests(120));
    ASSERT_LE(lent[quota_kind::requests] + a_uses(), 120u) << (now - t0).count();
  }
  std::uint64_t a_uses() {
    auto copy = a.slice; // Its own window, though the lease is over.
    return copy.used(now)[quota_kind::requests];
  }

  quota_amount limit = requests(120);
  desk a{"A", limit}, b{"B", limit}, c{"C", limit};
  quota_leaves told;
  timestamp now = t0;
  quota_book book{limit, t0 + 2s};
};

const quota_times usual;
/// Nobody sends any more who has something of the owner before one that began at `t0 + 2s`.
const timestamp silent = t0 + 2s + usual.fenced + usual.lease + usual.lease / 16;

std::uint64_t known(const quota_book& b) {
  return (b.free() + b.lent())[quota_kind::requests];
}

TEST(quota_book_deaths, what_the_owner_used_comes_back_as_it_leaves_its_window) {
  after_a_death x;
  ASSERT_FALSE(x.told.steps.empty());
  x.now = t0 + 2s;
  x.b.hear_of("A", x.told);
  x.pass(silent + 4s);
  const auto before = known(x.book);
  EXPECT_GE(before, 30u);
  EXPECT_LT(before, 100u);
  std::uint64_t last = before;
  int rises = 0;
  while (x.now < t0 + 62s) {
    x.pass(x.now + 1s);
    EXPECT_GE(known(x.book), last);
    rises += known(x.book) > last;
    last = known(x.book);
  }
  EXPECT_GE(rises, 5) << "step by step";
  EXPECT_GE(last, before + 20);
  x.pass(t0 + 90s);
  EXPECT_EQ(known(x.book), 120u);
}

TEST(quota_book_deaths, nothing_comes_back_before_nobody_can_send_any_more) {
  quota_book b{requests(120), t0};
  b.use({"B", "C"});
  auto first = b.asked("B", claim(30), t0);
  auto x = claim(30, first.number);
  x.left_by = "A";
  x.left = five_a_step(t0);
  for (auto now = t0; now < t0 + 20s; now += 500ms) {
    b.asked("C", claim(20), now);
    x.after = b.asked("B", x, now).number;
    EXPECT_EQ(known(b), 50u) << (now - t0).count();
  }
}

TEST(quota_book_deaths, an_owner_that_is_not_dead_keeps_its_part) {
  quota_book b{requests(120), t0};
  b.use({"B", "C"});
  auto x = claim(50, b.asked("B", claim(50), t0).number);
  x.left_by = "A";
  x.left = five_a_step(t0);
  x.after = b.asked("B", x, t0 + 1s).number;
  auto after = b.asked("A", claim(40), t0 + 5s).number;
  for (auto now = t0 + 5s; now < t0 + 70s; now += 1s) {
    x.after = b.asked("B", x, now).number;
    after = b.asked("A", claim(b.lent()[quota_kind::requests] - 50, after), now).number;
    EXPECT_EQ(known(b), 90u) << (now - t0).count();
  }
}

TEST(quota_book_deaths, of_two_that_tell_of_the_same_one_is_believed) {
  std::vector<std::uint64_t> ends;
  for (const bool both : {false, true}) {
    quota_book b{requests(120), t0};
    b.use({"B", "C"});
    auto x = claim(10, b.asked("B", claim(10), t0).number);
    auto y = claim(10, b.asked("C", claim(10), t0).number);
    x.left_by = y.left_by = "A";
    x.left = five_a_step(t0);
    y.left = five_a_step(t0 + 3s);
    if (!both)
      y.left_by.clear();
    for (auto now = t0 + 1s; now < t0 + 61s; now += 1s) {
      x.has = requests(10);
      y.has = requests(10);
      x.after = b.asked("B", x, now).number;
      y.after = b.asked("C", y, now).number;
    }
    ends.push_back(known(b));
  }
  EXPECT_EQ(ends[0], ends[1]);
  EXPECT_GT(ends[0], 20u);
}

TEST(quota_book_deaths, what_was_heard_late_counts_as_said_early) {
  // A node that stood still tells of requests that have left long before, for others in their
  // place.
  quota_book b{requests(120), t0};
  b.use({"B"});
  auto x = claim(10, b.asked("B", claim(10), t0).number);
  x.left_by = "A";
  x.left = five_a_step(t0 + 10s);
  x.left.sooner = 50s;
  for (auto now = t0 + 10s; now < t0 + 70s; now += 1s) {
    x.after = b.asked("B", x, now).number;
    EXPECT_EQ(known(b), 10u) << (now - t0).count();
  }
  // Nor is one believed that may have been sent before the last answer was there.
  quota_book c{requests(120), t0};
  c.use({"B"});
  auto y = claim(10);
  y.left_by = "A";
  y.left = five_a_step(t0);
  y.after = 7;
  for (auto now = t0; now < t0 + 70s; now += 1s) {
    c.asked("B", y, now);
    EXPECT_EQ(known(c), 10u);
  }
}

TEST(quota_book_deaths, a_silent_node_gives_up_what_leaves_its_window) {
  const auto limit = requests(60);
  quota_book b{limit, t0};
  b.use({"A", "B"});
  desk a{"A", limit}, other{"B", limit};
  a.ask(b, t0);
  other.ask(b, t0);
  auto now = t0;
  for (; now < t0 + 60s; now += 1s) {
    a.send(now, now.time_since_epoch() / 1s % 2 == 0 ? 1 : 0);
    a.ask(b, now);
    other.ask(b, now);
  }
  b.use({"B"});
  const auto died = now;
  const auto until = now - 1s + usual.lease + usual.lease / 16;
  std::vector<std::uint64_t> free;
  for (; now < died + 80s; now += 1s) {
    if (now < a.slice.lent_until())
      a.send(now);
    other.ask(b, now);
    auto copy = a.slice;
    const auto uses = copy.used(now)[quota_kind::requests];
    ASSERT_LE(other.slice.has()[quota_kind::requests] + uses, 60u) << (now - died).count();
    free.push_back(other.slice.has()[quota_kind::requests]);
    if (now < until) {
      EXPECT_EQ(free.back(), free.front());
    }
  }
  EXPECT_GT(free[45], free[12] + 8) << "long before the minute after its lease";
  EXPECT_EQ(free.back(), 60u);
}

TEST(quota_book_deaths, who_was_only_silent_has_what_it_uses_and_the_rest_is_free) {
  quota_book b{requests(60), t0};
  b.use({"A", "B"});
  desk a{"A", requests(60)}, other{"B", requests(60)};
  a.ask(b, t0);
  other.ask(b, t0);
  a.ask(b, t0 + 1s);
  ASSERT_EQ(a.send(t0 + 1s, 12), 12);
  auto now = t0 + 2s;
  for (; now < t0 + 20s; now += 1s)
    other.ask(b, now);
  ASSERT_TRUE(a.slice.lapse(now));
  EXPECT_EQ(a.send(now), 0);
  const auto known_before = b.free() + b.lent();
  a.ask(b, now);
  EXPECT_EQ(b.free() + b.lent(), known_before);
  other.needs = 100;
  // One hears that it is to give something back, gives it back, and the other one gets it.
  for (int i = 0; i < 3; ++i) {
    other.ask(b, now);
    a.ask(b, now);
  }
  EXPECT_EQ(a.slice.has() + other.slice.has(), requests(60)) << "at once, not in a minute";
  EXPECT_GE(a.slice.has()[quota_kind::requests], 12u);
}

TEST(quota_book_deaths, requests_under_way_count_until_the_longest_must_be_over) {
  quota_times times;
  times.longest = 120s;
  const quota_amount limit{{100, 0, 10}};
  quota_book b{limit, t0, times};
  b.use({"A"});
  auto first = claim(0);
  first.knew = false;
  EXPECT_EQ(b.asked("A", first, t0).has, limit);
  auto anew = claim(0);
  anew.life = 2; // It was restarted; what the former one has sent goes on.
  std::optional<milliseconds> rate, places;
  for (auto now = t0 + 1s; now < t0 + 3min; now += 1s) {
    anew.has = b.asked("A", anew, now).has;
    if (!rate && anew.has[quota_kind::requests] == 100)
      rate = std::chrono::duration_cast<milliseconds>(now - t0);
    if (!places && anew.has[quota_kind::concurrent] == 10)
      places = std::chrono::duration_cast<milliseconds>(now - t0);
  }
  ASSERT_TRUE(rate && places);
  EXPECT_LE(*rate, 75s);
  EXPECT_GE(*places, 130s);
  // The same with what a new owner does not know.
  quota_book c{limit, t0, times};
  c.use({"A"});
  auto x = claim(0);
  for (auto now = t0; now < t0 + 2min; now += 1s) {
    x.has = c.asked("A", x, now).has;
    EXPECT_EQ(x.has[quota_kind::concurrent], 0u);
  }
  EXPECT_EQ(x.has[quota_kind::requests], 100u);
  for (auto now = t0 + 2min; now < t0 + 137s; now += 1s)
    x.has = c.asked("A", x, now).has;
  EXPECT_EQ(x.has, limit);
}

TEST(quota_book_deaths, who_died_before_it_could_say_what_it_knew_is_not_forgotten) {
  quota_book b{requests(100), t0};
  b.use({"A", "B"});
  auto fresh = claim(0);
  fresh.knew = false;
  b.asked("B", fresh, t0);
  b.use({"B"}); // A may have had all of it.
  EXPECT_TRUE(b.asked("B", fresh, t0 + 2s).has.none());
}

TEST(quota_slice_ways, a_request_without_an_answer_is_on_its_way_as_long_as_connecting_may_take) {
  quota_slice s{requests(1), 3s};
  s.lend(requests(1), requests(1), no_deadline);
  s.take(0, t0);
  EXPECT_FALSE(s.look(0, true, 1, t0 + quota_minute + 2999ms).goes);
  EXPECT_TRUE(s.look(0, true, 1, t0 + quota_minute + 3s).goes);
}

TEST(quota_slice_ways, it_tells_when_what_is_in_use_gets_free) {
  quota_slice s{{{100, 10000, 0}}, 1s};
  s.lend({{100, 10000, 0}}, {{100, 10000, 0}}, no_deadline);
  s.ended(s.take(50, t0), 20, t0 + 100ms);
  s.take(50, t0 + 10s); // Never answered: nobody knows what it has cost.
  const auto last = s.take(50, t0 + 20s);
  std::vector<quota_amount> first_two(11);
  first_two[8] = {{1, 20, 0}};
  first_two[10] = {{1, 0, 0}};
  EXPECT_EQ(s.leaves(t0 + 20s), first_two)
      << "what has just been sent may get free earlier than it seems";
  s.ended(last, 50, t0 + 20500ms);
  ASSERT_EQ(s.leaves(t0 + 21s).size(), 12u);
  EXPECT_EQ(s.leaves(t0 + 21s)[11], (quota_amount{{1, 50, 0}}));
}

} // namespace quota_book_deaths_cases
