// The simulated provider over real HTTP, asked by the shipped client, in both protocols.
#include "nodes/sim_llm/server.hpp"
#include "src/models/model_port.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <string>

#include <unistd.h>

using namespace troupe;
using namespace troupe::sim_llm;
using namespace std::chrono_literals;

namespace {

struct scene {
  explicit scene(settings with, model_api api = model_api::openai)
      : provider{std::move(with)} {
    provider.start();
    provider_spec p;
    p.name = "p";
    p.api = api;
    p.url = "http://127.0.0.1:" + std::to_string(provider.port()) + "/v1";
    p.first_byte_timeout = 300ms;
    model_spec m;
    m.name = "m";
    m.provider = "p";
    m.model = "sim-small";
    port = models::make_model_port(std::shared_ptr<tools::http_port>{tools::make_http_port()}, {p},
                                   {m});
  }

  model_reply
  ask(std::vector<chat_message> messages = {{chat_role::user, "Where is LF-1?", {}, {}}},
      bool structured = false) {
    model_request what;
    what.model = "m";
    what.messages = std::move(messages);
    what.tools = tools;
    if (structured)
      what.schema = {
          {"type", "object"},
          {"properties", {{"text", {{"type", "string"}}}, {"confidence", {{"type", "number"}}}}},
          {"required", {"text"}}};
    auto done = std::make_shared<std::promise<model_reply>>();
    auto heard = done->get_future();
    port->send(what, [done](model_reply x) { done->set_value(std::move(x)); });
    return heard.get();
  }

  server provider;
  std::shared_ptr<models::model_port> port;
  std::vector<tool_card> tools;
};

settings with_mishap(mishap what) {
  settings out;
  out.mishaps[static_cast<std::size_t>(what)] = 1;
  out.retry_after = 250ms;
  return out;
}

model_error error_with(mishap what, model_api api) {
  scene s{with_mishap(what), api};
  return s.ask().error;
}

} // namespace

TEST(sim_llm_server, answers_in_both_protocols) {
  for (const auto api : {model_api::openai, model_api::anthropic}) {
    scene s{settings{}, api};
    const auto plain = s.ask();
    ASSERT_TRUE(plain.ok()) << plain.detail;
    EXPECT_FALSE(plain.text.empty());
    EXPECT_FALSE(plain.estimated);
    EXPECT_GT(plain.used.input_tokens, 0u);
    EXPECT_GT(plain.used.output_tokens, 0u);

    s.tools = {{"where_is", "Where an order is", {{"type", "object"}}, effects::none}};
    auto reply = s.ask({{chat_role::user, "Where is my order?", {}, {}}}, true);
    ASSERT_TRUE(reply.ok()) << reply.detail;
    ASSERT_EQ(reply.calls.size(), 1u);
    reply = s.ask({{chat_role::user, "Where is my order?", {}, {}},
                   {chat_role::assistant, "", reply.calls, {}},
                   {chat_role::tool, R"({"text":"In Leeds."})", {}, reply.calls[0].id}},
                  true);
    ASSERT_TRUE(reply.ok()) << reply.detail;
    EXPECT_TRUE(reply.calls.empty());
    EXPECT_EQ(json::parse(reply.text)["text"], "In Leeds.");
  }
}

TEST(sim_llm_server, tells_of_a_cache_in_both_protocols) {
  for (const auto api : {model_api::openai, model_api::anthropic}) {
    const auto plain = scene{settings{}, api}.ask().used;
    EXPECT_EQ(plain.cached_tokens, 0u);
    settings with;
    with.cached = 0.5;
    scene s{with, api};
    const auto used = s.ask().used;
    EXPECT_EQ(used.input_tokens, plain.input_tokens);
    EXPECT_EQ(used.cached_tokens, plain.input_tokens / 2);
    EXPECT_EQ(s.provider.stats()["cached_tokens"], plain.input_tokens / 2);
  }
}

TEST(sim_llm_server, every_mishap_reaches_the_client_as_what_it_is) {
  for (const auto api : {model_api::openai, model_api::anthropic}) {
    EXPECT_EQ(error_with(mishap::limited, api), model_error::rate_limited);
    EXPECT_EQ(error_with(mishap::overloaded, api), model_error::overloaded);
    EXPECT_EQ(error_with(mishap::broken, api), model_error::broken);
    EXPECT_EQ(error_with(mishap::silent, api), model_error::timeout);
    EXPECT_EQ(error_with(mishap::cut, api), model_error::broken);
    EXPECT_EQ(error_with(mishap::refused, api), model_error::refused);
    EXPECT_EQ(error_with(mishap::truncated, api), model_error::bad_output);
  }
  scene s{with_mishap(mishap::limited)};
  EXPECT_EQ(s.ask().retry_after, 250ms);
  EXPECT_EQ(s.provider.stats()["mishaps"]["limited"], 1);
}

TEST(sim_llm_server, holds_its_limit) {
  settings with;
  with.requests_per_minute = 2;
  scene s{with};
  EXPECT_TRUE(s.ask().ok());
  EXPECT_TRUE(s.ask().ok());
  const auto third = s.ask();
  EXPECT_EQ(third.error, model_error::rate_limited);
  EXPECT_GT(third.retry_after, 50s);
  EXPECT_EQ(s.provider.stats()["over_limit"], 1);
}

TEST(sim_llm_server, counts_tokens_as_well) {
  settings with;
  with.tokens_per_minute = 1;
  scene s{with};
  const auto said = s.ask();
  EXPECT_EQ(said.error, model_error::rate_limited);
  EXPECT_GT(said.retry_after, 50s);
  with.tokens_per_minute = 1000000;
  scene wide{with};
  EXPECT_TRUE(wide.ask().ok());
}

TEST(sim_llm_server, the_same_seed_gives_the_same_answers) {
  const auto run = [](std::uint64_t seed) {
    settings with;
    with.seed = seed;
    with.mishaps = worst();
    with.mishaps[static_cast<std::size_t>(mishap::silent)] = 0;
    scene s{with};
    std::string out;
    for (int i = 0; i < 40; ++i)
      out += std::string{to_string(s.ask().error)} + " ";
    return out;
  };
  const auto first = run(3);
  EXPECT_EQ(first, run(3));
  EXPECT_NE(first, run(4));
}

TEST(sim_llm_server, a_bad_script_is_refused_with_its_place) {
  const auto file =
      std::filesystem::temp_directory_path() / ("sim-llm-" + std::to_string(::getpid()) + ".yaml");
  const auto read = [&](const char* text) {
    std::ofstream{file} << text;
    settings into;
    std::vector<config::diagnostic> errors;
    read_script(file, into, errors);
    std::string out;
    for (const auto& e : errors)
      out += to_string(e).substr(file.string().size()) + "\n";
    return out;
  };
  EXPECT_EQ(read("mishaps: {cut: 0.5}\nanswers: [{match: 'a', text: b}]\n"), "");
  EXPECT_EQ(read("mishaps: {cut: 0.5, slow: 0.6}\n"),
            ":1:1: mishaps: the shares come to more than 1\n");
  EXPECT_NE(read("answers: [{match: '(', text: b}]\n").find(":1:12: answers"), std::string::npos);
  EXPECT_NE(read("answers: [{match: 'a'}]\n").find("needs at least one of"), std::string::npos);
  std::filesystem::remove(file);
}
