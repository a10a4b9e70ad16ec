// Several who ask the same at the same time: one call, and everybody's own time and money.
#include "tests/src/cache/model_cache_kit.hpp"

#include <future>
#include <stdexcept>
#include <thread>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace {

struct shared_answer_test : model_cache_test {};

/// A model that cannot even be asked.
class throwing_model final : public models::model_port {
 public:
  std::uint64_t send(const model_request&, done_fn) override {
    throw std::runtime_error{"no room"};
  }
  void cancel(std::uint64_t) override {}
};

TEST_F(shared_answer_test, a_hundred_at_the_same_time_cost_one_call) {
  model->at_once = false;
  std::vector<model_reply> got;
  for (int i = 0; i < 100; ++i)
    cache->send(question("what is your refund policy"),
                [&](model_reply x) { got.push_back(std::move(x)); });
  EXPECT_EQ(model->asked.size(), 1u);
  EXPECT_TRUE(got.empty());
  model->answer("thirty days");
  ASSERT_EQ(got.size(), 100u);
  EXPECT_EQ(got[0].cached, cache_hit::none);
  EXPECT_EQ(got[0].used.calls, 1u);
  for (std::size_t i = 1; i < got.size(); ++i) {
    EXPECT_EQ(got[i].text, "thirty days");
    EXPECT_EQ(got[i].cached, cache_hit::shared);
    EXPECT_EQ(got[i].used, usage{});
  }
}

TEST_F(shared_answer_test, whoever_gives_up_leaves_the_others_their_answer) {
  answers got;
  const auto ids = three_ask("q", got);
  cache->cancel(ids[0]);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].second.error, model_error::cancelled);
  EXPECT_EQ(model->cancelled, 0);
  cache->cancel(ids[0]); // It is over.
  model->answer("x");
  ASSERT_EQ(got.size(), 3u);
  EXPECT_EQ(got[1].second.used.calls, 1u); // What was paid for is told of once.
  EXPECT_EQ(got[2].second.used.calls, 0u);

  got.clear();
  const auto alone =
      cache->send(question("other"), [&got](model_reply x) { got.emplace_back(9, std::move(x)); });
  cache->cancel(alone);
  EXPECT_EQ(model->cancelled, 1);
  ASSERT_EQ(got.size(), 1u);
}

TEST_F(shared_answer_test, an_error_is_everybodys_but_a_time_that_was_up_is_its_owners) {
  model->at_once = false;
  std::vector<model_reply> got;
  for (int i = 0; i < 2; ++i)
    cache->send(question("q"), [&](model_reply x) { got.push_back(std::move(x)); });
  model->fail(model_error::overloaded);
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[1].error, model_error::overloaded);
  got.clear();
  for (int i = 0; i < 3; ++i)
    cache->send(question("q"), [&](model_reply x) { got.push_back(std::move(x)); });
  model->fail(model_error::timeout);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(model->asked.size(), 3u);
  model->answer("late");
  ASSERT_EQ(got.size(), 3u);
  EXPECT_EQ(got[2].text, "late");
}

TEST_F(shared_answer_test, the_time_and_the_money_of_somebody_who_has_gone_are_nobody_elses) {
  answers got;
  const auto ids = three_ask("q", got);
  cache->cancel(ids[0]);
  got.clear();
  model->fail(model_error::timeout);
  EXPECT_TRUE(got.empty());
  ASSERT_EQ(model->asked.size(), 2u);
  model->fail(model_error::over_budget); // The second one's own.
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].first, 1);
  EXPECT_EQ(got[0].second.error, model_error::over_budget);
  ASSERT_EQ(model->asked.size(), 3u);
  model->answer("x");
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[1].second.text, "x");
}

TEST_F(shared_answer_test, the_next_one_asks_with_what_is_left_of_his_time) {
  model->at_once = false;
  auto slow = question("q");
  slow.deadline = 60s;
  cache->send(slow, [](const model_reply&) {});
  const auto first = model->asked.front().deadline;
  EXPECT_LE(first, 60s);
  cache->send(slow, [](const model_reply&) {});
  const auto until = std::chrono::steady_clock::now() + 10ms;
  while (std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  model->fail(model_error::timeout);
  ASSERT_EQ(model->asked.size(), 2u);
  EXPECT_LT(model->asked.back().deadline, first);
  EXPECT_GT(model->asked.back().deadline, 0s);
  model->answer("x");
}

TEST_F(shared_answer_test, however_many_are_refused_at_once_all_get_their_answer) {
  model->at_once = false;
  std::size_t got = 0;
  for (int i = 0; i < 20000; ++i)
    cache->send(question("q"), [&](const model_reply& x) {
      EXPECT_EQ(x.error, model_error::over_budget);
      ++got;
    });
  EXPECT_EQ(model->asked.size(), 1u);
  model->refuses = true;
  model->fail(model_error::over_budget);
  EXPECT_EQ(got, 20000u);
  EXPECT_EQ(model->asked.size(), 20000u);
}

TEST_F(shared_answer_test, nobody_waits_for_what_was_never_sent) {
  cache = cache::make_model_cache(std::make_shared<throwing_model>(), alarms, [] { return 0; });
  EXPECT_EQ(ask("q").error, model_error::broken);
  EXPECT_EQ(ask("q").error, model_error::broken);
}

TEST_F(shared_answer_test, whoever_waits_for_somebody_elses_answer_waits_no_longer_than_he_may) {
  model->at_once = false;
  std::promise<model_error> over;
  auto how = over.get_future();
  cache->send(question("q"), [&](model_reply) {});
  auto short_one = question("q");
  short_one.deadline = 20ms;
  cache->send(short_one, [&](model_reply x) { over.set_value(x.error); });
  ASSERT_EQ(how.wait_for(5s), std::future_status::ready);
  EXPECT_EQ(how.get(), model_error::timeout);
  model->answer("x");
}

} // namespace
