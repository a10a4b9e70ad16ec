// A request's way through the quota: it is answered once, and sent only while somebody wants it.
#include "actors/quota_desk.hpp"
#include "actors/quota_port.hpp"
#include "tests/fixtures/post_stage.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace quota_port_cases {

/// Notes what it is sent, and answers when it is told to. A call may come in the middle of it.
struct provider final : models::model_port {
  std::uint64_t send(const model_request&, done_fn done) override {
    ++sent;
    answer = std::move(done);
    if (meanwhile)
      meanwhile();
    return 7;
  }
  void cancel(std::uint64_t id) override {
    cancelled.push_back(id);
    model_reply x;
    x.error = model_error::cancelled;
    if (answer)
      std::exchange(answer, nullptr)(std::move(x));
  }
  int sent = 0;
  std::vector<std::uint64_t> cancelled;
  done_fn answer;
  std::function<void()> meanwhile;
};

/// A port whose desk does nothing but keep what it gets.
struct counter {
  counter() {
    provider_spec p;
    p.name = "main";
    p.connect_timeout = 3s;
    p.limits = {60, 0, 5};
    model_spec m;
    m.name = "m";
    m.provider = "main";
    port = std::make_unique<quota_port>(behind, quota_plan::of({p}, {m}), place);
    desk = stage.system().spawn([this](caf::event_based_actor*) -> caf::behavior {
      return {[this](const quota_wanted& x) { tickets.push_back(x.which); },
              [](const quota_given_up&) {}};
    });
    place->take(desk);
    model_request what;
    what.model = "m";
    id = port->send(what, [this](model_reply x) { said.push_back(std::move(x)); });
    stage.run();
  }
  ~counter() {
    caf::anon_send_exit(desk, caf::exit_reason::kill);
    stage.run();
  }
  void pass() {
    port->pass(tickets.at(0), 1s, [this](const model_reply& x) { ended.push_back(x); });
  }

  post_stage stage;
  directory places;
  seat_ptr place = places.claim({address_kind::node, "n/quota_desk"});
  std::shared_ptr<provider> behind = std::make_shared<provider>();
  std::unique_ptr<quota_port> port;
  caf::actor desk;
  std::vector<quota_ticket_ptr> tickets;
  std::vector<model_reply> said, ended;
  std::uint64_t id = 0;
};

TEST(quota_port, what_is_given_up_before_it_is_sent_is_not_sent) {
  counter x;
  x.port->cancel(x.id);
  ASSERT_EQ(x.said.size(), 1u);
  EXPECT_TRUE(x.said[0].unsent);
  x.pass(); // Its turn had come before the desk heard of it.
  EXPECT_EQ(x.behind->sent, 0);
  ASSERT_EQ(x.ended.size(), 1u) << "the desk knows that its place is free";
  EXPECT_TRUE(x.ended[0].unsent);
  EXPECT_EQ(x.said.size(), 1u);
  EXPECT_EQ(x.port->open(), 0u);
}

TEST(quota_port, what_is_given_up_while_it_is_sent_is_cancelled_there) {
  counter x;
  x.behind->meanwhile = [&] { x.port->cancel(x.id); };
  x.pass();
  EXPECT_EQ(x.behind->cancelled, (std::vector<std::uint64_t>{7}));
  ASSERT_EQ(x.said.size(), 1u);
  EXPECT_EQ(x.said[0].error, model_error::cancelled);
  EXPECT_FALSE(x.said[0].unsent) << "it may have cost something";
  EXPECT_EQ(x.port->open(), 0u);
}

TEST(quota_port, what_is_refused_is_forgotten) {
  counter x;
  EXPECT_EQ(x.port->open(), 1u);
  x.tickets.at(0)->refuse("there are too many", 1s);
  EXPECT_EQ(x.port->open(), 0u);
  EXPECT_EQ(x.said.size(), 1u);
}

TEST(quota_port, limits_know_how_long_a_request_may_take) {
  counter x;
  const auto& limit = x.port->plan().limits.at(0);
  EXPECT_EQ(limit.on_its_way, 4s) << "to connect, and a second more";
  EXPECT_EQ(limit.longest, provider_spec{}.timeout);
}

} // namespace quota_port_cases
