#include "src/a2a/exchange.hpp"
#include "src/a2a/remote_agent.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <functional>
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
        r.failed = afterwards;
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
  void fail(tools::http_response::error how) {
    tools::http_response r;
    r.failed = how;
    answers.push_back(std::move(r));
  }
  /// The method of JSON-RPC of a request, counted from the last.
  std::string method(std::size_t from_behind = 1) {
    const std::lock_guard hold{mutex};
    const auto& x = asked.at(asked.size() - from_behind);
    return x.body.empty() ? "" : json::parse(x.body)["method"];
  }
  std::mutex mutex;
  std::deque<tools::http_response> answers;
  tools::http_response::error afterwards = tools::http_response::error::none;
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

constexpr auto working = R"({"task":{"id":"t","status":{"state":"TASK_STATE_WORKING"}}})";
constexpr auto completed = R"({"id":"t","status":{"state":"TASK_STATE_COMPLETED"},
  "artifacts":[{"parts":[{"text":"done"}]}]})";

reply call(remote_agent& agent, std::chrono::milliseconds deadline = std::chrono::seconds{10}) {
  std::promise<reply> got;
  agent.call({"m1", "hello", nullptr, {}}, deadline, [&](reply x) { got.set_value(std::move(x)); });
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
  // Where there is a task it may have acted, unless the agent did not take it.
  for (const std::string state : {"FAILED", "CANCELED", "INPUT_REQUIRED", "AUTH_REQUIRED"})
    EXPECT_TRUE(of(R"({"task":{"id":"t","status":{"state":"TASK_STATE_)" + state + R"("}}})").begun)
        << state;
  EXPECT_FALSE(of(R"({"task":{"id":"t","status":{"state":"TASK_STATE_REJECTED"}}})").begun);
  EXPECT_FALSE(of("", 401).begun);
  EXPECT_EQ(of("{").failed.why, reason::invalid_output);
  EXPECT_EQ(of("{}").failed.why, reason::invalid_output);
  EXPECT_EQ(of(R"({"message":{"parts":[]}})").failed.why, reason::invalid_output);
  EXPECT_EQ(of("", 429).failed.why, reason::rate_limited);
  EXPECT_EQ(of("", 503).failed.why, reason::unavailable);
  EXPECT_EQ(of("", 401).failed.why, reason::policy_denied);
  EXPECT_TRUE(of("", 503).passing);
  EXPECT_FALSE(of("", 401).passing);
  // A task that failed because something was busy is no question that could be asked again.
  x = of(R"({"task":{"id":"t","status":{"state":"TASK_STATE_FAILED",
    "message":{"parts":[{"text":"rate_limited: later"}]}}}})");
  EXPECT_EQ(x.failed.why, reason::rate_limited);
  EXPECT_FALSE(x.passing);
  EXPECT_TRUE(x.settled);
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

TEST(a2a_remote, goes_on_with_a_task_when_it_cannot_be_looked_at_for_a_while) {
  using error = tools::http_response::error;
  list_port http;
  tools::alarm_clock clock;
  http.say(200, card);
  http.say(200, in_rpc(working));
  for (const auto how : {error::cannot_connect, error::protocol, error::timeout, error::refused})
    http.fail(how);
  for (const int status : {429, 502, 503, 504})
    http.say(status, "");
  http.say(200, R"({"error":{"code":-32000,"message":"no","data":[{"reason":"BUSY"}]}})");
  http.say(200, in_rpc(completed));
  remote_agent agent{quick(), http, clock};
  EXPECT_EQ(call(agent).text, "done");
  EXPECT_EQ(http.asked.size(), 12u);
  for (std::size_t i = 2; i < http.asked.size(); ++i)
    EXPECT_EQ(json::parse(http.asked[i].body)["method"], "GetTask") << i;
}

TEST(a2a_remote, does_not_look_again_before_the_agent_says) {
  list_port http;
  tools::alarm_clock clock;
  http.say(200, card);
  http.say(200, in_rpc(working));
  http.say(503, "");
  http.answers.back().headers = {{"retry-after-ms", "60"}};
  http.say(200, in_rpc(completed));
  remote_agent agent{quick(), http, clock};
  const auto begun = tools::steady::now();
  EXPECT_EQ(call(agent).text, "done");
  EXPECT_GE(tools::steady::now() - begun, std::chrono::milliseconds{60});
}

TEST(a2a_remote, a_task_that_is_out_of_reach_until_the_deadline_is_cancelled_there) {
  list_port http;
  tools::alarm_clock clock;
  http.say(200, card);
  http.say(200, in_rpc(working));
  http.afterwards = tools::http_response::error::cannot_connect;
  remote_agent agent{quick(), http, clock};
  const auto x = call(agent, std::chrono::milliseconds{50});
  EXPECT_EQ(x.failed.why, reason::timeout);
  EXPECT_NE(x.failed.detail.find("could not be looked at"), std::string::npos);
  // At the place where it was begun, although the card has been forgotten meanwhile.
  EXPECT_EQ(http.method(), "CancelTask");
  EXPECT_EQ(http.method(2), "GetTask");
  // A wish to be left alone for longer than there is time ends with the deadline.
  http.afterwards = tools::http_response::error::none;
  http.say(200, card);
  http.say(200, in_rpc(working));
  http.say(429, "");
  http.answers.back().headers = {{"retry-after", "3000"}};
  EXPECT_EQ(call(agent, std::chrono::milliseconds{50}).failed.why, reason::timeout);
  EXPECT_EQ(http.method(), "CancelTask");
}

TEST(a2a_remote, says_of_every_end_whether_a_task_had_begun_there) {
  using error = tools::http_response::error;
  tools::alarm_clock clock;
  const auto after = [&](const std::function<void(list_port&)>& then, const char* first = working) {
    list_port http;
    http.say(200, card);
    if (first)
      http.say(200, in_rpc(first));
    then(http);
    remote_agent agent{quick(), http, clock};
    const auto x = call(agent);
    EXPECT_TRUE(x.failed);
    return x.begun;
  };
  // Nothing that a later look shows says that nothing was done.
  for (const int status : {400, 401, 403, 404, 500})
    EXPECT_TRUE(after([&](auto& http) { http.say(status, ""); })) << status;
  EXPECT_TRUE(after([](auto& http) { http.fail(error::too_large); }));
  EXPECT_TRUE(after([](auto& http) {
    http.say(200, R"({"error":{"code":-32602,"message":"there is no such task"}})");
  }));
  EXPECT_TRUE(after([](auto& http) {
    http.say(200, in_rpc(R"({"id":"t","status":{"state":"TASK_STATE_CANCELED"}})"));
  }));
  EXPECT_FALSE(after([](auto& http) {
    http.say(200, in_rpc(R"({"id":"t","status":{"state":"TASK_STATE_REJECTED"}})"));
  }));
  // The first answer made no task.
  for (const int status : {400, 401, 503})
    EXPECT_FALSE(after([&](auto& http) { http.say(status, ""); }, nullptr)) << status;
  EXPECT_FALSE(after([](auto& http) { http.fail(error::cannot_connect); }, nullptr));
}

TEST(a2a_remote, cancels_there_whatever_ends_early) {
  using error = tools::http_response::error;
  tools::alarm_clock clock;
  const auto after = [&](const std::function<void(list_port&)>& then, const char* first = working) {
    list_port http;
    http.say(200, card);
    http.say(200, in_rpc(first));
    then(http);
    remote_agent agent{quick(), http, clock};
    EXPECT_TRUE(call(agent).failed);
    return http.method();
  };
  EXPECT_EQ(after([](auto& http) { http.say(401, ""); }), "CancelTask");
  EXPECT_EQ(after([](auto& http) { http.say(500, ""); }), "CancelTask");
  EXPECT_EQ(after([](auto& http) { http.say(200, "{"); }), "CancelTask");
  EXPECT_EQ(after([](auto& http) { http.fail(error::too_large); }), "CancelTask");
  EXPECT_EQ(
      after([](auto&) {}, R"({"task":{"id":"t","status":{"state":"TASK_STATE_INPUT_REQUIRED"}}})"),
      "CancelTask");
  // What has ended there is let be.
  EXPECT_EQ(after([](auto& http) {
              http.say(200, in_rpc(R"({"id":"t","status":{"state":"TASK_STATE_FAILED"}})"));
            }),
            "GetTask");
  EXPECT_EQ(after([](auto&) {}, R"({"task":{"id":"t","status":{"state":"TASK_STATE_COMPLETED"}}})"),
            "SendMessage");
}

TEST(a2a_remote, hands_on_how_long_an_agent_wants_to_be_left_alone) {
  list_port http;
  tools::alarm_clock clock;
  http.say(200, card);
  http.say(503, "");
  http.answers.back().headers = {{"date", "Sun, 06 Nov 1994 08:49:37 GMT"},
                                 {"retry-after", "Sun, 06 Nov 1994 08:49:47 GMT"}};
  remote_agent agent{quick(), http, clock};
  const auto x = call(agent);
  EXPECT_EQ(x.failed.why, reason::unavailable);
  EXPECT_EQ(x.failed.retry_after, std::chrono::seconds{10});
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
