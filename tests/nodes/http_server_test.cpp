#include "tests/nodes/door_kit.hpp"

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <future>
#include <thread>

namespace troupe::test {

namespace http_server_cases {

TEST(http_server, answers_and_keeps_the_connection) {
  door d;
  raw_client c{d.port()};
  for (int i = 0; i < 3; ++i) {
    const auto a = c.ask(get("/healthz"));
    EXPECT_EQ(a.status, 200u);
    EXPECT_EQ(a.parsed()["status"], "ok");
  }
  EXPECT_EQ(d.server.counts().accepted, 1u);
}

TEST(http_server, answers_pipelined_requests_in_order) {
  door d;
  raw_client c{d.port()};
  std::string all;
  for (int i = 0; i < 200; ++i)
    all += post("/v1/tasks?wait=true", R"({"text":"n)" + std::to_string(i) + "\"}");
  ASSERT_TRUE(c.send(all));
  for (int i = 0; i < 200; ++i) {
    const auto a = c.read();
    ASSERT_EQ(a.status, 200u);
    EXPECT_EQ(a.parsed()["text"], "n" + std::to_string(i));
  }
}

TEST(http_server, takes_requests_byte_by_byte_and_in_chunks) {
  door d;
  raw_client c{d.port()};
  const auto text = post("/v1/tasks?wait=true", R"({"text":"slowly"})");
  for (const char x : text)
    c.send({&x, 1});
  EXPECT_EQ(c.read().parsed()["text"], "slowly");
  const auto a = c.ask(
      "POST /v1/tasks?wait=true HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n9\r\n{\"text\":\"\r\n3\r\nhi\"\r\n1\r\n}\r\n0\r\n\r\n");
  EXPECT_EQ(a.parsed()["text"], "hi");
}

TEST(http_server, says_continue_before_a_body) {
  door d;
  raw_client c{d.port()};
  c.send("POST /v1/tasks?wait=true HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
         "application/json\r\nExpect: "
         "100-continue\r\nContent-Length: 12\r\n\r\n");
  EXPECT_EQ(c.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(c.ask(R"({"text":"a"})").status, 200u);
}

TEST(http_server, head_has_no_body) {
  door d;
  raw_client c{d.port()};
  c.send("HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" + get("/readyz"));
  EXPECT_NE(c.until("\r\n\r\n").find("Content-Length: 15"), std::string::npos);
  EXPECT_EQ(c.read().parsed()["status"], "ready");
}

TEST(http_server, cuts_slow_headers_and_slow_bodies) {
  http_settings s;
  s.header_timeout = s.body_timeout = milliseconds{150};
  door d{s};
  raw_client header{d.port()};
  header.send("GET /healthz HTT");
  raw_client body{d.port()};
  body.send("POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
            "application/json\r\nContent-Length: 90\r\n\r\n{");
  raw_client silent{d.port()};
  EXPECT_EQ(header.read().status, 408u);
  EXPECT_EQ(header.rest(), "");
  const auto a = body.read();
  EXPECT_EQ(a.status, 408u);
  EXPECT_NE(a.head.find("application/problem+json"), std::string::npos);
  EXPECT_EQ(silent.rest(), "");
}

TEST(http_server, refuses_garbage) {
  door d;
  for (const std::string& text :
       {std::string{"\x16\x03\x01\x02\x00\x01"}, std::string{"GET\r\n\r\n"},
        std::string{"\0\0\0\0\r\n\r\n", 8},
        std::string{
            "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"},
        std::string{"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n"},
        std::string{"GET / HTTP/1.1\r\nHost: localhost\r\nbad header\r\n\r\n"}}) {
    raw_client c{d.port()};
    c.send(text);
    EXPECT_EQ(c.read().status, 400u) << text;
    EXPECT_EQ(c.rest(), "");
  }
  EXPECT_EQ(raw_client{d.port()}.ask("GET / HTTP/3.1\r\n\r\n").status, 505u);
  EXPECT_EQ(raw_client{d.port()}.ask(get("/" + std::string(5000, 'x'))).status, 414u);
  EXPECT_EQ(raw_client{d.port()}.ask(get("/", "X: " + std::string(20000, 'x') + "\r\n")).status,
            431u);
  EXPECT_EQ(raw_client{d.port()}.ask(get("/healthz")).status, 200u);
}

TEST(http_server, refuses_ten_megabytes) {
  door d;
  raw_client c{d.port()};
  std::thread sender{[&] { c.send(post("/v1/tasks", std::string(10u << 20, ' '))); }};
  EXPECT_EQ(c.read().status, 413u);
  sender.join();
}

TEST(http_server, only_answers_to_this_machine) {
  door d;
  for (const auto* host : {"localhost", "LOCALHOST:7420", "127.0.0.1:1", "[::1]:80"})
    EXPECT_EQ(raw_client{d.port()}
                  .ask("GET /healthz HTTP/1.1\r\nHost: " + std::string{host} + "\r\n\r\n")
                  .status,
              200u);
  for (const auto* host :
       {"evil.example", "127.0.0.1.evil.example", "localhost.evil:80", "", "[::1", "localhost:x"})
    EXPECT_EQ(raw_client{d.port()}
                  .ask("GET /healthz HTTP/1.1\r\nHost: " + std::string{host} + "\r\n\r\n")
                  .status,
              421u)
        << host;
  EXPECT_EQ(raw_client{d.port()}.ask("GET /healthz HTTP/1.1\r\n\r\n").status, 400u);
}

TEST(http_server, refuses_to_listen_beyond_this_machine_without_tls) {
  fake_client node;
  for (const auto* host : {"0.0.0.0", "192.0.2.1", "::"}) {
    http_settings s;
    s.host = host;
    http_server server{s, make_api(node)};
    try {
      server.start();
      FAIL() << host;
    } catch (const std::runtime_error& e) {
      EXPECT_NE(std::string{e.what()}.find("without TLS"), std::string::npos);
    }
  }
  door d;
  http_settings taken;
  taken.port = d.port();
  http_server second{taken, make_api(node)};
  EXPECT_THROW(second.start(), std::runtime_error);
}

TEST(http_server, turns_a_flood_away) {
  http_settings s;
  s.connections_max = 3;
  door d{s};
  std::vector<std::unique_ptr<raw_client>> held;
  for (int i = 0; i < 3; ++i) {
    held.push_back(std::make_unique<raw_client>(d.port()));
    ASSERT_EQ(held.back()->ask(get("/healthz")).status, 200u);
  }
  for (int i = 0; i < 5; ++i) {
    raw_client c{d.port()};
    const auto a = c.ask(get("/healthz"));
    EXPECT_EQ(a.status, 503u);
    EXPECT_NE(a.head.find("Retry-After: 1"), std::string::npos);
  }
  EXPECT_EQ(d.server.counts().turned_away, 5u);
  EXPECT_EQ(held[1]->ask(get("/healthz")).status, 200u);
}

TEST(http_server, bears_the_want_of_descriptors) {
  door d;
  std::vector<std::unique_ptr<raw_client>> clients;
  ASSERT_EQ(raw_client{d.port()}.ask(get("/healthz")).status, 200u);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  // The client's own socket takes the last descriptor, so that none is left for accepting it.
  const int probe = ::dup(0);
  ::close(probe);
  rlimit tight = before;
  tight.rlim_cur = static_cast<rlim_t>(probe) + 1;
  ::setrlimit(RLIMIT_NOFILE, &tight);
  raw_client c{d.port()};
  c.send(get("/healthz"));
  while (d.server.counts().accept_errors == 0 && d.server.counts().accepted < 2)
    std::this_thread::yield();
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(c.read().status, 200u);
}

TEST(http_server, stops_gracefully) {
  door d;
  d.node.hold = true;
  raw_client idle{d.port()}, busy{d.port()};
  ASSERT_EQ(idle.ask(get("/healthz")).status, 200u);
  busy.send(post("/v1/tasks?wait=true", R"({"text":"last"})"));
  while (d.node.watchers() == 0)
    std::this_thread::yield();
  auto stopped = std::async(std::launch::async, [&] { d.server.stop(milliseconds{8000}); });
  EXPECT_EQ(idle.rest(), "");
  d.node.end("t1");
  const auto a = busy.read();
  EXPECT_EQ(a.status, 200u);
  EXPECT_NE(a.head.find("Connection: close"), std::string::npos);
  EXPECT_EQ(busy.rest(), "");
  busy.half_close();
  stopped.get();
  EXPECT_FALSE(raw_client{d.port()}.connected());
}

TEST(http_server, stops_at_the_deadline) {
  door d;
  d.node.hold = true;
  raw_client busy{d.port()};
  busy.send(post("/v1/tasks?wait=true", R"({"text":"never"})"));
  while (d.node.watchers() == 0)
    std::this_thread::yield();
  d.server.stop(milliseconds{50});
  EXPECT_EQ(busy.rest(), "");
  d.node.end("t1"); // An answer that comes too late is dropped.
}

TEST(http_server, answers_a_client_that_sends_no_more) {
  door d;
  raw_client c{d.port()};
  c.send(get("/healthz") + get("/readyz"));
  c.half_close();
  EXPECT_EQ(c.read().status, 200u);
  EXPECT_EQ(c.read().parsed()["status"], "ready");
  EXPECT_EQ(c.rest(), "");
}

TEST(http_server, serves_on_several_threads) {
  http_settings s;
  s.threads = 3;
  door d{s};
  std::vector<std::unique_ptr<raw_client>> all;
  for (int i = 0; i < 9; ++i)
    all.push_back(std::make_unique<raw_client>(d.port()));
  for (auto& c : all)
    c->send(post("/v1/tasks?wait=true", R"({"text":"x"})"));
  for (auto& c : all)
    EXPECT_EQ(c->read().status, 200u);
}

} // namespace http_server_cases
} // namespace troupe::test
