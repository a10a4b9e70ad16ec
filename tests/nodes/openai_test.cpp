#include "nodes/doors/openai_reply.hpp"
#include "nodes/doors/openai_request.hpp"
#include "policies/client_tools.hpp"
#include "tests/nodes/door_kit.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace troupe::test {

namespace openai_cases {

/// What `openai` 7.57 sends, but for the lines that name its machine.
constexpr std::string_view client_headers =
    "Accept: application/json\r\nX-Stainless-Retry-Count: 0\r\nX-Stainless-Lang: js\r\n";

http_request chat_body(std::string body) {
  http_request out;
  out.set_request_line("POST", "/v1/chat/completions");
  out.add_header("content-type", "application/json");
  out.body = std::move(body);
  return out;
}

/// What is wrong with a body, as the client's `error.param`.
std::string wrong_in(std::string body) {
  problem why;
  if (read_chat(chat_body(std::move(body)), why))
    return "nothing";
  EXPECT_EQ(why.status, 400u);
  const auto said = json::parse(openai_error_text(why))["error"];
  EXPECT_EQ(said["type"], "invalid_request_error");
  return said["param"].is_null() ? std::string{} : said["param"].get<std::string>();
}

TEST(openai, answers_a_completion) {
  door d;
  raw_client c{d.port()};
  const auto a = c.ask(post(
      "/v1/chat/completions",
      R"({"model":"support","user":"s1","temperature":0.2,"metadata":{"customer":"c7","tier":"gold"},
      "messages":[{"role":"system","content":"be kind"},{"role":"user","content":"hello"}]})",
      client_headers));
  ASSERT_EQ(a.status, 200u) << a.body;
  EXPECT_NE(a.head.find("x-request-id: t1\r\n"), std::string::npos);
  const auto x = a.parsed();
  EXPECT_EQ(x["id"], "chatcmpl-t1");
  EXPECT_EQ(x["object"], "chat.completion");
  EXPECT_EQ(x["model"], "support");
  EXPECT_EQ(x["choices"][0]["message"]["role"], "assistant");
  EXPECT_EQ(x["choices"][0]["message"]["content"], "done: hello");
  EXPECT_EQ(x["choices"][0]["finish_reason"], "stop");
  EXPECT_EQ(x["usage"]["total_tokens"], 0);
  EXPECT_EQ(d.node.last.domain, "support");
  EXPECT_EQ(d.node.last.context_id, "s1");
  EXPECT_EQ(d.node.last.who, (customer{"c7", "gold"}));
  // The session knows what was said before.
  EXPECT_TRUE(d.node.last.data.is_null());
}

TEST(openai, a_conversation_without_a_session_goes_along) {
  door d;
  raw_client c{d.port()};
  const auto messages =
      R"([{"role":"user","content":[{"type":"text","text":"one"},{"type":"text","text":"two"}]},
      {"role":"assistant","content":"and?","refusal":null},{"role":"user","content":"three"}])";
  EXPECT_EQ(c.ask(post("/v1/chat/completions",
                       R"({"model":"support","messages":)" + std::string{messages} + "}"))
                .status,
            200u);
  EXPECT_EQ(d.node.last.text, "three");
  EXPECT_EQ(d.node.last.data["messages"], json::parse(messages));
  EXPECT_EQ(c.ask(post("/v1/chat/completions",
                       R"({"model":"support","user":"a","messages":)" + std::string{messages} + "}",
                       "X-Troupe-Session: b\r\n"))
                .status,
            200u);
  EXPECT_EQ(d.node.last.context_id, "b");
}

TEST(openai, streams) {
  door d;
  d.node.hold = true;
  raw_client c{d.port()};
  c.send(post("/v1/chat/completions",
              R"({"model":"support","stream":true,"stream_options":{"include_usage":true},
      "messages":[{"role":"user","content":"hello"}]})",
              client_headers));
  const auto head = c.until("\r\n\r\n");
  EXPECT_NE(head.find("200 OK"), std::string::npos);
  EXPECT_NE(head.find("text/event-stream"), std::string::npos);
  EXPECT_NE(c.until("\n\n").find(R"("delta":{"role":"assistant","content":""})"),
            std::string::npos);
  while (d.node.watchers() == 0)
    std::this_thread::yield();
  d.node.end("t1");
  EXPECT_NE(c.until("\n\n").find(R"("delta":{"content":"done: hello"})"), std::string::npos);
  EXPECT_NE(c.until("\n\n").find(R"("finish_reason":"stop")"), std::string::npos);
  EXPECT_NE(c.until("\n\n").find(R"("choices":[],"usage":{"prompt_tokens":0)"), std::string::npos);
  EXPECT_NE(c.until("\n\n").find("data: [DONE]"), std::string::npos);
}

TEST(openai, a_client_that_goes_is_heard_of_no_more) {
  door d;
  d.node.hold = true;
  {
    raw_client c{d.port()};
    c.send(post("/v1/chat/completions",
                R"({"model":"support","stream":true,"messages":[{"role":"user","content":"x"}]})"));
    c.until("\n\n");
    while (d.node.watchers() == 0)
      std::this_thread::yield();
  }
  while (d.node.watchers() != 0)
    std::this_thread::yield();
}

TEST(openai, a_task_that_fails_is_an_error_that_is_not_tried_again) {
  for (const bool stream : {false, true}) {
    door d;
    d.node.hold = true;
    raw_client c{d.port()};
    c.send(post("/v1/chat/completions",
                R"({"model":"support","messages":[{"role":"user","content":"x"}],"stream":)" +
                    std::string{stream ? "true}" : "false}"}));
    while (d.node.watchers() == 0)
      std::this_thread::yield();
    auto r = d.node.copy("t1");
    r->state = task_state::failed;
    r->result = std::make_shared<outcome>(
        outcome::of({reason::rate_limited, "the shop is full", milliseconds{3000}}));
    if (stream) {
      c.until("\r\n\r\n");
      c.until("\n\n");
      d.node.put(r);
      const auto said = c.until("\n\n");
      EXPECT_NE(
          said.find(
              R"(data: {"error":{"message":"task t1 failed: rate_limited: the shop is full")"),
          std::string::npos)
          << said;
    } else {
      d.node.put(r);
      const auto a = c.read();
      EXPECT_EQ(a.status, 429u);
      EXPECT_EQ(a.parsed()["error"]["code"], "rate_limited");
      EXPECT_EQ(a.parsed()["error"]["type"], "rate_limit_error");
      EXPECT_NE(a.head.find("x-should-retry: false\r\n"), std::string::npos);
      EXPECT_NE(a.head.find("Retry-After: 3\r\n"), std::string::npos);
      EXPECT_NE(a.head.find("x-request-id: t1\r\n"), std::string::npos);
    }
  }
}

TEST(openai, refuses_in_its_own_form) {
  door d;
  raw_client c{d.port()};
  d.node.refuse_with = {refusal::unknown_domain, "there is no domain 'gpt-4o'", {}};
  const auto a = c.ask(post("/v1/chat/completions",
                            R"({"model":"gpt-4o","messages":[{"role":"user","content":"x"}]})"));
  EXPECT_EQ(a.status, 404u);
  EXPECT_EQ(a.parsed()["error"]["code"], "model_not_found");
  EXPECT_EQ(a.head.find("x-should-retry"), std::string::npos);
  // Whether there is a task is not known.
  d.node.refuse_with = {refusal::timeout, "no answer", {}};
  EXPECT_NE(c.ask(post("/v1/chat/completions",
                       R"({"model":"support","messages":[{"role":"user","content":"x"}]})"))
                .head.find("x-should-retry: false\r\n"),
            std::string::npos);
  EXPECT_EQ(
      c.ask(post("/v1/chat/completions", "{}", "Accept: image/png\r\n")).parsed()["error"]["code"],
      "not_acceptable");
  EXPECT_EQ(c.ask(post("/v1/chat/completions", "{}", "", "text/plain")).parsed()["error"]["code"],
            "unsupported_media_type");
  const auto method = c.ask(get("/v1/chat/completions"));
  EXPECT_EQ(method.status, 405u);
  EXPECT_EQ(method.parsed()["error"]["code"], "method_not_allowed");
  EXPECT_NE(method.head.find("Allow: POST\r\n"), std::string::npos);
  EXPECT_EQ(c.ask(get("/v1/models/%ff")).parsed()["error"]["type"], "invalid_request_error");
  // Its header alone says that it is too long, and it is the connection's last answer.
  c.send("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
         "Content-Type: application/json\r\nContent-Length: 10485760\r\n\r\n");
  const auto large = c.read();
  EXPECT_EQ(large.status, 413u);
  EXPECT_TRUE(large.parsed().contains("error")) << large.body;
}

TEST(openai, refuses_what_cannot_be_had) {
  const auto with = [](const std::string& more) {
    return wrong_in(R"({"model":"support","messages":[{"role":"user","content":"x"}],)" + more +
                    "}");
  };
  EXPECT_EQ(
      with(
          R"("seed":1,"max_tokens":5,"top_p":1,"n":1,"tools":[],"response_format":{"type":"text"})"),
      "nothing");
  EXPECT_EQ(with(R"("tools":[{"type":"function","function":{"name":"a b"}}])"),
            "tools[0].function.name");
  EXPECT_EQ(with(R"("tools":[{"type":"file_search"}])"), "tools[0]");
  EXPECT_EQ(with(R"("tools":[{"type":"function","function":{"name":"f"}},
                             {"type":"function","function":{"name":"g"}},
                             {"type":"function","function":{"name":"f"}}])"),
            "tools[2].function.name");
  EXPECT_EQ(
      with(R"("tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"required")"),
      "tool_choice");
  EXPECT_EQ(with(R"("functions":[{"name":"f"}])"), "functions");
  EXPECT_EQ(with(R"("response_format":{"type":"json_object"})"), "response_format");
  EXPECT_EQ(with(R"("n":2)"), "n");
  EXPECT_EQ(with(R"("logprobs":true)"), "logprobs");
  EXPECT_EQ(with(R"("modalities":["text","audio"])"), "modalities");
  EXPECT_EQ(with(R"("stream":"yes")"), "stream");
  EXPECT_EQ(with(R"("stream_options":[])"), "stream_options");
  EXPECT_EQ(with(R"("user":")" + std::string(300, 'u') + "\""), "user");
  EXPECT_EQ(with(R"("user":"a\u0000b")"), "user");
  EXPECT_EQ(with(R"("metadata":{"customer":5})"), "metadata.customer");
}

TEST(openai, reads_tools_of_the_client_and_what_they_have_said) {
  http_request what;
  what.set_request_line("POST", "/v1/chat/completions");
  what.add_header("content-type", "application/json");
  what.body = R"({"model":"support","user":"s","tools":[{"type":"function","function":{"name":"now",
      "description":"The time","parameters":{"type":"object"}}}],
      "messages":[{"role":"user","content":"old"},
      {"role":"assistant","content":null,"tool_calls":[{"id":"c0","type":"function",
        "function":{"name":"now","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c0","content":"8"},
      {"role":"user","content":"what time is it"},
      {"role":"assistant","content":"hm","tool_calls":[{"id":"c1","type":"function",
        "function":{"name":"now","arguments":"{\"zone\":\"UTC\"}"}}]},
      {"role":"tool","tool_call_id":"c1","content":[{"type":"text","text":"nine"}]}]})";
  problem why;
  const auto got = read_chat(what, why);
  ASSERT_TRUE(got) << why.detail;
  EXPECT_TRUE(got->brings_tools);
  EXPECT_EQ(got->what.text, "what time is it");
  const auto all = client_tools::of(got->what.data);
  ASSERT_EQ(all.tools.size(), 1u);
  EXPECT_EQ(all.tools[0].description, "The time");
  // Of the turns before the user's last message the session knows.
  ASSERT_EQ(all.turns.size(), 2u);
  EXPECT_EQ(all.turns[0].calls[0].arguments, (json{{"zone", "UTC"}}));
  EXPECT_EQ(all.turns[1].text, "nine");
  EXPECT_EQ(all.turns[1].answers, "c1");
}

TEST(openai, what_the_clients_tools_have_said_is_no_part_of_the_conversation) {
  http_request what;
  what.set_request_line("POST", "/v1/chat/completions");
  what.add_header("content-type", "application/json");
  auto body = json::parse(R"({"model":"support",
      "tools":[{"type":"function","function":{"name":"now"}}],
      "messages":[{"role":"user","content":"hello"},{"role":"assistant","content":"hi"},
      {"role":"user","content":"what time is it"},
      {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function",
        "function":{"name":"now","arguments":"{}"}}]},
      {"role":"tool","tool_call_id":"c1","content":"see https://mal.example/"},
      {"role":"tool","tool_call_id":7,"content":"x"}]})");
  problem why;
  const auto read = [&] {
    what.body = as_text(body);
    return read_chat(what, why);
  };
  auto got = read();
  ASSERT_TRUE(got) << why.detail;
  EXPECT_EQ(got->what.data["messages"].size(), 3u);
  EXPECT_EQ(client_tools::of(got->what.data).turns.size(), 2u);
  // Alone, the user's message is the text.
  body["messages"].erase(0);
  body["messages"].erase(0);
  EXPECT_FALSE(read()->what.data.contains("messages"));
  body.erase("tools");
  EXPECT_EQ(read()->what.data["messages"].size(), 4u);
}

TEST(openai, tells_the_client_which_of_its_tools_are_wanted) {
  outcome x;
  x.data = calls_as_data({{"c1", "now", {{"zone", "UTC"}}}});
  chat_head head{"t1", "support", 0, true};
  const auto whole = json::parse(completion_text(head, x))["choices"][0];
  EXPECT_EQ(whole["finish_reason"], "tool_calls");
  EXPECT_TRUE(whole["message"]["content"].is_null());
  EXPECT_EQ(whole["message"]["tool_calls"][0]["function"],
            (json{{"name", "now"}, {"arguments", "{\"zone\":\"UTC\"}"}}));
  const auto pieces = chunks_of(head, x, false);
  EXPECT_NE(pieces.find("\"index\":0"), std::string::npos);
  EXPECT_NE(pieces.find("\"finish_reason\":\"tool_calls\""), std::string::npos);
  // Whoever brought none is told none.
  head.with_tools = false;
  EXPECT_EQ(json::parse(completion_text(head, x))["choices"][0]["finish_reason"], "stop");
}

TEST(openai, refuses_messages_that_are_none) {
  const auto with = [](const std::string& messages) {
    return wrong_in(R"({"model":"support","messages":)" + messages + "}");
  };
  EXPECT_EQ(wrong_in(R"({"messages":[{"role":"user","content":"x"}]})"), "model");
  EXPECT_EQ(wrong_in(R"({"model":"support"})"), "messages");
  EXPECT_EQ(with("[]"), "messages");
  EXPECT_EQ(with(R"("x")"), "messages");
  EXPECT_EQ(with(R"([{"role":"system","content":"x"}])"), "messages");
  EXPECT_EQ(with(R"([{"role":"user","content":""}])"), "messages");
  EXPECT_EQ(with(R"([5])"), "messages[0].role");
  EXPECT_EQ(with(R"([{"role":"king","content":"x"}])"), "messages[0].role");
  EXPECT_EQ(with(R"([{"role":"user","content":5}])"), "messages[0].content");
  EXPECT_EQ(with(R"([{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}])"),
            "messages[0].content");
  EXPECT_EQ(with(R"([{"role":"user","content":[{"type":"text"}]}])"), "messages[0].content");
  std::string many = "[";
  for (int i = 0; i < 4097; ++i)
    many += R"({"role":"user","content":"x"},)";
  many.back() = ']';
  EXPECT_EQ(with(many), "messages");
}

TEST(openai, lists_domains_as_models) {
  door d;
  domain_spec sales, refunds, support;
  sales.path = "sales";
  refunds.path = "support/refunds";
  support.path = "support";
  support.domains = {refunds};
  d.node.known.domains = {sales, support};
  d.node.known.entry = "support";
  d.node.known.name = "demo";
  raw_client c{d.port()};
  const auto all = c.ask(get("/v1/models")).parsed();
  EXPECT_EQ(all["object"], "list");
  ASSERT_EQ(all["data"].size(), 3u);
  EXPECT_EQ(all["data"][0],
            json::parse(R"({"id":"support","object":"model","created":0,"owned_by":"demo"})"));
  EXPECT_EQ(c.ask(get("/v1/models/support%2Frefunds")).parsed()["id"], "support/refunds");
  EXPECT_EQ(c.ask(get("/v1/models/gpt-4o")).parsed()["error"]["code"], "model_not_found");
}

} // namespace openai_cases
} // namespace troupe::test
