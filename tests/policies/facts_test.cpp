#include "policies/facts.hpp"

#include <gtest/gtest.h>

using namespace troupe;

namespace facts_cases {

domain_spec with_facts() {
  domain_spec d;
  context_field customer;
  customer.fact = true;
  customer.said_as = {"/customer_id", "/customer/id"};
  d.context["customer_id"] = customer;
  context_field total;
  total.type = "number";
  total.fact = true;
  d.context["total"] = total;
  d.context["mood"] = context_field{};
  return d;
}

struct row {
  const char* what;
  json context;
  json data;
  std::vector<std::string> flaws;
};

TEST(facts, are_compared_where_answers_say_them) {
  const json known{{"customer_id", "C-1"}, {"total", 10}, {"mood", "calm"}};
  const std::vector<row> table{
      {"says nothing", known, {{"x", 1}}, {}},
      {"has no data", known, nullptr, {}},
      {"says the same", known, {{"context", {{"customer_id", "C-1"}}}}, {}},
      {"says another",
       known,
       {{"context", {{"customer_id", "C-2"}}}},
       {"/data/context/customer_id"}},
      {"takes it back",
       known,
       {{"context", {{"customer_id", nullptr}}}},
       {"/data/context/customer_id"}},
      {"says it elsewhere", known, {{"customer", {{"id", "C-2"}}}}, {"/data/customer/id"}},
      {"says it right elsewhere", known, {{"customer_id", "C-1"}}, {}},
      {"says it twice, once wrong",
       known,
       {{"customer_id", "C-1"}, {"context", {{"customer_id", "C-3"}}}},
       {"/data/context/customer_id"}},
      {"the same number in another form", known, {{"context", {{"total", 10.0}}}}, {}},
      {"another number", known, {{"context", {{"total", 10.5}}}}, {"/data/context/total"}},
      {"what is no fact may change", known, {{"context", {{"mood", "angry"}}}}, {}},
      {"what is not established yet",
       json{{"mood", "calm"}},
       {{"context", {{"customer_id", "C-9"}}}},
       {}},
      {"what was established as nothing",
       json{{"customer_id", nullptr}},
       {{"context", {{"customer_id", "C-9"}}}},
       {}},
      {"there is no context at all", nullptr, {{"customer_id", "C-9"}}, {}},
      {"context is no object", known, {{"context", "C-2"}}, {}},
      {"two contradictions",
       known,
       {{"customer_id", "C-2"}, {"context", {{"total", 3}}}},
       {"/data/customer_id", "/data/context/total"}},
  };
  for (const auto& r : table) {
    std::vector<std::string> found;
    for (const auto& f : contradictions(with_facts(), r.context, r.data)) {
      EXPECT_EQ(f.keyword, "fact") << r.what;
      found.push_back(f.pointer);
    }
    EXPECT_EQ(found, r.flaws) << r.what;
  }
}

TEST(facts, a_contradiction_names_the_fact_and_never_the_value) {
  const auto why = contradiction_failure(
      contradictions(with_facts(), {{"customer_id", "C-1"}}, {{"customer_id", "top-secret"}}));
  EXPECT_EQ(why.why, reason::contradiction);
  EXPECT_EQ(why.detail, "/data/customer_id contradicts the established fact 'customer_id'");
  ASSERT_EQ(why.errors.size(), 1u);
  EXPECT_FALSE(contradiction_failure({}));
}

} // namespace facts_cases
