#include "tests/src/config/editor_schema.hpp"
#include "tests/src/config/reference.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

// The documents must say what the loader does. With TROUPE_WRITE_DOCUMENTS in the environment the
// tests write them anew.
namespace troupe::config {
namespace documents_cases {

bool writes() {
  return std::getenv("TROUPE_WRITE_DOCUMENTS") != nullptr;
}

std::string path_of(const std::string& file) {
  return std::string{TROUPE_SOURCE_DIR} + "/docs/" + file;
}

std::string text_of(const std::string& file) {
  std::ifstream in{path_of(file), std::ios::binary};
  EXPECT_TRUE(in) << file;
  return {std::istreambuf_iterator<char>{in}, {}};
}

struct file_of_keys {
  const char* schema;
  const record& (*keys)();
  const char* title;
};

const file_of_keys files[] = {{"schema/fleet.schema.json", fleet_keys, "fleet.yaml"},
                              {"schema/domain.schema.json", domain_keys, "domain.yaml"},
                              {"schema/agent.schema.json", agent_keys, "agents/NAME.yaml"}};

TEST(documents, schemas_for_editors_are_the_loaders_tables) {
  for (const auto& f : files) {
    const auto made = test::editor_schema(f.keys(), f.title);
    if (writes())
      std::ofstream{path_of(f.schema)} << made.dump(2) << '\n';
    EXPECT_EQ(json::parse(text_of(f.schema)), made)
        << f.schema << " does not say what the loader accepts";
  }
}

void keys_in(const json& schema, std::set<std::string>& out) {
  if (schema.is_object() && schema.contains("properties") &&
      schema.contains("additionalProperties"))
    for (const auto& [key, value] : schema["properties"].items())
      out.insert(key);
  if (schema.is_structured())
    for (const auto& part : schema)
      keys_in(part, out);
}

TEST(documents, every_key_is_in_the_schema_and_the_other_way_round) {
  for (const auto& f : files) {
    std::vector<const record*> records;
    test::collect(f.keys(), records);
    std::set<std::string> known, written;
    for (const auto* r : records)
      for (const auto& key : r->fields)
        known.insert(std::string{key.name});
    keys_in(json::parse(text_of(f.schema)), written);
    EXPECT_EQ(known, written) << f.schema;
  }
}

TEST(documents, records_have_names_of_their_own) {
  for (const auto& f : files) {
    std::vector<const record*> records;
    test::collect(f.keys(), records);
    std::set<std::string_view> names;
    for (const auto* r : records)
      EXPECT_TRUE(names.insert(r->name).second) << r->name;
  }
}

TEST(documents, the_reference_holds_the_tables) {
  const std::string begin = "<!-- tables: begin -->\n", end = "<!-- tables: end -->";
  auto text = text_of("reference/configuration.md");
  const auto from = text.find(begin), to = text.find(end);
  ASSERT_TRUE(from != std::string::npos && to != std::string::npos);
  const auto tables = '\n' + test::reference_tables();
  if (writes()) {
    text.replace(from + begin.size(), to - from - begin.size(), tables);
    std::ofstream{path_of("reference/configuration.md"), std::ios::binary} << text;
  }
  const auto now = text_of("reference/configuration.md");
  EXPECT_EQ(now.substr(from + begin.size(), now.find(end) - from - begin.size()), tables);
}

TEST(documents, patterns_agree_with_the_loader) {
  // Examples that lie at the edges of each rule; editors use the pattern, the loader its own code.
  EXPECT_TRUE(follows("a.b-c_9", text_rule::name));
  EXPECT_FALSE(follows(".a", text_rule::name));
  EXPECT_FALSE(follows("a.b", text_rule::word));
  EXPECT_FALSE(follows(std::string(129, 'a'), text_rule::word));
  EXPECT_TRUE(follows("a/b-c", text_rule::path));
  EXPECT_FALSE(follows("a//b", text_rule::path));
  EXPECT_FALSE(follows("/a", text_rule::path));
  EXPECT_TRUE(follows("", text_rule::pointer));
  EXPECT_TRUE(follows("/a~1b//~0", text_rule::pointer));
  EXPECT_FALSE(follows("/a~2", text_rule::pointer));
  EXPECT_FALSE(follows("a", text_rule::pointer));
  EXPECT_TRUE(follows("skill:a.b", text_rule::fallback));
  EXPECT_FALSE(follows("agent:a.b", text_rule::fallback));
  EXPECT_FALSE(follows("human:", text_rule::fallback));
  EXPECT_TRUE(follows("https://h", text_rule::url));
  EXPECT_FALSE(follows("http:///x", text_rule::url));
  EXPECT_FALSE(follows("ftp://h", text_rule::url));
  EXPECT_FALSE(follows("a\nb", text_rule::header));
}

} // namespace documents_cases
} // namespace troupe::config
