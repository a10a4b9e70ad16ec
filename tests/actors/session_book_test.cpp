// What the sessions of a shard take in memory, and which of them leave it.
#include "actors/session_book.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace session_book_cases {

struct book_of_a_domain : ::testing::Test {
  domain_spec domain;
  session_book book{domain};
  timestamp now{1'800'000'000s};
  int tasks = 0;

  /// An eighth of it is for those that rest.
  void room_for(std::size_t bytes) { domain.max_tasks_bytes = 8 * bytes; }

  task_ptr begin(const std::string& session, std::string text = {}) {
    task t;
    t.id = "t" + std::to_string(++tasks);
    t.context_id = session;
    t.text = std::move(text);
    now += 1s;
    auto& e = book.open(session, now);
    book.begin_turn(e, t, now);
    return std::make_shared<const task>(std::move(t));
  }

  void end(const task_ptr& what, const json& context, bool stored,
           task_state how = task_state::completed) {
    task_record record;
    record.what = what;
    record.state = how;
    outcome answer;
    answer.text = "yes";
    record.result = std::make_shared<const outcome>(std::move(answer));
    auto& e = *book.find(what->context_id);
    book.end_turn(e, record, context, now, stored);
    book.rest(e, now);
  }

  void talk(const std::string& session, const json& context, bool stored, std::size_t length = 0) {
    end(begin(session, std::string(length, 'x')), context, stored);
  }
};

TEST_F(book_of_a_domain, holds_no_more_idle_sessions_than_there_is_room_for) {
  room_for(100'000);
  for (int i = 0; i < 1000; ++i) {
    talk("s" + std::to_string(i), {{"name", "Ann"}}, true, 10'000);
    ASSERT_LE(book.bytes(), 100'000u);
  }
  EXPECT_EQ(book.kept_bytes(), 0u);
  EXPECT_GE(book.size(), 5u);
  EXPECT_TRUE(book.find("s999"));
  EXPECT_FALSE(book.find("s900"));
}

TEST_F(book_of_a_domain, counts_small_sessions_as_well) {
  room_for(100'000);
  for (int i = 0; i < 1000; ++i)
    talk("s" + std::to_string(i), nullptr, true);
  EXPECT_LE(book.size(), 100u);
}

TEST_F(book_of_a_domain, lets_go_first_of_the_one_that_rests_longest) {
  room_for(35'000);
  for (const auto* id : {"a", "b", "c", "a", "d"})
    talk(id, nullptr, true, id[0] == 'a' ? 4000 : 10'000);
  EXPECT_TRUE(book.find("a") && book.find("c") && book.find("d"));
  EXPECT_FALSE(book.find("b"));
}

TEST_F(book_of_a_domain, lets_go_of_none_that_somebody_works_on) {
  room_for(1);
  const auto works = begin("a", std::string(10'000, 'x'));
  talk("b", nullptr, true);
  EXPECT_FALSE(book.find("b"));
  ASSERT_TRUE(book.find("a"));
  EXPECT_GT(book.kept_bytes(), 10'000u);
  now += 100h;
  book.sweep(now);
  EXPECT_TRUE(book.find("a"));
  end(works, nullptr, true);
  EXPECT_FALSE(book.find("a"));
  EXPECT_EQ(book.bytes(), 0u);
}

TEST_F(book_of_a_domain, keeps_for_its_time_what_is_nowhere_else_but_not_its_history) {
  room_for(1);
  talk("a", {{"name", "Ann"}}, false, 10'000);
  const auto* e = book.find("a");
  ASSERT_TRUE(e);
  EXPECT_EQ(e->now.context, (json{{"name", "Ann"}}));
  EXPECT_TRUE(e->now.turns.empty());
  EXPECT_GT(book.kept_bytes(), 0u);
  EXPECT_LT(book.kept_bytes(), 5000u);
  now += 23h;
  book.sweep(now);
  EXPECT_TRUE(book.find("a"));
  now += 2h;
  book.sweep(now);
  EXPECT_FALSE(book.find("a"));
  EXPECT_EQ(book.bytes(), 0u);
}

TEST_F(book_of_a_domain, keeps_whole_what_there_is_room_for) {
  room_for(100'000);
  talk("a", {{"name", "Ann"}}, false, 10'000);
  talk("a", {{"name", "Ann"}}, false, 10'000);
  EXPECT_EQ(book.find("a")->now.turns.size(), 2u);
  EXPECT_EQ(book.kept_bytes(), 0u);
  EXPECT_GT(book.bytes(), 20'000u);
}

TEST_F(book_of_a_domain, of_what_is_nowhere_else_lets_go_of_what_no_turn_goes_by) {
  room_for(1);
  talk("nothing", nullptr, false, 10'000);
  EXPECT_FALSE(book.find("nothing"));
  end(begin("unhappy"), nullptr, false, task_state::failed);
  EXPECT_TRUE(book.find("unhappy"));
  const auto works = begin("bound");
  book.find("bound")->now.instances = {"d/a#2"};
  end(works, nullptr, false);
  EXPECT_TRUE(book.find("bound"));
}

TEST_F(book_of_a_domain, what_is_stored_after_all_may_leave) {
  room_for(1);
  talk("a", {{"name", "Ann"}}, false);
  EXPECT_TRUE(book.find("a"));
  talk("a", {{"name", "Ann"}}, true);
  EXPECT_FALSE(book.find("a"));
  EXPECT_EQ(book.bytes(), 0u);
}

} // namespace session_book_cases
