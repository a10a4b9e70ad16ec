// What a search in a log book finds, and in which order.
#include "tests/src/telemetry/log_books.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace troupe {
namespace {

using namespace log_book_kit;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(log_books, pages_newest_first_through_a_span_of_time) {
  log_book book{settings()};
  for (int i : {3, 1, 2, 5, 4})
    book.append(line(i * 10, std::to_string(i)));
  ASSERT_TRUE(book.flush());
  log_filter f;
  f.limit = 2;
  auto page = book.search(f);
  EXPECT_THAT(messages(page), ElementsAre("5", "4"));
  f.until = page.back().at;
  page = book.search(f);
  EXPECT_THAT(messages(page), ElementsAre("3", "2"));
  f.from = at(20);
  f.until = at(40);
  EXPECT_THAT(messages(book.search(f)), ElementsAre("3", "2"));
  f.from = at(40);
  EXPECT_THAT(book.search(f), IsEmpty());
  f.limit = 0;
  f.from = timestamp::min();
  EXPECT_THAT(book.search(f), IsEmpty());
}

TEST_F(log_books, tells_lines_of_one_moment_apart) {
  log_book book{settings()};
  // A simulated clock stands still between two steps.
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 400; ++i)
      book.append(line(500, std::to_string(round * 400 + i)));
    ASSERT_TRUE(book.flush());
  }
  log_filter f;
  f.limit = 2000;
  const auto found = book.search(f);
  ASSERT_EQ(found.size(), 1200u);
  for (std::size_t i = 1; i < found.size(); ++i)
    EXPECT_LT(found[i].at, found[i - 1].at);
}

/// Compares every kind of search with a plain walk over the same lines.
TEST_F(log_books, finds_the_same_as_a_walk_through_all_lines) {
  log_book book{settings()};
  std::mt19937 dice{7};
  const auto pick = [&](int n) { return static_cast<int>(dice() % static_cast<unsigned>(n)); };
  std::vector<log_entry> all;
  for (int i = 0; i < 6000; ++i) {
    auto x = line(1000000 + i * 7 + pick(5), "message " + std::to_string(pick(50)));
    x.level = static_cast<log_level>(pick(100) == 0 ? 4 : pick(3));
    x.event = "e" + std::to_string(pick(4));
    if (pick(10) > 0) {
      const int task = pick(300);
      x.task = "t" + std::to_string(task);
      x.session = "s" + std::to_string(task / 5);
      x.customer = task % 3 ? "c" + std::to_string(task % 7) : "";
    }
    x.agent = "d/a" + std::to_string(pick(12));
    x.domain = "d" + std::to_string(pick(3));
    x.task_type = pick(2) ? "type" + std::to_string(pick(5)) : "";
    all.push_back(x);
    book.append(x);
    if (pick(2000) == 0) {
      ASSERT_TRUE(book.flush());
    }
  }
  ASSERT_TRUE(book.flush());
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.at > b.at; });
  const auto matches = [](const log_filter& f, const log_entry& x) {
    const auto fits = [](const std::string& want, const std::string& is) {
      return want.empty() || want == is;
    };
    return fits(f.session, x.session) && fits(f.task, x.task) && fits(f.task_type, x.task_type) &&
           fits(f.agent, x.agent) && fits(f.domain, x.domain) && is_within(x.domain, f.within) &&
           fits(f.customer, x.customer) && fits(f.event, x.event) &&
           (!f.least || x.level >= *f.least) && x.at >= f.from && x.at < f.until &&
           x.message.find(f.contains) != std::string::npos;
  };
  for (int round = 0; round < 400; ++round) {
    log_filter f;
    const auto maybe = [&] { return pick(4) == 0; };
    if (maybe())
      f.session = "s" + std::to_string(pick(61));
    if (maybe())
      f.task = "t" + std::to_string(pick(301));
    if (maybe())
      f.task_type = "type" + std::to_string(pick(6));
    if (maybe())
      f.agent = "d/a" + std::to_string(pick(13));
    if (maybe())
      f.domain = "d" + std::to_string(pick(4));
    if (maybe())
      f.within = {"d" + std::to_string(pick(4)), "d" + std::to_string(pick(4))};
    if (maybe())
      f.customer = "c" + std::to_string(pick(8));
    if (maybe())
      f.event = "e" + std::to_string(pick(5));
    if (maybe())
      f.least = static_cast<log_level>(pick(6));
    if (maybe())
      f.from = at(1000000 + pick(42000));
    if (maybe())
      f.until = at(1000000 + pick(42000));
    if (maybe())
      f.contains = "ge " + std::to_string(pick(50));
    f.limit = static_cast<std::size_t>(1 + pick(200));
    std::vector<log_entry> expected;
    for (const auto& x : all)
      if (expected.size() < f.limit && matches(f, x))
        expected.push_back(x);
    log_search_end end;
    ASSERT_EQ(book.search(f, &end), expected) << "round " << round;
    EXPECT_TRUE(end.complete);
  }
}

TEST_F(log_books, text_search_ignores_case_and_takes_wildcards_literally) {
  log_book book{settings()};
  book.append(line(1, "Payment FAILED at 100%"));
  book.append(line(2, "payment done"));
  ASSERT_TRUE(book.flush());
  log_filter f;
  f.contains = "payment failed";
  EXPECT_THAT(messages(book.search(f)), ElementsAre("Payment FAILED at 100%"));
  f.contains = "100%";
  EXPECT_EQ(book.search(f).size(), 1u);
  f.contains = "p%d";
  EXPECT_THAT(book.search(f), IsEmpty());
  f.contains = "'; DROP TABLE lines; --";
  EXPECT_THAT(book.search(f), IsEmpty());
}

TEST_F(log_books, a_text_search_stops_after_a_bounded_number_of_lines_and_says_where) {
  log_book book{[this] {
    auto out = settings();
    out.queue_max = log_book::max_scanned + 10;
    out.queue_max_bytes = 1u << 30;
    return out;
  }()};
  book.append(line(1, "needle"));
  for (std::size_t i = 0; i < log_book::max_scanned; ++i)
    ASSERT_TRUE(book.append(line(static_cast<std::int64_t>(10 + i), "hay")));
  ASSERT_TRUE(book.flush(milliseconds{60000}));
  log_filter f;
  f.contains = "needle";
  log_search_end end;
  EXPECT_THAT(book.search(f, &end), IsEmpty());
  EXPECT_FALSE(end.complete);
  std::vector<log_entry> found;
  while (!end.complete) {
    f.until = end.reached;
    found = book.search(f, &end);
  }
  EXPECT_THAT(messages(found), ElementsAre("needle"));
}

} // namespace
} // namespace troupe
