// One request: what is sent, what comes back, and what goes wrong between.
#include <chrono>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "tests/src/tools/http_calls.hpp"
#include "tests/src/tools/http_server.hpp"

namespace http_cases {

using namespace troupe::tools;
using namespace troupe::tools::test;
using namespace std::chrono_literals;
using error = http_response::error;

TEST(http, gives_status_headers_and_body) {
  server web{[](const std::string&) { return ok("hello"); }};
  const auto port = make_http_port();
  const auto response = send(*port, get(web.url("/")));
  EXPECT_EQ(response.failed, error::none) << response.detail;
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "hello");
  EXPECT_EQ(response.header("content-type"), "text/plain");
  EXPECT_EQ(response.header("x-two"), "2");
  EXPECT_EQ(response.header("absent"), "");
  EXPECT_EQ(response.detail, "");
}

TEST(http, sends_what_it_is_told_and_nothing_invented) {
  server web{[](const std::string& request) { return ok(request); }};
  const auto port = make_http_port();
  auto request = get(web.url("/a?b=c"));
  request.method = "POST";
  request.body = std::string("{\"x\":\0}", 7);
  request.headers = {{"Authorization", "Bearer t"}, {"X-Empty", ""}};
  auto seen = send(*port, request).body;
  EXPECT_TRUE(seen.starts_with("POST /a?b=c HTTP/1.1\r\n")) << seen;
  EXPECT_NE(seen.find("\r\nAuthorization: Bearer t\r\n"), std::string::npos) << seen;
  EXPECT_NE(seen.find("\r\nX-Empty:\r\n"), std::string::npos) << seen;
  EXPECT_NE(seen.find("\r\nContent-Length: 7\r\n"), std::string::npos) << seen;
  EXPECT_EQ(seen.find("Content-Type"), std::string::npos) << seen;
  EXPECT_EQ(seen.find("Expect"), std::string::npos) << seen;
  EXPECT_TRUE(seen.ends_with(request.body));

  request.method = "POST";
  request.body.clear();
  EXPECT_NE(send(*port, request).body.find("Content-Length: 0\r\n"), std::string::npos);
  request.method = "DELETE";
  seen = send(*port, request).body;
  EXPECT_TRUE(seen.starts_with("DELETE /a?b=c")) << seen;
  EXPECT_EQ(seen.find("Content-Length"), std::string::npos) << seen;
}

TEST(http, head_has_no_body) {
  server web{
      [](const std::string&) { return "HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n"; }};
  const auto port = make_http_port();
  auto request = get(web.url("/"));
  request.method = "HEAD";
  const auto response = send(*port, request);
  EXPECT_EQ(response.failed, error::none) << response.detail;
  EXPECT_EQ(response.header("content-length"), "5000000");
  EXPECT_EQ(response.body, "");
}

TEST(http, an_error_status_is_a_response) {
  server web{
      [](const std::string&) { return "HTTP/1.1 500 Oh no\r\nContent-Length: 3\r\n\r\nbad"; }};
  const auto port = make_http_port();
  const auto response = send(*port, get(web.url("/")));
  EXPECT_EQ(response.failed, error::none);
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body, "bad");
}

TEST(http, redirects_are_not_followed) {
  server web{[](const std::string&) {
    return "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n";
  }};
  const auto port = make_http_port();
  const auto response = send(*port, get(web.url("/")));
  EXPECT_EQ(response.status, 302);
  EXPECT_EQ(response.header("location"), "file:///etc/passwd");
}

TEST(http, interim_responses_leave_no_headers) {
  server web{[](const std::string&) {
    return "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n" + ok("late");
  }};
  const auto port = make_http_port();
  const auto response = send(*port, get(web.url("/")));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("x-early"), "");
  EXPECT_EQ(response.body, "late");
}

TEST(http, a_server_that_never_answers_times_out) {
  server web{[](const std::string&) { return ""; }};
  const auto port = make_http_port();
  auto request = get(web.url("/"));
  request.deadline = 50ms;
  const auto response = send(*port, request);
  EXPECT_EQ(response.failed, error::timeout);
  EXPECT_EQ(response.status, 0);
  EXPECT_NE(response.detail, "");
  EXPECT_FALSE(response.unsent);
  request.deadline = 0ms;
  const auto late = send(*port, request);
  EXPECT_EQ(late.failed, error::timeout);
  EXPECT_TRUE(late.unsent);
}

TEST(http, a_body_that_stops_half_way_times_out_with_what_came) {
  server web{
      [](const std::string&) { return "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"; }};
  const auto port = make_http_port();
  auto request = get(web.url("/"));
  request.deadline = 200ms;
  const auto response = send(*port, request);
  EXPECT_EQ(response.failed, error::timeout);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "half");
}

TEST(http, too_large_a_body_is_cut) {
  server web{[](const std::string&) { return ok(std::string(10'000, 'x')); }};
  const auto port = make_http_port();
  auto request = get(web.url("/"));
  request.body_max_bytes = 9'999;
  const auto response = send(*port, request);
  EXPECT_EQ(response.failed, error::too_large);
  EXPECT_EQ(response.body.size(), 9'999u);
  EXPECT_EQ(response.status, 200);
  request.body_max_bytes = 10'000;
  EXPECT_EQ(send(*port, request).failed, error::none);
}

TEST(http, too_long_headers_are_cut) {
  server web{[](const std::string&) {
    return "HTTP/1.1 200 OK\r\nX-Long: " + std::string(5000, 'x') + "\r\nContent-Length: 0\r\n\r\n";
  }};
  http_limits limits;
  limits.headers_max_bytes = 4096;
  const auto port = make_http_port(limits);
  EXPECT_EQ(send(*port, get(web.url("/"))).failed, error::too_large);
}

TEST(http, a_refused_connection_is_told_from_a_broken_one) {
  std::string gone;
  {
    server web{[](const std::string&) { return ok(""); }};
    gone = web.url("/");
  }
  const auto port = make_http_port();
  const auto nobody = send(*port, get(gone));
  EXPECT_EQ(nobody.failed, error::cannot_connect);
  EXPECT_TRUE(nobody.unsent);
  EXPECT_EQ(send(*port, get("http://no-such-host.invalid/")).failed, error::cannot_connect);

  server web{[](const std::string&) {
    return "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf" + server::close;
  }};
  const auto broken = send(*port, get(web.url("/")));
  EXPECT_EQ(broken.failed, error::protocol);
  EXPECT_FALSE(broken.unsent);
  EXPECT_EQ(broken.body, "half");
}

TEST(http, plain_http_on_an_https_url_is_no_connection) {
  server web{[](const std::string&) { return server::close; }};
  const auto port = make_http_port();
  auto url = web.url("/");
  url.insert(4, "s");
  auto request = get(url);
  request.deadline = 500ms;
  EXPECT_NE(send(*port, request).failed, error::none);
}

TEST(http, garbage_is_a_protocol_error) {
  server web{[](const std::string&) { return "this is not HTTP\r\n\r\n" + server::close; }};
  const auto port = make_http_port();
  const auto response = send(*port, get(web.url("/")));
  EXPECT_EQ(response.failed, error::protocol);
  EXPECT_NE(response.detail, "");
}

TEST(http, malformed_requests_are_refused_before_anything_is_sent) {
  server web{[](const std::string&) { return ok(""); }};
  const auto port = make_http_port();
  const auto refused = [&](http_request request) {
    // A refusal comes before `send` returns.
    http_response got;
    port->send(std::move(request), [&](http_response r) { got = std::move(r); });
    EXPECT_EQ(got.failed, error::refused);
    return got.detail;
  };
  for (const std::string url :
       {"", "no-scheme", "http://", "http://a b/", "http://a/\r\nX: y", "http://a:99999/"})
    EXPECT_NE(refused(get(url)), "") << url;
  EXPECT_EQ(refused(get("file:///etc/passwd")), "the scheme 'file' is neither http nor https");
  EXPECT_EQ(refused(get("ftp://host/")), "the scheme 'ftp' is neither http nor https");
  auto request = get(web.url("/"));
  request.method = "GET / HTTP/1.1\r\nX: y\r\n\r\nGET";
  refused(request);
  request = get(web.url("/"));
  request.headers = {{"X", "a\r\nSmuggled: 1"}};
  EXPECT_EQ(refused(request), "the header 'X' contains a line break or a NUL byte");
  request.headers = {{"X: y\r\nZ", "a"}};
  refused(request);
  request.headers = {{"content-LENGTH", "0"}};
  refused(request);
  EXPECT_EQ(web.connections(), 0);
}

TEST(http, the_environment_does_not_choose_a_proxy) {
  ASSERT_EQ(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
  server web{[](const std::string&) { return ok("direct"); }};
  const auto port = make_http_port();
  EXPECT_EQ(send(*port, get(web.url("/"))).body, "direct");
  unsetenv("http_proxy");
}

TEST(http, a_proxy_that_is_given_is_used) {
  server proxy{[](const std::string& request) { return ok(request); }};
  http_limits limits;
  limits.proxy = proxy.url("");
  const auto port = make_http_port(limits);
  EXPECT_TRUE(send(*port, get("http://elsewhere.invalid/x"))
                  .body.starts_with("GET http://elsewhere.invalid/x HTTP/1.1"));
}

TEST(http, hands_the_body_on_as_it_comes) {
  server web{[](const std::string& request) {
    return request.starts_with("GET /bad")
               ? std::string{"HTTP/1.1 500 Oh no\r\nContent-Length: 3\r\n\r\nbad"}
               : ok("hello");
  }};
  const auto port = make_http_port();
  std::string seen;
  auto request = get(web.url("/"));
  request.on_body = [&](std::string_view bytes) {
    seen += bytes;
    return true;
  };
  auto response = send(*port, request);
  EXPECT_EQ(response.failed, error::none) << response.detail;
  EXPECT_EQ(seen, "hello");
  EXPECT_EQ(response.body, "");

  // What is no success is told as a whole.
  request.url = web.url("/bad");
  response = send(*port, request);
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body, "bad");
  EXPECT_EQ(seen, "hello");
}

TEST(http, a_body_that_nobody_wants_ends_the_request) {
  server web{[](const std::string&) { return ok("hello"); }};
  const auto port = make_http_port();
  auto request = get(web.url("/"));
  request.on_body = [](std::string_view) { return false; };
  EXPECT_EQ(send(*port, request).failed, error::protocol);
  request.on_body = [](std::string_view) -> bool { throw std::runtime_error{"no"}; };
  EXPECT_EQ(send(*port, request).failed, error::protocol);
  request.body_max_bytes = 3;
  std::string seen;
  request.on_body = [&](std::string_view bytes) {
    seen += bytes;
    return true;
  };
  EXPECT_EQ(send(*port, request).failed, error::too_large);
  EXPECT_EQ(seen, "hel");
}

TEST(http, an_answer_that_does_not_begin_is_given_up) {
  server web{[](const std::string& request) {
    return request.starts_with("GET /silent") ? std::string{} : ok("hello");
  }};
  const auto port = make_http_port();
  auto request = get(web.url("/silent"));
  request.first_byte_timeout = 50ms;
  const auto before = std::chrono::steady_clock::now();
  const auto response = send(*port, request);
  EXPECT_EQ(response.failed, error::timeout) << response.detail;
  EXPECT_FALSE(response.unsent);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 10s);
  request.url = web.url("/");
  EXPECT_EQ(send(*port, request).body, "hello");
}

} // namespace http_cases
