// What the journal forgets, and what it never does.
#include "tests/fixtures/long_way.hpp"
#include "tests/fixtures/stage.hpp"

#include <spdlog/sinks/ringbuffer_sink.h>

#include <gtest/gtest.h>

#include <algorithm>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace pruning_cases {

std::size_t kept_tasks(const stage& s) {
  return s.around->disk->kept->tasks({{}, {}, {}, {}, timestamp::max(), 1000}).size();
}

/// How many lines of the log speak of the size that the store may have.
std::size_t told_of_size(spdlog::sinks::ringbuffer_sink_st& log) {
  const auto lines = log.last_formatted();
  return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [](const auto& x) {
    return x.find("history.max_size") != std::string::npos;
  }));
}

TEST(pruning, forgets_what_is_old_in_bites) {
  stage s;
  understand(s.room);
  auto f = a_fleet(long_way());
  f.task_days = 1;
  s.up(f);
  for (int i = 0; i < 150; ++i)
    s->submit(wants("a"));
  s->advance(1s);
  EXPECT_EQ(kept_tasks(s), 150u);
  s->advance(23h);
  EXPECT_EQ(kept_tasks(s), 150u);
  auto young = s->ask(wants("a"));
  s->advance(2h);
  EXPECT_EQ(kept_tasks(s), 1u);
  EXPECT_TRUE(young->done());
}

TEST(pruning, forgets_the_oldest_of_a_store_that_is_too_large_but_nothing_of_the_last_day) {
  stage s;
  understand(s.room);
  auto log = std::make_shared<spdlog::sinks::ringbuffer_sink_st>(1000);
  s.around->log = log;
  auto f = a_fleet(long_way());
  f.max_store_bytes = 20'000;
  s.up(f);
  auto r = wants("a", std::string(500, 'x'));
  r.idempotency_key = "first";
  const auto first = s->ask(r);
  for (int i = 0; i < 199; ++i)
    s->submit(wants("a", std::string(500, 'x')));
  s->advance(1s);
  EXPECT_GT(s.around->disk->kept->bytes(), 100'000u);
  s->advance(20h);
  EXPECT_EQ(kept_tasks(s), 200u);
  EXPECT_EQ(told_of_size(*log), 1u) << "once, not once a minute";
  s.restart();
  EXPECT_EQ(s->ask(r)->id(), first->id()) << "a repeated request finds the first one";
  std::vector<std::string> young;
  for (int i = 0; i < 3; ++i)
    young.push_back(s->ask(wants("a", std::string(500, 'y')))->id());
  s->advance(5h);
  EXPECT_LE(s.around->disk->kept->bytes(), 20'000u);
  EXPECT_FALSE(s.around->disk->kept->task(first->id()));
  for (const auto& id : young)
    EXPECT_TRUE(s.around->disk->kept->task(id));
}

std::string ask_in_session(stage& s, const std::string& session) {
  auto r = wants("a", std::string(3000, 'x'));
  r.context_id = session;
  return s->ask(r)->id();
}

TEST(pruning, the_oldest_days_go_first_and_no_more_than_has_to) {
  stage one{long_way()};
  ask_in_session(one, "s0");
  stage s;
  auto f = a_fleet(long_way());
  // One day fits in, two do not.
  f.max_store_bytes = one.around->disk->kept->bytes() * 3 / 2;
  ASSERT_GT(f.max_store_bytes, 6000u);
  s.up(f);
  std::vector<std::string> ids;
  for (int day = 0; day < 4; ++day) {
    ids.push_back(ask_in_session(s, "s" + std::to_string(day)));
    s->advance(24h);
  }
  s->advance(1h);
  auto& store = *s.around->disk->kept;
  EXPECT_LE(store.bytes(), f.max_store_bytes);
  EXPECT_FALSE(store.task(ids[0]));
  EXPECT_FALSE(store.session("d", "s0"));
  EXPECT_TRUE(store.task(ids[3])) << "there was room for it";
  EXPECT_TRUE(store.session("d", "s3")) << "sessions are not all gone before the last task is";
}

TEST(pruning, a_session_stays_as_long_as_it_may_be_in_memory) {
  stage s;
  understand(s.room);
  auto f = a_fleet(long_way());
  f.task_days = 1;
  f.max_store_bytes = 1;
  f.domains[0].sessions.idle_limit = 72h;
  s.up(f);
  auto r = wants("a");
  r.context_id = "s1";
  const auto id = s->ask(r)->id();
  auto& store = *s.around->disk->kept;
  s->advance(70h);
  EXPECT_FALSE(store.task(id));
  EXPECT_TRUE(store.session("d", "s1"));
  s->advance(3h);
  EXPECT_FALSE(store.session("d", "s1"));
}

TEST(pruning, a_session_stays_as_long_as_a_task_works_on_it) {
  stage s;
  understand(s.room);
  auto f = a_fleet(long_way());
  f.task_days = 1;
  f.human_queues[0].answer_timeout = 200h;
  s.up(f);
  auto r = wants("a");
  r.context_id = "s1";
  s->ask(r);
  r.skill.clear();
  r.text = "go";
  r.timeout = 200h;
  const auto slow = s->submit(r);
  s->advance(60h);
  ASSERT_EQ(s->questions().size(), 1u);
  auto& store = *s.around->disk->kept;
  EXPECT_TRUE(store.session("d", "s1"));
  s->answer(s->questions().at(0)->id, say("yes"));
  s->advance(1s);
  EXPECT_TRUE(slow->done());
  s->advance(25h);
  EXPECT_FALSE(store.session("d", "s1"));
}

} // namespace pruning_cases
