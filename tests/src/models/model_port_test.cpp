// Models over real HTTP, against a server of the test's own.
#include "src/models/model_port.hpp"

#include "tests/src/tools/http_server.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <string>

using namespace troupe;
using namespace troupe::models;
using namespace std::chrono_literals;
using tools::test::server;

namespace {

struct asker {
  explicit asker(const server& web, provider_spec p = {},
                 const std::function<void(model_spec&)>& change = {}) {
    p.name = "p";
    p.url = web.url("/v1");
    model_spec m;
    m.name = "small";
    m.provider = "p";
    m.model = "gpt-x";
    m.input_price = 2;
    m.output_price = 10;
    if (change)
      change(m);
    port = make_model_port(std::shared_ptr<tools::http_port>{tools::make_http_port()}, {p}, {m});
  }

  model_reply ask(milliseconds deadline = 30s) {
    auto done = std::make_shared<std::promise<model_reply>>();
    auto heard = done->get_future();
    model_request what;
    what.model = "small";
    what.messages = {{chat_role::user, "Hello there", {}, {}}};
    what.deadline = deadline;
    last = port->send(what, [done](model_reply x) { done->set_value(std::move(x)); });
    if (cancels)
      port->cancel(last);
    return heard.get();
  }

  std::shared_ptr<model_port> port;
  std::uint64_t last = 0;
  bool cancels = false;
};

std::string stream(const std::string& body, const std::string& more = {}) {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + more +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

const std::string hello =
    "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\n"
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":20}}\n\n";

} // namespace

TEST(model_port, an_answer_costs_what_its_tokens_cost) {
  server web{[](const std::string&) { return stream(hello); }};
  const auto reply = asker{web}.ask();
  ASSERT_TRUE(reply.ok()) << reply.detail;
  EXPECT_EQ(reply.text, "Hi");
  EXPECT_EQ(reply.used.cost_micros, 100u * 2 + 20u * 10);
  EXPECT_EQ(reply.used.calls, 1u);
  EXPECT_FALSE(reply.estimated);
}

TEST(model_port, what_a_provider_read_from_its_cache_has_a_price_of_its_own) {
  const auto words = [](const char* usage) {
    return std::string{"{\"type\":\"message\",\"content\":[{\"type\":\"text\",\"text\":\"Hi\"}],"
                       "\"stop_reason\":\"end_turn\",\"usage\":"} +
           usage + "}";
  };
  server web{[&](const std::string&) {
    return stream(words("{\"input_tokens\":10,\"cache_read_input_tokens\":70,"
                        "\"cache_creation_input_tokens\":20,\"output_tokens\":5}"));
  }};
  provider_spec p;
  p.api = model_api::anthropic;
  EXPECT_EQ((asker{web, p}.ask().used.cost_micros), 100u * 2 + 5u * 10) << "as other input";
  const auto priced = asker{
      web, p, [](model_spec& m) {
        m.cached_input_price = 0.2;
        m.cache_write_price = 2.5;
      }}.ask();
  EXPECT_EQ(priced.used, (usage{100, 5, 10 * 2 + 14 + 50 + 5 * 10, 1, 70, 20}));
}

TEST(model_port, tokens_that_nobody_counted_are_estimated) {
  server web{[](const std::string&) { return stream(hello.substr(0, hello.find("\n\n") + 2)); }};
  const auto reply = asker{web}.ask();
  ASSERT_TRUE(reply.ok()) << reply.detail;
  EXPECT_TRUE(reply.estimated);
  EXPECT_GT(reply.used.input_tokens, 0u);
  EXPECT_EQ(reply.used.output_tokens, 1u);
  EXPECT_GT(reply.used.cost_micros, 0u);
}

TEST(model_port, a_limit_is_passed_on_with_its_wait) {
  server web{[](const std::string&) {
    return std::string{
        "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n"};
  }};
  const auto reply = asker{web}.ask();
  EXPECT_EQ(reply.error, model_error::rate_limited);
  EXPECT_EQ(reply.retry_after, 3s);
  EXPECT_EQ(reply.failed().why, reason::rate_limited);
  EXPECT_EQ(reply.used, usage{}) << "it has done nothing";
}

TEST(model_port, a_stream_that_is_cut_is_broken_and_has_cost_something) {
  server web{[](const std::string&) {
    return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 5000\r\n\r\n" +
           std::string{"data: {\"choices\":[{\"delta\":{\"content\":\"Half an ans\"}}]}\n\n"} +
           server::close;
  }};
  const auto reply = asker{web}.ask();
  EXPECT_EQ(reply.error, model_error::broken);
  EXPECT_EQ(reply.text, "Half an ans");
  EXPECT_GT(reply.used.cost_micros, 0u);
}

TEST(model_port, an_error_in_the_stream_says_why) {
  server web{[](const std::string&) {
    return stream(
        "data: {\"error\":{\"type\":\"overloaded_error\",\"message\":\"come back\"}}\n\n");
  }};
  const auto reply = asker{web}.ask();
  EXPECT_EQ(reply.error, model_error::overloaded);
  EXPECT_NE(reply.detail.find("come back"), std::string::npos);
}

TEST(model_port, deadlines_hold) {
  server web{[](const std::string&) { return std::string{}; }};
  const auto late = asker{web}.ask(50ms);
  EXPECT_EQ(late.error, model_error::timeout);
  EXPECT_FALSE(late.unsent);
  EXPECT_EQ(late.used, (usage{0, 0, 0, 1})) << "it may have worked";
  provider_spec slow;
  slow.first_byte_timeout = 50ms;
  EXPECT_EQ((asker{web, slow}.ask().error), model_error::timeout);
  asker stopped{web};
  stopped.cancels = true;
  EXPECT_EQ(stopped.ask().error, model_error::cancelled);
}

TEST(model_port, what_was_over_before_it_could_be_sent_has_reached_nobody) {
  server web{[](const std::string&) { return stream(hello); }};
  const auto reply = asker{web}.ask(0ms);
  EXPECT_EQ(reply.error, model_error::timeout);
  EXPECT_TRUE(reply.unsent) << reply.detail;
  EXPECT_EQ(reply.used, usage{});
}

TEST(model_port, a_server_that_is_not_there_is_unreachable) {
  auto gone = std::make_unique<server>([](const std::string&) { return std::string{}; });
  asker a{*gone};
  gone.reset();
  EXPECT_EQ(a.ask().error, model_error::unreachable);
}
