#include "nodes/cli/log_keeper.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <unistd.h>

namespace cli_log_keeper_cases {

using namespace troupe;
using namespace troupe::cli;
using namespace std::chrono_literals;

constexpr timestamp today{std::chrono::seconds{1'800'000'000}};

class kept_log : public ::testing::Test {
 protected:
  kept_log()
      : dir_(std::filesystem::temp_directory_path() /
             ("troupe-kept-log-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(dir_);
    open();
  }
  ~kept_log() override {
    book_.reset();
    std::filesystem::remove_all(dir_);
  }

  void open() {
    log_book_settings settings;
    settings.dir = dir_;
    book_ = std::make_unique<log_book>(settings);
  }
  /// A line of some 600 bytes that is like no other one.
  void write(timestamp at, const std::string& event) {
    const auto n = std::to_string(++written_);
    auto line = log_entry::of(log_level::info, event, n + std::string(600 - n.size(), 'x'));
    line.at = at;
    book_->append(std::move(line));
  }
  std::size_t lines(const std::string& event) {
    log_filter f;
    f.event = event;
    f.limit = 10000;
    return book_->search(f).size();
  }
  void prune(const log_limits& limits) {
    prune_log(*book_, limits, today, [] { return true; });
  }

  std::filesystem::path dir_;
  std::unique_ptr<log_book> book_;
  int written_ = 0;
};

TEST_F(kept_log, has_the_lines_of_its_days) {
  for (int i = 0; i < 100; ++i) {
    write(today - 24h * 30 - 1min * (i + 1), "too.old");
    write(today - 24h * 30 + 1min * (i + 1), "young.enough");
  }
  ASSERT_TRUE(book_->flush());
  prune({30, 0});
  EXPECT_EQ(lines("too.old"), 0u);
  EXPECT_EQ(lines("young.enough"), 100u);
}

TEST_F(kept_log, takes_no_more_room_than_it_may) {
  constexpr std::uint64_t most = 2u << 20;
  for (int i = 0; i < 10000; ++i)
    write(today - 24h + 1s * i, i < 5000 ? "morning" : "evening");
  ASSERT_TRUE(book_->flush());
  ASSERT_GT(book_->bytes(), 2 * most);
  prune({30, 0});
  EXPECT_EQ(lines("morning"), 5000u) << "there is no limit";
  prune({30, most});
  EXPECT_LE(book_->bytes(), most);
  EXPECT_GT(book_->bytes(), most / 2) << "no more goes than has to";
  EXPECT_EQ(lines("morning"), 0u) << "the oldest go first";
  EXPECT_GT(lines("evening"), 1000u);
  // The room is used again, so that the file does not grow.
  book_.reset();
  const auto file = std::filesystem::file_size(dir_ / "logs.db");
  open();
  for (int i = 0; i < 2000; ++i)
    write(today + 1s * i, "night");
  ASSERT_TRUE(book_->flush());
  prune({30, most});
  EXPECT_LE(book_->bytes(), most);
  book_.reset();
  EXPECT_LE(std::filesystem::file_size(dir_ / "logs.db"), file + (1u << 20));
}

TEST_F(kept_log, is_left_alone_when_the_node_stops) {
  write(today - 24h * 31, "too.old");
  ASSERT_TRUE(book_->flush());
  prune_log(*book_, {30, 1}, today, [] { return false; });
  EXPECT_EQ(lines("too.old"), 1u);
}

} // namespace cli_log_keeper_cases
