// What servers have to read, as two tools.
#include "src/mcp/resources.hpp"
#include "tests/src/mcp/fake_server.hpp"

#include <gtest/gtest.h>

#include <future>
#include <string>
#include <utility>

namespace troupe::mcp {
namespace resources_cases {

/// Two servers whose resources may be read.
struct library {
  fake_server a, b; // The clock may still be speaking to them at the end.
  tools::alarm_clock clock;
  resource_tools both{{{"a", server(a)}, {"b", server(b)}}};

  std::shared_ptr<tool_server> server(fake_server& of) {
    return std::make_shared<tool_server>(std::make_shared<client>(fast(), clock, of.opener()),
                                         tool_rules{});
  }
  [[nodiscard]] tools::tool_ptr tool(const std::string& name) const {
    for (auto& x : both.tools())
      if (x->card().name == name)
        return x;
    return nullptr;
  }
  std::future<tool_result> use(const std::string& name, json arguments,
                               std::uint64_t* id = nullptr) const {
    const auto got = std::make_shared<std::promise<tool_result>>();
    tool_request what;
    what.arguments = std::move(arguments);
    const auto number =
        tool(name)->call(what, [got](tool_result x) { got->set_value(std::move(x)); });
    if (id)
      *id = number;
    return got->get_future();
  }
};

json page_of(int count, const std::string& next = {}) {
  json out{{"resources", json::array()}};
  for (int i = 0; i < count; ++i)
    out["resources"].push_back(
        {{"uri", "doc:///" + std::to_string(i)}, {"description", std::string(250, 'd')}});
  if (!next.empty())
    out["nextCursor"] = next;
  return out;
}

TEST(mcp_resources, are_two_tools_that_change_nothing) {
  library x;
  ASSERT_EQ(x.both.tools().size(), 2u);
  for (const auto* name : {"list_resources", "read_resource"}) {
    const auto card = x.tool(name)->card();
    EXPECT_EQ(card.does, effects::none);
    EXPECT_EQ(card.parameters["properties"]["server"]["enum"], json::array({"a", "b"}));
  }
}

TEST(mcp_resources, are_read_from_the_server_that_is_named_and_from_no_other) {
  library x;
  auto got = x.use("read_resource", {{"server", "b"}, {"uri", "doc:///1"}});
  const auto asked = x.b.wait_for("resources/read");
  EXPECT_EQ(asked["params"]["uri"], "doc:///1");
  x.b.line()->reply(asked["id"],
                    json::parse(R"({"contents":[{"uri":"doc:///1","text":"We close at six."}]})"));
  const auto said = got.get();
  EXPECT_EQ(said.text, "We close at six.");
  EXPECT_TRUE(said.data.is_null());
  EXPECT_EQ(x.a.count("resources/read"), 0u);
  for (const auto& arguments :
       {json{{"server", "c"}, {"uri", "doc:///1"}}, json{{"uri", "doc:///1"}}, json{}})
    EXPECT_EQ(x.use("read_resource", arguments).get().failed.why, reason::invalid_input);
  EXPECT_EQ(x.b.count("resources/read"), 1u);
}

TEST(mcp_resources, that_are_long_are_read_piece_by_piece) {
  library x;
  std::string whole;
  for (int i = 0; whole.size() < 2 * resource_words_max + 100; ++i)
    whole += "line " + std::to_string(i) + " \u20ac\n";
  std::string together;
  json from = 0;
  int pieces = 0;
  for (; !from.is_null() && pieces < 9; ++pieces) {
    auto got = x.use("read_resource", {{"server", "a"}, {"uri", "doc:///1"}, {"from", from}});
    x.a.count("resources/read", static_cast<std::size_t>(pieces) + 1);
    x.a.line()->reply(x.a.wait_for("resources/read")["id"],
                      {{"contents", {{{"uri", "doc:///1"}, {"text", whole}}}}});
    const auto said = got.get();
    EXPECT_LE(said.text.size(), resource_words_max);
    together += said.text;
    from = said.data.is_object() ? said.data["goes_on_from"] : json{};
  }
  EXPECT_EQ(pieces, 3);
  EXPECT_EQ(together, whole);
}

TEST(mcp_resources, are_listed_page_by_page_and_a_long_page_in_parts) {
  library x;
  std::vector<std::string> seen;
  json more = "";
  std::size_t lists = 0;
  for (; more.is_string() && lists < 20; ++lists) {
    auto got = x.use("list_resources", {{"server", "a"}, {"more", more}});
    x.a.count("resources/list", lists + 1);
    const auto asked = x.a.wait_for("resources/list");
    const bool second = asked["params"].contains("cursor");
    EXPECT_TRUE(!second || asked["params"]["cursor"] == "p@2");
    x.a.line()->reply(asked["id"], second ? page_of(1) : page_of(100, "p@2"));
    const auto said = got.get();
    EXPECT_LE(as_text(said.data).size(), resource_words_max + 100);
    for (const auto& r : said.data["resources"])
      seen.push_back(r["uri"]);
    more = said.data.contains("more") ? said.data["more"] : json{};
  }
  ASSERT_EQ(seen.size(), 101u);
  EXPECT_EQ(seen[99], "doc:///99");
  EXPECT_EQ(seen[100], "doc:///0");
  EXPECT_GT(lists, 3u);
  const auto strange = x.use("list_resources", {{"server", "a"}, {"more", "x"}}).get();
  EXPECT_EQ(strange.failed.why, reason::invalid_input);
}

TEST(mcp_resources, have_patterns_that_are_listed_when_wanted) {
  library x;
  auto got = x.use("list_resources", {{"server", "a"}, {"templates", true}});
  x.a.line()->reply(x.a.wait_for("resources/templates/list")["id"],
                    json::parse(R"({"resourceTemplates":[{"uriTemplate":"doc:///{day}"}]})"));
  EXPECT_EQ(got.get().data["resources"][0]["uri_template"], "doc:///{day}");
}

TEST(mcp_resources, that_are_not_there_are_a_mistake_of_whoever_asks) {
  library x;
  auto got = x.use("read_resource", {{"server", "a"}, {"uri", "doc:///none"}});
  x.a.line()->ears.message(
      error_text(x.a.wait_for("resources/read")["id"], -32002, "Resource not found"));
  const auto said = got.get();
  EXPECT_EQ(said.failed.why, reason::invalid_input);
  EXPECT_EQ(said.failed.detail, "Resource not found");
}

TEST(mcp_resources, are_given_up_at_the_server_that_was_asked) {
  library x;
  std::uint64_t first = 0, second = 0;
  auto of_a = x.use("read_resource", {{"server", "a"}, {"uri", "doc:///1"}}, &first);
  auto of_b = x.use("read_resource", {{"server", "b"}, {"uri", "doc:///1"}}, &second);
  EXPECT_NE(first, second);
  x.tool("read_resource")->cancel(second);
  EXPECT_EQ(of_b.get().failed.why, reason::cancelled);
  EXPECT_EQ(x.b.wait_for("notifications/cancelled")["params"]["requestId"],
            x.b.wait_for("resources/read")["id"]);
  EXPECT_EQ(x.a.count("notifications/cancelled"), 0u);
  x.a.line()->reply(x.a.wait_for("resources/read")["id"], {{"contents", json::array()}});
  EXPECT_TRUE(of_a.get().ok());
}

} // namespace resources_cases
} // namespace troupe::mcp
