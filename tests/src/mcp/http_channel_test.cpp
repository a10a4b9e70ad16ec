#include "src/mcp/channel.hpp"

#include <troupe/json.hpp>

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace troupe::mcp {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A port in the test's hands: requests wait until the test answers them.
class held_port final : public tools::http_port {
 public:
  std::uint64_t send(tools::http_request x, done_fn done) override {
    const std::lock_guard hold{mutex};
    asked.push_back({std::move(x), std::move(done)});
    changed.notify_all();
    return asked.size();
  }
  void cancel(std::uint64_t id) override {
    const std::lock_guard hold{mutex};
    cancelled.insert(id);
    changed.notify_all();
  }
  /// Waits until the n-th request is given up.
  bool gives_up(std::size_t n) {
    std::unique_lock hold{mutex};
    return changed.wait_for(hold, seconds{20}, [&] { return cancelled.contains(n + 1); });
  }

  struct exchange {
    tools::http_request request;
    done_fn done;
  };
  /// The n-th request, waited for.
  exchange& at(std::size_t n) {
    std::unique_lock hold{mutex};
    EXPECT_TRUE(changed.wait_for(hold, seconds{10}, [&] { return asked.size() > n; }));
    return asked.at(n);
  }
  void fail(std::size_t n, tools::http_response::error how, bool unsent = false) {
    tools::http_response r;
    r.failed = how;
    r.unsent = unsent;
    at(n).done(std::move(r));
  }
  void answer(std::size_t n, int status, const std::string& type, const std::string& body,
              const std::string& session = {}) {
    auto& x = at(n);
    if (status == 200 && !body.empty())
      x.request.on_body(body);
    tools::http_response r;
    r.status = status;
    r.headers = {{"content-type", type}};
    if (!session.empty())
      r.headers.emplace_back("mcp-session-id", session);
    x.done(std::move(r));
  }
  [[nodiscard]] std::string header(std::size_t n, const std::string& name) {
    for (const auto& [key, value] : at(n).request.headers)
      if (key == name)
        return value;
    return {};
  }
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<exchange> asked;
  std::set<std::uint64_t> cancelled;
};

using losses = std::vector<std::pair<std::uint64_t, reason>>;

/// A channel that has greeted its server and got a session.
struct stage {
  held_port http;
  tools::alarm_clock clock;
  std::vector<std::string> heard;
  losses lost;
  std::string broken;
  std::string ending;
  channel_ptr wire =
      open_http({"http://a/mcp", {{"X-Key", "k"}}}, http, clock,
                {[this](std::string_view x) { hear(x); },
                 [this](std::uint64_t id, const failure& x) { lost.emplace_back(id, x.why); },
                 [this](std::string why) { broken = std::move(why); },
                 [this](std::string why) { ending = std::move(why); }});
  /// As a client does: what has been answered is not waited for any more.
  void hear(std::string_view x) {
    heard.emplace_back(x);
    if (const auto m = json::parse(x, nullptr, false); m.is_object() && m.contains("answers"))
      wire->forget(m["answers"].get<std::uint64_t>());
  }
  stage() {
    wire->send("hello", 1, seconds{10});
    http.answer(0, 200, "application/json", R"({"answers":1})", "s1");
    wire->agreed("2025-11-25");
  }
};

} // namespace

TEST(mcp_http, keeps_to_its_session) {
  stage s;
  EXPECT_EQ(s.heard, std::vector<std::string>{R"({"answers":1})"});
  EXPECT_EQ(s.http.header(0, "Mcp-Session-Id"), "");
  EXPECT_EQ(s.http.header(0, "X-Key"), "k");
  // The stream for what the server sends by itself.
  EXPECT_EQ(s.http.at(1).request.method, "GET");
  s.http.answer(1, 405, "text/plain", "");
  s.wire->send("call", 2, seconds{10});
  EXPECT_EQ(s.http.header(2, "Mcp-Session-Id"), "s1");
  EXPECT_EQ(s.http.header(2, "MCP-Protocol-Version"), "2025-11-25");
  s.http.answer(2, 200, "text/event-stream", "data: {\"a\":1}\n\ndata: {\"b\":2}\n\n");
  EXPECT_EQ(s.heard.size(), 3u);
  EXPECT_EQ(s.heard.back(), R"({"b":2})");
}

TEST(mcp_http, a_stream_that_breaks_off_goes_on_where_it_ended) {
  stage s;
  s.wire->send("call", 2, seconds{10});
  s.http.answer(2, 200, "text/event-stream", "id: 7\nretry: 1\ndata:\n\n");
  EXPECT_EQ(s.http.at(3).request.method, "GET");
  EXPECT_EQ(s.http.header(3, "Last-Event-ID"), "7");
  s.http.answer(3, 200, "text/event-stream", "data: {\"answers\":2}\n\n");
  EXPECT_EQ(s.heard.back(), R"({"answers":2})");
  EXPECT_TRUE(s.lost.empty());
}

TEST(mcp_http, says_what_will_not_be_answered) {
  stage s;
  s.wire->send("call", 2, seconds{10});
  s.http.answer(2, 500, "text/plain", "");
  s.wire->send("call", 3, seconds{10});
  s.http.answer(3, 200, "text/event-stream", "data: {}\n\n"); // No id to go on from.
  EXPECT_EQ(s.lost, (losses{{2, reason::crash}, {3, reason::crash}}));
  EXPECT_EQ(s.broken, "");
}

TEST(mcp_http, says_whether_what_is_lost_may_have_been_done) {
  using error = tools::http_response::error;
  stage s;
  losses due;
  const auto next = [&](reason why) {
    due.emplace_back(due.size() + 2, why);
    s.wire->send("call", due.back().first, seconds{10});
    return due.size() + 1; // Behind the greeting and the stream for what the server says itself.
  };
  for (const int status : {500, 502, 504, 303})
    s.http.answer(next(reason::crash), status, "text/plain", "");
  for (const int status : {400, 401, 403, 503})
    s.http.answer(next(reason::unavailable), status, "text/plain", "");
  s.http.answer(next(reason::rate_limited), 429, "text/plain", "");
  for (const auto how : {error::protocol, error::too_large})
    s.http.fail(next(reason::crash), how);
  s.http.fail(next(reason::timeout), error::timeout);
  for (const auto how : {error::cannot_connect, error::refused})
    s.http.fail(next(reason::unavailable), how);
  s.http.fail(next(reason::unavailable), error::timeout, true);
  EXPECT_EQ(s.lost, due);
}

TEST(mcp_http, what_was_taken_up_may_have_been_done_whatever_becomes_of_its_rest) {
  using error = tools::http_response::error;
  const auto ends_in = [](const std::function<void(held_port&)>& rest) {
    stage s;
    s.wire->send("call", 2, seconds{10});
    s.http.answer(2, 200, "text/event-stream", "id: 7\nretry: 1\ndata:\n\n");
    rest(s.http);
    return s.lost;
  };
  const losses crash{{2, reason::crash}};
  EXPECT_EQ(ends_in([](auto& http) { http.answer(3, 503, "text/plain", ""); }), crash);
  EXPECT_EQ(ends_in([](auto& http) { http.answer(3, 400, "text/plain", ""); }), crash);
  EXPECT_EQ(ends_in([](auto& http) { http.fail(3, error::cannot_connect, true); }), crash);
}

TEST(mcp_http, a_session_that_is_forgotten_ends_the_connection) {
  stage s;
  s.wire->send("call", 2, seconds{10});
  s.http.answer(2, 404, "text/plain", "");
  EXPECT_NE(s.broken.find("forgotten"), std::string::npos);
  // Nobody has looked at it.
  EXPECT_EQ(s.lost, (losses{{2, reason::unavailable}}));
}

TEST(mcp_http, of_a_forgotten_session_each_call_hears_its_own_fate) {
  using error = tools::http_response::error;
  stage s;
  for (std::uint64_t call = 2; call < 8; ++call)
    s.wire->send("call", call, seconds{10});
  // One has been taken up, and waits for the rest of its answer.
  s.http.answer(2, 200, "text/event-stream", "id: 7\nretry: 60000\ndata:\n\n");
  s.http.answer(3, 404, "text/plain", "");
  EXPECT_NE(s.ending.find("forgotten"), std::string::npos);
  // It is not over for those under way: they may have been done, refused, or never sent.
  EXPECT_EQ(s.broken, "");
  s.http.answer(4, 200, "application/json", R"({"answers":4})");
  s.http.answer(5, 404, "text/plain", "");
  s.http.fail(6, error::timeout, true);
  // What comes too late is not sent at all.
  s.wire->send("call", 8, seconds{10});
  EXPECT_EQ(s.http.asked.size(), 8u);
  EXPECT_EQ(s.broken, "");
  s.http.fail(7, error::protocol);
  EXPECT_EQ(s.heard.back(), R"({"answers":4})");
  EXPECT_EQ(s.lost, (losses{{3, reason::unavailable},
                            {5, reason::unavailable},
                            {6, reason::unavailable},
                            {8, reason::unavailable},
                            {7, reason::crash}}));
  // Of the second it is not known: whoever hears of the end counts it among those maybe done.
  EXPECT_NE(s.broken.find("forgotten"), std::string::npos);
}

TEST(mcp_http, what_outlasts_a_forgotten_session_is_given_up_and_told_apart) {
  using error = tools::http_response::error;
  stage s;
  for (std::uint64_t call = 2; call < 5; ++call)
    s.wire->send("call", call, seconds{60});
  s.http.answer(2, 404, "text/plain", "");
  ASSERT_TRUE(s.http.gives_up(3));
  ASSERT_TRUE(s.http.gives_up(4));
  s.http.fail(3, error::cancelled, true); // It waited for its place on the wire.
  EXPECT_EQ(s.broken, "");
  s.http.fail(4, error::cancelled);
  EXPECT_EQ(s.lost,
            (losses{{2, reason::unavailable}, {3, reason::unavailable}, {4, reason::crash}}));
  EXPECT_NE(s.broken.find("forgotten"), std::string::npos);
}

} // namespace troupe::mcp
