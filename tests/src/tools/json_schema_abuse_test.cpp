#include "src/tools/json_schema.hpp"

#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace json_schema_abuse_cases {

// Schemas and documents that are made to cost as much time or stack as they can.

namespace {

using namespace troupe::tools;
using nlohmann::json;
using testing::HasSubstr;

/// Why a schema does not compile.
std::string refusal(const json& schema) {
  try {
    json_schema::compile(schema);
  } catch (const schema_invalid& e) {
    return e.what();
  }
  return "it compiles";
}

std::string nested(int levels, const std::string& open, const std::string& close) {
  std::string text;
  for (int i = 0; i < levels; ++i)
    text += open;
  text += "1";
  for (int i = 0; i < levels; ++i)
    text += close;
  return text;
}

} // namespace

TEST(json_schema_abuse, deep_schemas_and_documents_are_refused) {
  const auto schema = json_schema::compile(true);
  EXPECT_TRUE(schema.validate(json::parse(nested(64, "[", "]"))).empty());
  EXPECT_FALSE(schema.validate(json::parse(nested(65, "[", "]"))).empty());
  EXPECT_FALSE(schema.validate(json::parse(nested(100'000, "[", "]"))).empty());
  EXPECT_FALSE(schema.validate(json::parse(nested(1000, "{\"a\":", "}"))).empty());
  json deep = true;
  for (int i = 0; i < 1000; ++i)
    deep = json{{"not", deep}};
  EXPECT_THAT(refusal(deep), HasSubstr("nested"));
}

TEST(json_schema_abuse, long_strings_are_not_held_against_patterns) {
  const auto schema = json_schema::compile(json::parse(R"({"pattern":"^(a|b)*$"})"));
  EXPECT_TRUE(schema.validate(std::string(4096, 'a')).empty());
  const auto found = schema.validate(std::string(4097, 'a'));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].message, HasSubstr("longer than 4096 bytes"));
  const auto names = json_schema::compile(
      json::parse(R"({"patternProperties":{"^a":{}},"additionalProperties":false})"));
  EXPECT_EQ(names.validate(json{{std::string(5000, 'a'), 1}}).size(), 1u);
}

TEST(json_schema_abuse, patterns_that_explode_elsewhere_are_harmless) {
  const std::string text = std::string(4000, 'a') + "!";
  for (const std::string pattern : {"^(a+)+$", "^(a|a)*$", "(.*)*x", "(a*)*b", "(a?){400}b"}) {
    const auto schema = json_schema::compile(json{{"pattern", pattern}});
    EXPECT_EQ(schema.validate(text).size(), 1u) << pattern;
    const auto names = json_schema::compile(json{{"patternProperties", {{pattern, false}}}});
    EXPECT_TRUE(names.validate(json{{text, 1}}).empty()) << pattern;
  }
  for (const std::string pattern : {"((a{100}){100}){100}", "a{65000}", "(a{1,50}){1,50}"})
    EXPECT_THAT(refusal(json{{"pattern", pattern}}), HasSubstr("too complex")) << pattern;
  EXPECT_THAT(refusal(json{{"pattern", std::string(2000, 'a')}}), HasSubstr("longer than"));
  const std::string uuid = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";
  EXPECT_TRUE(json_schema::compile(json{{"pattern", uuid}})
                  .validate("123e4567-e89b-12d3-a456-426614174000")
                  .empty());
}

TEST(json_schema_abuse, work_that_explodes_is_given_up) {
  const auto schema = json_schema::compile(json::parse(
      R"({"anyOf":[{"properties":{"a":{"$ref":"#"}},"required":["z"]},{"properties":{"a":{"$ref":"#"}},"required":["z"]}]})"));
  const auto found = schema.validate(json::parse(nested(60, "{\"a\":", "}")));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].message, HasSubstr("too complex"));
  // A giving up inside a negation must not count as a fit.
  const std::string branch =
      R"({"allOf":[{"properties":{"a":{"$ref":"#/definitions/a"}}},{"required":["z"]}]})";
  const auto negated = json_schema::compile(
      json::parse(R"({"not":{"$ref":"#/definitions/a"},"definitions":{"a":{"anyOf":[)" + branch +
                  "," + branch + "]}}}"));
  EXPECT_EQ(negated.validate(json::parse(nested(60, "{\"a\":", "}"))).size(), 1u);
}

TEST(json_schema_abuse, big_unique_arrays_are_checked_in_time) {
  const auto schema = json_schema::compile(json::parse(R"({"uniqueItems":true})"));
  json numbers = json::array();
  for (int i = 0; i < 200'000; ++i)
    numbers.push_back(i);
  EXPECT_TRUE(schema.validate(numbers).empty());
  numbers.push_back(17.0);
  EXPECT_EQ(schema.validate(numbers).size(), 1u);
}

TEST(json_schema_abuse, text_that_is_no_utf8_does_no_harm) {
  const auto schema =
      json_schema::compile(json{{"enum", {"\xff\xfe", std::string(500, 'x')}}, {"maxLength", 2}});
  EXPECT_TRUE(schema.validate("\xff\xfe").empty());
  EXPECT_EQ(schema.validate("\x80\x80\x80").size(), 1u);
}

TEST(json_schema_abuse, many_threads_validate_with_one) {
  const auto schema = json_schema::compile(json::parse(R"({"items":{"pattern":"^[a-z]+$"}})"));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([schema] {
      for (int i = 0; i < 200; ++i) {
        EXPECT_TRUE(schema.validate(json{"abc", "def"}).empty());
        EXPECT_EQ(schema.validate(json{"abc", "D"}).size(), 1u);
      }
    });
  for (auto& one : threads)
    one.join();
}

} // namespace json_schema_abuse_cases
