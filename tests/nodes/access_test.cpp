#include "nodes/doors/access.hpp"

#include "tests/nodes/guarded_door.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace troupe::test {
namespace access_cases {

TEST(door_keys, without_a_single_key_the_loopback_is_as_open_as_ever) {
  guarded_door d;
  EXPECT_EQ(d.ask(get("/v1/tasks")).status, 200u);
  EXPECT_EQ(d.ask(get("/v1/keys")).status, 200u);
  EXPECT_EQ(d.ask(post("/v1/tasks", R"({"text":"hi"})")).status, 202u);
}

TEST(door_keys, once_there_is_one_it_is_asked_for_and_for_good) {
  guarded_door d;
  const auto root = d.key({"admin"});
  EXPECT_EQ(d.ask(get("/v1/tasks")).status, 401u);
  EXPECT_EQ(d.ask(get("/v1/tasks", bearer(root))).status, 200u);
  d.revoke(root);
  EXPECT_EQ(d.ask(get("/v1/tasks")).status, 401u);
  EXPECT_EQ(d.ask(get("/v1/tasks", bearer(root))).status, 401u);
}

TEST(door_keys, beyond_the_loopback_nobody_gets_in_without_one) {
  guarded_door d{true};
  EXPECT_EQ(d.ask(get("/v1/tasks")).status, 401u);
  EXPECT_EQ(d.ask(get("/healthz")).status, 200u);
}

// The whole table: what is open is named here, and all else asks for a key. A route that is added
// and says nothing takes a key that may do everything.
TEST(door_keys, every_route_of_the_api_asks_for_one) {
  guarded_door d;
  const auto nothing = d.key({"answer:nowhere"});
  const auto root = d.key({"admin"});
  const auto api = make_api(d.node, {});
  const auto routes = api.routes();
  const auto needs = api.needs();
  ASSERT_EQ(routes.size(), needs.size());
  const std::set<std::string> open{"/healthz", "/readyz", "/openapi.json",
                                   "/.well-known/agent-card.json"};
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const auto& [method, pattern] = routes[i];
    auto path = pattern;
    while (path.find('{') != std::string::npos)
      path.replace(path.find('{'), path.find('}') - path.find('{') + 1, "x");
    const auto request = [&](const std::string& more) {
      const auto text = method == "GET" ? get(path, more) : post(path, "{}", more);
      return method + text.substr(text.find(' '));
    };
    const bool is_open = open.contains(pattern);
    EXPECT_EQ(needs[i].where == route_need::reach::open, is_open) << pattern;
    const auto bare = d.ask(request(""));
    if (is_open) {
      EXPECT_NE(bare.status, 401u) << pattern;
      continue;
    }
    EXPECT_TRUE(bare.status == 401 || bare.status == 429) << pattern << " " << bare.status;
    const auto let_in = d.ask(request(bearer(root))).status;
    EXPECT_TRUE(let_in != 401 && let_in != 403) << pattern << " " << let_in;
    if (needs[i] != route_need::somewhere(access_scope::answer)) {
      const auto no = d.ask(request(bearer(nothing)));
      EXPECT_TRUE(no.status == 403 || no.status == 429) << pattern << " " << no.status;
    }
  }
}

TEST(door_keys, a_route_that_says_nothing_takes_a_key_that_may_do_everything) {
  router r;
  r.add("GET", "/new", [](http_request&, const responder&) {});
  EXPECT_EQ(r.needs().at(0), route_need::fleet(access_scope::admin));
}

TEST(door_keys, wrong_ones_are_all_answered_alike_and_never_repeated) {
  guarded_door d;
  const auto good = d.key({"read"});
  auto other_secret = good;
  other_secret.back() = other_secret.back() == '0' ? '1' : '0';
  auto other_id = good;
  other_id[5] = other_id[5] == '0' ? '1' : '0';
  std::string said;
  for (const auto& wrong : {other_secret, other_id, std::string{"trp_x"}, std::string(5000, 'a')}) {
    const auto a = d.ask(get("/v1/tasks", bearer(wrong)));
    EXPECT_EQ(a.status, 401u);
    EXPECT_NE(a.head.find("WWW-Authenticate: Bearer"), std::string::npos);
    EXPECT_EQ(a.parsed()["type"], "urn:troupe:problem:wrong_key");
    EXPECT_EQ(a.body.find(wrong.substr(0, 40)), std::string::npos);
    if (!said.empty()) {
      EXPECT_EQ(a.body, said);
    }
    said = a.body;
  }
  EXPECT_EQ(d.ask(get("/v1/tasks", "Authorization: Basic abc\r\n")).status, 401u);
  EXPECT_EQ(d.ask(get("/v1/tasks", bearer(good) + bearer(good))).status, 401u);
  EXPECT_EQ(d.ask(get("/v1/tasks", "authorization: bearer  " + good + "\r\n")).status, 200u);
  EXPECT_GE(d.count("wrong_key"), 5);
  EXPECT_EQ(d.count("no_key"), 1);
  for (const auto& r : d.records("access.refused"))
    EXPECT_EQ(r.dump().find(good.substr(21)), std::string::npos);
}

TEST(door_keys, an_expired_one_says_so_to_who_has_it) {
  guarded_door d;
  const auto old = d.key({"read"}, wall() - std::chrono::seconds{1});
  const auto a = d.ask(get("/v1/tasks", bearer(old)));
  EXPECT_EQ(a.status, 401u);
  EXPECT_EQ(a.parsed()["type"], "urn:troupe:problem:expired_key");
  // Who only knows its id learns nothing.
  auto guess = old;
  guess.back() = guess.back() == '0' ? '1' : '0';
  EXPECT_EQ(d.ask(get("/v1/tasks", bearer(guess))).parsed()["type"],
            "urn:troupe:problem:wrong_key");
}

TEST(door_keys, a_task_of_another_domain_is_as_if_it_was_not_there) {
  guarded_door d;
  const auto theirs = d.task_in("sales");
  const auto ours = d.task_in("support/refunds");
  const auto key = d.key({"read:support", "submit:support"});
  EXPECT_EQ(d.ask(get("/v1/tasks/" + ours, bearer(key))).status, 200u);
  for (const std::string what : {"", "/trace", "/explain", "/history", "/events"}) {
    const auto hidden = d.ask(get("/v1/tasks/" + theirs + what, bearer(key)));
    const auto missing = d.ask(get("/v1/tasks/t999" + what, bearer(key)));
    EXPECT_EQ(hidden.status, 404u) << what;
    auto a = hidden.parsed(), b = missing.parsed();
    a.erase("instance");
    b.erase("instance");
    EXPECT_EQ(a, b) << what;
  }
  const auto cancelled = d.ask(post("/v1/tasks/" + theirs + "/cancel", "{}", bearer(key)));
  EXPECT_EQ(cancelled.status, 404u);
  const auto list = d.ask(get("/v1/tasks", bearer(key))).parsed()["tasks"];
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0]["id"], ours);
  EXPECT_EQ(d.ask(get("/v1/tasks?domain=sales", bearer(key))).status, 404u);
}

TEST(door_keys, who_may_read_and_not_submit_is_told_so) {
  guarded_door d;
  d.node.hold = true;
  const auto id = d.task_in("support");
  const auto reader = d.key({"read:support", "submit:sales"});
  EXPECT_EQ(d.ask(post("/v1/tasks/" + id + "/cancel", "{}", bearer(reader))).status, 403u);
  const auto other = d.key({"submit:support"});
  EXPECT_EQ(d.ask(post("/v1/tasks/" + id + "/cancel", "{}", bearer(other))).status, 200u);
  const auto used = d.records("key.used");
  ASSERT_EQ(used.size(), 1u);
  EXPECT_EQ(used[0]["does"], "cancel");
  EXPECT_EQ(used[0]["task"], id);
  EXPECT_EQ(used[0]["key"], read_key(other)->id);
}

TEST(door_keys, a_domain_that_is_named_is_refused_whether_it_exists_or_not) {
  guarded_door d;
  const auto key = d.key({"submit:support", "operate:support"});
  EXPECT_EQ(d.ask(post("/v1/tasks", R"({"text":"x","domain":"support"})", bearer(key))).status,
            202u);
  for (const char* domain : {"sales", "no_such_domain"}) {
    const auto a = d.ask(
        post("/v1/tasks", R"({"text":"x","domain":")" + std::string{domain} + "\"}", bearer(key)));
    EXPECT_EQ(a.status, 403u) << domain;
    EXPECT_EQ(d.ask(post("/v1/agents/" + std::string{domain} + "/a/drain", "", bearer(key))).status,
              403u);
  }
  EXPECT_EQ(d.ask(post("/v1/agents/support%2Frefunds/a/drain", "", bearer(key))).status, 200u);
  EXPECT_EQ(d.node.ordered, "support/refunds/a drain");
  // A domain that only begins with the same letters is another one.
  EXPECT_EQ(d.ask(post("/v1/agents/supporters/a/drain", "", bearer(key))).status, 403u);
}

TEST(door_keys, what_cannot_be_put_on_record_is_not_done) {
  guarded_door d;
  const auto key = d.key({"operate", "admin"});
  d.disk_full = true;
  EXPECT_EQ(d.ask(post("/v1/agents/support/a/drain", "", bearer(key))).status, 429u);
  EXPECT_EQ(d.node.ordered, "");
  EXPECT_EQ(d.ask(post("/v1/keys", R"({"name":"x","allow":["read"]})", bearer(key))).status, 429u);
  d.disk_full = false;
  EXPECT_EQ(d.ask(post("/v1/agents/support/a/drain", "", bearer(key))).status, 200u);
  EXPECT_EQ(d.ask(get("/v1/keys", bearer(key))).parsed()["keys"].size(), 1u);
}

TEST(door_keys, logs_are_those_of_the_domains) {
  guarded_door d;
  const auto key = d.key({"read:support"});
  const auto lines = d.ask(get("/v1/logs?limit=50", bearer(key))).parsed()["lines"];
  ASSERT_EQ(lines.size(), 50u);
  for (const auto& line : lines)
    EXPECT_EQ(line["domain"], "support");
  EXPECT_EQ(d.ask(get("/v1/logs?limit=50", bearer(d.key({"read"})))).parsed()["lines"][2]["domain"],
            "");
}

TEST(door_keys, of_what_other_nodes_say_a_key_sees_its_domains_alone) {
  guarded_door d;
  // A node that leaves nothing out, whatever it is asked.
  const auto agent = [](const char* name) { return json{{"name", name}, {"node", "n2"}}; };
  const auto line = [](const char* domain) { return json{{"domain", domain}, {"message", "m"}}; };
  json all{{"agents", {agent("support/a"), agent("support/in/b#2"), agent("sales/c"), 7}},
           {"lines", {line("support"), line("sales"), line(""), json::object()}},
           {"shards", {{{"domain", "support"}, {"shard", 1}}, {{"domain", "sales"}, {"shard", 1}}}},
           {"tree", {{"id", "n2"}}},
           {"messages", {{{"to", "agent:sales/c"}}}},
           {"cut", true}};
  d.node.others = {{"n2", "us", all, {}}};
  const auto key = d.key({"read:support"});
  const auto agents = d.ask(get("/v1/agents", bearer(key))).parsed();
  EXPECT_EQ(d.node.asked.query["within"], json::array({"support"}));
  std::vector<std::string> names;
  for (const auto& a : agents["agents"])
    if (a.value("node", "") == "n2")
      names.push_back(a["name"]);
  EXPECT_THAT(names, ::testing::ElementsAre("support/a", "support/in/b#2"));
  EXPECT_EQ(agents["cut"], true);
  for (const auto& x : d.ask(get("/v1/logs?limit=10000", bearer(key))).parsed()["lines"])
    EXPECT_EQ(x["domain"], "support");
  // What no route of his asks for is told him neither.
  guarded_client mine{d.node, d.pass(key), access_scope::read, {}};
  for (const auto* subject : {"tree", "messages", "recorder", "anything"}) {
    survey_question what;
    what.subject = subject;
    mine.ask_nodes(what, [&](const survey_answers& said, const refused& why) {
      EXPECT_EQ(why.why, refusal::none);
      ASSERT_EQ(said.size(), 2u);
      for (const auto& x : said)
        EXPECT_EQ(x.answer, json::object()) << subject;
    });
  }
  survey_question shards;
  shards.subject = "shards";
  mine.ask_nodes(shards, [&](const survey_answers& said, const refused&) {
    EXPECT_EQ(said.at(1).answer["shards"].size(), 1u);
  });
  // Who may read everything is told everything.
  const auto whole = d.ask(get("/v1/agents", bearer(d.key({"read"})))).parsed();
  EXPECT_FALSE(d.node.asked.query.contains("within"));
  EXPECT_GT(whole["agents"].size(), agents["agents"].size());
}

TEST(door_keys, others_tasks_take_no_place_in_the_list_of_mine) {
  guarded_door d;
  const auto mine = d.task_in("support");
  for (int i = 0; i < 5; ++i)
    d.task_in("sales");
  const auto tasks =
      d.ask(get("/v1/tasks?limit=1", bearer(d.key({"read:support"})))).parsed()["tasks"];
  ASSERT_EQ(tasks.size(), 1u);
  EXPECT_EQ(tasks[0]["id"], mine);
}

TEST(door_keys, a_stream_ends_with_the_key_it_was_opened_with) {
  guarded_door d;
  d.node.hold = true;
  const auto id = d.task_in("support");
  const auto key = d.key({"read"});
  raw_client c{d.server->port()};
  c.send(get("/v1/tasks/" + id + "/events", bearer(key)));
  c.until("retry:");
  while (d.node.watchers() < 2)
    std::this_thread::yield();
  d.revoke(key);
  auto next = d.node.copy(id);
  next->history.push_back({});
  d.node.put(next);
  const auto said = c.until("no longer good");
  EXPECT_NE(said.find("event: error"), std::string::npos);
  EXPECT_EQ(said.find("event: accepted"), std::string::npos);
}

TEST(door_keys, are_made_shown_once_listed_and_revoked) {
  guarded_door d;
  const auto weak = d.ask(post("/v1/keys", R"({"name":"x","allow":["read"]})"));
  EXPECT_EQ(weak.status, 409u);
  const auto made = d.ask(post("/v1/keys", R"({"name":"root","allow":["admin"]})"));
  ASSERT_EQ(made.status, 201u);
  EXPECT_NE(made.head.find("Cache-Control: no-store"), std::string::npos);
  const auto root = made.parsed()["key"].get<std::string>();
  EXPECT_EQ(d.ask(post("/v1/keys", R"({"name":"x","allow":["read"]})")).status, 401u);
  const auto team = d.ask(post("/v1/keys",
                               R"({"name":"lead","team":"support","allow":["admin:support"],
                                   "expires_in_days":7})",
                               bearer(root)));
  ASSERT_EQ(team.status, 201u);
  const auto lead = team.parsed()["key"].get<std::string>();
  // Nobody gives away, sees or takes back what is not his.
  EXPECT_EQ(d.ask(post("/v1/keys", R"({"name":"x","allow":["read:sales"]})", bearer(lead))).status,
            403u);
  const auto desk =
      d.ask(post("/v1/keys", R"({"name":"desk","allow":["answer:support/x"]})", bearer(lead)));
  ASSERT_EQ(desk.status, 201u);
  const auto listed = d.ask(get("/v1/keys", bearer(lead)));
  EXPECT_EQ(listed.parsed()["keys"].size(), 2u);
  EXPECT_EQ(d.ask(get("/v1/keys", bearer(root))).parsed()["keys"].size(), 3u);
  for (const auto& k : {root, lead, desk.parsed()["key"].get<std::string>()})
    EXPECT_EQ(d.ask(get("/v1/keys", bearer(root))).body.find(k.substr(21)), std::string::npos);
  const auto root_id = made.parsed()["id"].get<std::string>();
  EXPECT_EQ(d.ask(post("/v1/keys/" + root_id + "/revoke", "", bearer(lead))).status, 404u);
  const auto desk_id = desk.parsed()["id"].get<std::string>();
  EXPECT_EQ(d.ask(post("/v1/keys/" + desk_id + "/revoke", "", bearer(lead))).status, 200u);
  EXPECT_EQ(d.ask(get("/v1/human", bearer(desk.parsed()["key"]))).status, 401u);
  EXPECT_EQ(d.records("key.made").size(), 3u);
  EXPECT_EQ(d.records("key.revoked").size(), 1u);
}

TEST(door_keys, flawed_wishes_are_refused_with_what_is_wrong) {
  guarded_door d;
  const auto root = d.key({"admin"});
  for (const char* body :
       {R"({"allow":["read"]})", R"({"name":"x"})", R"({"name":"x","allow":"read"})",
        R"({"name":"x","allow":["rule"]})", R"({"name":"x","allow":[]})",
        R"({"name":"x","allow":["read"],"expires_in_days":0})",
        R"({"name":"x","allow":["read"],"hash":"00"})"}) {
    const auto a = d.ask(post("/v1/keys", body, bearer(root)));
    EXPECT_EQ(a.status, 400u) << body;
    EXPECT_FALSE(a.parsed()["errors"].empty()) << body;
  }
}

TEST(door_keys, who_is_refused_too_often_is_put_off_and_a_good_key_is_not) {
  guarded_door d;
  const auto good = d.key({"read"});
  unsigned last = 0;
  for (int i = 0; i < 60; ++i)
    last = d.ask(get("/v1/tasks")).status;
  EXPECT_EQ(last, 429u);
  EXPECT_EQ(d.ask(get("/v1/tasks", bearer(good))).status, 200u);
  // However many there are, little goes on record.
  const auto records = d.records("access.refused");
  EXPECT_GE(records.size(), 1u);
  EXPECT_LE(records.size(), 3u);
  EXPECT_EQ(records[0]["from"], "127.0.0.1");
  EXPECT_EQ(records[0]["route"], "/v1/tasks");
  EXPECT_EQ(d.count("no_key"), 60);
}

TEST(door_keys, before_they_are_known_the_door_stays_closed) {
  fake_client node;
  api_settings more;
  more.access.keys = std::make_shared<key_ring>();
  http_server server{{}, make_api(node, std::move(more))};
  server.start();
  raw_client c{server.port()};
  EXPECT_EQ(c.ask(get("/v1/tasks")).status, 503u);
  EXPECT_EQ(c.ask(get("/healthz")).status, 200u);
}

TEST(door_keys, addresses_are_counted_by_their_network) {
  EXPECT_EQ(source_of("10.1.2.3"), "10.1.2.3");
  EXPECT_EQ(source_of("::ffff:10.1.2.3"), "10.1.2.3");
  EXPECT_EQ(source_of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(source_of("2001:db8:1:2::9"), "2001:db8:1:2::/64");
  EXPECT_EQ(source_of(""), "unknown");
}

} // namespace access_cases
} // namespace troupe::test
