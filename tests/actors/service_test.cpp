// Services that say when they are ready.
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace service_cases {

/// A node that ended while its agent worked, and begins again before its service listens.
struct begins_before_its_service {
  begins_before_its_service() {
    s.around->http->answer = [this](const tools::http_request& x) {
      EXPECT_EQ(x.url, "http://depot.test/health");
      tools::http_response r;
      r.status = listens ? 200 : 503;
      return r;
    };
    auto fleet = a_fleet(a_domain("d", {an_agent("work", "script")}));
    service_spec depot;
    depot.name = "depot";
    depot.command = {"depot"};
    depot.ready = "http://depot.test/health";
    fleet.services = {depot};
    listens = true;
    s.up(std::move(fleet));
    s->advance(200ms);
    s.around->pool->held = true;
    s->submit(wants("work"));
    s->run();
    listens = false;
    s.crash();
    s.around->pool->held = false;
    s->advance(3s);
    EXPECT_EQ(s.room.count("work"), 0u);
    EXPECT_FALSE(s->api().ready());
  }
  stage s;
  bool listens = false;
};

TEST(service, interrupted_work_goes_on_when_it_is_ready) {
  begins_before_its_service x;
  x.listens = true;
  x.s->advance(300ms);
  EXPECT_EQ(x.s.room.count("work"), 1u);
  EXPECT_TRUE(x.s->api().ready());
}

TEST(service, that_does_not_come_up_is_given_up) {
  begins_before_its_service x;
  x.s->advance(8s);
  EXPECT_EQ(x.s.room.count("work"), 1u);
  EXPECT_TRUE(x.s->api().ready());
}

TEST(service, what_is_asked_meanwhile_waits_too) {
  begins_before_its_service x;
  const auto t = x.s->submit(wants("work"));
  x.s->advance(1s);
  EXPECT_EQ(t->finals(), 0u);
  x.listens = true;
  x.s->advance(300ms);
  EXPECT_TRUE(t->done());
}

} // namespace service_cases
