#include "tests/nodes/door_kit.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <thread>

namespace troupe::test {

namespace api_cases {

unsigned refusal_status(refusal why) {
  door d;
  d.node.refuse_with = {why, "because", {}};
  return raw_client{d.port()}.ask(post("/v1/tasks", R"({"text":"x"})")).status;
}

TEST(api, submits_and_finds) {
  door d;
  raw_client c{d.port()};
  auto a = c.ask(post("/v1/tasks",
                      R"({"text":"hello","domain":"support","context":{"order":"A1"},"data":{"k":1},
      "customer":{"id":"c7","tier":"gold"},"priority":"high","durability":"none","timeout_ms":5000,"context_id":"s1"})",
                      "Idempotency-Key: k1\r\ntraceparent: "
                      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"));
  EXPECT_EQ(a.status, 202u);
  EXPECT_NE(a.head.find("Location: /v1/tasks/t1\r\n"), std::string::npos);
  EXPECT_EQ(a.parsed()["id"], "t1");
  EXPECT_EQ(d.node.last.data, json::parse(R"({"k":1,"context":{"order":"A1"}})"));
  EXPECT_EQ(d.node.last.who.tier, "gold");
  EXPECT_EQ(d.node.last.urgency, priority::high);
  EXPECT_EQ(d.node.last.keep, durability::none);
  EXPECT_EQ(d.node.last.timeout, milliseconds{5000});
  EXPECT_EQ(d.node.last.idempotency_key, "k1");
  EXPECT_EQ(d.node.last.trace_id, "0af7651916cd43dd8448eb211c80319c");
  a = c.ask(get("/v1/tasks/t1"));
  EXPECT_EQ(a.status, 200u);
  const auto t = a.parsed();
  EXPECT_EQ(t["contextId"], "s1");
  EXPECT_EQ(t["status"]["state"], "completed");
  EXPECT_EQ(t["result"]["text"], "done: hello");
  EXPECT_EQ(t["created"], "1970-01-01T00:00:01.000000Z");
  EXPECT_EQ(c.ask(get("/v1/tasks?state=completed&limit=5")).parsed()["tasks"].size(), 1u);
  EXPECT_EQ(c.ask(get("/v1/tasks?state=failed")).parsed()["tasks"].size(), 0u);
}

TEST(api, waits_for_the_end) {
  door d;
  d.node.hold = true;
  raw_client c{d.port()};
  c.send(post("/v1/tasks?wait=30s", R"({"text":"later"})"));
  while (d.node.watchers() == 0)
    std::this_thread::yield();
  d.node.end("t1");
  const auto a = c.read();
  EXPECT_EQ(a.status, 200u);
  EXPECT_EQ(a.parsed()["result"]["text"], "done: later");
}

TEST(api, says_how_it_stands_when_the_wait_ends_first) {
  door d;
  d.node.hold = true;
  raw_client c{d.port()};
  const auto a = c.ask(post("/v1/tasks?wait=20ms", R"({"text":"later"})"));
  EXPECT_EQ(a.status, 202u);
  EXPECT_EQ(a.parsed()["status"]["state"], "submitted");
  EXPECT_NE(a.head.find("Location: /v1/tasks/t1"), std::string::npos);
  EXPECT_EQ(d.node.watchers(), 0u);
}

TEST(api, refuses_bodies_that_break_the_schema) {
  door d;
  raw_client c{d.port()};
  const auto pointer = [&](std::string_view body) {
    const auto a = c.ask(post("/v1/tasks", body));
    EXPECT_EQ(a.status, 400u) << body;
    EXPECT_NE(a.head.find("application/problem+json"), std::string::npos);
    const auto p = a.parsed();
    EXPECT_EQ(p["instance"], "/v1/tasks");
    return p.contains("errors") ? p["errors"][0]["pointer"].get<std::string>()
                                : p["detail"].get<std::string>();
  };
  EXPECT_EQ(pointer("{}"), "/text");
  EXPECT_EQ(pointer(R"({"text":5})"), "/text");
  EXPECT_EQ(pointer(R"({"text":" \t\n"})"), "/text");
  EXPECT_EQ(pointer(R"({"text":"x","colour":1})"), "/colour");
  EXPECT_EQ(pointer(R"({"text":"x","a/b~":1})"), "/a~1b~0");
  EXPECT_EQ(pointer(R"({"text":"x","data":[]})"), "/data");
  EXPECT_EQ(pointer(R"({"text":"x","priority":"soon"})"), "/priority");
  EXPECT_EQ(pointer(R"({"text":"x","timeout_ms":0})"), "/timeout_ms");
  EXPECT_EQ(pointer(R"({"text":"x","timeout_ms":1.5})"), "/timeout_ms");
  EXPECT_EQ(pointer(R"({"text":"x","timeout_ms":18446744073709551615})"), "/timeout_ms");
  EXPECT_EQ(pointer(R"({"text":"x","customer":{"name":"y"}})"), "/customer/name");
  EXPECT_EQ(pointer(R"({"text":"x","data":{"context":1}})"), "/data/context");
  EXPECT_EQ(pointer("[]"), "");
  EXPECT_EQ(pointer(R"({"text":})"), "the body is not JSON at byte 8");
  EXPECT_EQ(pointer("{\"text\":\"a\xFF\"}"), "the body is not UTF-8 at byte 10");
  EXPECT_NE(pointer(R"({"text":"x","data":{"n":1e999}})").find("out of range"), std::string::npos);
  EXPECT_NE(
      pointer(R"({"text":"x","data":{"n":)" + std::string(70, '[') + std::string(70, ']') + "}}")
          .find("deeper"),
      std::string::npos);
  EXPECT_NE(pointer("").find("not JSON"), std::string::npos);
}

TEST(api, refuses_by_protocol) {
  door d;
  raw_client c{d.port()};
  EXPECT_EQ(c.ask(post("/v1/tasks", R"({"text":"x"})", "", "text/plain")).status, 415u);
  EXPECT_EQ(c.ask(get("/v1/tasks/t1", "Accept: text/html\r\n")).status, 406u);
  EXPECT_EQ(c.ask(get("/healthz", "Accept: text/html, application/*;q=0.5\r\n")).status, 200u);
  const auto a = c.ask("DELETE /v1/tasks HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(a.status, 405u);
  EXPECT_NE(a.head.find("Allow: POST, GET, HEAD\r\n"), std::string::npos);
  EXPECT_EQ(c.ask(get("/v1/nothing")).parsed()["type"], "urn:troupe:problem:unknown_path");
  EXPECT_EQ(c.ask(get("/v1/tasks/nope")).parsed()["type"], "urn:troupe:problem:unknown_task");
  EXPECT_EQ(c.ask(get("/v1/tasks/%ff")).status, 400u);
  EXPECT_EQ(c.ask(get("/v1/tasks?colour=red")).status, 400u);
  EXPECT_EQ(c.ask(get("/v1/tasks?limit=0")).status, 400u);
  EXPECT_EQ(c.ask(get("/v1/tasks?limit=1&limit=2")).status, 400u);
  EXPECT_EQ(c.ask(post("/v1/tasks?wait=soon", R"({"text":"x"})")).status, 400u);
  EXPECT_EQ(c.ask(post("/v1/tasks", R"({"text":"x"})",
                       "Idempotency-Key: " + std::string(300, 'k') + "\r\n"))
                .status,
            400u);
}

TEST(api, maps_every_refusal_of_the_node) {
  EXPECT_EQ(refusal_status(refusal::invalid_request), 400u);
  EXPECT_EQ(refusal_status(refusal::unknown_domain), 404u);
  EXPECT_EQ(refusal_status(refusal::conflict), 409u);
  EXPECT_EQ(refusal_status(refusal::busy), 429u);
  EXPECT_EQ(refusal_status(refusal::too_large), 413u);
  EXPECT_EQ(refusal_status(refusal::stopping), 503u);
  EXPECT_EQ(refusal_status(refusal::not_stored), 503u);
  EXPECT_EQ(refusal_status(refusal::internal), 500u);
  EXPECT_EQ(refusal_status(refusal::timeout), 504u);
  door d;
  d.node.refuse_with = {refusal::busy, "full", milliseconds{2500}};
  EXPECT_NE(raw_client{d.port()}
                .ask(post("/v1/tasks", R"({"text":"x"})"))
                .head.find("Retry-After: 3\r\n"),
            std::string::npos);
}

TEST(api, cancels_and_asks_people) {
  door d;
  d.node.hold = true;
  raw_client c{d.port()};
  c.ask(post("/v1/tasks", R"({"text":"x"})"));
  EXPECT_EQ(c.ask(post("/v1/tasks/t1/cancel", R"({"why":"changed my mind"})")).status, 200u);
  EXPECT_EQ(c.ask("POST /v1/tasks/t1/cancel HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 200u);
  d.node.end("t1");
  EXPECT_EQ(c.ask(post("/v1/tasks/t1/cancel", "{}")).status, 409u);
  EXPECT_EQ(c.ask(get("/v1/human?queue=refunds")).parsed()["questions"][0]["queue"], "refunds");
  EXPECT_EQ(c.ask(post("/v1/human/t1:0:1/claim", R"({"by":"ann"})")).parsed()["claimed_by"], "ann");
  EXPECT_EQ(c.ask(post("/v1/human/t1:0:1/claim", "{}")).parsed()["errors"][0]["pointer"], "/by");
  EXPECT_EQ(c.ask(post("/v1/human/t1:0:1/answer", R"({"by":"ann"})")).status, 400u);
  EXPECT_EQ(
      c.ask(post("/v1/human/t1:0:1/answer", R"({"by":"ann","text":"no","deny":true})")).status,
      200u);
  EXPECT_EQ(d.node.answered.failed.why, reason::policy_denied);
}

TEST(api, is_what_its_description_says) {
  fake_client node;
  const auto described = json::parse(openapi_text());
  std::set<std::string> told, there;
  for (const auto& [path, methods] : described["paths"].items())
    for (const auto& [method, op] : methods.items()) {
      std::string upper = method;
      for (auto& x : upper)
        x = static_cast<char>(x - 32);
      told.insert(upper + " " + path);
    }
  const auto api = make_api(node);
  for (const auto& [method, path] : api.routes())
    there.insert(method + " " + path);
  EXPECT_EQ(told, there);
  std::ifstream file{std::string{TROUPE_SOURCE_DIR} + "/docs/reference/openapi.json"};
  EXPECT_EQ(json::parse(file), described);
  door d;
  EXPECT_EQ(raw_client{d.port()}.ask(get("/openapi.json")).parsed()["openapi"], "3.1.0");
}

} // namespace api_cases
} // namespace troupe::test
