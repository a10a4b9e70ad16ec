// Programs that ask for work at the door, and go away.
#include "actors/work_desk.hpp"
#include "tests/nodes/door_kit.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

namespace troupe::test {

namespace work_door_cases {

using namespace std::chrono_literals;

/// A door with the desk of an agent `d/a` behind it.
struct work_door {
  work_door() {
    domain_spec x;
    x.path = "d";
    agent_spec a;
    a.card.domain = "d";
    a.card.name = "a";
    a.card.kind = agent_kind::worker;
    x.agents.push_back(a);
    d.node.declared().domains.push_back(x);
  }

  static api_settings with(std::shared_ptr<work_desk> desk) {
    api_settings out;
    out.work = std::move(desk);
    return out;
  }
  static std::string poll() { return post("/v1/work/d/a/poll", R"({"wait_ms":30000})"); }
  std::uint64_t offer() {
    return desk->offer("d/a", {{"text", "hello"}}, work_desk::steady::now() + 5min, 60s,
                       [](const outcome&) {});
  }
  /// So many wait for work, within a while.
  bool comes_to(std::size_t askers) const {
    const auto until = work_desk::steady::now() + 10s;
    while (desk->askers() != askers && work_desk::steady::now() < until)
      std::this_thread::yield();
    return desk->askers() == askers;
  }
  bool lent(std::uint64_t item) const { return !desk->agent_of(item).empty(); }

  tools::alarm_clock clock;
  std::shared_ptr<work_desk> desk = std::make_shared<work_desk>(clock);
  door d{{}, with(desk)};
};

TEST(work_door, who_has_gone_is_lent_nothing) {
  work_door x;
  // One that was killed, or has closed its connection, and one that only sends no more: to the door
  // they look alike.
  for (const bool closes : {true, false}) {
    auto gone = std::make_unique<raw_client>(x.d.port());
    gone->send(x.poll());
    ASSERT_TRUE(x.comes_to(1));
    if (closes) {
      gone.reset();
    } else {
      gone->half_close();
      EXPECT_EQ(gone->rest(), "");
    }
    ASSERT_TRUE(x.comes_to(0)) << closes;
    const auto item = x.offer();
    EXPECT_FALSE(x.lent(item)) << closes;
    raw_client next{x.d.port()};
    const auto said = next.ask(x.poll());
    EXPECT_EQ(said.parsed()["work"][0]["id"], std::to_string(item)) << closes;
  }
}

TEST(work_door, whoever_asks_again_on_the_same_connection_gets_what_comes) {
  work_door x;
  raw_client c{x.d.port()};
  for (int i = 0; i < 2; ++i) {
    c.send(x.poll());
    ASSERT_TRUE(x.comes_to(1));
    const auto item = x.offer();
    EXPECT_EQ(c.read().parsed()["work"][0]["id"], std::to_string(item));
    EXPECT_TRUE(x.lent(item));
  }
  // A request of another kind is answered though nothing more is sent.
  c.send(get("/healthz"));
  c.half_close();
  EXPECT_EQ(c.read().status, 200u);
}

TEST(work_door, whoever_fails_says_why) {
  work_door x;
  raw_client c{x.d.port()};
  const auto item = x.offer();
  const auto lease = c.ask(x.poll()).parsed()["work"][0]["lease"].get<std::string>();
  const auto fail = [&](const std::string& why) {
    return c
        .ask(post("/v1/work/" + std::to_string(item) + "/fail",
                  R"({"lease":")" + lease + R"(","reason":")" + why + R"("})"))
        .status;
  };
  EXPECT_EQ(fail("none"), 400u);
  EXPECT_TRUE(x.lent(item));
  EXPECT_EQ(fail("unavailable"), 200u);
  EXPECT_FALSE(x.lent(item));
}

} // namespace work_door_cases
} // namespace troupe::test
