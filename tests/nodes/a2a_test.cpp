#include "nodes/doors/a2a_request.hpp"
#include "nodes/doors/a2a_task.hpp"
#include "tests/nodes/door_kit.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace troupe::test {

namespace a2a_cases {

constexpr std::string_view v1 = "A2A-Version: 1.0\r\n";

std::string rpc(std::string_view method, const json& params, const json& id = 7) {
  return post("/a2a",
              as_text(json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}),
              v1);
}

json message(std::string text, json more = json::object()) {
  json out{{"messageId", "m1"}, {"role", "ROLE_USER"}, {"parts", {{{"text", std::move(text)}}}}};
  out.update(more);
  return {{"message", out}};
}

fleet_spec two_domains() {
  agent_spec words;
  words.card.name = "words";
  words.card.description = "Counts words.";
  words.card.skills = {"words.count"};
  words.takes = {{"type", "object"}};
  domain_spec refunds;
  refunds.path = "support/refunds";
  refunds.agents = {words};
  domain_spec support;
  support.path = "support";
  support.description = "Helps.";
  support.understanding.agent = "triage";
  support.domains = {refunds};
  fleet_spec out;
  out.name = "demo";
  out.entry = "support";
  out.domains = {support};
  return out;
}

/// The code of an error; 0: it is none.
int code_of(const raw_client::answer& a) {
  return a.parsed().value("error", json::object()).value("code", 0);
}

struct a2a_door : door {
  explicit a2a_door(http_settings settings = {}, api_settings more = {})
      : door(settings, std::move(more)) {
    node.known = two_domains();
  }
};

TEST(a2a, shows_its_card) {
  a2a_door d;
  raw_client c{d.port()};
  const auto card = c.ask(get("/.well-known/agent-card.json")).parsed();
  EXPECT_EQ(card["name"], "demo");
  EXPECT_EQ(
      card["supportedInterfaces"][0],
      json::parse(
          R"({"url":"http://localhost/a2a","protocolBinding":"JSONRPC","protocolVersion":"1.0"})"));
  EXPECT_EQ(card["supportedInterfaces"][1]["protocolBinding"], "HTTP+JSON");
  EXPECT_EQ(
      card["capabilities"],
      json::parse(R"({"streaming":true,"pushNotifications":false,"extendedAgentCard":true})"));
  ASSERT_EQ(card["skills"].size(), 2u);
  EXPECT_EQ(card["skills"][0]["id"], "support");
  EXPECT_EQ(card["skills"][1],
            json::parse(R"({"id":"support/refunds/words.count","name":"words.count",
      "description":"Counts words.","tags":["support/refunds"]})"));
  EXPECT_FALSE(card.contains("securitySchemes"));
  const auto x = c.ask(rpc("GetExtendedAgentCard", json::object())).parsed();
  EXPECT_EQ(x["result"], card);
  EXPECT_EQ(x["id"], 7);
}

TEST(a2a, sends_and_waits) {
  a2a_door d;
  raw_client c{d.port()};
  auto params = message(
      "hello", {{"contextId", "c1"}, {"metadata", {{"customer", "C-1"}, {"tier", "gold"}}}});
  params["configuration"] = {{"historyLength", 5}};
  const auto a = c.ask(rpc("SendMessage", params, "abc"));
  ASSERT_EQ(a.status, 200u);
  const auto x = a.parsed();
  EXPECT_EQ(x["jsonrpc"], "2.0");
  EXPECT_EQ(x["id"], "abc");
  const auto& task = x["result"]["task"];
  EXPECT_EQ(task["id"], "t1");
  EXPECT_EQ(task["contextId"], "c1");
  EXPECT_EQ(task["status"]["state"], "TASK_STATE_COMPLETED");
  EXPECT_EQ(task["artifacts"][0]["parts"][0]["text"], "done: hello");
  EXPECT_EQ(task["history"][0]["role"], "ROLE_USER");
  EXPECT_EQ(d.node.last.context_id, "c1");
  EXPECT_EQ(d.node.last.who, (customer{"C-1", "gold"}));
  EXPECT_EQ(d.node.last.idempotency_key, "a2a//c1/m1");
}

TEST(a2a, names_a_domain_and_a_skill) {
  a2a_door d;
  raw_client c{d.port()};
  auto params =
      message("x", {{"metadata", {{"skill", "support/refunds/words.count"}}},
                    {"parts", {{{"text", "one"}}, {{"text", "two"}}, {{"data", {{"k", 1}}}}}}});
  ASSERT_TRUE(c.ask(rpc("SendMessage", params)).parsed().contains("result"));
  EXPECT_EQ(d.node.last.domain, "support/refunds");
  EXPECT_EQ(d.node.last.skill, "words.count");
  EXPECT_EQ(d.node.last.text, "one\ntwo");
  EXPECT_EQ(d.node.last.data, json::parse(R"({"k":1})"));
  EXPECT_TRUE(d.node.last.context_id.starts_with("a2a-"));
  EXPECT_TRUE(d.node.last.idempotency_key.empty());
  params["tenant"] = "support";
  EXPECT_EQ(code_of(c.ask(rpc("SendMessage", params))), -32602);
  params["message"]["metadata"] = {{"skill", "nothing"}};
  EXPECT_EQ(code_of(c.ask(rpc("SendMessage", params))), -32602);
  const auto rest = c.ask(post("/a2a/support%2Frefunds/message:send", as_text(message("y")), v1));
  EXPECT_EQ(rest.status, 200u) << rest.body;
  EXPECT_EQ(d.node.last.domain, "support/refunds");
}

TEST(a2a, the_same_message_comes_to_the_same_task) {
  a2a_fault why;
  const std::string uuid = "7f3c2b1a-0d4e-4f5a-9b8c-1d2e3f4a5b6c";
  const auto read = [&](const std::string& whose) {
    return read_a2a_message(message("x", {{"messageId", uuid}}), {}, whose, why)->what;
  };
  EXPECT_EQ(read("k1").context_id, read("k1").context_id);
  EXPECT_EQ(read("k1").idempotency_key, read("k1").idempotency_key);
  EXPECT_NE(read("k1").idempotency_key, read("k2").idempotency_key);
  EXPECT_NE(read("k1").context_id, read("k2").context_id);
  // Short ids may be counted from one: nothing is the same because of them.
  const auto one = read_a2a_message(message("x"), {}, "", why)->what;
  EXPECT_TRUE(one.idempotency_key.empty());
  EXPECT_NE(one.context_id, read_a2a_message(message("x"), {}, "", why)->what.context_id);
}

TEST(a2a, answers_at_once_when_told_to) {
  a2a_door d;
  d.node.hold = true;
  raw_client c{d.port()};
  auto params = message("later");
  params["configuration"] = {{"returnImmediately", true}};
  const auto task = c.ask(rpc("SendMessage", params)).parsed()["result"]["task"];
  EXPECT_EQ(task["status"]["state"], "TASK_STATE_SUBMITTED");
  d.node.end("t1");
  const auto got = c.ask(rpc("GetTask", {{"id", "t1"}})).parsed()["result"];
  EXPECT_EQ(got["status"]["state"], "TASK_STATE_COMPLETED");
}

TEST(a2a, says_how_it_stands_when_the_wait_ends_first) {
  api_settings quick;
  quick.wait_max = milliseconds{20};
  a2a_door d{{}, quick};
  d.node.hold = true;
  raw_client c{d.port()};
  const auto x = c.ask(rpc("SendMessage", message("later"))).parsed();
  EXPECT_EQ(x["result"]["task"]["status"]["state"], "TASK_STATE_SUBMITTED");
}

TEST(a2a, streams_over_both_bindings) {
  for (const bool by_rpc : {true, false}) {
    a2a_door d;
    d.node.hold = true;
    raw_client c{d.port()};
    c.send(by_rpc ? rpc("SendStreamingMessage", message("hello"))
                  : post("/a2a/message:stream", as_text(message("hello")), v1));
    EXPECT_NE(c.until("\r\n\r\n").find("text/event-stream"), std::string::npos);
    const auto next = [&] {
      auto text = c.until("\n\n");
      text.erase(0, text.find("data: ") + 6);
      auto x = json::parse(text, nullptr, false);
      return by_rpc ? x["result"] : x;
    };
    EXPECT_EQ(next()["task"]["status"]["state"], "TASK_STATE_SUBMITTED");
    while (d.node.watchers() == 0)
      std::this_thread::yield();
    auto r = d.node.copy("t1");
    r->state = task_state::working;
    d.node.put(r);
    EXPECT_EQ(next()["statusUpdate"]["status"]["state"], "TASK_STATE_WORKING");
    // Somebody of the fleet is asked: for others nothing has changed.
    auto waits = std::make_shared<task_record>(*r);
    waits->state = task_state::input_required;
    d.node.put(waits);
    d.node.end("t1");
    EXPECT_EQ(next()["artifactUpdate"]["artifact"]["parts"][0]["text"], "done: hello");
    EXPECT_EQ(next()["statusUpdate"]["status"]["state"], "TASK_STATE_COMPLETED");
    EXPECT_NE(c.until("0\r\n\r\n").find("0\r\n"), std::string::npos);
  }
}

TEST(a2a, follows_a_task_that_runs_and_no_other) {
  a2a_door d;
  d.node.hold = true;
  raw_client c{d.port()}, watcher{d.port()};
  auto params = message("later");
  params["configuration"] = {{"returnImmediately", true}};
  c.ask(rpc("SendMessage", params));
  watcher.send(post("/a2a/tasks/t1:subscribe", "", v1));
  EXPECT_NE(watcher.until("\n\n").find("TASK_STATE_SUBMITTED"), std::string::npos);
  while (d.node.watchers() == 0)
    std::this_thread::yield();
  d.node.end("t1");
  EXPECT_NE(watcher.until("\n\n").find("artifactUpdate"), std::string::npos);
  EXPECT_NE(watcher.until("\n\n").find("TASK_STATE_COMPLETED"), std::string::npos);
  EXPECT_EQ(code_of(c.ask(rpc("SubscribeToTask", {{"id", "t1"}}))), -32004);
  EXPECT_EQ(code_of(c.ask(rpc("SubscribeToTask", {{"id", "nope"}}))), -32001);
}

TEST(a2a, cancels_what_has_not_ended) {
  a2a_door d;
  d.node.hold = true;
  raw_client c{d.port()};
  auto params = message("later");
  params["configuration"] = {{"returnImmediately", true}};
  c.ask(rpc("SendMessage", params));
  while (d.node.watchers() != 0)
    std::this_thread::yield();
  c.send(rpc("CancelTask", {{"id", "t1"}}));
  while (d.node.watchers() == 0)
    std::this_thread::yield();
  auto r = d.node.copy("t1");
  r->state = task_state::canceled;
  d.node.put(r);
  EXPECT_EQ(c.read().parsed()["result"]["status"]["state"], "TASK_STATE_CANCELED");
  EXPECT_EQ(code_of(c.ask(rpc("CancelTask", {{"id", "t1"}}))), -32002);
  EXPECT_EQ(code_of(c.ask(rpc("CancelTask", {{"id", "nope"}}))), -32001);
  const auto rest = c.ask(post("/a2a/tasks/nope:cancel", "", v1));
  EXPECT_EQ(rest.status, 404u);
  EXPECT_EQ(rest.parsed()["error"]["details"][0]["reason"], "TASK_NOT_FOUND");
}

TEST(a2a, lists_page_by_page) {
  a2a_door d;
  raw_client c{d.port()};
  for (int i = 0; i < 5; ++i)
    c.ask(rpc("SendMessage", message("x")));
  std::set<std::string> seen;
  std::string token;
  for (int page = 0; page < 3; ++page) {
    const auto x = c.ask(get("/a2a/tasks?pageSize=2&pageToken=" + token, v1)).parsed();
    EXPECT_EQ(x["totalSize"], 5);
    EXPECT_EQ(x["pageSize"], 2);
    EXPECT_EQ(x["tasks"].size(), page < 2 ? 2u : 1u);
    for (const auto& t : x["tasks"]) {
      seen.insert(t["id"].get<std::string>());
      EXPECT_FALSE(t.contains("artifacts"));
    }
    token = x["nextPageToken"];
    EXPECT_EQ(token.empty(), page == 2);
  }
  EXPECT_EQ(seen.size(), 5u);
  const auto with = c.ask(rpc("ListTasks", {{"includeArtifacts", true}})).parsed()["result"];
  EXPECT_EQ(with["tasks"][0]["artifacts"][0]["artifactId"], "answer");
  EXPECT_EQ(c.ask(get("/a2a/tasks?status=TASK_STATE_FAILED", v1)).parsed()["totalSize"], 0);
  for (const auto* bad : {"pageSize=0", "pageSize=101", "pageSize=x", "status=DONE",
                          "historyLength=-1", "statusTimestampAfter=soon", "pageToken=t1"})
    EXPECT_EQ(c.ask(get("/a2a/tasks?" + std::string{bad}, v1)).status, 400u) << bad;
}

TEST(a2a, tells_why_a_task_failed) {
  task_record r;
  auto t = std::make_shared<task>();
  t->id = "t1";
  r.what = t;
  r.state = task_state::failed;
  r.result = std::make_shared<outcome>(outcome::of({reason::timeout, "too slow", {}}));
  const auto x = a2a_task(r);
  EXPECT_EQ(x["status"]["state"], "TASK_STATE_FAILED");
  EXPECT_EQ(x["status"]["message"]["parts"][0]["text"], "timeout: too slow");
  EXPECT_FALSE(x.contains("artifacts"));
}

TEST(a2a, refuses_in_the_words_of_the_protocol) {
  a2a_door d;
  raw_client c{d.port()};
  const auto raw = [&](std::string_view body, std::string_view more = v1) {
    return code_of(c.ask(post("/a2a", body, more)));
  };
  EXPECT_EQ(raw("{"), -32700);
  EXPECT_EQ(raw("[]"), -32600);
  EXPECT_EQ(raw(R"({"id":1,"method":"GetTask"})"), -32600);
  EXPECT_EQ(raw(R"({"jsonrpc":"2.0","id":1,"method":5})"), -32600);
  EXPECT_EQ(raw(R"({"jsonrpc":"2.0","id":1,"method":"message/send"})"), -32601);
  EXPECT_EQ(raw(R"({"jsonrpc":"2.0","id":1,"method":"GetTask","params":[]})"), -32602);
  EXPECT_EQ(raw(R"({"jsonrpc":"2.0","id":1,"method":"GetTask","params":{"id":"x"}})", ""), -32009);
  EXPECT_EQ(code_of(c.ask(rpc("GetTask", json::object()))), -32602);
  EXPECT_EQ(code_of(c.ask(rpc("CreateTaskPushNotificationConfig", {{"taskId", "t1"}}))), -32003);
  const auto send = [&](json change) {
    auto params = message("x");
    params["message"].update(change);
    return code_of(c.ask(rpc("SendMessage", params)));
  };
  EXPECT_EQ(send({{"parts", json::array()}}), -32602);
  EXPECT_EQ(send({{"parts", {{{"raw", "aGk="}}}}}), -32005);
  EXPECT_EQ(send({{"parts", {{{"data", 5}}}}}), -32005);
  EXPECT_EQ(send({{"parts", {{{"text", ""}}}}}), -32602);
  EXPECT_EQ(send({{"parts", {{{"text", "x"}, {"data", {{"k", 1}}}}}}}), -32602);
  EXPECT_EQ(send({{"role", "ROLE_AGENT"}}), -32602);
  EXPECT_EQ(send({{"messageId", ""}}), -32602);
  EXPECT_EQ(send({{"contextId", std::string(300, 'x')}}), -32602);
  EXPECT_EQ(send({{"contextId", "a\nb"}}), -32602);
  EXPECT_EQ(send({{"taskId", "nope"}}), -32001);
  const auto configured = [&](json how) {
    auto params = message("x");
    params["configuration"] = std::move(how);
    return code_of(c.ask(rpc("SendMessage", params)));
  };
  EXPECT_EQ(configured(5), -32602);
  EXPECT_EQ(configured({{"acceptedOutputModes", "text/plain"}}), -32602);
  EXPECT_EQ(configured({{"acceptedOutputModes", json::array({5})}}), -32602);
  EXPECT_EQ(configured({{"acceptedOutputModes", json::array({"image/png"})}}), -32005);
  EXPECT_EQ(configured({{"acceptedOutputModes", json::array({"image/png", "text/plain"})}}), 0);
  EXPECT_EQ(configured({{"acceptedOutputModes", json::array({"text/*"})}}), 0);
  EXPECT_EQ(configured({{"acceptedOutputModes", json::array()}}), 0);
  EXPECT_EQ(configured(nullptr), 0);
  EXPECT_EQ(send(json::object()), 0);
  EXPECT_EQ(send({{"taskId", "t1"}}), -32004);
  d.node.refuse_with = {refusal::busy, "full", milliseconds{2000}};
  EXPECT_EQ(send(json::object()), -32000);
  const auto busy = c.ask(post("/a2a/message:send", as_text(message("x")), v1));
  EXPECT_EQ(busy.status, 429u);
  EXPECT_NE(busy.head.find("Retry-After: 2\r\n"), std::string::npos);
  EXPECT_EQ(busy.parsed()["error"]["status"], "RESOURCE_EXHAUSTED");
}

} // namespace a2a_cases
} // namespace troupe::test
