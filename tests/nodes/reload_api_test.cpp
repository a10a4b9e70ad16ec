// The door's side of a reload: what it reads, and how it says what is wrong.
#include "src/config/folder_snapshot.hpp"
#include "tests/nodes/door_kit.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::test;

namespace reload_api_cases {

/// Answers a wish as the test says.
class reload_client final : public fake_client {
 public:
  void reload(reload_fleet what, reply<fleet_reloaded> then) override {
    wanted = std::move(what);
    then(says, refuses);
  }
  void versions(reply<versions_viewed> then) override {
    versions_viewed x;
    stored_version v;
    v.number = 2;
    v.state = version_state::refused;
    v.node = "n1";
    v.about = R"({"by":"ann","change":{"agentsAdded":["d/a"]}})";
    v.why = "node n2: no";
    x.versions.push_back(v);
    x.nodes.push_back({"n2", 1, 2, false, "no", {1}});
    then(x, {});
  }
  reload_fleet wanted;
  fleet_reloaded says;
  refused refuses;
};

struct reload_door {
  reload_door()
      : server({}, make_api(node, {})) {
    server.start();
  }
  auto ask(const std::string& body) {
    return raw_client{server.port()}.ask(post("/v1/fleet/reload", body));
  }
  reload_client node;
  http_server server;
};

TEST(reload_door, reads_a_folder) {
  reload_door d;
  d.node.says.version = 3;
  d.node.says.change.agents_added = {"d/a"};
  const auto a = d.ask(R"({"domain":"d","files":{"domain.yaml":"domain: d\n",
                           "run.sh":{"base64":"AP8=","executable":true}}})");
  ASSERT_EQ(a.status, 200u) << a.body;
  EXPECT_EQ(a.parsed()["version"], 3);
  EXPECT_EQ(a.parsed()["changed"], true);
  EXPECT_EQ(a.parsed()["changes"]["agentsAdded"], json::array({"d/a"}));
  EXPECT_EQ(d.node.wanted.domain, "d");
  const auto got = config::unpack(d.node.wanted.content);
  EXPECT_EQ(got.files.at("domain.yaml").bytes, "domain: d\n");
  EXPECT_EQ(got.files.at("run.sh").bytes, std::string("\0\xFF", 2));
  EXPECT_TRUE(got.files.at("run.sh").executable);
}

TEST(reload_door, without_files_the_node_reads_its_own) {
  reload_door d;
  d.node.says.version = 1;
  for (const char* body : {"", "{}"}) {
    const auto a = d.ask(body);
    ASSERT_EQ(a.status, 200u) << a.body;
    EXPECT_EQ(a.parsed()["changed"], false);
    EXPECT_EQ(d.node.wanted.content, "");
  }
}

TEST(reload_door, a_body_that_is_none_reaches_nobody) {
  reload_door d;
  for (const char* body : {R"({"files":{}})", R"({"files":{"../x":"y"}})", R"({"files":{"a":7}})",
                           R"({"domain":"d"})", R"({"files":{"a":{"base64":"*"}}})",
                           R"({"folder":"x"})", R"({"files":{"a":"x","a/b":"y"}})"}) {
    const auto a = d.ask(body);
    EXPECT_EQ(a.status, 400u) << body << a.body;
    EXPECT_FALSE(a.parsed()["errors"].empty()) << body;
  }
}

TEST(reload_door, says_where_a_folder_is_wrong) {
  reload_door d;
  d.node.says.errors = {{"d/agents/a.yaml", 3, 1, "kind", "is no kind"}};
  d.node.says.why = {refusal::invalid_request, "the folder cannot be used", {}};
  const auto a = d.ask("{}");
  EXPECT_EQ(a.status, 422u);
  const auto x = a.parsed();
  EXPECT_EQ(x["type"], "urn:troupe:problem:invalid_fleet");
  EXPECT_EQ(x["errors"][0]["file"], "d/agents/a.yaml");
  EXPECT_EQ(x["errors"][0]["line"], 3);
  EXPECT_EQ(x["errors"][0]["key"], "kind");
  EXPECT_EQ(x["errors"][0]["detail"], "d/agents/a.yaml:3:1: kind: is no kind");
}

TEST(reload_door, a_refusal_of_another_node_is_a_conflict) {
  reload_door d;
  d.node.says.why = {refusal::conflict, "node n2: no such plugin", {}};
  const auto a = d.ask("{}");
  EXPECT_EQ(a.status, 409u);
  EXPECT_EQ(a.parsed()["detail"], "node n2: no such plugin");
}

TEST(reload_door, a_node_whose_fleet_came_from_no_folder_says_so) {
  door d;
  EXPECT_EQ(raw_client{d.port()}.ask(post("/v1/fleet/reload", "{}")).status, 409u);
  EXPECT_EQ(raw_client{d.port()}.ask(get("/v1/fleet/versions")).status, 409u);
}

TEST(reload_door, lists_the_versions) {
  reload_door d;
  const auto a = raw_client{d.server.port()}.ask(get("/v1/fleet/versions"));
  ASSERT_EQ(a.status, 200u);
  const auto x = a.parsed();
  EXPECT_EQ(x["versions"][0]["version"], 2);
  EXPECT_EQ(x["versions"][0]["state"], "refused");
  EXPECT_EQ(x["versions"][0]["why"], "node n2: no");
  EXPECT_EQ(x["versions"][0]["by"], "ann");
  EXPECT_EQ(x["nodes"][0]["worksOn"], json::array({1}));
  EXPECT_EQ(x["nodes"][0]["refused"], "no");
}

} // namespace reload_api_cases
