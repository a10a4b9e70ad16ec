#include "policies/aggregate.hpp"
#include "policies/context_scope.hpp"
#include "policies/map_result.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace context_scope_cases {

outcome saying(json data) {
  outcome x;
  x.data = std::move(data);
  return x;
}

TEST(context_scope, what_is_given_on_of_a_step_is_without_what_it_set) {
  struct line {
    const char* about;
    json data;
    json given_on;
  };
  const std::vector<line> lines{
      {"nothing", nullptr, nullptr},
      {"nothing set", {{"k", 1}}, {{"k", 1}}},
      {"something set", {{"k", 1}, {"context", {{"f", 2}}}}, {{"k", 1}}},
      {"a context that is no object", {{"k", 1}, {"context", "f"}}, {{"k", 1}}},
      {"contradicted and nothing else",
       {{"contradictions", {{"context.f", {{"a", 1}, {"b", 2}}}}}},
       json::object()},
      {"contradicted among others",
       {{"contradictions",
         {{"context", {{"a", 1}}}, {"context.f", {{"a", 1}}}, {"contexts", {{"a", 3}}}}}},
       {{"contradictions", {{"contexts", {{"a", 3}}}}}}},
      {"contradictions that are none", {{"contradictions", {1}}}, {{"contradictions", {1}}}},
      {"another one's word further down",
       {{"passage", {{"context", "around it"}}}},
       {{"passage", {{"context", "around it"}}}}},
  };
  for (const auto& x : lines)
    EXPECT_EQ(without_context(x.data), x.given_on) << x.about;
}

TEST(context_scope, several_steps_side_by_side_show_nothing_of_what_each_set) {
  const auto a = saying({{"k", 1}, {"context", {{"f", 2}}}}), b = saying({{"k", 3}});
  const std::vector<contribution> both{{"a", priority::medium, &a}, {"b", priority::medium, &b}};
  EXPECT_EQ(aggregate(join::concatenate, both).data, (json{{"a", {{"k", 1}}}, {"b", {{"k", 3}}}}));
  // As one they set together what each set, which whoever has delegated to them takes over.
  EXPECT_EQ(aggregate(join::merge, both).data["context"], (json{{"f", 2}}));
  const std::vector<const outcome*> items{&a, &b};
  EXPECT_EQ(reduce_items(join::concatenate, "x", items).data,
            (json{{"items", {{{"k", 1}}, {{"k", 3}}}}}));
}

TEST(context_scope, what_a_client_brings_along_has_to_be_declared) {
  domain_spec d;
  d.path = "support";
  const auto wrong = [&](json context) {
    std::string out;
    for (const auto& f : flaws_of_context(d, {{"context", std::move(context)}}))
      out += f.pointer + " " + f.keyword + ";";
    return out;
  };
  EXPECT_EQ(wrong({{"zzz", 1}}), "") << "it declares nothing";
  d.context["order_id"].type = "string";
  d.context["amount"].type = "number";
  EXPECT_EQ(wrong({{"order_id", "LF-1"}, {"amount", 7}}), "");
  EXPECT_EQ(wrong({{"order_id", 7}, {"zzz", 1}}),
            "/context/order_id type;/context/zzz properties;");
  EXPECT_EQ(wrong({{"a/b", true}}), "/context/a~1b properties;");
  EXPECT_EQ(wrong({{"order_id", nullptr}, {"zzz", nullptr}}), "") << "as if it was not there";
  EXPECT_TRUE(flaws_of_context(d, nullptr).empty());
  EXPECT_TRUE(flaws_of_context(d, {{"order_id", 7}}).empty()) << "not its context";
}

} // namespace context_scope_cases
} // namespace troupe
