// Documents, their scopes and caches: what the files of a fleet say of them, and what is refused.
#include "tests/src/config/fleet_folder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

namespace troupe::config {
namespace knowledge_keys_cases {

using test::fleet_folder;
using test::lines;
using namespace std::chrono_literals;

const std::string with_models =
    std::string{test::small_fleet} +
    "providers: {main: {url: 'http://h'}, other: {url: 'http://o', api: anthropic}}\n"
    "models: {small: {provider: main, model: x}}\n"
    "cache: {mode: exact, ttl: 5m}\n";
const std::string librarian = "agent: general\nkind: knowledge\nskills: [talk]\n";
const std::string thinker =
    "agent: general\nkind: llm\nskills: [talk]\nllm:\n  model: small\n  prompt: [p.md]\n";

loaded with(const std::string& agent,
            const std::string& domain = "knowledge: {policies: [policies]}\n",
            const std::string& fleet = "") {
  fleet_folder f;
  test::write_small(f);
  f.write("fleet.yaml", with_models + fleet)
      .write("support/domain.yaml", "domain: support\ncontext: {tier: string}\n" + domain)
      .write("support/p.md", "You talk.")
      .write("support/policies/a.md", "# A\nThirty days.")
      .write("support/policies/deep/b.txt", "Text.")
      .write("support/policies/odd.pdf", "x")
      .write("support/agents/general.yaml", agent);
  return f.load();
}

const agent_spec& general(const loaded& x) {
  for (const auto& d : x.fleet->domains)
    for (const auto& a : d.agents)
      if (a.card.name == "general")
        return a;
  throw std::logic_error{"no such agent"};
}

TEST(knowledge_keys, take_every_value_and_say_what_is_left_out) {
  const auto got =
      with(librarian +
           "knowledge: {collections: [policies], passages: 3, least: 0.7, nothing: None.}\n");
  ASSERT_TRUE(got.ok()) << lines(got.errors);
  const auto& use = general(got).knowledge;
  EXPECT_EQ(use.collections, (std::vector<std::string>{"policies"}));
  EXPECT_EQ(use.passages, 3u);
  EXPECT_EQ(use.least, 0.7);
  EXPECT_EQ(use.nothing, "None.");
  EXPECT_FALSE(use.digest.empty());
  EXPECT_TRUE(std::find(got.files.begin(), got.files.end(), "support/policies/deep/b.txt") !=
              got.files.end());
  ASSERT_FALSE(got.warnings.empty());
  EXPECT_NE(lines(got.warnings).find("policies/odd.pdf"), std::string::npos) << lines(got.warnings);
}

TEST(knowledge_keys, say_what_is_too_much_for_all_folders_together) {
  fleet_folder f;
  test::write_small(f);
  f.write("support/domain.yaml",
          "domain: support\ncontext: {tier: string}\nknowledge: {all: [one, two]}\n");
  for (const std::string folder : {"one", "two"})
    for (int i = 0; i < 1100; ++i)
      f.write("support/" + folder + "/" + std::to_string(1000 + i) + ".md", "x");
  const auto got = f.load();
  ASSERT_TRUE(got.ok()) << lines(got.errors);
  EXPECT_NE(lines(got.warnings)
                .find("support/domain.yaml:3:13: knowledge.all: \"two/1900.md\" and 199 more are "
                      "left out: the collection has 2000 documents already"),
            std::string::npos)
      << lines(got.warnings);
}

TEST(knowledge_keys, short_forms_mean_the_same) {
  const auto a = with(librarian + "knowledge: [policies]\n");
  const auto b = with(librarian + "knowledge: {collections: [policies]}\n",
                      "knowledge: {policies: {files: [policies]}}\n");
  ASSERT_TRUE(a.ok() && b.ok()) << lines(a.errors) << lines(b.errors);
  EXPECT_EQ(general(a).knowledge, general(b).knowledge);
}

TEST(knowledge_keys, a_changed_document_makes_its_agents_others_and_leaves_the_rest) {
  const auto load = [](const char* text) {
    fleet_folder f;
    test::write_small(f);
    f.write("support/domain.yaml",
            "domain: support\ncontext: {tier: string}\nknowledge: {policies: [a.md]}\n")
        .write("support/a.md", text)
        .write("support/agents/general.yaml", librarian + "knowledge: [policies]\n");
    auto got = f.load();
    got.fleet->dir.clear();
    return got;
  };
  const auto a = load("one"), b = load("two"), c = load("one");
  EXPECT_NE(general(a).knowledge.digest, general(b).knowledge.digest);
  EXPECT_EQ(general(a), general(c));
}

TEST(cache_keys, what_an_agent_does_not_say_its_domain_says_and_then_the_fleet) {
  const auto got = with(
      thinker + "cache: {threshold: 0.9}\n",
      "knowledge: {policies: [policies]}\ncache: {mode: semantic, max: 7, per_customer: true}\n");
  ASSERT_TRUE(got.ok()) << lines(got.errors);
  const auto& c = general(got).cache;
  EXPECT_EQ(c.mode, cache_mode::semantic);
  EXPECT_EQ(c.ttl, 5min);
  EXPECT_EQ(c.threshold, 0.9);
  EXPECT_EQ(c.max_entries, 7u);
  EXPECT_TRUE(c.per_customer);
}

TEST(llm_knowledge_keys, say_how_a_model_gets_passages) {
  const auto got = with(thinker + "  knowledge: {collections: [policies], use: both}\n");
  ASSERT_TRUE(got.ok()) << lines(got.errors);
  EXPECT_TRUE(general(got).knowledge.as_tool);
  EXPECT_TRUE(general(got).knowledge.in_prompt);
}

TEST(vectors_keys, name_a_server) {
  const auto got = with(thinker, "", "vectors: {provider: main, model: small-3}\n");
  ASSERT_TRUE(got.ok()) << lines(got.errors);
  EXPECT_EQ(got.fleet->vectors.provider, "main");
  EXPECT_EQ(got.fleet->vectors.model, "small-3");
}

struct refused {
  const char* name;
  std::string agent, domain, fleet, words;
};

class bad_knowledge_keys : public testing::TestWithParam<refused> {};

TEST_P(bad_knowledge_keys, are_refused_with_their_place) {
  const auto& x = GetParam();
  const auto got = with(x.agent, x.domain, x.fleet);
  EXPECT_FALSE(got.ok());
  EXPECT_NE(lines(got.errors).find(x.words), std::string::npos) << lines(got.errors);
}

const std::string plain_agent = "agent: general\nskills: [talk]\nnative: {function: f}\n";

INSTANTIATE_TEST_SUITE_P(
    all, bad_knowledge_keys,
    testing::Values(
        refused{"no_such_collection", librarian + "knowledge: [polices]\n",
                "knowledge: {policies: [policies]}\n", "",
                "support/agents/general.yaml:4:13: knowledge[0]: domain \"support\" has no "
                "collection \"polices\" under "
                "knowledge; did you mean \"policies\"?"},
        refused{"outside", plain_agent, "knowledge: {x: [../../etc]}\n", "",
                "must lie within the fleet's folder"},
        refused{"not_there", plain_agent, "knowledge: {x: [nowhere]}\n", "",
                "there is no such file or folder"},
        refused{"none", librarian, "knowledge: {policies: [policies]}\n", "",
                "knowledge: is missing"},
        refused{"cache_of_others", plain_agent + "cache: {mode: exact}\n", "", "",
                "only answers of models are kept"},
        refused{"cache_with_effects", thinker + "effects: idempotent\ncache: {mode: exact}\n", "",
                "", "an agent with effects is asked every time"},
        refused{"threshold", thinker + "cache: {threshold: 2}\n", "", "", "cache.threshold"},
        refused{"vectors_nowhere", plain_agent, "", "vectors: {provider: mian, model: x}\n",
                "there is no provider \"mian\"; did you mean \"main\"?"},
        refused{"vectors_of_another_kind", plain_agent, "",
                "vectors: {provider: other, model: x}\n", "does not speak openai"}),
    [](const auto& i) { return std::string{i.param.name}; });

} // namespace knowledge_keys_cases
} // namespace troupe::config
