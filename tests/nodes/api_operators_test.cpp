// What the door shows to those who run the nodes, and does for them.
#include "tests/nodes/door_kit.hpp"

#include <gtest/gtest.h>

namespace troupe::test {

namespace api_operators_cases {

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
  EXPECT_EQ(c.ask(get("/readyz")).status, 200u);
  d.node.does_store = false;
  const auto unstored = c.ask(get("/readyz"));
  EXPECT_EQ(unstored.status, 503u);
  EXPECT_THAT(unstored.body, ::testing::HasSubstr("nothing can be stored"));
  d.node.does_store = true;
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

TEST(api, lists_no_tasks_of_a_domain_that_is_not_there) {
  door d;
  domain_spec inner, outer;
  inner.path = "support/refunds";
  outer.path = "support";
  outer.domains = {inner};
  d.node.declared().domains = {outer};
  raw_client c{d.port()};
  const auto answer = c.ask(get("/v1/tasks?domain=nowhere"));
  EXPECT_EQ(answer.status, 404u);
  EXPECT_EQ(answer.parsed()["type"], "urn:troupe:problem:unknown_domain");
  for (const auto* there : {"support", "support%2Frefunds"}) {
    const auto empty = c.ask(get(std::string{"/v1/tasks?domain="} + there));
    EXPECT_EQ(empty.status, 200u) << there;
    EXPECT_EQ(empty.parsed()["tasks"], json::array()) << there;
  }
  // What a domain has left that is there no more is found by its name.
  ASSERT_EQ(c.ask(post("/v1/tasks", R"({"text":"hi"})")).status, 202u);
  d.node.declared().domains = {inner};
  EXPECT_EQ(c.ask(get("/v1/tasks?domain=support")).parsed()["tasks"].size(), 1u);
}

TEST(api, lists_no_questions_of_a_queue_that_is_not_there) {
  door d;
  d.node.declared().human_queues.emplace_back().name = "desk";
  d.node.waiting_for_people = 0;
  raw_client c{d.port()};
  const auto answer = c.ask(get("/v1/human?queue=dusk"));
  EXPECT_EQ(answer.status, 404u);
  EXPECT_EQ(answer.parsed()["type"], "urn:troupe:problem:unknown_queue");
  EXPECT_EQ(c.ask(get("/v1/human?queue=desk")).parsed()["questions"], json::array());
  EXPECT_EQ(c.ask(get("/v1/human")).status, 200u);
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
  member there;
  there.node = "n3";
  d.node.members = {4, {gone, there}, {}, {}};
  d.node.others = {{"n2", "", {}, {refusal::stopping, "there is no link with it", {}}},
                   {"n3", "", {{"ends", "2027-01-02T00:00:00.000000Z"}}, {}}};
  const auto a = raw_client{d.port()}.ask(get("/v1/nodes"));
  EXPECT_EQ(a.status, 200u);
  const auto said = a.parsed();
  EXPECT_EQ(said["version"], 4);
  EXPECT_EQ(said["nodes"][0]["id"], "n2");
  EXPECT_EQ(said["nodes"][0]["state"], "down");
  EXPECT_EQ(said["nodes"][0]["why"], "link closed");
  EXPECT_EQ(said["nodes"][0]["accusedBy"][0]["node"], "n1");
  EXPECT_FALSE(said["nodes"][0].contains("certificateEnds"));
  EXPECT_EQ(said["nodes"][1]["certificateEnds"], "2027-01-02T00:00:00.000000Z");
  EXPECT_EQ(d.node.asked.subject, "certificate");
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

} // namespace api_operators_cases
} // namespace troupe::test
