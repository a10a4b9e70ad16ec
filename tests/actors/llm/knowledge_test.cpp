// Agents that answer from documents, and answers that are kept: whole nodes in virtual time.
#include "policies/llm_talk.hpp"
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <unistd.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace knowledge_cases {

namespace {

namespace fs = std::filesystem;

struct folder {
  folder() {
    static int number = 0;
    path = fs::temp_directory_path() /
           ("troupe-knowledge-" + std::to_string(::getpid()) + "-" + std::to_string(++number));
    write("policies/returns.md",
          "# Returns\n## How long\nYou can return what you bought within 30 days of delivery.\n"
          "## Who pays\nThe return label is free and costs you nothing.\n");
    write("internal/margins.md", "# Margins\nThe margin on returned phones is 12 percent.\n");
  }
  ~folder() { fs::remove_all(path); }
  void write(const std::string& file, const std::string& text) const {
    fs::create_directories((path / "d" / file).parent_path());
    std::ofstream{path / "d" / file} << text;
  }
  fs::path path;
};

agent_spec librarian() {
  auto a = an_agent("work");
  a.card.kind = agent_kind::knowledge;
  a.settings = json::object();
  a.knowledge.collections = {"policies"};
  a.knowledge.passages = 2;
  return a;
}

agent_spec thinker() {
  auto a = an_agent("work");
  a.card.kind = agent_kind::llm;
  a.settings = {{"model", "small"}, {"instructions", "You know our policies."}};
  a.timeout = 30s;
  a.knowledge.collections = {"policies"};
  return a;
}

struct scene {
  explicit scene(agent_spec a) {
    auto d = a_domain("d", {std::move(a)});
    d.retry.max_retries = 0;
    d.context["name"] = {};
    d.knowledge["policies"].files = {"policies"};
    d.knowledge["internal"].files = {"internal"};
    auto f = a_fleet(d);
    f.dir = files.path.string();
    provider_spec p;
    p.name = "main";
    p.url = "http://small.test/v1";
    f.providers.push_back(p);
    model_spec m;
    m.name = "small";
    m.provider = "main";
    m.model = "small-1";
    m.input_price = 1;
    f.models.push_back(m);
    s.around->http->answer =
        [this](const tools::http_request& r) -> std::optional<tools::http_response> {
      asked.push_back(json::parse(r.body));
      tools::http_response out;
      out.status = 200;
      out.body = reply ? reply(document()) : says("x", {});
      return out;
    };
    s.up(std::move(f));
  }

  static std::string message(json m, const char* end = "stop") {
    m["role"] = "assistant";
    json whole{{"usage", {{"prompt_tokens", 100}, {"completion_tokens", 10}}}};
    whole["choices"].push_back({{"message", m}, {"finish_reason", end}});
    return as_text(whole);
  }
  static std::string says(const std::string& text, std::vector<std::string> sources,
                          double confidence = 0.9) {
    json data = json::object();
    if (!sources.empty())
      data["sources"] = sources;
    return message(
        {{"content", as_text(json{{"text", text}, {"data", data}, {"confidence", confidence}})}});
  }
  /// What the model was told last of the request.
  json document() const {
    return json::parse(
        inside_data(asked.back()["messages"][1]["content"].get_ref<const std::string&>()));
  }
  heard_ptr ask(const std::string& text) { return s->ask(wants("work", text), 60s); }

  folder files;
  stage s;
  std::vector<json> asked;
  std::function<std::string(const json&)> reply;
};

} // namespace

TEST(knowledge_agent, answers_in_the_documents_words_and_cites_them) {
  scene x{librarian()};
  const auto t = x.ask("how long can I return what I bought?");
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->record().state, task_state::completed);
  EXPECT_EQ(t->result().text, "You can return what you bought within 30 days of delivery. "
                              "(Source: policies/returns.md#How long)");
  EXPECT_EQ(t->result().data["sources"][0]["document"], "policies/returns.md");
}

TEST(knowledge_agent, says_that_it_found_nothing_and_never_looks_beyond_its_scope) {
  scene x{librarian()};
  for (const auto* question : {"what is the margin on phones in percent", "who won in Madrid"}) {
    const auto t = x.ask(question);
    ASSERT_TRUE(t->done());
    EXPECT_EQ(t->result().data["found"], false) << t->result().text;
    EXPECT_EQ(t->result().text.find("12"), std::string::npos);
  }
}

TEST(knowledge_agent, a_finding_too_weak_fails_as_low_confidence_where_the_agent_wants_more) {
  auto a = librarian();
  a.min_confidence = 0.4;
  scene x{std::move(a)};
  const auto t = x.ask("who won in Madrid");
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->record().state, task_state::failed);
  EXPECT_EQ(t->result().failed.why, reason::low_confidence);
}

TEST(llm_knowledge, the_model_is_shown_passages_of_its_scope_and_its_sources_reach_the_customer) {
  scene x{thinker()};
  x.reply = [](const json& document) {
    EXPECT_EQ(document["knowledge"][0]["source"], "policies/returns.md#Who pays");
    for (const auto& p : document["knowledge"])
      EXPECT_EQ(p["text"].get<std::string>().find("margin"), std::string::npos);
    return scene::says("It is free.", {"policies/returns.md#Who pays"});
  };
  const auto t = x.ask("who pays for the return label, and what is the margin?");
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().text, "It is free. (Source: policies/returns.md#Who pays)");
  EXPECT_EQ(x.asked.size(), 1u);
}

TEST(llm_knowledge, a_source_that_was_not_shown_is_sent_back) {
  scene x{thinker()};
  int round = 0;
  x.reply = [&](const json&) {
    return scene::says("It is free.", {++round == 1 ? "policies/made-up.md#Page"
                                                    : "policies/returns.md#Who pays"});
  };
  const auto t = x.ask("who pays for the return label?");
  ASSERT_TRUE(t->done());
  EXPECT_EQ(x.asked.size(), 2u);
  EXPECT_EQ(t->result().data["sources"], json::array({"policies/returns.md#Who pays"}));
}

TEST(llm_knowledge, a_model_may_search_by_itself) {
  auto a = thinker();
  a.knowledge.as_tool = true;
  a.knowledge.in_prompt = false;
  scene x{std::move(a)};
  x.reply = [&](const json& document) {
    EXPECT_FALSE(document.contains("knowledge"));
    if (x.asked.size() == 1)
      return scene::message(
          {{"content", nullptr},
           {"tool_calls",
            {{{"id", "c1"},
              {"type", "function"},
              {"function",
               {{"name", "search_knowledge"},
                {"arguments", R"({"query":"who pays for the return label"})"}}}}}}},
          "tool_calls");
    const auto said = x.asked.back()["messages"].back()["content"].get<std::string>();
    EXPECT_NE(said.find("costs you nothing"), std::string::npos) << said;
    return scene::says("Nothing.", {"policies/returns.md#Who pays"});
  };
  const auto t = x.ask("what does it cost me to send it back?");
  ASSERT_TRUE(t->done());
  EXPECT_EQ(x.asked.size(), 2u);
  EXPECT_EQ(t->result().text, "Nothing. (Source: policies/returns.md#Who pays)");
}

TEST(llm_cache, a_hundred_of_the_same_question_cost_one_call_and_the_trace_says_so) {
  auto a = thinker();
  a.cache.mode = cache_mode::semantic;
  scene x{std::move(a)};
  x.reply = [](const json&) { return scene::says("30 days.", {"policies/returns.md#How long"}); };
  for (int i = 0; i < 100; ++i) {
    const auto t = x.ask(i % 2 == 0 ? "How long can I return what I bought?"
                                    : "how long can i return what i bought");
    ASSERT_TRUE(t->done());
    EXPECT_EQ(t->result().text, "30 days. (Source: policies/returns.md#How long)");
    EXPECT_EQ(t->result().used.cost_micros, i == 0 ? 100u : 0u);
    EXPECT_EQ(t->result().used.input_tokens, i == 0 ? 100u : 0u);
  }
  EXPECT_EQ(x.asked.size(), 1u);
  const auto near = x.ask("How long can I return what I bought, 30 days of delivery?");
  EXPECT_EQ(near->result().used.input_tokens, 100u);
  EXPECT_EQ(x.asked.size(), 2u);
}

TEST(llm_cache, what_the_agent_reads_keeps_customers_apart) {
  auto a = thinker();
  a.cache.mode = cache_mode::semantic;
  a.reads = {"name"};
  scene x{std::move(a)};
  x.reply = [](const json& document) {
    return scene::says("Hello " + document["context"]["name"].get<std::string>() + ".", {});
  };
  for (const std::string name : {"Anna", "Bob", "Anna"}) {
    auto w = wants("work", "How long can I return what I bought?");
    w.data = {{"context", {{"name", name}}}};
    const auto t = x.s->ask(w, 60s);
    ASSERT_TRUE(t->done());
    EXPECT_EQ(t->result().text, "Hello " + name + ".");
  }
  EXPECT_EQ(x.asked.size(), 2u);
}

TEST(llm_cache, nothing_is_kept_of_an_agent_with_effects) {
  auto a = thinker();
  a.cache.mode = cache_mode::semantic;
  a.card.does = effects::idempotent;
  scene x{std::move(a)};
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(x.ask("How long can I return what I bought?")->done());
  EXPECT_EQ(x.asked.size(), 3u);
}

TEST(llm_cache, an_answer_without_confidence_is_not_kept) {
  auto a = thinker();
  a.cache.mode = cache_mode::exact;
  scene x{std::move(a)};
  x.reply = [](const json&) { return scene::says("I do not know.", {}, 0.1); };
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(x.ask("who won in Madrid")->done());
  EXPECT_EQ(x.asked.size(), 3u);
}

} // namespace knowledge_cases
