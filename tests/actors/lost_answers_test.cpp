// An agent acts, and its answer is lost: whoever it is and however that happens, a person says
// whether it has happened before anybody acts again. What was never begun is nobody's question.
#include "src/mcp/words.hpp"
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;
using tools::http_response;
using tools::process_end;

namespace lost_answer_cases {

using error = http_response::error;
using line = std::optional<std::string>;

/// What becomes of a call at an agent of some kind. `at`: what is set up outside, where every call
/// that gets there is counted.
struct ending {
  std::string name;
  agent_kind kind = agent_kind::http;
  json settings;
  std::function<void(surroundings& around, int& calls)> at;

  friend void PrintTo(const ending& x, std::ostream* to) { *to << x.name; }
};

http_response with(int status, std::string body = {}) {
  http_response r;
  r.status = status;
  r.body = std::move(body);
  return r;
}

http_response failing(error how) {
  http_response r;
  r.failed = how;
  return r;
}

// -- HTTP ---------------------------------------------------------------------

ending http(const std::string& name, const http_response& then) {
  return {"http_" + name,
          agent_kind::http,
          {{"url", "http://agent.test/act"}},
          [then](surroundings& around, int& calls) {
            around.http->answer =
                [then, &calls](const tools::http_request&) -> std::optional<http_response> {
              ++calls;
              return then;
            };
          }};
}

// -- A2A ----------------------------------------------------------------------

constexpr const char* card = R"({"name": "x", "supportedInterfaces": [
  {"url": "http://agent.test/rpc", "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}]})";

ending a2a(const std::string& name, const http_response& then) {
  return {"a2a_" + name,
          agent_kind::a2a,
          {{"url", "http://agent.test"}},
          [then](surroundings& around, int& calls) {
            around.http->answer =
                [then, &calls](const tools::http_request& x) -> std::optional<http_response> {
              if (x.method == "GET")
                return with(200, card);
              // What has not ended there is cancelled there.
              if (json::parse(x.body)["method"] != "SendMessage")
                return with(200, "{}");
              ++calls;
              return then;
            };
          }};
}

http_response a2a_task(const std::string& state, const std::string& said) {
  return with(200, R"({"jsonrpc": "2.0", "id": 1, "result": {"task": {"id": "t", "status": {
    "state": "TASK_STATE_)" +
                       state + R"(", "message": {"parts": [{"text": ")" + said + R"("}]}}}}})");
}

// -- MCP ----------------------------------------------------------------------

json mcp_greeting(const json& in) {
  const auto method = in.value("method", std::string{});
  if (method == "initialize")
    return {{"protocolVersion", in["params"]["protocolVersion"]},
            {"capabilities", {{"tools", json::object()}}},
            {"serverInfo", {{"name", "books"}, {"version", "1"}}}};
  if (method == "tools/list")
    return json::parse(R"({"tools": [{"name": "refund", "inputSchema": {"type": "object"}}]})");
  return nullptr;
}

std::string mcp_result(const json& id, const char* result) {
  return mcp::result_text(id, json::parse(result));
}

constexpr const char* it_failed =
    R"({"content": [{"type": "text", "text": "the books are locked"}], "isError": true})";

ending mcp_http(const std::string& name, std::function<http_response(const json& id)> then) {
  return {"mcp_http_" + name,
          agent_kind::mcp,
          {{"server", "web"}, {"tool", "refund"}},
          [then = std::move(then)](surroundings& around, int& calls) {
            around.http->answer =
                [then, &calls](const tools::http_request& x) -> std::optional<http_response> {
              if (x.method == "GET")
                return with(405);
              const auto in = json::parse(x.body);
              if (in.value("method", std::string{}) == "tools/call") {
                ++calls;
                return then(in["id"]);
              }
              const auto said = mcp_greeting(in);
              return said.is_null() ? with(202) : with(200, mcp::result_text(in["id"], said));
            };
          }};
}

ending mcp_stdio(const std::string& name,
                 std::function<line(surroundings& around, const json& id)> then) {
  return {"mcp_stdio_" + name,
          agent_kind::mcp,
          {{"server", "pipe"}, {"tool", "refund"}},
          [then = std::move(then)](surroundings& around, int& calls) {
            around.processes->worker = [then, &around, &calls](const std::string& text) -> line {
              const auto in = json::parse(text);
              if (in.value("method", std::string{}) == "tools/call") {
                ++calls;
                return then(around, in["id"]);
              }
              const auto said = mcp_greeting(in);
              return said.is_null() ? line{} : line{mcp::result_text(in["id"], said)};
            };
          }};
}

// -- programs -----------------------------------------------------------------

ending program(const std::string& name, process_end how, int code, const std::string& out) {
  return {"program_" + name,
          agent_kind::subprocess,
          {{"command", {"act"}}},
          [=](surroundings& around, int& calls) {
            around.processes->once =
                [=, &calls](const std::string&) -> std::optional<tools::process_result> {
              ++calls;
              tools::process_result r;
              r.end = how;
              r.code = code;
              r.out = out;
              return r;
            };
          }};
}

ending worker(const std::string& name, std::function<line(surroundings& around)> then) {
  return {"worker_" + name,
          agent_kind::subprocess,
          {{"command", {"act"}}, {"mode", "worker"}},
          [then = std::move(then)](surroundings& around, int& calls) {
            around.processes->worker = [then, &around, &calls](const std::string&) {
              ++calls;
              return then(around);
            };
          }};
}

line dies(surroundings& around) {
  around.processes->end(around.processes->oldest(), process_end::signalled, 9);
  return std::nullopt;
}

// -- the fleet ----------------------------------------------------------------

/// An unsafe agent of that kind, with another agent and then a person behind it, has been called.
struct called {
  int calls = 0; ///< lives longer than the node, whose ports count it
  stage s;
  heard_ptr task;

  explicit called(const ending& how) {
    how.at(*s.around, calls);
    s.around->disk->kept = make_memory_store();
    auto act = an_agent("act");
    act.card.kind = how.kind;
    act.card.does = effects::unsafe;
    act.settings = how.settings;
    act.timeout = 30s;
    auto d = a_domain("d", {act, an_agent("rescue")});
    d.keep = durability::step;
    d.step_timeout = 300s;
    d.task_timeout = 600s;
    // The breakers have tests of their own.
    d.breaker.failures = 0;
    d.breaker.rate = 0;
    plan_node one;
    one.name = one.skill = "act";
    one.fallback = {"agent:d/rescue", "human:desk"};
    plan_node all;
    all.op = plan_op::sequence;
    all.name = "all";
    all.children = {one};
    d.plans["all"] = all;
    auto f = a_fleet(d);
    if (how.kind == agent_kind::mcp) {
      mcp_server_spec server;
      server.name = how.settings["server"];
      if (server.name == "pipe")
        server.command = {"books"};
      else
        server.url = "http://books.test/mcp";
      f.mcp_servers.push_back(server);
    }
    s.up(std::move(f));
    task = s->submit(wants("all", "the charge"));
    s->advance(60s);
  }

  [[nodiscard]] std::vector<stored_effect> ledger() const {
    return s.around->disk->kept->effects({task->id(), {}, 10});
  }
};

std::string name_of(const ::testing::TestParamInfo<ending>& x) {
  return x.param.name;
}

class lost_answers : public ::testing::TestWithParam<ending> {};

TEST_P(lost_answers, are_put_to_a_person_before_anybody_acts_again) {
  called x{GetParam()};
  EXPECT_EQ(x.calls, 1);
  EXPECT_EQ(x.s.room.count("rescue"), 0u);
  const auto open = x.s->questions("desk");
  ASSERT_EQ(open.size(), 1u);
  EXPECT_TRUE(open[0]->text.starts_with("Has this happened?")) << open[0]->text;
  const auto lines = x.ledger();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].state, effect_state::pending);
  x.s->answer(open[0]->id, say("it stands in the books"));
  x.s->advance(10s);
  ASSERT_TRUE(x.task->done());
  EXPECT_TRUE(x.task->result().ok());
  EXPECT_EQ(x.calls, 1);
  EXPECT_EQ(x.s.room.count("rescue"), 0u);
}

INSTANTIATE_TEST_SUITE_P(
    any, lost_answers,
    ::testing::Values(
        http("time_is_up", failing(error::timeout)), http("breaks_off", failing(error::protocol)),
        http("too_large", failing(error::too_large)), http("status_500", with(500)),
        http("status_502", with(502)), http("garbage", with(200, "<html>")),
        a2a("time_is_up", failing(error::timeout)), a2a("breaks_off", failing(error::protocol)),
        a2a("status_500", with(500)), a2a("status_504", with(504)), a2a("garbage", with(200, "{")),
        a2a("asks_for_more", a2a_task("INPUT_REQUIRED", "which charge?")),
        a2a("asks_for_an_authorisation", a2a_task("AUTH_REQUIRED", "whose?")),
        a2a("cancelled", a2a_task("CANCELED", "enough")),
        a2a("failed", a2a_task("FAILED", "it broke")),
        a2a("failed_in_our_words", a2a_task("FAILED", "unavailable: its second step")),
        mcp_http("status_500", [](const json&) { return with(500); }),
        mcp_http("status_502", [](const json&) { return with(502); }),
        mcp_http("status_504", [](const json&) { return with(504); }),
        mcp_http("time_is_up", [](const json&) { return failing(error::timeout); }),
        mcp_http("breaks_off", [](const json&) { return failing(error::protocol); }),
        mcp_http("says_nothing", [](const json&) { return with(200, "data: {}\n\n"); }),
        mcp_http("failed", [](const json& id) { return with(200, mcp_result(id, it_failed)); }),
        mcp_stdio("dies", [](surroundings& around, const json&) { return dies(around); }),
        mcp_stdio("failed",
                  [](surroundings&, const json& id) { return mcp_result(id, it_failed); }),
        mcp_stdio("broken_inside",
                  [](surroundings&, const json& id) {
                    return mcp::error_text(id, -32603, "internal error");
                  }),
        mcp_stdio("garbage", [](surroundings&, const json& id) { return mcp_result(id, "[]"); }),
        program("exits", process_end::exited, 2, ""),
        program("is_killed", process_end::signalled, 9, ""),
        program("time_is_up", process_end::timed_out, 15, ""),
        program("says_too_much", process_end::output_too_large, 15, ""),
        program("garbage", process_end::exited, 0, "done!"), worker("dies", dies),
        worker("garbage", [](surroundings&) { return line{"done!"}; })),
    name_of);

class acts_not_begun : public ::testing::TestWithParam<ending> {};

TEST_P(acts_not_begun, are_for_the_next_in_line_and_nobodys_question) {
  called x{GetParam()};
  EXPECT_TRUE(x.s->questions().empty());
  ASSERT_TRUE(x.task->done());
  EXPECT_TRUE(x.task->result().ok());
  EXPECT_EQ(x.s.room.count("rescue"), 1u);
  const auto lines = x.ledger();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].state, effect_state::not_done);
}

INSTANTIATE_TEST_SUITE_P(
    any, acts_not_begun,
    ::testing::Values(http("no_connection", failing(error::cannot_connect)),
                      http("status_503", with(503)), http("status_400", with(400)),
                      a2a("no_connection", failing(error::cannot_connect)),
                      a2a("status_503", with(503)), a2a("status_401", with(401)),
                      a2a("rejected", a2a_task("REJECTED", "not of ours")),
                      mcp_http("no_connection",
                               [](const json&) { return failing(error::cannot_connect); }),
                      mcp_http("status_503", [](const json&) { return with(503); }),
                      mcp_http("status_429", [](const json&) { return with(429); }),
                      mcp_http("status_401", [](const json&) { return with(401); }),
                      mcp_stdio("bad_arguments",
                                [](surroundings&, const json& id) {
                                  return mcp::error_text(id, -32602, "there is no such charge");
                                }),
                      program("does_not_start", process_end::failed_to_start, -1, "")),
    name_of);

} // namespace lost_answer_cases
