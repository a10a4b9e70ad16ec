#include "src/tools/json_schema.hpp"

#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace json_schema_cases {

namespace {

using namespace troupe::tools;
using nlohmann::json;
using testing::HasSubstr;

bool fits(const std::string& schema, const std::string& document) {
  return json_schema::compile(json::parse(schema)).validate(json::parse(document)).empty();
}

/// Checks a schema against documents that must and must not fit, given as JSON text.
void expect(const std::string& schema, const std::vector<std::string>& good,
            const std::vector<std::string>& bad) {
  SCOPED_TRACE(schema);
  for (const auto& document : good)
    EXPECT_TRUE(fits(schema, document)) << document;
  for (const auto& document : bad)
    EXPECT_FALSE(fits(schema, document)) << document;
}

std::vector<schema_error> errors(const std::string& schema, const std::string& document) {
  return json_schema::compile(json::parse(schema)).validate(json::parse(document));
}

/// "pointer: message" of the one error.
std::string only_error(const std::string& schema, const std::string& document) {
  const auto found = errors(schema, document);
  EXPECT_EQ(found.size(), 1u);
  return found.empty() ? "" : found.front().pointer + ": " + found.front().message;
}

/// "pointer: reason" of why a schema does not compile.
std::string refusal(const json& schema) {
  try {
    json_schema::compile(schema);
  } catch (const schema_invalid& e) {
    EXPECT_THAT(e.what(), HasSubstr("schema at '" + e.pointer() + "'"));
    const std::string what = e.what();
    return e.pointer() + ": " + what.substr(what.find("': ") + 3);
  }
  return "it compiles";
}
std::string refusal_of(const std::string& schema) {
  return refusal(json::parse(schema));
}

} // namespace

TEST(json_schema, types) {
  expect("true", {"1", "null", "{}"}, {});
  expect("false", {}, {"1", "null", "{}"});
  expect("{}", {"1", "\"x\""}, {});
  expect(R"({"type":"integer"})", {"1", "-5", "1.0", "1e3", "18446744073709551615"},
         {"1.5", "\"1\"", "true", "null"});
  expect(R"({"type":"number"})", {"1", "1.5"}, {"\"1\"", "false"});
  expect(R"({"type":["string","null"]})", {"\"\"", "null"}, {"0", "[]", "{}"});
  expect(R"({"type":"boolean"})", {"true", "false"}, {"0", "\"true\""});
  expect(R"({"type":"object"})", {"{}"}, {"[]", "null"});
}

TEST(json_schema, values_and_numbers) {
  expect(R"({"const":{"a":[1]}})", {R"({"a":[1]})", R"({"a":[1.0]})"}, {"{}", R"({"a":[2]})"});
  expect(R"({"enum":[1,"two",null]})", {"1", "1.0", "\"two\"", "null"}, {"2", "\"1\"", "false"});
  expect(R"({"minimum":0,"exclusiveMaximum":10})", {"0", "9.999", "\"text\""},
         {"-1", "10", "18446744073709551615"});
  expect(R"({"maximum":9007199254740992})", {"9007199254740992"}, {"9007199254740993"});
  expect(R"({"exclusiveMinimum":-1.5})", {"-1.4"}, {"-1.5", "-2"});
  expect(R"({"multipleOf":0.01})", {"4.35", "0", "-0.07", "3"}, {"4.355"});
  expect(R"({"multipleOf":3})", {"9", "-9", "9.0", "18446744073709551615"},
         {"10", "9.5", "-9223372036854775808"});
}

TEST(json_schema, strings_are_counted_in_characters) {
  expect(R"({"minLength":2,"maxLength":3})", {"\"ab\"", "\"äöü\"", "\"日本\"", "17"},
         {"\"a\"", "\"日\"", "\"abcd\""});
  expect(R"({"pattern":"^[a-z]+-\\d{2}$"})", {"\"ab-12\"", "5"}, {"\"AB-12\"", "\"ab-123\""});
  expect(R"({"pattern":"b"})", {"\"abc\""}, {"\"ac\""});
  expect(R"({"pattern":"^a|b$"})", {"\"ax\"", "\"xb\"", "\"a\\nb\""},
         {"\"xa\"", "\"bx\"", "\"x\\na\""});
  expect(R"({"pattern":""})", {"\"\"", "\"x\\ny\""}, {});
}

TEST(json_schema, arrays) {
  expect(R"({"items":{"type":"integer"},"minItems":1,"maxItems":2})", {"[1]", "[1,2]", "{}"},
         {"[]", "[1,2,3]", "[1,\"2\"]"});
  expect(R"({"items":[{"type":"integer"},true],"additionalItems":{"type":"string"}})",
         {"[]", "[1]", "[1,null,\"x\"]"}, {"[\"1\"]", "[1,null,3]"});
  expect(R"({"items":[true],"additionalItems":false})", {"[1]"}, {"[1,2]"});
  expect(R"({"contains":{"minimum":5}})", {"[1,5]"}, {"[]", "[1,2]"});
  expect(R"({"uniqueItems":true})",
         {"[]", "[1,2,\"1\",true,[1],[2],{\"a\":1},{\"a\":2}]", "[0,false,null,\"\"]"},
         {"[1,1.0]", "[{\"a\":1,\"b\":2},{\"b\":2,\"a\":1}]", "[[1],[1.0]]"});
  expect(R"({"uniqueItems":false})", {"[1,1]"}, {});
}

TEST(json_schema, objects) {
  expect(R"({"properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false})",
         {R"({"a":"x"})", "[]"}, {"{}", R"({"a":1})", R"({"a":"x","b":1})"});
  expect(
      R"({"patternProperties":{"^n_":{"type":"number"}},"additionalProperties":{"type":"string"}})",
      {R"({"n_a":1,"b":"x"})"}, {R"({"n_a":"x"})", R"({"b":1})"});
  expect(R"({"properties":{"n_a":{"minimum":2}},"patternProperties":{"^n_":{"maximum":3}}})",
         {R"({"n_a":2})"}, {R"({"n_a":1})", R"({"n_a":4})"});
  expect(R"({"propertyNames":{"maxLength":2}})", {R"({"ab":1})"}, {R"({"abc":1})"});
  expect(R"({"minProperties":1,"maxProperties":2})", {R"({"a":1})"},
         {"{}", R"({"a":1,"b":1,"c":1})"});
  expect(R"({"dependencies":{"a":["b"],"c":{"required":["d"]}}})",
         {"{}", R"({"a":1,"b":1})", R"({"c":1,"d":1})"}, {R"({"a":1})", R"({"c":1})"});
}

TEST(json_schema, combinations) {
  expect(R"({"allOf":[{"minimum":1},{"maximum":3}]})", {"2"}, {"0", "4"});
  expect(R"({"anyOf":[{"minimum":3},{"type":"string"}]})", {"3", "\"x\""}, {"2"});
  expect(R"({"oneOf":[{"multipleOf":2},{"multipleOf":3}]})", {"2", "3"}, {"6", "5"});
  expect(R"({"not":{"type":"null"}})", {"1"}, {"null"});
  expect(
      R"({"if":{"properties":{"k":{"const":1}},"required":["k"]},"then":{"required":["a"]},"else":{"required":["b"]}})",
      {R"({"k":1,"a":0})", R"({"k":2,"b":0})"}, {R"({"k":1,"b":0})", R"({"k":2,"a":0})", "{}"});
}

TEST(json_schema, references) {
  const std::string tree =
      R"({"$schema":"http://json-schema.org/draft-07/schema#","$id":"https://x/y","$ref":"#/definitions/node",
          "definitions":{"node":{"type":"object","required":["v"],"additionalProperties":false,"propertyNames":{"maxLength":4},
          "properties":{"v":{"type":"integer"},"kids":{"items":{"$ref":"#/definitions/node"}}}}}})";
  expect(tree, {R"({"v":1})", R"({"v":1,"kids":[{"v":2,"kids":[{"v":3}]},{"v":4}]})"},
         {"1", R"({"v":1,"kids":[{"v":2,"kids":[{"v":"3"}]}]})", R"({"v":1,"other":2})"});
  EXPECT_EQ(only_error(tree, R"({"v":1,"kids":[{"v":2},{"v":2,"kids":[{"v":"3"}]}]})"),
            "/kids/1/kids/0/v: must be integer, is string");
  expect(
      R"({"$defs":{"a/b~c":{"type":"null"}},"items":{"$ref":"#/$defs/a~1b~0c","description":"fine"}})",
      {"[null]"}, {"[1]"});
  expect(R"({"properties":{"a":{"$ref":"#"}},"additionalProperties":false})", {R"({"a":{"a":{}}})"},
         {R"({"a":{"b":1}})"});
}

TEST(json_schema, property_names_inside_a_referenced_schema) {
  expect(
      R"({"properties":{"x":{"$ref":"#/definitions/a"}},"definitions":{"a":{"type":"object","propertyNames":{"maxLength":5}}}})",
      {R"({"x":{"abc":1}})"}, {R"({"x":{"abcdef":1}})"});
}

TEST(json_schema, errors_say_where_and_what) {
  EXPECT_EQ(only_error(R"({"properties":{"a/b":{"items":{"maximum":5}}}})", R"({"a/b":[1,9]})"),
            "/a~1b/1: must be at most 5");
  EXPECT_EQ(only_error(R"({"required":["name"]})", "{}"), ": must have the property 'name'");
  EXPECT_EQ(only_error(R"({"enum":["a","b"]})", "1"), ": must be one of [\"a\",\"b\"]");
  EXPECT_EQ(only_error(R"({"type":["integer","null"]})", "\"x\""),
            ": must be integer or null, is string");
  EXPECT_EQ(only_error(R"({"additionalProperties":false})", R"({"x":1})"),
            "/x: is not a property that is known here");
  EXPECT_EQ(only_error(R"({"anyOf":[{"type":"null"},{"properties":{"a":{"minimum":2.5}}}]})",
                       R"({"a":1})"),
            ": fits none of the 2 alternatives; the nearest: /a must be at least 2.5");
  EXPECT_EQ(
      errors(R"({"properties":{"a":{"type":"string"},"b":{"type":"string"}},"required":["c"]})",
             R"({"a":1,"b":2})")
          .size(),
      3u);
  EXPECT_EQ(errors(R"({"items":false})", json(std::vector<int>(1000, 1)).dump()).size(),
            json_schema::errors_max);
}

TEST(json_schema, what_would_be_ignored_or_misread_does_not_compile) {
  EXPECT_EQ(refusal_of(R"({"properties":{"a":{"typ":"string"}}})"),
            "/properties/a/typ: the keyword 'typ' is not known");
  EXPECT_EQ(refusal_of(R"({"definitions":{"unused":{"unevaluatedItems":false}}})"),
            "/definitions/unused/unevaluatedItems: the keyword 'unevaluatedItems' is not known");
  EXPECT_EQ(refusal_of(R"({"allOf":[{},{"type":"strin"}]})"),
            "/allOf/1/type: this is not the name of a JSON type");
  const std::vector<std::string> wrong{"1",
                                       "null",
                                       "[]",
                                       R"("x")",
                                       R"({"type":[]})",
                                       R"({"type":1})",
                                       R"({"type":["string",1]})",
                                       R"({"enum":[]})",
                                       R"({"enum":1})",
                                       R"({"multipleOf":0})",
                                       R"({"multipleOf":-1})",
                                       R"({"multipleOf":"1"})",
                                       R"({"minimum":"1"})",
                                       R"({"exclusiveMinimum":true})",
                                       R"({"minLength":-1})",
                                       R"({"maxItems":1.5})",
                                       R"({"uniqueItems":1})",
                                       R"({"pattern":1})",
                                       R"({"pattern":"["})",
                                       R"({"pattern":"(a"})",
                                       R"({"pattern":"(a)\\1"})",
                                       R"({"required":"a"})",
                                       R"({"required":[1]})",
                                       R"({"properties":[]})",
                                       R"({"properties":{"a":1}})",
                                       R"({"patternProperties":{"[":{}}})",
                                       R"({"items":1})",
                                       R"({"items":[1]})",
                                       R"({"allOf":[]})",
                                       R"({"anyOf":{}})",
                                       R"({"dependencies":{"a":[1]}})",
                                       R"({"definitions":1})",
                                       R"({"$ref":1})",
                                       R"({"$ref":"http://x/y"})",
                                       R"({"$ref":"other.json#/a"})",
                                       R"({"$ref":"#/nowhere"})",
                                       R"({"$ref":"#anchor"})",
                                       R"({"$ref":"#/a%20b"})",
                                       R"({"$ref":"#","minimum":1})",
                                       R"({"items":{"$id":"x"}})",
                                       R"({"$schema":1})"};
  for (const auto& schema : wrong)
    EXPECT_NE(refusal_of(schema), "it compiles") << schema;
}

TEST(json_schema, annotations_are_accepted) {
  EXPECT_EQ(
      refusal_of(
          R"({"title":"t","description":"d","default":1,"examples":[1],"$comment":"c","format":"email",
                           "readOnly":true,"properties":{"title":{},"pattern":{},"$ref":{}}})"),
      "it compiles");
}

TEST(json_schema, references_that_never_get_deeper_do_not_compile) {
  for (
      const std::string schema :
      {R"({"$ref":"#"})", R"({"allOf":[{"$ref":"#"}]})", R"({"not":{"anyOf":[{"$ref":"#"}]}})",
       R"({"$ref":"#/definitions/a","definitions":{"a":{"$ref":"#/definitions/b"},"b":{"$ref":"#/definitions/a"}}})",
       R"({"if":{"$ref":"#"}})", R"({"dependencies":{"a":{"$ref":"#"}}})"})
    EXPECT_THAT(refusal_of(schema), HasSubstr("leads back to itself")) << schema;
  json chain{{"$ref", "#/definitions/0"}};
  for (int i = 0; i < 5000; ++i)
    chain["definitions"][std::to_string(i)] = {{"$ref", "#/definitions/" + std::to_string(i + 1)}};
  chain["definitions"]["5000"] = true;
  EXPECT_THAT(refusal(chain), HasSubstr("chained more than"));
}

} // namespace json_schema_cases
