#include "actors/call_messages.hpp"
#include "actors/post.hpp"
#include "actors/task_messages.hpp"
#include "nodes/scheduler.hpp"
#include "src/telemetry/metrics.hpp"
#include "tests/fixtures/threaded_wire.hpp"

#include <gtest/gtest.h>

#include <spdlog/sinks/null_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// What the other tests of the post show in virtual time on one thread, here on CAF's own scheduler:
// two actor systems, and a link that calls back from threads of its own.

namespace troupe {
namespace post_threads_cases {

using namespace troupe::testing;

const address echo_at{address_kind::agent, "d/echo"};
/// Nothing here takes a second; a test that hangs is to say so.
constexpr std::chrono::seconds deadline{30};
/// A request that runs out is an answer that did not come: by then the test has failed.
constexpr std::chrono::minutes longer{10};

template <class T>
bool comes(std::future<T>& x) {
  return x.wait_for(deadline) == std::future_status::ready;
}

struct threads {
  bool tuned = false;    ///< the scheduler, as troupe's own programs do
  bool detached = false; ///< the posts have threads of their own
};

class machine {
 public:
  machine(threaded_wire& wire, const std::string& node, std::uint64_t incarnation, threads how)
      : how_(how) {
    if (how.tuned)
      tune_scheduler(settings_, 2);
    system_ = std::make_unique<caf::actor_system>(settings_);
    parts_->fleet.node_id = node;
    parts_->seed = stable_hash(node) + incarnation;
    parts_->time =
        timeline{std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now()),
                 system_->clock().now()};
    parts_->log = log();
    parts_->counters = std::make_shared<metrics>();
    place_ = places().claim({address_kind::node, node + "/post"});
    config_.open = [&wire, node, incarnation] { return wire.open(node, incarnation); };
    config_.place = place_;
    config_.registry = places().claim({address_kind::node, node + "/registry"});
    config_.patience = milliseconds{200};
    config_.tell_every = milliseconds{10};
    // No answer may come only because somebody lost patience.
    config_.carry_within = milliseconds{600'000};
    start_post();
  }
  machine(const machine&) = delete;
  machine& operator=(const machine&) = delete;
  /// Ends everything at once, as a node that is killed; waits until all of it is gone.
  ~machine() {
    for (const auto& who : actors_)
      if (auto x = caf::actor_cast<caf::actor>(who))
        caf::anon_send_exit(x, caf::exit_reason::kill);
  }

  /// Comes true when the other node has told of an agent.
  std::future<seat_ptr> next_agent() {
    auto heard = std::make_shared<std::promise<seat_ptr>>();
    auto out = heard->get_future();
    config_.registry->take(keep(system_->spawn([heard](caf::event_based_actor*) -> caf::behavior {
      return {[heard, told = std::make_shared<bool>(false)](const register_agent& x) {
                if (!std::exchange(*told, true))
                  heard->set_value(x.who);
              },
              [](const unregister_agent&) {}};
    })));
    return out;
  }
  caf::actor seat_echo() {
    auto spec = std::make_shared<agent_spec>();
    spec->card.name = "echo";
    spec->card.domain = "d";
    spec->slots = 64;
    spec->queue_limit = 1000;
    const auto who = keep(system_->spawn([](caf::event_based_actor*) -> caf::behavior {
      return {[](const run_call& x) {
                return call_ended{x.call, std::make_shared<const outcome>(), nullptr};
              },
              [](const find_task& x) {
                return task_found{x.request, nullptr};
              }};
    }));
    const auto place = places().claim(echo_at, std::move(spec));
    const auto incarnation = place->take(who);
    who->attach_functor([place, incarnation, known = parts_->places](const caf::error&) {
      place->leave();
      known->announce_down(place, incarnation, "ended");
    });
    return who;
  }
  void start_post() {
    post_ =
        keep(how_.detached ? system_->spawn<caf::detached>(troupe::post, parts_ptr{parts_}, config_)
                           : system_->spawn(troupe::post, parts_ptr{parts_}, config_));
    place_->take(post_);
  }
  [[nodiscard]] const caf::actor& post() const { return post_; }
  [[nodiscard]] directory& places() { return *parts_->places; }
  [[nodiscard]] caf::actor_system& system() { return *system_; }
  caf::actor keep(caf::actor who) {
    actors_.push_back(caf::actor_cast<caf::actor_addr>(who));
    return who;
  }

 private:
  static std::shared_ptr<spdlog::logger> log() {
    if (std::getenv("TROUPE_TEST_LOG") != nullptr)
      return std::make_shared<spdlog::logger>("test",
                                              std::make_shared<spdlog::sinks::stderr_sink_mt>());
    return std::make_shared<spdlog::logger>("test",
                                            std::make_shared<spdlog::sinks::null_sink_mt>());
  }

  const threads how_;
  caf::actor_system_config settings_;
  std::unique_ptr<caf::actor_system> system_;
  std::shared_ptr<node_parts> parts_ = std::make_shared<node_parts>();
  seat_ptr place_;
  post_config config_;
  caf::actor post_;
  std::vector<caf::actor_addr> actors_;
};

agent_call_ptr a_call() {
  auto about = std::make_shared<task>();
  about->id = "t";
  about->text = "say it again";
  auto out = std::make_shared<agent_call>();
  out->about = about;
  out->text = about->text;
  return out;
}

/// Keeps `window` calls in flight until `count` have been answered; every second of them is a
/// request if it `asks`.
struct load {
  std::uint64_t count = 0;
  std::uint64_t window = 0;
  bool asks = true;
  std::function<void(std::uint64_t done)> at_each;
  std::uint64_t sent = 0;
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  std::vector<std::uint64_t> calls; ///< as they were answered
  std::promise<void> finished;
};

caf::behavior caller(caf::event_based_actor* self, std::shared_ptr<load> work, caf::actor to) {
  auto next = std::make_shared<std::function<void()>>();
  const auto over = [self, work, again = std::weak_ptr{next}] {
    ++work->done;
    if (work->at_each)
      work->at_each(work->done);
    if (const auto send = again.lock(); send && work->sent < work->count)
      (*send)();
    if (work->done == work->count) {
      self->quit();
      work->finished.set_value();
    }
  };
  *next = [self, work, to, over, what = a_call()] {
    const auto i = work->sent++;
    if (!work->asks || i % 2 == 0)
      self->send(to, run_call{i, what});
    else
      self->request(to, longer, find_task{"x", i})
          .then(
              [work, over, i](const task_found& x) {
                work->failed += x.request != i ? 1 : 0;
                over();
              },
              [work, over](const caf::error&) {
                ++work->failed;
                over();
              });
  };
  for (std::uint64_t i = 0; i < work->window; ++i)
    (*next)();
  return {[work, over, next](const call_ended& x) {
    work->calls.push_back(x.call);
    over();
  }};
}

class post_threads : public ::testing::TestWithParam<threads> {
 protected:
  /// B with an agent, and A's proxy of it.
  void meet() {
    auto told = a.next_agent();
    b = std::make_unique<machine>(wire, "B", ++incarnation, GetParam());
    echo = b->seat_echo();
    ASSERT_TRUE(comes(told)) << "the posts do not meet";
    far = told.get()->now().handle;
    ASSERT_TRUE(far);
  }
  void TearDown() override {
    far = nullptr;
    echo = nullptr;
    b.reset();
  }

  std::uint64_t incarnation = 0;
  threaded_wire wire;
  machine a{wire, "A", 1, GetParam()};
  std::unique_ptr<machine> b;
  caf::actor echo;
  caf::actor far;
};

TEST_P(post_threads, bring_every_answer) {
  meet();
  auto work = std::make_shared<load>();
  work->count = 20'000;
  work->window = 64;
  auto finished = work->finished.get_future();
  a.system().spawn(caller, work, far);
  ASSERT_TRUE(comes(finished));
  EXPECT_EQ(work->failed, 0u);
  ASSERT_EQ(work->calls.size(), work->count / 2);
  for (std::uint64_t i = 0; i < work->calls.size(); ++i)
    ASSERT_EQ(work->calls[i], 2 * i);
  EXPECT_EQ(b->places().find(echo_at)->load.load(), 0u);
}

TEST_P(post_threads, bring_every_answer_to_one_that_nobody_else_holds) {
  meet();
  auto work = std::make_shared<load>();
  work->count = 20'000;
  work->window = 64;
  work->asks = false;
  auto finished = work->finished.get_future();
  // Requests would hold him, calls do not.
  a.system().spawn(caller, work, far);
  ASSERT_TRUE(comes(finished));
  EXPECT_EQ(work->calls.size(), work->count);
}

TEST_P(post_threads, bring_every_answer_whatever_becomes_of_the_link) {
  meet();
  auto work = std::make_shared<load>();
  work->count = 20'000;
  work->window = 64;
  work->at_each = [this](std::uint64_t done) {
    if (done % 400 == 0)
      wire.relink();
  };
  auto finished = work->finished.get_future();
  a.system().spawn(caller, work, far);
  ASSERT_TRUE(comes(finished));
  EXPECT_EQ(work->failed, 0u);
  ASSERT_EQ(work->calls.size(), work->count / 2);
  for (std::uint64_t i = 0; i < work->calls.size(); ++i)
    ASSERT_EQ(work->calls[i], 2 * i);
}

TEST_P(post_threads, tell_of_the_end_of_an_agent) {
  meet();
  struct heard_all {
    std::promise<caf::error> down, exit;
    std::promise<void> ready;
  };
  auto heard = std::make_shared<heard_all>();
  auto down = heard->down.get_future();
  auto exit = heard->exit.get_future();
  auto ready = heard->ready.get_future();
  const auto watcher = a.keep(a.system().spawn([heard, to = far](
                                                   caf::event_based_actor* self) -> caf::behavior {
    self->set_down_handler([heard](const caf::down_msg& x) { heard->down.set_value(x.reason); });
    self->set_exit_handler([heard](const caf::exit_msg& x) { heard->exit.set_value(x.reason); });
    self->monitor(to);
    self->link_to(to);
    heard->ready.set_value();
    return {[](const call_ended&) {}};
  }));
  ASSERT_TRUE(comes(ready));
  caf::anon_send_exit(echo, caf::exit_reason::user_shutdown);
  ASSERT_TRUE(comes(down));
  ASSERT_TRUE(comes(exit));
  const caf::error why = caf::exit_reason::user_shutdown;
  EXPECT_EQ(down.get(), why);
  EXPECT_EQ(exit.get(), why);
}

/// Threads of their own that ask one request after the other, until one fails.
class many_askers {
 public:
  many_askers(caf::actor_system& sys, const caf::actor& to) {
    for (int i = 0; i < 8; ++i) {
      auto working = std::make_shared<std::promise<void>>();
      working_.push_back(working->get_future());
      ended_.push_back(
          std::async(std::launch::async, [working, &sys, to] { ask(sys, to, *working); }));
    }
  }
  bool all_work() { return std::all_of(working_.begin(), working_.end(), comes<void>); }
  /// Ends the test program if somebody waits for an answer that does not come: his thread could
  /// not be ended otherwise.
  void end() {
    if (std::all_of(ended_.begin(), ended_.end(), comes<void>))
      return;
    std::fprintf(stderr, "a request has no answer\n");
    std::abort();
  }

 private:
  static void ask(caf::actor_system& sys, const caf::actor& to, std::promise<void>& working) {
    caf::scoped_actor self{sys};
    bool failed = false;
    for (std::uint64_t answered = 0; !failed;)
      self->request(to, longer, find_task{"x", answered})
          .receive(
              [&](const task_found&) {
                if (++answered == 100)
                  working.set_value();
              },
              [&](const caf::error&) { failed = true; });
  }

  std::vector<std::future<void>> working_;
  std::vector<std::future<void>> ended_;
};

TEST_P(post_threads, leave_nobody_waiting_when_a_node_goes_away) {
  for (int round = 0; round < 5; ++round) {
    meet();
    many_askers askers{a.system(), far};
    ASSERT_TRUE(askers.all_work());
    echo = nullptr;
    b.reset();
    askers.end();
  }
}

TEST_P(post_threads, leave_nobody_waiting_when_a_post_ends) {
  meet();
  for (int round = 0; round < 5; ++round) {
    many_askers askers{a.system(), far};
    ASSERT_TRUE(askers.all_work());
    caf::anon_send_exit(a.post(), caf::exit_reason::kill);
    askers.end();
    auto told = a.next_agent();
    a.start_post();
    ASSERT_TRUE(comes(told));
    far = told.get()->now().handle;
    ASSERT_TRUE(far);
  }
}

INSTANTIATE_TEST_SUITE_P(any, post_threads,
                         ::testing::Values(threads{false, false}, threads{true, false},
                                           threads{true, true}),
                         [](const auto& x) {
                           return std::string{x.param.tuned ? "tuned" : "stock"} +
                                  (x.param.detached ? "_detached" : "");
                         });

} // namespace post_threads_cases
} // namespace troupe
