#include "src/tools/worker_pool.hpp"

#include <atomic>
#include <barrier>
#include <chrono>
#include <functional>
#include <future>
#include <latch>
#include <memory>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

namespace worker_pool_cases {

namespace {

using namespace troupe::tools;
using namespace std::chrono_literals;

constexpr auto patience = 30s;

bool is_ready(const std::future<void>& future) {
  return future.wait_for(patience) == std::future_status::ready;
}

/// A job that hangs, whatever its token says, until it is let go.
class hanging {
 public:
  worker_pool::job job() {
    return [state = state_](std::stop_token) {
      state->entered.set_value();
      state->gate.wait();
      state->left.set_value();
    };
  }
  bool entered() { return is_ready(entered_); }
  bool left() { return is_ready(left_); }
  void let_go() { open_.set_value(); }

 private:
  struct shared {
    std::promise<void> entered;
    std::promise<void> left;
    std::shared_future<void> gate;
  };
  std::shared_ptr<shared> state_ = std::make_shared<shared>();
  std::promise<void> open_;
  std::future<void> entered_ = state_->entered.get_future();
  std::future<void> left_ = state_->left.get_future();

 public:
  hanging() { state_->gate = open_.get_future().share(); }
};

/// Tries until it holds; the bound only matters when something is broken.
bool eventually(const std::function<bool()>& holds) {
  for (const auto end = std::chrono::steady_clock::now() + patience;
       std::chrono::steady_clock::now() < end; std::this_thread::yield())
    if (holds())
      return true;
  return false;
}

} // namespace

TEST(worker_pool, two_jobs_run_at_the_same_time) {
  worker_limits limits;
  limits.threads = 2;
  const auto pool = make_worker_pool(limits);
  for (int round = 0; round < 100; ++round) {
    // Neither gets past the barrier unless the other one runs too.
    const auto barrier = std::make_shared<std::barrier<>>(2);
    std::promise<void> a;
    std::promise<void> b;
    auto a_done = a.get_future();
    auto b_done = b.get_future();
    ASSERT_TRUE(pool->submit(
        [&, barrier](std::stop_token) { barrier->arrive_and_wait(), a.set_value(); }, patience));
    ASSERT_TRUE(pool->submit(
        [&, barrier](std::stop_token) { barrier->arrive_and_wait(), b.set_value(); }, patience));
    ASSERT_TRUE(is_ready(a_done));
    ASSERT_TRUE(is_ready(b_done));
  }
}

TEST(worker_pool, has_a_thread_for_every_core_by_default) {
  const auto pool = make_worker_pool();
  const auto cores = std::max(1u, std::thread::hardware_concurrency());
  const auto all = std::make_shared<std::latch>(cores);
  std::promise<void> met;
  auto future = met.get_future();
  std::atomic<bool> told{false};
  for (unsigned i = 0; i < cores; ++i)
    ASSERT_TRUE(pool->submit(
        [&, all](std::stop_token) {
          all->arrive_and_wait();
          if (!told.exchange(true))
            met.set_value();
        },
        patience));
  EXPECT_TRUE(is_ready(future));
}

TEST(worker_pool, refuses_when_the_queue_is_full) {
  worker_limits limits;
  limits.threads = 1;
  limits.queue_max = 2;
  const auto pool = make_worker_pool(limits);
  hanging first;
  ASSERT_TRUE(pool->submit(first.job(), patience));
  ASSERT_TRUE(first.entered());
  std::latch ran{2};
  EXPECT_TRUE(pool->submit([&](std::stop_token) { ran.count_down(); }, patience));
  EXPECT_TRUE(pool->submit([&](std::stop_token) { ran.count_down(); }, patience));
  EXPECT_FALSE(pool->submit([](std::stop_token) { FAIL() << "it was refused"; }, patience));
  EXPECT_EQ(pool->now().queued, 2u);
  EXPECT_EQ(pool->now().running, 1u);
  first.let_go();
  ran.wait();
}

TEST(worker_pool, stops_the_token_at_the_deadline) {
  const auto pool = make_worker_pool();
  std::promise<void> stopped;
  auto future = stopped.get_future();
  ASSERT_TRUE(pool->submit(
      [&](std::stop_token token) {
        std::promise<void> told;
        std::stop_callback on_stop{token, [&] { told.set_value(); }};
        told.get_future().wait();
        stopped.set_value();
      },
      10ms));
  EXPECT_TRUE(is_ready(future));
}

TEST(worker_pool, cancel_stops_a_running_job_and_warns_a_waiting_one) {
  worker_limits limits;
  limits.threads = 1;
  const auto pool = make_worker_pool(limits);
  std::promise<void> running;
  std::promise<void> over;
  const auto job = [&](std::stop_token token) {
    std::promise<void> told;
    std::stop_callback on_stop{token, [&] { told.set_value(); }};
    running.set_value();
    told.get_future().wait();
  };
  const auto first = pool->submit(job, patience);
  bool was_stopped = false;
  const auto second = pool->submit(
      [&](std::stop_token token) {
        was_stopped = token.stop_requested();
        over.set_value();
      },
      patience);
  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  ASSERT_NE(first, second);
  running.get_future().wait();
  pool->cancel(second);
  pool->cancel(first);
  pool->cancel(987654);
  ASSERT_TRUE(is_ready(over.get_future()));
  EXPECT_TRUE(was_stopped);
}

TEST(worker_pool, a_job_that_hangs_is_replaced) {
  worker_limits limits;
  limits.threads = 1;
  limits.overrun_grace = 10ms;
  const auto pool = make_worker_pool(limits);
  hanging stuck;
  ASSERT_TRUE(pool->submit(stuck.job(), 10ms));
  ASSERT_TRUE(stuck.entered());
  std::promise<void> ran;
  ASSERT_TRUE(pool->submit([&](std::stop_token) { ran.set_value(); }, patience));
  EXPECT_TRUE(is_ready(ran.get_future()));
  EXPECT_EQ(pool->now().lost, 1u);
  stuck.let_go();
  EXPECT_TRUE(eventually([&] { return pool->now().lost == 0; }));
}

TEST(worker_pool, refuses_when_as_many_are_lost_as_may_be_and_recovers) {
  worker_limits limits;
  limits.threads = 1;
  limits.overrun_grace = 1ms;
  limits.replacements_max = 2;
  const auto pool = make_worker_pool(limits);
  hanging stuck[3];
  ASSERT_TRUE(pool->submit(stuck[0].job(), 1ms));
  ASSERT_TRUE(stuck[0].entered());
  ASSERT_TRUE(eventually([&] { return pool->now().lost == 1; }));
  ASSERT_TRUE(pool->submit(stuck[1].job(), 1ms));
  // A third is let in before the second is lost; when it hangs as well, nobody takes its place.
  const bool third = pool->submit(stuck[2].job(), 1ms) != 0;
  ASSERT_TRUE(stuck[1].entered());
  ASSERT_TRUE(eventually([&] { return pool->now().lost == 2; }));
  if (third) {
    ASSERT_TRUE(stuck[2].entered());
  }
  EXPECT_FALSE(pool->submit([](std::stop_token) {}, patience));
  EXPECT_EQ(pool->now().lost, 2u);
  for (auto& one : stuck)
    one.let_go();
  std::promise<void> ran;
  EXPECT_TRUE(eventually(
      [&] { return pool->submit([&](std::stop_token) { ran.set_value(); }, patience) != 0; }));
  EXPECT_TRUE(is_ready(ran.get_future()));
}

TEST(worker_pool, survives_a_job_that_throws) {
  worker_limits limits;
  limits.threads = 1;
  const auto pool = make_worker_pool(limits);
  std::promise<void> ran;
  pool->submit([](std::stop_token) { throw std::runtime_error{"a careless job"}; }, patience);
  pool->submit([](std::stop_token) { throw 7; }, patience);
  pool->submit([&](std::stop_token) { ran.set_value(); }, patience);
  EXPECT_TRUE(is_ready(ran.get_future()));
}

TEST(worker_pool, the_destructor_calls_waiting_jobs_with_a_stopped_token) {
  worker_limits limits;
  limits.threads = 1;
  limits.close_wait = patience;
  std::atomic<int> calls{0};
  {
    const auto pool = make_worker_pool(limits);
    std::promise<void> running;
    pool->submit(
        [&](std::stop_token token) {
          std::promise<void> told;
          std::stop_callback on_stop{token, [&] { told.set_value(); }};
          running.set_value();
          told.get_future().wait();
        },
        patience);
    running.get_future().wait();
    for (int i = 0; i < 5; ++i)
      pool->submit([&](std::stop_token token) { calls += token.stop_requested(); }, patience);
  }
  EXPECT_EQ(calls, 5);
}

TEST(worker_pool, the_destructor_leaves_a_hung_job_behind_safely) {
  worker_limits limits;
  limits.threads = 1;
  limits.close_wait = 10ms;
  hanging stuck;
  std::atomic<bool> called{false};
  auto pool = make_worker_pool(limits);
  ASSERT_TRUE(pool->submit(stuck.job(), patience));
  ASSERT_TRUE(stuck.entered());
  ASSERT_TRUE(pool->submit([&](std::stop_token) { called = true; }, patience));
  pool.reset();
  stuck.let_go();
  EXPECT_TRUE(stuck.left());
  EXPECT_FALSE(called);
}

TEST(worker_pool, many_jobs_from_many_threads) {
  worker_limits limits;
  limits.threads = 4;
  limits.queue_max = 100'000;
  const auto pool = make_worker_pool(limits);
  constexpr int each = 5000;
  std::latch done{4 * each};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < each; ++i)
        ASSERT_TRUE(pool->submit([&](std::stop_token) { done.count_down(); }, patience));
    });
  for (auto& one : threads)
    one.join();
  done.wait();
}

} // namespace worker_pool_cases
