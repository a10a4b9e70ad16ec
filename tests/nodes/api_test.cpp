#include "tests/nodes/door_kit.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <thread>

namespace troupe::test {

namespace api_cases {

unsigned refusal_status(refusal why) {
  door d;
  d.node.refuse_with = {why, "because", {}};
  return raw_client{d.port()}.ask(post("/v1/tasks", R"({"text":"x"})")).status;
}

TEST(api, submits_and_finds) {
  door d;
  raw_client c{d.port()};
  auto a = c.ask(post("/v1/tasks",
                      R"({"text":"hello","domain":"support","context":{"order":"A1"},"data":{"k":1},
      "customer":{"id":"c7","tier":"gold"},"priority":"high","durability":"none","timeout_ms":5000,"context_id":"s1"})",
                      "Idempotency-Key: k1\r\ntraceparent: "
                      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"));
  EXPECT_EQ(a.status, 202u);
  EXPECT_NE(a.head.find("Location: /v1/tasks/t1\r\n"), std::string::npos);
  EXPECT_EQ(a.parsed()["id"], "t1");
  EXPECT_EQ(d.node.last.data, json::parse(R"({"k":1,"context":{"order":"A1"}})"));
  EXPECT_EQ(d.node.last.who.tier, "gold");
  EXPECT_EQ(d.node.last.urgency, priority::high);
  EXPECT_EQ(d.node.last.keep, durability::none);
  EXPECT_EQ(d.node.last.timeout, milliseconds{5000});
  EXPECT_EQ(d.node.last.idempotency_key, "k1");
  EXPECT_EQ(d.node.last.trace_id, "0af7651916cd43dd8448eb211c80319c");
  a = c.ask(get("/v1/tasks/t1"));
  EXPECT_EQ(a.status, 200u);
  const auto t = a.parsed();
  EXPECT_EQ(t["contextId"], "s1");
  EXPECT_EQ(t["status"]["state"], "completed");
  EXPECT_EQ(t["result"]["text"], "done: hello");
  EXPECT_EQ(t["created"], "1970-01-01T00:00:01.000000Z");
  EXPECT_EQ(c.ask(get("/v1/tasks?state=completed&limit=5")).parsed()["tasks"].size(), 1u);
  EXPECT_EQ(c.ask(get("/v1/tasks?state=failed")).parsed()["tasks"].size(), 0u);
}

TEST(api, waits_for_the_end) {
  door d;
  d.node.hold = true;
  raw_client c{d.port()};
  c.send(post("/v1/tasks?wait=30s", R"({"text":"later"})"));
  while (d.node.watchers() == 0)
    std::this_thread::yield();
  d.node.end("t1");
  const auto a = c.read();
  EXPECT_EQ(a.status, 200u);
  EXPECT_EQ(a.parsed()["result"]["text"], "done: later");
}

TEST(api, says_how_it_stands_when_the_wait_ends_first) {
  door d;
  d.node.hold = true;
  raw_client c{d.port()};
  const auto a = c.ask(post("/v1/tasks?wait=20ms", R"({"text":"later"})"));
  EXPECT_EQ(a.status, 202u);
  EXPECT_EQ(a.parsed()["status"]["state"], "submitted");
  EXPECT_NE(a.head.find("Location: /v1/tasks/t1"), std::string::npos);
  EXPECT_EQ(d.node.watchers(), 0u);
}

TEST(api, refuses_bodies_that_break_the_schema) {
  door d;
  raw_client c{d.port()};
  const auto pointer = [&](std::string_view body) {
    const auto a = c.ask(post("/v1/tasks", body));
    EXPECT_EQ(a.status, 400u) << body;
    EXPECT_NE(a.head.find("application/problem+json"), std::string::npos);
    const auto p = a.parsed();
    EXPECT_EQ(p["instance"], "/v1/tasks");
    return p.contains("errors") ? p["errors"][0]["pointer"].get<std::string>()
                                : p["detail"].get<std::string>();
  };
  EXPECT_EQ(pointer("{}"), "/text");
  EXPECT_EQ(pointer(R"({"text":5})"), "/text");
  EXPECT_EQ(pointer(R"({"text":"x","colour":1})"), "/colour");
  EXPECT_EQ(pointer(R"({"text":"x","a/b~":1})"), "/a~1b~0");
  EXPECT_EQ(pointer(R"({"text":"x","data":[]})"), "/data");
  EXPECT_EQ(pointer(R"({"text":"x","priority":"soon"})"), "/priority");
  EXPECT_EQ(pointer(R"({"text":"x","timeout_ms":0})"), "/timeout_ms");
  EXPECT_EQ(pointer(R"({"text":"x","timeout_ms":1.5})"), "/timeout_ms");
  EXPECT_EQ(pointer(R"({"text":"x","timeout_ms":18446744073709551615})"), "/timeout_ms");
  EXPECT_EQ(pointer(R"({"text":"x","customer":{"name":"y"}})"), "/customer/name");
  EXPECT_EQ(pointer(R"({"text":"x","data":{"context":1}})"), "/data/context");
  EXPECT_EQ(pointer("[]"), "");
  EXPECT_EQ(pointer(R"({"text":})"), "the body is not JSON at byte 8");
  EXPECT_EQ(pointer("{\"text\":\"a\xFF\"}"), "the body is not UTF-8 at byte 10");
  EXPECT_NE(pointer(R"({"text":"x","data":{"n":1e999}})").find("out of range"), std::string::npos);
  EXPECT_NE(
      pointer(R"({"text":"x","data":{"n":)" + std::string(70, '[') + std::string(70, ']') + "}}")
          .find("deeper"),
      std::string::npos);
  EXPECT_NE(pointer("").find("not JSON"), std::string::npos);
}

TEST(api, refuses_by_protocol) {
  door d;
  raw_client c{d.port()};
  EXPECT_EQ(c.ask(post("/v1/tasks", R"({"text":"x"})", "", "text/plain")).status, 415u);
  EXPECT_EQ(c.ask(get("/v1/tasks/t1", "Accept: text/html\r\n")).status, 406u);
  EXPECT_EQ(c.ask(get("/healthz", "Accept: text/html, application/*;q=0.5\r\n")).status, 200u);
  const auto a = c.ask("DELETE /v1/tasks HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(a.status, 405u);
  EXPECT_NE(a.head.find("Allow: POST, GET, HEAD\r\n"), std::string::npos);
  EXPECT_EQ(c.ask(get("/v1/nothing")).parsed()["type"], "urn:troupe:problem:unknown_path");
  EXPECT_EQ(c.ask(get("/v1/tasks/nope")).parsed()["type"], "urn:troupe:problem:unknown_task");
  EXPECT_EQ(c.ask(get("/v1/tasks/%ff")).status, 400u);
  EXPECT_EQ(c.ask(get("/v1/tasks?colour=red")).status, 400u);
  EXPECT_EQ(c.ask(get("/v1/tasks?limit=0")).status, 400u);
  EXPECT_EQ(c.ask(get("/v1/tasks?limit=1&limit=2")).status, 400u);
  EXPECT_EQ(c.ask(post("/v1/tasks?wait=soon", R"({"text":"x"})")).status, 400u);
  EXPECT_EQ(c.ask(post("/v1/tasks", R"({"text":"x"})",
                       "Idempotency-Key: " + std::string(300, 'k') + "\r\n"))
                .status,
            400u);
}

TEST(api, maps_every_refusal_of_the_node) {
  EXPECT_EQ(refusal_status(refusal::invalid_request), 400u);
  EXPECT_EQ(refusal_status(refusal::unknown_domain), 404u);
  EXPECT_EQ(refusal_status(refusal::conflict), 409u);
  EXPECT_EQ(refusal_status(refusal::busy), 429u);
  EXPECT_EQ(refusal_status(refusal::too_large), 413u);
  EXPECT_EQ(refusal_status(refusal::stopping), 503u);
  EXPECT_EQ(refusal_status(refusal::internal), 500u);
  EXPECT_EQ(refusal_status(refusal::timeout), 504u);
  door d;
  d.node.refuse_with = {refusal::busy, "full", milliseconds{2500}};
  EXPECT_NE(raw_client{d.port()}
                .ask(post("/v1/tasks", R"({"text":"x"})"))
                .head.find("Retry-After: 3\r\n"),
            std::string::npos);
}

TEST(api, cancels_and_asks_people) {
  door d;
  d.node.hold = true;
  raw_client c{d.port()};
  c.ask(post("/v1/tasks", R"({"text":"x"})"));
  EXPECT_EQ(c.ask(post("/v1/tasks/t1/cancel", R"({"why":"changed my mind"})")).status, 200u);
  EXPECT_EQ(c.ask("POST /v1/tasks/t1/cancel HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 200u);
  d.node.end("t1");
  EXPECT_EQ(c.ask(post("/v1/tasks/t1/cancel", "{}")).status, 409u);
  EXPECT_EQ(c.ask(get("/v1/human?queue=refunds")).parsed()["questions"][0]["queue"], "refunds");
  EXPECT_EQ(c.ask(post("/v1/human/t1:0:1/claim", R"({"by":"ann"})")).parsed()["claimed_by"], "ann");
  EXPECT_EQ(c.ask(post("/v1/human/t1:0:1/claim", "{}")).parsed()["errors"][0]["pointer"], "/by");
  EXPECT_EQ(c.ask(post("/v1/human/t1:0:1/answer", R"({"by":"ann"})")).status, 400u);
  EXPECT_EQ(
      c.ask(post("/v1/human/t1:0:1/answer", R"({"by":"ann","text":"no","deny":true})")).status,
      200u);
  EXPECT_EQ(d.node.answered.failed.why, reason::policy_denied);
}

TEST(api, shows_the_node) {
  door d;
  d.node.search_logs = [](const json& q) { return json::array({q}); };
  raw_client c{d.port()};
  EXPECT_EQ(c.ask(get("/v1/sessions")).parsed()["sessions"][0]["id"], "s1");
  EXPECT_EQ(c.ask(get("/v1/sessions/none")).status, 404u);
  const auto tree = c.ask(get("/v1/tree")).parsed();
  EXPECT_EQ(tree["kind"], "cluster");
  EXPECT_EQ(tree["children"][0]["node"], "n1");
  EXPECT_EQ(tree["children"][0]["region"], "eu");
  EXPECT_EQ(tree["children"][0]["children"][0]["restarts"], 2);
  EXPECT_EQ(c.ask(get("/v1/tree?node=n7")).status, 404u);
  EXPECT_EQ(c.ask(get("/v1/tree?colour=red")).status, 400u);
  EXPECT_TRUE(c.ask(get("/v1/agents")).parsed()["agents"].is_array());
  EXPECT_TRUE(c.ask(get("/v1/domains")).parsed()["domains"].is_array());
  const auto logs =
      c.ask(get("/v1/logs?session=s%201&level=warning&since=1970-01-01T00:00:02.5Z")).parsed();
  EXPECT_EQ(logs["lines"][0],
            json::parse(
                R"({"session":"s 1","level":"warning","since":2500000,"limit":100,"node":"n1"})"));
  EXPECT_EQ(c.ask(get("/v1/logs?since=yesterday")).status, 400u);
  EXPECT_EQ(c.ask(get("/metrics")).body, "troupe_up 1\n");
  EXPECT_EQ(c.ask(get("/")).status, 200u);
  d.node.is_ready = false;
  EXPECT_EQ(c.ask(get("/readyz")).status, 503u);
}

TEST(api, lists_what_was_learned_in_every_domain) {
  door d;
  domain_spec inner, outer;
  inner.path = "support/refunds";
  inner.routing.strategy = route_strategy::learned;
  outer.path = "support";
  outer.domains = {inner};
  d.node.declared().domains = {outer};
  raw_client c{d.port()};
  EXPECT_EQ(c.ask(get("/v1/arms")).parsed()["domains"],
            json::parse(R"([{"domain":"support/refunds","intents":[]}])"));
  EXPECT_EQ(c.ask(get("/v1/arms?domain=support%2Frefunds")).parsed()["domains"].size(), 1u);
  EXPECT_TRUE(c.ask(get("/v1/arms?domain=support")).parsed()["domains"].empty());
  EXPECT_EQ(c.ask(get("/v1/arms?domain=nowhere")).status, 404u);
  const auto links = c.ask(get("/")).parsed()["links"];
  for (const auto* path : {"/v1/arms", "/v1/cost"})
    EXPECT_NE(std::find(links.begin(), links.end(), path), links.end()) << path;
}

TEST(api, shows_the_last_messages) {
  door d;
  d.node.last_messages = [](const json& query) {
    auto out = query;
    out["stamp"] = 7u;
    return json::array({out});
  };
  raw_client c{d.port()};
  EXPECT_EQ(c.ask(get("/v1/recorder?last=1m&limit=5")).parsed()["messages"],
            json::parse(R"([{"last":60000,"limit":5,"stamp":7,"node":"n1"}])"));
  EXPECT_EQ(c.ask(get("/v1/recorder")).parsed()["messages"][0]["last"], 30000);
  const std::string trace = "0af7651916cd43dd8448eb211c80319c";
  const auto id = c.ask(post("/v1/tasks", R"({"text":"hi"})",
                             "traceparent: 00-" + trace + "-b7ad6b7169203331-01\r\n"))
                      .parsed()["id"]
                      .get<std::string>();
  EXPECT_EQ(c.ask(get("/v1/recorder?task=" + id)).parsed()["messages"][0]["trace"], trace);
  EXPECT_EQ(c.ask(get("/v1/recorder?task=none")).status, 404u);
  EXPECT_EQ(c.ask(get("/v1/recorder?node=n7")).status, 404u);
  for (const auto* bad : {"last=soon", "last=0s", "last=25h", "limit=0", "colour=red"})
    EXPECT_EQ(c.ask(get(std::string{"/v1/recorder?"} + bad)).status, 400u) << bad;
  d.node.last_messages = nullptr;
  EXPECT_EQ(c.ask(get("/v1/recorder")).status, 400u);
}

TEST(api, a_session_is_found_where_its_shard_is) {
  door d;
  raw_client c{d.port()};
  const std::uint32_t shard = 5;
  auto said = c.ask(get("/v1/sessions/s1/where")).parsed();
  EXPECT_EQ(said["node"], nullptr);
  EXPECT_EQ(said["shard"], shard);
  d.node.owned = {{"support", shard, 3, timestamp{microseconds{1000000}}},
                  {"other", shard, 9, timestamp{microseconds{2000000}}}};
  said = c.ask(get("/v1/sessions/s1/where")).parsed();
  EXPECT_EQ(said["node"], "n1");
  EXPECT_EQ(said["region"], "eu");
  EXPECT_EQ(said["since"], "1970-01-01T00:00:01.000000Z");
  EXPECT_EQ(said["instance"]["incarnation"], 3);
  EXPECT_EQ(c.ask(get("/v1/sessions/none/where")).status, 404u);
}

TEST(api, who_has_not_answered_is_named) {
  door d;
  d.node.others = {{"n2", "us", {}, {refusal::timeout, "no answer within 2000 ms", {}}},
                   {"n3", "us", "not what was asked for", {}}};
  raw_client c{d.port()};
  for (const auto* path : {"/v1/tree", "/v1/agents", "/v1/sessions/s1/where"}) {
    const auto a = c.ask(get(path));
    EXPECT_EQ(a.status, 200u) << path;
    EXPECT_EQ(a.parsed()["missing"],
              json::parse(R"([{"node":"n2","why":"timeout","detail":"no answer within 2000 ms"}])"))
        << path;
  }
  // Without logs of its own, and with nobody else: nobody has answered.
  d.node.others.clear();
  EXPECT_EQ(c.ask(get("/v1/logs")).parsed()["type"], "urn:troupe:problem:no_logs");
}

TEST(api, gives_orders_to_agents) {
  door d;
  raw_client c{d.port()};
  auto a = c.ask(post("/v1/agents/support%2Frefunds/billing/drain", ""));
  EXPECT_EQ(a.status, 200u);
  EXPECT_EQ(d.node.ordered, "support/refunds/billing drain");
  const auto agent = a.parsed()["agents"][0];
  EXPECT_EQ(agent["state"], "draining");
  EXPECT_EQ(agent["breaker"], json::parse(R"({"state":"open","why":"5 failures in 120 s",
      "probe_from":"1970-01-01T00:00:01.000000Z"})"));
  EXPECT_EQ(c.ask(post("/v1/agents/support/billing%232/return", "")).status, 200u);
  EXPECT_EQ(d.node.ordered, "support/billing#2 return");
  a = c.ask(post("/v1/agents/support/billing/fire", ""));
  EXPECT_EQ(a.status, 404u);
  EXPECT_EQ(a.parsed()["type"], "urn:troupe:problem:unknown_verb");
  d.node.refuse_with = {refusal::invalid_request, "there is no agent 'support/x'", {}};
  a = c.ask(post("/v1/agents/support/x/stop", ""));
  EXPECT_EQ(a.status, 404u);
  EXPECT_EQ(a.parsed()["type"], "urn:troupe:problem:unknown_agent");
}

TEST(api, drains_a_node) {
  door d;
  raw_client c{d.port()};
  const auto a = c.ask(post("/v1/nodes/n1/drain", ""));
  EXPECT_EQ(a.status, 200u);
  EXPECT_EQ(a.parsed(), json::parse(R"({"node":"n1","draining":true,"drained":false,"shards":3,
      "agents":2})"));
  EXPECT_EQ(d.node.drained, "drain by " + d.node.fleet().node_id);
  EXPECT_EQ(c.ask(post("/v1/nodes/n1/undrain", "")).parsed()["draining"], false);
  EXPECT_EQ(c.ask(post("/v1/nodes/n9/drain", "")).parsed()["type"],
            "urn:troupe:problem:unknown_node");
}

TEST(api, nodes_are_told_as_the_member_table_has_them) {
  door d;
  member gone;
  gone.node = "n2";
  gone.state = member_state::down;
  gone.why = "link closed";
  gone.accused = {{"n1", 7, {}, "link closed"}};
  d.node.members = {4, {gone}, {}, {}};
  const auto a = raw_client{d.port()}.ask(get("/v1/nodes"));
  EXPECT_EQ(a.status, 200u);
  const auto said = a.parsed();
  EXPECT_EQ(said["version"], 4);
  EXPECT_EQ(said["nodes"][0]["id"], "n2");
  EXPECT_EQ(said["nodes"][0]["state"], "down");
  EXPECT_EQ(said["nodes"][0]["why"], "link closed");
  EXPECT_EQ(said["nodes"][0]["accusedBy"][0]["node"], "n1");
}

TEST(api, the_ledger_is_listed_page_by_page) {
  door d;
  stored_effect line;
  line.task = "t1";
  line.step = 2;
  line.state = effect_state::pending;
  line.does = effects::unsafe;
  line.agent = "billing/refunds";
  line.body = "what came of it";
  d.node.ledger = {line};
  raw_client c{d.port()};
  const auto page = c.ask(get("/v1/effects?state=pending&task=t1&limit=1&after=t%2F9%2F1%2F0"));
  EXPECT_EQ(page.status, 200u);
  EXPECT_EQ(page.parsed()["effects"][0]["id"], "t1/2/0");
  EXPECT_EQ(page.parsed()["effects"][0]["state"], "pending");
  EXPECT_EQ(page.parsed()["next"], "t1/2/0");
  EXPECT_EQ(page.body.find("what came"), std::string::npos);
  ASSERT_TRUE(d.node.asked_effects.after);
  EXPECT_EQ(d.node.asked_effects.after->task, "t/9");
  EXPECT_EQ(d.node.asked_effects.after->step, 1u);
  EXPECT_EQ(d.node.asked_effects.limit, 1u);
  // The last page says nothing of a next one.
  EXPECT_FALSE(c.ask(get("/v1/effects")).parsed().contains("next"));
  for (const auto* bad : {"after=t1", "after=t1/2", "after=/1/2", "after=t/x/2",
                          "after=t/1/99999999999", "state=done", "limit=1001", "limit=0", "more=1"})
    EXPECT_EQ(c.ask(get("/v1/effects?" + std::string{bad})).status, 400u) << bad;
}

TEST(api, tells_of_regions_and_lets_them_return) {
  door d;
  member eu, us;
  eu.node = "n1";
  eu.region = "eu";
  eu.state = member_state::down;
  us.node = "n2";
  us.region = "us";
  us.state = member_state::up;
  d.node.members = {4, {eu, us}, {{"eu", "us"}}, {}};
  d.node.declared().regions = {{"eu", {"us"}}, {"us", {"eu"}}};
  d.node.declared().region_return.reset();
  d.node.carried = {{"us", "eu", 3, 400}};
  const auto said = raw_client{d.port()}.ask(get("/v1/regions")).parsed();
  EXPECT_EQ(said["regions"][0], (json{{"name", "eu"},
                                      {"backups", {"us"}},
                                      {"servedBy", "us"},
                                      {"there", false},
                                      {"nodes", {{{"id", "n1"}, {"state", "down"}}}},
                                      {"carried", json::array()}}));
  EXPECT_EQ(said["regions"][1]["carried"][0]["bytes"], 400);
  EXPECT_TRUE(said["returnAfterMs"].is_null());
  EXPECT_EQ(raw_client{d.port()}.ask(post("/v1/regions/eu/return", "")).status, 200u);
  EXPECT_EQ(d.node.ordered, "return eu");
  d.node.refuse_with = {refusal::invalid_request, "there is no region 'mars'", {}};
  EXPECT_EQ(raw_client{d.port()}.ask(post("/v1/regions/mars/return", "")).status, 404u);
  d.node.refuse_with = {refusal::conflict, "eu works on its own sessions", {}};
  EXPECT_EQ(raw_client{d.port()}.ask(post("/v1/regions/eu/return", "")).status, 409u);
}

TEST(api, is_what_its_description_says) {
  fake_client node;
  const auto described = json::parse(openapi_text());
  std::set<std::string> told, there;
  for (const auto& [path, methods] : described["paths"].items())
    for (const auto& [method, op] : methods.items()) {
      std::string upper = method;
      for (auto& x : upper)
        x = static_cast<char>(x - 32);
      told.insert(upper + " " + path);
    }
  const auto api = make_api(node);
  for (const auto& [method, path] : api.routes())
    there.insert(method + " " + path);
  EXPECT_EQ(told, there);
  std::ifstream file{std::string{TROUPE_SOURCE_DIR} + "/docs/reference/openapi.json"};
  EXPECT_EQ(json::parse(file), described);
  door d;
  EXPECT_EQ(raw_client{d.port()}.ask(get("/openapi.json")).parsed()["openapi"], "3.1.0");
}

} // namespace api_cases
} // namespace troupe::test
