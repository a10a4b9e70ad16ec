// What is written into a log book is there, within its bounds.
#include "src/telemetry/metrics.hpp"
#include "tests/src/telemetry/log_books.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace troupe {
namespace {

using namespace log_book_kit;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

log_entry full_line() {
  auto out = line(1700000000123456, "hello");
  out.level = log_level::error;
  out.event = "task.ended";
  out.session = "s1";
  out.task = "t1";
  out.task_type = "refund";
  out.agent = "support/billing";
  out.domain = "support";
  out.customer = "acme";
  out.fields = {{"tokens", 12}, {"why", {"a", "b"}}};
  return out;
}

TEST_F(log_books, gives_back_what_was_written_also_after_reopening) {
  {
    log_book book{settings()};
    EXPECT_TRUE(book.append(full_line()));
    ASSERT_TRUE(book.flush());
    EXPECT_THAT(book.search({}), ElementsAre(full_line()));
    EXPECT_EQ(book.stats().written, 1u);
  }
  log_book again{settings()};
  EXPECT_THAT(again.search({}), ElementsAre(full_line()));
  log_filter by_agent;
  by_agent.agent = "support/billing";
  EXPECT_EQ(again.search(by_agent).size(), 1u);
}

TEST_F(log_books, lines_of_one_moment_in_several_batches_are_all_found) {
  log_book book{settings()};
  log_filter by_agent;
  by_agent.agent = "d/a";
  for (std::size_t i = 1; i <= 5; ++i) {
    auto out = line(100, std::to_string(i));
    out.agent = i % 2 == 1 ? "d/a" : "d/b";
    book.append(std::move(out));
    ASSERT_TRUE(book.flush());
  }
  EXPECT_THAT(messages(book.search(by_agent)), ElementsAre("5", "3", "1"));
}

TEST_F(log_books, closing_writes_what_is_queued) {
  {
    log_book book{settings()};
    for (int i = 0; i < 3000; ++i)
      book.append(line(1000 + i, "x" + std::to_string(i)));
  }
  log_book again{settings()};
  log_filter all;
  all.limit = 10000;
  EXPECT_EQ(again.search(all).size(), 3000u);
}

TEST_F(log_books, a_full_queue_drops_counts_and_says_so) {
  metrics counts;
  std::mutex gate;
  std::atomic<bool> told{false};
  auto s = settings();
  s.queue_max = 4;
  s.counts = counts.log();
  s.complain = [&](log_level level, const std::string& text) {
    EXPECT_EQ(level, log_level::warning);
    EXPECT_THAT(text, HasSubstr("lost"));
    told = true;
    // Holds the writing thread up, so that the queue fills whatever the disk's speed.
    std::lock_guard wait{gate};
  };
  log_book book{s};
  int refused = 0;
  {
    std::unique_lock shut{gate};
    for (int i = 0; refused < 10; ++i)
      refused += book.append(line(i + 1, "x")) ? 0 : 1;
  }
  ASSERT_TRUE(book.flush());
  book.append(line(1000000000, "later"));
  ASSERT_TRUE(book.flush());
  EXPECT_TRUE(told);
  EXPECT_EQ(book.stats().dropped, static_cast<std::uint64_t>(refused));
  EXPECT_EQ(counts.log()->dropped.value(), static_cast<std::uint64_t>(refused));
  log_filter f;
  f.event = "log.dropped";
  std::int64_t said = 0;
  for (const auto& x : book.search(f))
    said += x.fields.at("lines").get<std::int64_t>();
  EXPECT_EQ(said, refused);
}

TEST_F(log_books, prunes_the_oldest_with_all_that_only_they_referred_to) {
  log_book book{settings()};
  for (int i = 0; i < 100; ++i) {
    auto x = line(i + 1, "same text");
    x.task = "t" + std::to_string(i / 10);
    x.agent = "d/a" + std::to_string(i / 50);
    book.append(x);
  }
  ASSERT_TRUE(book.flush());
  EXPECT_EQ(book.prune(at(66), 40), 40u);
  EXPECT_EQ(book.prune(at(66), 40), 25u);
  EXPECT_EQ(book.prune(at(66), 40), 0u);
  log_filter f;
  f.limit = 1000;
  EXPECT_EQ(book.search(f).size(), 35u);
  f.agent = "d/a0";
  EXPECT_THAT(book.search(f), IsEmpty());
  f.agent.clear();
  f.task = "t6";
  EXPECT_EQ(book.search(f).size(), 5u);
  // A task whose lines are gone may be written about again.
  auto x = line(200, "back");
  x.task = "t1";
  x.agent = "d/a0";
  book.append(x);
  ASSERT_TRUE(book.flush());
  f.task = "t1";
  EXPECT_EQ(book.search(f), std::vector{x});
}

TEST_F(log_books, any_entry_can_be_written) {
  log_book book{settings()};
  log_entry bad;
  bad.message = std::string("\xFF\xC3\x28 zero:\0 end", 15) + std::string(20000, 'm');
  bad.event = std::string(5000, 'e');
  bad.task = "\xED\xA0\x80";
  bad.fields = {{"bad\xFF", "\xFE"}, {"big", std::string(100000, 'b')}};
  bad.at = timestamp::min();
  EXPECT_TRUE(book.append(bad));
  log_entry list;
  list.fields = {1, 2, 3};
  list.at = at(std::numeric_limits<std::int64_t>::max() - 1);
  EXPECT_TRUE(book.append(list));
  EXPECT_TRUE(book.append({}));
  ASSERT_TRUE(book.flush());
  const auto found = book.search({});
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].fields, (json{{"value", {1, 2, 3}}}));
  EXPECT_EQ(found[2].message.size(), log_book::max_message);
  EXPECT_EQ(found[2].event.size(), log_book::max_name);
  EXPECT_EQ(found[2].task, "???");
  EXPECT_TRUE(found[2].fields.contains("cut"));
}

TEST_F(log_books, more_kinds_of_lines_than_it_can_remember_share_one) {
  auto s = settings();
  s.queue_max = 100000;
  log_book book{s};
  for (int i = 0; i < 21000; ++i) {
    auto x = line(i + 1, "x");
    x.task_type = "skill" + std::to_string(i);
    x.agent = "d/a";
    ASSERT_TRUE(book.append(x));
  }
  ASSERT_TRUE(book.flush(milliseconds{60000}));
  log_filter f;
  f.task_type = "skill7";
  EXPECT_EQ(book.search(f).size(), 1u);
  f.task_type = "other";
  f.agent = "d/a";
  f.limit = 10000;
  EXPECT_EQ(book.search(f).size(), 1000u);
}

TEST_F(log_books, many_threads_write_while_others_search) {
  log_book book{settings()};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&book, t] {
      for (int i = 0; i < 2000; ++i) {
        auto x = line(i * 3 + t, "x");
        x.agent = "d/a" + std::to_string(t);
        EXPECT_TRUE(book.append(x));
        if (i % 200 == 0) {
          log_filter f;
          f.agent = x.agent;
          for (const auto& found : book.search(f))
            EXPECT_EQ(found.agent, x.agent);
        }
      }
    });
  for (auto& t : threads)
    t.join();
  ASSERT_TRUE(book.flush());
  log_filter f;
  f.limit = 10000;
  EXPECT_EQ(book.search(f).size(), 6000u);
}

TEST_F(log_books, refuses_files_that_are_not_its_own) {
  {
    log_book book{settings()};
    EXPECT_THROW(log_book{settings()}, log_error) << "two owners";
  }
  const auto file = dir / "logs.db";
  for (const auto* end : {"", "-wal", "-shm"})
    std::filesystem::remove(file.string() + end);
  std::ofstream{file} << "this is no database, it only looks like a file of some length"
                      << std::string(4096, '.');
  EXPECT_THROW(log_book{settings()}, log_error);
  auto nowhere = settings();
  nowhere.dir = "/proc/troupe";
  EXPECT_THROW(log_book{nowhere}, log_error);
}

TEST_F(log_books, waits_for_a_former_owner_that_is_just_ending) {
  std::promise<void> opens;
  auto first = std::make_unique<log_book>(settings());
  std::thread ends{[&] {
    opens.get_future().wait();
    first.reset();
  }};
  opens.set_value();
  EXPECT_NO_THROW(log_book{settings()});
  ends.join();
}

} // namespace
} // namespace troupe
