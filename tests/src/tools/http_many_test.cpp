// Many requests at one port: their turns, their ends, and connections that they share.
#include <atomic>
#include <future>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/src/tools/http_calls.hpp"
#include "tests/src/tools/http_server.hpp"

namespace http_many_cases {

using namespace troupe::tools;
using namespace troupe::tools::test;
using namespace std::chrono_literals;
using error = http_response::error;

TEST(http, cancel_gives_a_request_up) {
  std::promise<void> arrived;
  server web{[&](const std::string&) {
    arrived.set_value();
    return "";
  }};
  const auto port = make_http_port();
  one_response response;
  const auto id = port->send(get(web.url("/")), response.done());
  arrived.get_future().wait();
  port->cancel(id);
  EXPECT_EQ(response.get().failed, error::cancelled);
  port->cancel(id);
  port->cancel(424242);
}

TEST(http, connections_are_kept_and_reused) {
  server web{[](const std::string&) { return ok("x"); }};
  const auto port = make_http_port();
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(send(*port, get(web.url("/"))).failed, error::none);
  EXPECT_EQ(web.connections(), 1);
}

TEST(http, waiting_requests_are_bounded_and_get_their_turn) {
  std::promise<void> arrived;
  std::atomic<int> seen{0};
  server web{[&](const std::string& request) -> std::string {
    if (request.starts_with("GET /hang ")) {
      arrived.set_value();
      return "";
    }
    ++seen;
    return ok("x");
  }};
  http_limits limits;
  limits.in_flight_max = 1;
  limits.queue_max = 2;
  const auto port = make_http_port(limits);
  one_response hang;
  one_response first;
  one_response expired;
  one_response refused;
  const auto id = port->send(get(web.url("/hang")), hang.done());
  arrived.get_future().wait();
  port->send(get(web.url("/")), first.done());
  auto short_lived = get(web.url("/"));
  short_lived.deadline = 20ms;
  port->send(short_lived, expired.done());
  port->send(get(web.url("/")), refused.done());
  const auto one_too_many = refused.get();
  EXPECT_EQ(one_too_many.failed, error::refused);
  EXPECT_TRUE(one_too_many.unsent);
  const auto late = expired.get();
  EXPECT_EQ(late.failed, error::timeout);
  EXPECT_TRUE(late.unsent) << "its time was over before its turn came";
  one_response unwanted;
  port->cancel(port->send(get(web.url("/")), unwanted.done()));
  const auto withdrawn = unwanted.get();
  EXPECT_EQ(withdrawn.failed, error::cancelled);
  EXPECT_TRUE(withdrawn.unsent);
  EXPECT_EQ(seen, 0);
  port->cancel(id);
  const auto hung = hang.get();
  EXPECT_EQ(hung.failed, error::cancelled);
  EXPECT_FALSE(hung.unsent) << "the server has seen it";
  EXPECT_EQ(first.get().status, 200);
}

TEST(http, many_at_once) {
  server web{
      [](const std::string& request) { return ok(request.substr(0, request.find(" HTTP"))); }};
  http_limits limits;
  limits.in_flight_max = 50;
  limits.queue_max = 1000;
  const auto port = make_http_port(limits);
  std::vector<one_response> all(500);
  for (std::size_t i = 0; i < all.size(); ++i)
    port->send(get(web.url("/" + std::to_string(i))), all[i].done());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto response = all[i].get();
    EXPECT_EQ(response.failed, error::none) << response.detail;
    EXPECT_EQ(response.body, "GET /" + std::to_string(i));
  }
}

TEST(http, the_destructor_reports_everything) {
  server web{[](const std::string&) { return ""; }};
  http_limits limits;
  limits.in_flight_max = 2;
  std::vector<one_response> all(5);
  {
    const auto port = make_http_port(limits);
    for (auto& one : all)
      port->send(get(web.url("/")), one.done());
  }
  for (auto& one : all) {
    ASSERT_EQ(one.future.wait_for(0s), std::future_status::ready);
    EXPECT_EQ(one.get().failed, error::cancelled);
  }
}

TEST(http, a_callback_may_send_the_next) {
  server web{[](const std::string&) { return ok("x"); }};
  const auto port = make_http_port();
  one_response second;
  port->send(get(web.url("/")),
             [&](http_response) { port->send(get(web.url("/")), second.done()); });
  EXPECT_EQ(second.get().status, 200);
}

} // namespace http_many_cases
