#include "nodes/scheduler.hpp"

#include <troupe/caf.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace troupe {

namespace {

/// Where jobs wait until two threads are in.
struct meeting {
  std::mutex lock;
  std::condition_variable came;
  std::set<std::thread::id> who;
  bool failed = false;

  void join() {
    std::unique_lock guard{lock};
    who.insert(std::this_thread::get_id());
    came.notify_all();
    failed =
        !came.wait_for(guard, std::chrono::seconds{30}, [&] { return who.size() > 1 || failed; }) ||
        failed;
  }
};

struct join_in {};

} // namespace

} // namespace troupe

TROUPE_ALLOW_LOCAL_MESSAGE(troupe::join_in)

namespace troupe {

namespace {

// A sleeping neighbour looks for work by itself after an hour only, so that it comes because it is
// called or not at all.
TEST(scheduler, a_worker_with_much_to_do_calls_its_neighbour) {
  caf::actor_system_config config;
  config.set(caf_setting("work-stealing.relaxed-sleep-duration"),
             caf::timespan{std::chrono::hours{1}});
  tune_scheduler(config, 2);
  auto place = std::make_shared<meeting>();
  {
    caf::actor_system sys{config};
    auto boss = sys.spawn([place](caf::event_based_actor* self) -> caf::behavior {
      return {[=](join_in) {
        std::vector<caf::actor> staff;
        for (int i = 0; i < 32; ++i)
          staff.push_back(self->spawn([place](caf::event_based_actor* worker) -> caf::behavior {
            return {[=](join_in) {
              place->join();
              worker->quit();
            }};
          }));
        for (const auto& one : staff)
          self->send(one, join_in{});
        self->quit();
      }};
    });
    caf::anon_send(boss, join_in{});
    boss = nullptr;
    sys.await_all_actors_done();
  }
  EXPECT_FALSE(place->failed);
  EXPECT_EQ(place->who.size(), 2u);
}

} // namespace

} // namespace troupe
