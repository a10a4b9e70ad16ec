#include "src/models/errors.hpp"
#include "src/models/protocol.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::models;

namespace {

model_spec a_model() {
  model_spec m;
  m.name = "small";
  m.provider = "p";
  m.model = "gpt-x";
  m.max_output = 500;
  return m;
}

provider_spec a_provider(model_api api) {
  provider_spec p;
  p.name = "p";
  p.api = api;
  p.url = "http://models.test/v1/";
  p.key = "sk-secret";
  return p;
}

model_request a_request() {
  model_request r;
  r.model = "small";
  r.messages = {{chat_role::system, "Be brief.", {}, {}},
                {chat_role::user, "Weather?", {}, {}},
                {chat_role::assistant,
                 "",
                 {{"c1", "weather", {{"at", "Paris"}}}, {"c2", "time", nullptr}},
                 {}},
                {chat_role::tool, "sunny", {}, "c1"},
                {chat_role::tool, "noon", {}, "c2"}};
  r.tools = {{"weather", "The weather", {{"type", "object"}}, effects::none},
             {"time", "", nullptr, effects::none}};
  r.max_output = 200;
  r.temperature = 0.5;
  return r;
}

std::string header_of(const tools::http_request& r, std::string_view name) {
  for (const auto& [key, value] : r.headers)
    if (key == name)
      return value;
  return {};
}

model_reply read(reply_reader_ptr reader, const std::string& body, std::size_t piece = 5) {
  bool good = true;
  for (std::size_t at = 0; good && at < body.size(); at += piece)
    good = reader->feed(std::string_view{body}.substr(at, piece));
  return reader->finish();
}

std::string sse(std::initializer_list<const char*> events) {
  std::string out;
  for (const auto* e : events)
    out += std::string{"data: "} + e + "\n\n";
  return out;
}

} // namespace

TEST(openai, sends_messages_tools_and_limits) {
  const auto http = to_http(a_request(), a_model(), a_provider(model_api::openai));
  EXPECT_EQ(http.method, "POST");
  EXPECT_EQ(http.url, "http://models.test/v1/chat/completions");
  EXPECT_EQ(header_of(http, "Authorization"), "Bearer sk-secret");
  const auto body = json::parse(http.body);
  EXPECT_EQ(body["model"], "gpt-x");
  EXPECT_EQ(body["max_tokens"], 200);
  EXPECT_EQ(body["stream"], true);
  EXPECT_EQ(body["stream_options"]["include_usage"], true);
  ASSERT_EQ(body["messages"].size(), 5u);
  EXPECT_EQ(body["messages"][0]["role"], "system");
  const auto& calls = body["messages"][2];
  EXPECT_TRUE(calls["content"].is_null());
  EXPECT_EQ(calls["tool_calls"][0]["function"]["arguments"], R"({"at":"Paris"})");
  EXPECT_EQ(calls["tool_calls"][1]["function"]["arguments"], "{}");
  EXPECT_EQ(body["messages"][3]["tool_call_id"], "c1");
  EXPECT_EQ(body["tools"][1]["function"]["parameters"]["type"], "object");
  EXPECT_FALSE(body.contains("response_format"));
}

TEST(openai, a_models_extra_members_change_the_request) {
  auto model = a_model();
  model.extra = {{"max_tokens", nullptr}, {"max_completion_tokens", 77}};
  auto what = a_request();
  what.schema = {{"type", "object"}};
  const auto body = json::parse(to_http(what, model, a_provider(model_api::openai)).body);
  EXPECT_FALSE(body.contains("max_tokens"));
  EXPECT_EQ(body["max_completion_tokens"], 77);
  EXPECT_EQ(body["response_format"]["json_schema"]["schema"]["type"], "object");
}

TEST(openai, a_stream_becomes_one_answer) {
  const auto body =
      sse({R"({"choices":[{"delta":{"role":"assistant","content":"Hel"}}]})",
           R"({"choices":[{"delta":{"content":"lo"}}]})",
           R"({"choices":[{"delta":{},"finish_reason":"stop"}]})",
           R"({"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2}})", "[DONE]"});
  for (std::size_t piece : {1, 9, 4000}) {
    const auto reply = read(make_openai_reader(), body, piece);
    EXPECT_TRUE(reply.ok()) << reply.detail;
    EXPECT_EQ(reply.text, "Hello");
    EXPECT_EQ(reply.used.input_tokens, 7u);
    EXPECT_EQ(reply.used.output_tokens, 2u);
  }
}

TEST(openai, what_the_provider_read_from_its_cache_is_a_part_of_the_input) {
  const auto used = [](const std::string& usage) {
    return read(make_openai_reader(),
                R"({"choices":[{"message":{"content":"a"},"finish_reason":"stop"}],"usage":)" +
                    usage + "}")
        .used;
  };
  EXPECT_EQ(used(R"({"prompt_tokens":70,"completion_tokens":2,
                     "prompt_tokens_details":{"cached_tokens":64}})"),
            (usage{70, 2, 0, 0, 64}));
  EXPECT_EQ(used(R"({"prompt_tokens":70,"completion_tokens":2,
                     "prompt_tokens_details":{"cached_tokens":71}})"),
            (usage{70, 2, 0, 0, 70}));
  EXPECT_EQ(used(R"({"prompt_tokens":70,"completion_tokens":2,"prompt_tokens_details":null})"),
            (usage{70, 2}));
}

TEST(openai, parallel_tool_calls_come_in_pieces) {
  const auto reply = read(
      make_openai_reader(),
      sse({R"({"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"weather","arguments":""}}]}}]})",
           R"({"choices":[{"delta":{"tool_calls":[{"index":1,"id":"b","function":{"name":"time","arguments":"{"}}]}}]})",
           R"({"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"at\":"}}]}}]})",
           R"({"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\"Rome\"}"}}]}}]})",
           R"({"choices":[{"delta":{},"finish_reason":"tool_calls"}]})"}));
  ASSERT_TRUE(reply.ok()) << reply.detail;
  ASSERT_EQ(reply.calls.size(), 2u);
  EXPECT_EQ(reply.calls[0], (tool_call{"a", "weather", {{"at", "Rome"}}}));
  // What is no JSON object is said to be none.
  EXPECT_EQ(reply.calls[1], (tool_call{"b", "time", nullptr}));
}

TEST(openai, parallel_tool_calls_are_told_apart_whatever_a_server_makes_of_their_places) {
  struct row {
    const char* what;
    std::vector<const char*> pieces; ///< the `tool_calls` of a stream's events
  };
  const row rows[] = {
      {"whole calls, no places",
       {R"({"id":"a","function":{"name":"weather","arguments":"{\"at\":\"Rome\"}"}})",
        R"({"id":"b","function":{"name":"time","arguments":"{\"at\":\"Oslo\"}"}})"}},
      {"pieces of calls, no places",
       {R"({"id":"a","function":{"name":"weather","arguments":""}})",
        R"({"function":{"arguments":"{\"at\":\"Rome\"}"}})",
        R"({"id":"b","function":{"name":"time","arguments":"{\"at\":"}})",
        R"({"function":{"arguments":"\"Oslo\"}"}})"}},
      {"one place for all",
       {R"({"index":0,"id":"a","function":{"name":"weather","arguments":""}})",
        R"({"index":0,"id":"","function":{"name":null,"arguments":"{\"at\":\"Rome\"}"}})",
        R"({"index":0,"id":"b","function":{"name":"time","arguments":""}})",
        R"({"index":0,"id":"","function":{"name":null,"arguments":"{\"at\":\"Oslo\"}"}})"}},
      {"one place for all, the id in each piece",
       {R"({"index":0,"id":"a","function":{"name":"weather","arguments":""}})",
        R"({"index":0,"id":"a","function":{"arguments":"{\"at\":\"Rome\"}"}})",
        R"({"index":0,"id":"b","function":{"name":"time","arguments":""}})",
        R"({"index":0,"id":"b","function":{"arguments":"{\"at\":\"Oslo\"}"}})"}},
      {"two in one piece, no places",
       {R"({"id":"a","function":{"name":"weather","arguments":"{\"at\":\"Rome\"}"}},)"
        R"({"id":"b","function":{"name":"time","arguments":"{\"at\":\"Oslo\"}"}})"}},
      {"places, and an id that changes from piece to piece",
       {R"({"index":0,"id":"a","function":{"name":"weather","arguments":""}})",
        R"({"index":0,"id":"x","function":{"arguments":"{\"at\":\"Rome\"}"}})",
        R"({"index":1,"id":"b","function":{"name":"time","arguments":""}})",
        R"({"index":1,"id":"y","function":{"arguments":"{\"at\":\"Oslo\"}"}})"}},
      {"places, and the name after the id",
       {R"({"index":0,"id":"a"})", R"({"index":0,"function":{"name":"weather","arguments":""}})",
        R"({"index":1,"id":"b"})", R"({"index":1,"function":{"name":"time","arguments":""}})",
        R"({"index":0,"function":{"arguments":"{\"at\":\"Rome\"}"}})",
        R"({"index":1,"function":{"arguments":"{\"at\":\"Oslo\"}"}})"}},
  };
  for (const auto& r : rows) {
    std::string body;
    for (const auto* piece : r.pieces)
      body += std::string{R"(data: {"choices":[{"delta":{"tool_calls":[)"} + piece + "]}}]}\n\n";
    body += sse({R"({"choices":[{"delta":{},"finish_reason":"tool_calls"}]})"});
    const auto reply = read(make_openai_reader(), body);
    ASSERT_TRUE(reply.ok()) << r.what << ": " << reply.detail;
    ASSERT_EQ(reply.calls.size(), 2u) << r.what;
    EXPECT_EQ(reply.calls[0], (tool_call{"a", "weather", {{"at", "Rome"}}})) << r.what;
    EXPECT_EQ(reply.calls[1], (tool_call{"b", "time", {{"at", "Oslo"}}})) << r.what;
  }
}

TEST(openai, a_whole_answer_is_read_as_well) {
  const auto reply = read(
      make_openai_reader(),
      R"( {"choices":[{"message":{"content":null,"tool_calls":[{"id":"a","function":{"name":"x","arguments":"{}"}},
          {"id":"b","function":{"name":"y","arguments":{"z":1}}}]},"finish_reason":"tool_calls"}],
          "usage":{"prompt_tokens":3,"completion_tokens":4}})");
  ASSERT_TRUE(reply.ok()) << reply.detail;
  ASSERT_EQ(reply.calls.size(), 2u);
  EXPECT_EQ(reply.calls[1].arguments["z"], 1);
  EXPECT_EQ(reply.used.output_tokens, 4u);
}

TEST(openai, what_is_no_answer_has_a_name) {
  const auto error = [](const std::string& body) { return read(make_openai_reader(), body).error; };
  EXPECT_EQ(error(sse({R"({"choices":[{"delta":{"content":"Hel"}}]})"})), model_error::broken);
  EXPECT_EQ(error(""), model_error::broken);
  EXPECT_EQ(error("\n<html>"), model_error::broken);
  EXPECT_EQ(read(make_openai_reader(), "<html><body>Back soon</body></html>").detail,
            "a page came, and no answer of a model");
  EXPECT_EQ(error("data: {nonsense\n\n"), model_error::bad_output);
  EXPECT_EQ(error("{\"choices\": 7"), model_error::bad_output);
  EXPECT_EQ(error(R"({"choices": [{"message":{"content":"a"},"finish_reason":"length"}]})"),
            model_error::bad_output);
  EXPECT_EQ(error(R"({"choices": [{"message":{"content":""},"finish_reason":"stop"}]})"),
            model_error::bad_output);
  EXPECT_EQ(
      error(R"({"choices": [{"message":{"content":"","refusal":"no"},"finish_reason":"stop"}]})"),
      model_error::refused);
  EXPECT_EQ(error(R"({"choices": [{"message":{"content":"a"},"finish_reason":"content_filter"}]})"),
            model_error::refused);
  EXPECT_EQ(error(sse({R"({"error":{"message":"too busy","type":"overloaded_error"}})"})),
            model_error::overloaded);
  // Nested so deep that nobody could write it out again.
  const std::string deep(100000, '[');
  EXPECT_EQ(error("{\"choices\":" + deep), model_error::bad_output);
}

TEST(anthropic, turns_take_turns_and_the_key_has_its_header) {
  const auto http = to_http(a_request(), a_model(), a_provider(model_api::anthropic));
  EXPECT_EQ(http.url, "http://models.test/v1/messages");
  EXPECT_EQ(header_of(http, "x-api-key"), "sk-secret");
  EXPECT_EQ(header_of(http, "anthropic-version"), "2023-06-01");
  const auto body = json::parse(http.body);
  EXPECT_EQ(body["system"], "Be brief.");
  ASSERT_EQ(body["messages"].size(), 3u);
  EXPECT_EQ(body["messages"][1]["content"][0]["type"], "tool_use");
  EXPECT_EQ(body["messages"][1]["content"][1]["input"], json::object());
  // Both results stand in one turn.
  EXPECT_EQ(body["messages"][2]["role"], "user");
  EXPECT_EQ(body["messages"][2]["content"][1]["tool_use_id"], "c2");
  EXPECT_EQ(body["tools"][0]["input_schema"]["type"], "object");
}

TEST(anthropic, a_structured_answer_is_the_use_of_a_tool) {
  auto what = a_request();
  what.schema = {{"type", "object"}};
  auto body = json::parse(to_http(what, a_model(), a_provider(model_api::anthropic)).body);
  EXPECT_EQ(body["tools"].size(), 3u);
  EXPECT_EQ(body["tool_choice"]["type"], "any");
  what.tools.clear();
  body = json::parse(to_http(what, a_model(), a_provider(model_api::anthropic)).body);
  EXPECT_EQ(body["tool_choice"]["name"], "give_answer");

  const auto reply = read(
      make_anthropic_reader(true),
      sse({R"({"type":"message_start","message":{"usage":{"input_tokens":9,"cache_read_input_tokens":1,"cache_creation_input_tokens":4,"output_tokens":1}}})",
           R"({"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"give_answer","input":{}}})",
           R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"text\":"}})",
           R"({"type":"ping"})",
           R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"\"hi\"}"}})",
           R"({"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":12}})",
           R"({"type":"message_stop"})"}));
  ASSERT_TRUE(reply.ok()) << reply.detail;
  EXPECT_TRUE(reply.calls.empty());
  EXPECT_EQ(reply.text, R"({"text":"hi"})");
  EXPECT_EQ(reply.used, (usage{14, 12, 0, 0, 1, 4}));
}

TEST(anthropic, text_and_tools_come_as_blocks) {
  const auto reply = read(
      make_anthropic_reader(false),
      sse({R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})",
           R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"I look."}})",
           R"({"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"weather","input":{}}})",
           R"({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"at\":1}"}})",
           R"({"type":"message_delta","delta":{"stop_reason":"tool_use"}})"}));
  ASSERT_TRUE(reply.ok()) << reply.detail;
  EXPECT_EQ(reply.text, "I look.");
  ASSERT_EQ(reply.calls.size(), 1u);
  EXPECT_EQ(reply.calls[0].arguments["at"], 1);
}

TEST(anthropic, what_is_no_answer_has_a_name) {
  const auto error = [](const std::string& body) {
    return read(make_anthropic_reader(false), body).error;
  };
  EXPECT_EQ(
      error(R"({"type":"message","content":[{"type":"text","text":"a"}],"stop_reason":"refusal"})"),
      model_error::refused);
  EXPECT_EQ(
      error(
          R"({"type":"message","content":[{"type":"text","text":"a"}],"stop_reason":"max_tokens"})"),
      model_error::bad_output);
  EXPECT_EQ(
      error(
          sse({R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})"})),
      model_error::overloaded);
  EXPECT_EQ(error(sse({R"({"type":"message_start","message":{}})"})), model_error::broken);
}

TEST(model_errors, come_from_status_and_body) {
  struct row {
    int status;
    const char* body;
    model_error wanted;
  };
  const row rows[] = {
      {429, "", model_error::rate_limited},
      {429, R"({"error":{"code":"insufficient_quota","message":"pay"}})", model_error::denied},
      {503, "busy", model_error::overloaded},
      {529, R"({"type":"error","error":{"type":"overloaded_error"}})", model_error::overloaded},
      {500, "{}", model_error::broken},
      {502, "<html>", model_error::broken},
      {401, "", model_error::denied},
      {404, R"({"error":{"message":"no such model"}})", model_error::bad_request},
      {400, R"({"error":{"code":"context_length_exceeded"}})", model_error::context_too_long},
      {400, R"({"error":{"type":"invalid_request_error","message":"prompt is too long: 9 > 8"}})",
       model_error::context_too_long},
      {400, R"({"error":{"code":"content_filter"}})", model_error::refused},
      {413, "", model_error::context_too_long},
      {200, "", model_error::none},
  };
  for (const auto& r : rows) {
    tools::http_response response;
    response.status = r.status;
    response.body = r.body;
    EXPECT_EQ(error_in(response).error, r.wanted) << r.status << ' ' << r.body;
  }
  tools::http_response limited;
  limited.status = 429;
  limited.headers = {{"retry-after", "2"}};
  EXPECT_EQ(error_in(limited).retry_after, milliseconds{2000});
  limited.headers = {{"retry-after-ms", "150"}, {"retry-after", "1"}};
  EXPECT_EQ(error_in(limited).retry_after, milliseconds{150});
  limited.headers = {{"date", "Sun, 06 Nov 1994 08:49:37 GMT"},
                     {"retry-after", "Sun, 06 Nov 1994 08:49:47 GMT"}};
  EXPECT_EQ(error_in(limited).retry_after, milliseconds{10000});
  limited.headers = {{"retry-after", "-7"}};
  EXPECT_EQ(error_in(limited).retry_after, milliseconds{0});
  limited.headers = {{"retry-after", "1e300"}};
  EXPECT_EQ(error_in(limited).retry_after, milliseconds{3600000});
}

TEST(model_errors, each_has_a_reason_that_agents_share) {
  for (std::size_t i = 1; i < enum_names<model_error>::value.size(); ++i)
    EXPECT_NE(reason_of(static_cast<model_error>(i)), reason::none);
  EXPECT_EQ(reason_of(model_error::rate_limited), reason::rate_limited);
  EXPECT_EQ(reason_of(model_error::context_too_long), reason::invalid_input);
  EXPECT_EQ(reason_of(model_error::refused), reason::policy_denied);
}
