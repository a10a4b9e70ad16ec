#include "src/a2a/exchange.hpp"
#include "src/a2a/remote_agent.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>

namespace troupe::a2a {

namespace {

constexpr auto card = R"({"name":"x","supportedInterfaces":[
  {"url":"https://a.example/grpc","protocolBinding":"GRPC","protocolVersion":"1.0"},
  {"url":"https://a.example/old","protocolBinding":"JSONRPC","protocolVersion":"0.3"},
  {"url":"https://a.example/rpc/","protocolBinding":"JSONRPC","protocolVersion":"1.0","tenant":"t"},
  {"url":"https://a.example/rest","protocolBinding":"HTTP+JSON","protocolVersion":"1.0"}]})";

/// A port that answers from a list, in order, at once.
class list_port final : public tools::http_port {
 public:
  std::uint64_t send(tools::http_request x, done_fn done) override {
    tools::http_response r;
    {
      const std::lock_guard hold{mutex};
      asked.push_back(x);
      if (!answers.empty()) {
        r = std::move(answers.front());
        answers.pop_front();
      } else {
        r.status = 500;
      }
    }
    done(std::move(r));
    return ++last;
  }
  void cancel(std::uint64_t) override {}
  void say(int status, std::string body) {
    tools::http_response r;
    r.status = status;
    r.body = std::move(body);
    answers.push_back(std::move(r));
  }
  std::mutex mutex;
  std::deque<tools::http_response> answers;
  std::vector<tools::http_request> asked;
  std::atomic<std::uint64_t> last{0};
};

std::string in_rpc(const std::string& result) {
  return R"({"jsonrpc":"2.0","id":1,"result":)" + result + "}";
}

settings quick() {
  settings out;
  out.url = "https://a.example";
  out.headers = {{"Authorization", "Bearer k"}};
  out.poll_min = out.poll_max = std::chrono::milliseconds{1};
  return out;
}

reply call(remote_agent& agent, message what = {"m1", "hello", nullptr, {}}) {
  std::promise<reply> got;
  agent.call(std::move(what), std::chrono::seconds{10},
             [&](reply x) { got.set_value(std::move(x)); });
  return got.get_future().get();
}

} // namespace

TEST(a2a_exchange, picks_the_first_interface_that_it_speaks) {
  std::string why;
  const auto to = pick_endpoint(card, "https://a.example/.well-known/agent-card.json", why);
  ASSERT_TRUE(to);
  EXPECT_EQ(to->url, "https://a.example/rpc");
  EXPECT_EQ(to->tenant, "t");
  EXPECT_TRUE(to->rpc);
  // Keys go to the host that they are for, and not where its card points.
  EXPECT_FALSE(pick_endpoint(card, "https://b.example/card.json", why));
  EXPECT_NE(why.find("another host"), std::string::npos);
  EXPECT_FALSE(pick_endpoint(card, "http://a.example/card.json", why));
  EXPECT_FALSE(pick_endpoint("[]", "https://a.example", why));
  EXPECT_FALSE(pick_endpoint(R"({"supportedInterfaces":[5,{"url":7}]})", "https://a.example", why));
  EXPECT_EQ(card_url("https://a.example/"), "https://a.example/.well-known/agent-card.json");
  EXPECT_EQ(card_url("https://a.example/x/card.json"), "https://a.example/x/card.json");
}

TEST(a2a_exchange, says_it_in_both_bindings) {
  const endpoint rpc{"https://a/rpc", "", true}, rest{"https://a/rest", "", false};
  const message m{"m1", "hello", {{"k", 1}}, "s"};
  auto x = send_request(rpc, m, "team/a");
  auto body = json::parse(x.body);
  EXPECT_EQ(x.url, "https://a/rpc");
  EXPECT_EQ(body["method"], "SendMessage");
  EXPECT_EQ(body["params"]["tenant"], "team/a");
  EXPECT_EQ(body["params"]["message"]["parts"][0]["text"], "hello");
  EXPECT_EQ(body["params"]["message"]["parts"][1]["data"]["k"], 1);
  EXPECT_EQ(body["params"]["message"]["metadata"]["skill"], "s");
  x = send_request(rest, m, "team/a");
  EXPECT_EQ(x.url, "https://a/rest/team%2Fa/message:send");
  x = get_request(rest, "t 1", "");
  EXPECT_EQ(x.method + " " + x.url, "GET https://a/rest/tasks/t%201");
  x = cancel_request(rest, "t1", "");
  EXPECT_EQ(x.method + " " + x.url, "POST https://a/rest/tasks/t1:cancel");
}

TEST(a2a_exchange, reads_what_comes_back) {
  const endpoint rest{"https://a", "", false};
  const auto of = [&](const std::string& text, int status = 200) {
    return read_reply(rest, status, text, true);
  };
  auto x = of(R"({"message":{"parts":[{"text":"a"},{"text":"b"},{"data":{"k":1}}]}})");
  EXPECT_TRUE(x.over);
  EXPECT_EQ(x.text, "a\nb");
  EXPECT_EQ(x.data, json::parse(R"({"k":1})"));
  x = of(R"({"task":{"id":"t","status":{"state":"TASK_STATE_WORKING"}}})");
  EXPECT_FALSE(x.over);
  EXPECT_EQ(x.task, "t");
  x = of(R"({"task":{"id":"t","status":{"state":"TASK_STATE_COMPLETED"},
    "artifacts":[{"parts":[{"text":"done"}]}]}})");
  EXPECT_EQ(x.text, "done");
  EXPECT_FALSE(x.failed);
  const auto why = [&](const std::string& state, const std::string& said) {
    return of(R"({"task":{"id":"t","status":{"state":")" + state +
              R"(","message":{"parts":[{"text":")" + said + R"("}]}}}})")
        .failed.why;
  };
  EXPECT_EQ(why("TASK_STATE_FAILED", "timeout: too slow"), reason::timeout);
  EXPECT_EQ(why("TASK_STATE_FAILED", "it broke"), reason::crash);
  EXPECT_EQ(why("TASK_STATE_REJECTED", ""), reason::policy_denied);
  EXPECT_EQ(why("TASK_STATE_CANCELED", ""), reason::unavailable);
  EXPECT_EQ(why("TASK_STATE_INPUT_REQUIRED", "which order?"), reason::invalid_input);
  EXPECT_EQ(why("TASK_STATE_SLEEPING", ""), reason::invalid_output);
  EXPECT_EQ(of("{").failed.why, reason::invalid_output);
  EXPECT_EQ(of("{}").failed.why, reason::invalid_output);
  EXPECT_EQ(of(R"({"message":{"parts":[]}})").failed.why, reason::invalid_output);
  EXPECT_EQ(of("", 429).failed.why, reason::rate_limited);
  EXPECT_EQ(of("", 503).failed.why, reason::unavailable);
  EXPECT_EQ(of("", 401).failed.why, reason::policy_denied);
  const endpoint rpc{"https://a", "", true};
  EXPECT_EQ(read_reply(rpc, 200, R"({"error":{"code":-32602,"message":"no"}})", true).failed.why,
            reason::invalid_input);
  EXPECT_EQ(read_reply(rpc, 200,
                       R"({"error":{"code":-32000,"message":"no","data":[{"reason":"BUSY"}]}})",
                       true)
                .failed.why,
            reason::rate_limited);
}

TEST(a2a_remote, looks_again_until_the_task_has_ended) {
  list_port http;
  tools::alarm_clock clock;
  http.say(200, card);
  http.say(200, in_rpc(R"({"task":{"id":"t","status":{"state":"TASK_STATE_SUBMITTED"}}})"));
  http.say(200, in_rpc(R"({"id":"t","status":{"state":"TASK_STATE_WORKING"}})"));
  http.say(200, in_rpc(R"({"id":"t","status":{"state":"TASK_STATE_COMPLETED"},
    "artifacts":[{"parts":[{"text":"done"}]}]})"));
  remote_agent agent{quick(), http, clock};
  EXPECT_EQ(call(agent).text, "done");
  ASSERT_EQ(http.asked.size(), 4u);
  EXPECT_EQ(http.asked[0].url, "https://a.example/.well-known/agent-card.json");
  EXPECT_EQ(json::parse(http.asked[3].body)["method"], "GetTask");
  EXPECT_EQ(http.asked[3].headers[0].second, "Bearer k");
  // The card is known by now.
  http.say(200, in_rpc(R"({"message":{"parts":[{"text":"again"}]}})"));
  EXPECT_EQ(call(agent).text, "again");
  EXPECT_EQ(http.asked.size(), 5u);
}

TEST(a2a_remote, says_why_there_is_no_answer) {
  list_port http;
  tools::alarm_clock clock;
  remote_agent agent{quick(), http, clock};
  http.say(404, "");
  EXPECT_EQ(call(agent).failed.why, reason::unavailable);
  http.say(200, R"({"supportedInterfaces":[]})");
  EXPECT_EQ(call(agent).failed.why, reason::invalid_output);
}

TEST(a2a_remote, cancels_there_what_is_given_up_here) {
  list_port http;
  tools::alarm_clock clock;
  http.say(200, card);
  http.say(200, in_rpc(R"({"task":{"id":"t","status":{"state":"TASK_STATE_WORKING"}}})"));
  auto how = quick();
  how.poll_min = how.poll_max = std::chrono::minutes{1};
  remote_agent agent{how, http, clock};
  std::promise<reply> got;
  const auto id = agent.call({"m1", "hello", nullptr, {}}, std::chrono::minutes{5},
                             [&](reply x) { got.set_value(std::move(x)); });
  agent.cancel(id);
  EXPECT_EQ(got.get_future().get().failed.why, reason::cancelled);
  EXPECT_EQ(json::parse(http.asked.back().body)["method"], "CancelTask");
  agent.cancel(id);
}

} // namespace troupe::a2a
