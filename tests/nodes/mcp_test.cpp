#include "nodes/doors/mcp_words.hpp"
#include "tests/nodes/door_kit.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace troupe::test {

namespace mcp_cases {

constexpr std::string_view takes_both = "Accept: application/json, text/event-stream\r\n"
                                        "MCP-Protocol-Version: 2025-11-25\r\n"
                                        "Mcp-Session-Id: s1\r\n";

std::string mcp(std::string_view method, const json& params = json::object(), const json& id = 1,
                std::string_view more = takes_both) {
  json message{{"jsonrpc", "2.0"}, {"method", method}, {"params", params}};
  if (!id.is_null())
    message["id"] = id;
  return post("/mcp", as_text(message), more);
}

struct mcp_stage : door {
  mcp_stage() {
    agent_spec words;
    words.card.name = "words";
    words.card.description = "Counts words.";
    words.card.skills = {"words.count"};
    words.takes = json::parse(R"({"type":"object","properties":{"input":{"type":"object",
      "properties":{"n":{"type":"integer"}}}}})");
    domain_spec desk;
    desk.path = "desk";
    desk.description = "Helps.";
    desk.understanding.agent = "triage";
    desk.agents = {words};
    node.known.name = "demo";
    node.known.entry = "desk";
    node.known.domains = {desk};
  }
};

json data_of(std::string event) {
  const auto at = event.find("data: ");
  return at == std::string::npos ? json{} : json::parse(event.substr(at + 6), nullptr, false);
}

TEST(mcp_door, welcomes) {
  mcp_stage d;
  raw_client c{d.port()};
  for (const std::string version : {"2025-11-25", "2025-06-18"}) {
    const auto a = c.ask(mcp("initialize",
                             {{"protocolVersion", version},
                              {"capabilities", json::object()},
                              {"clientInfo", {{"name", "x"}, {"version", "1"}}}},
                             1, "Accept: application/json, text/event-stream\r\n"));
    EXPECT_EQ(a.status, 200u);
    EXPECT_NE(a.head.find("Mcp-Session-Id: "), std::string::npos);
    EXPECT_EQ(a.parsed()["result"]["protocolVersion"], version);
    EXPECT_EQ(a.parsed()["result"]["serverInfo"]["name"], "demo");
    EXPECT_TRUE(a.parsed()["result"]["capabilities"].contains("tools"));
  }
  EXPECT_EQ(c.ask(mcp("initialize", {{"protocolVersion", "1999-01-01"}}))
                .parsed()["result"]["protocolVersion"],
            "2025-11-25");
  EXPECT_EQ(c.ask(mcp("notifications/initialized", json::object(), nullptr)).status, 202u);
  EXPECT_EQ(c.ask(mcp("ping")).parsed()["result"], json::object());
  EXPECT_EQ(c.ask(get("/mcp", takes_both)).status, 405u);
}

TEST(mcp_door, lists_skills_as_tools) {
  mcp_stage d;
  raw_client c{d.port()};
  const auto tools = c.ask(mcp("tools/list")).parsed()["result"]["tools"];
  ASSERT_EQ(tools.size(), 2u);
  EXPECT_EQ(tools[0]["name"], "desk");
  EXPECT_EQ(tools[0]["inputSchema"]["required"], json::array({"text"}));
  EXPECT_EQ(tools[1]["name"], "desk__words_count");
  EXPECT_EQ(tools[1]["title"], "desk/words.count");
  EXPECT_EQ(tools[1]["description"], "Counts words.");
  EXPECT_EQ(tools[1]["inputSchema"]["properties"]["data"]["properties"]["n"]["type"], "integer");
}

std::vector<std::string> names_of(const std::vector<std::string>& ids) {
  std::vector<skill_offer> offers;
  for (const auto& id : ids)
    offers.push_back({id, "desk", id, {}, nullptr});
  return mcp_tool_names(offers);
}

TEST(mcp_words, give_every_tool_a_name_of_its_own) {
  EXPECT_EQ(names_of({"desk", "desk/a.b"}), (std::vector<std::string>{"desk", "desk__a_b"}));
  const auto alike = names_of({"desk/a.b", "desk/a_b", "desk/c"});
  EXPECT_NE(alike[0], alike[1]);
  // Neither has the plain name: whoever knows it from before must not get the other one.
  EXPECT_EQ(alike[0].substr(0, 10), "desk__a_b_");
  EXPECT_EQ(alike[1].substr(0, 10), "desk__a_b_");
  EXPECT_EQ(alike[2], "desk__c");
  // The names do not hang on the order, nor on what else there is.
  EXPECT_EQ(names_of({"x", "desk/a_b", "desk/a.b"}),
            (std::vector<std::string>{"x", alike[1], alike[0]}));
}

TEST(mcp_words, give_no_tool_a_name_that_models_do_not_take) {
  const std::string fits(58, 'x'), more(59, 'x');
  EXPECT_EQ(names_of({"desk/" + fits})[0], "desk__" + fits);
  const auto cut = names_of({"desk/" + more + "a", "desk/" + more + "b"});
  EXPECT_NE(cut[0], cut[1]);
  for (const auto& name : cut)
    EXPECT_EQ(name.size(), 64u);
}

TEST(mcp_door, calls_each_of_two_tools_that_would_be_called_alike) {
  mcp_stage d;
  auto& agents = d.node.known.domains[0].agents;
  agents[0].card.skills = {"words.count", "words_count"};
  raw_client c{d.port()};
  const auto tools = c.ask(mcp("tools/list")).parsed()["result"]["tools"];
  ASSERT_EQ(tools.size(), 3u);
  for (const auto& tool : {tools[1], tools[2]}) {
    const auto a = c.ask(mcp("tools/call", {{"name", tool["name"]}, {"arguments", {{"text", "a"}}}},
                             1, "Accept: application/json\r\n"));
    EXPECT_EQ(a.parsed()["result"]["isError"], false);
    EXPECT_EQ("desk/" + d.node.last.skill, tool["title"]);
  }
}

TEST(mcp_door, calls_a_tool) {
  mcp_stage d;
  raw_client c{d.port()};
  c.send(mcp("tools/call",
             {{"name", "desk__words_count"},
              {"arguments", {{"text", "a b"}, {"data", {{"n", 1}}}, {"session", "s"}}}},
             "call-1"));
  EXPECT_NE(c.until("\r\n\r\n").find("text/event-stream"), std::string::npos);
  const auto x = data_of(c.until("\n\n"));
  EXPECT_EQ(x["id"], "call-1");
  EXPECT_EQ(x["result"]["content"][0]["text"], "done: a b");
  EXPECT_EQ(x["result"]["isError"], false);
  EXPECT_EQ(x["result"]["_meta"]["troupe/task"], "t1");
  EXPECT_EQ(d.node.last.domain, "desk");
  EXPECT_EQ(d.node.last.skill, "words.count");
  EXPECT_EQ(d.node.last.context_id, "s");
  EXPECT_EQ(d.node.last.data, json::parse(R"({"n":1})"));
}

TEST(mcp_door, answers_as_json_where_no_stream_is_taken) {
  mcp_stage d;
  raw_client c{d.port()};
  const auto a = c.ask(mcp("tools/call", {{"name", "desk"}, {"arguments", {{"text", "a"}}}}, 1,
                           "Accept: application/json\r\n"));
  EXPECT_EQ(a.status, 200u);
  EXPECT_EQ(a.parsed()["result"]["content"][0]["text"], "done: a");
}

TEST(mcp_door, tells_progress_and_is_cancelled) {
  mcp_stage d;
  d.node.hold = true;
  raw_client c{d.port()}, other{d.port()};
  c.send(
      mcp("tools/call",
          {{"name", "desk"}, {"arguments", {{"text", "a"}}}, {"_meta", {{"progressToken", "p"}}}}));
  c.until("\r\n\r\n");
  while (d.node.watchers() == 0)
    std::this_thread::yield();
  auto r = d.node.copy("t1");
  r->state = task_state::working;
  r->history.resize(3);
  d.node.put(r);
  const auto told = data_of(c.until("\n\n"));
  EXPECT_EQ(told["method"], "notifications/progress");
  EXPECT_EQ(told["params"]["progressToken"], "p");
  EXPECT_EQ(told["params"]["progress"], 3);
  // The same id in another session is another request.
  EXPECT_EQ(other
                .ask(mcp("notifications/cancelled", {{"requestId", 1}}, nullptr,
                         "Accept: application/json, text/event-stream\r\nMcp-Session-Id: s2\r\n"))
                .status,
            202u);
  EXPECT_TRUE(d.node.cancelled.empty());
  EXPECT_EQ(
      other.ask(mcp("notifications/cancelled", {{"requestId", 1}, {"reason", "enough"}}, nullptr))
          .status,
      202u);
  EXPECT_EQ(d.node.cancelled, "t1: enough");
  auto gone = d.node.copy("t1");
  gone->state = task_state::canceled;
  gone->result = std::make_shared<outcome>(outcome::of({reason::cancelled, "enough", {}}));
  d.node.put(gone);
  const auto end = data_of(c.until("\n\n"));
  EXPECT_EQ(end["result"]["isError"], true);
  EXPECT_EQ(end["result"]["content"][0]["text"], "the task was cancelled: cancelled: enough");
}

TEST(mcp_door, refuses_in_the_words_of_the_protocol) {
  mcp_stage d;
  raw_client c{d.port()};
  const auto code = [](const raw_client::answer& a) {
    return a.parsed()["error"].value("code", 0);
  };
  const auto call = [&](const json& params) {
    return code(c.ask(mcp("tools/call", params, 1, "Accept: application/json\r\n")));
  };
  EXPECT_EQ(call({{"name", "nothing"}}), -32602);
  EXPECT_EQ(call({{"name", "desk"}}), -32602);
  EXPECT_EQ(call({{"name", "desk"}, {"arguments", {{"text", 5}}}}), -32602);
  EXPECT_EQ(call({{"name", "desk"}, {"arguments", {{"text", "x"}, {"more", 1}}}}), -32602);
  EXPECT_EQ(call({{"name", "desk"}, {"arguments", {{"text", "x"}, {"data", {{"context", 1}}}}}}),
            -32602);
  EXPECT_EQ(call({{"name", "desk__words_count"}, {"arguments", json::array()}}), -32602);
  EXPECT_EQ(code(c.ask(mcp("resources/list"))), -32601);
  EXPECT_EQ(code(c.ask(post("/mcp", "{", takes_both))), -32700);
  EXPECT_EQ(c.ask(post("/mcp", "[]", takes_both)).status, 400u);
  EXPECT_EQ(code(c.ask(post("/mcp", R"({"id":1,"method":"ping"})", takes_both))), -32600);
  EXPECT_EQ(code(c.ask(post("/mcp", R"({"jsonrpc":"2.0","id":{},"method":"ping"})", takes_both))),
            -32600);
  EXPECT_EQ(c.ask(mcp("ping", json::object(), 1, "MCP-Protocol-Version: 2024-11-05\r\n")).status,
            400u);
  EXPECT_EQ(c.ask(mcp("ping", json::object(), 1, "Origin: https://evil.example\r\n")).status, 403u);
  EXPECT_EQ(c.ask(mcp("ping", json::object(), 1, "Origin: http://localhost\r\n")).status, 200u);
  d.node.refuse_with = {refusal::busy, "full", {}};
  EXPECT_EQ(call({{"name", "desk"}, {"arguments", {{"text", "x"}}}}), -32000);
}

} // namespace mcp_cases
} // namespace troupe::test
