#include "src/mcp/channel.hpp"
#include "src/mcp/sse.hpp"
#include "src/mcp/words.hpp"
#include "src/tools/retry_after.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <set>

namespace troupe::mcp {

namespace {

using std::chrono::milliseconds;
using tools::http_response;
using tools::steady;

constexpr milliseconds usual_retry{1000};
constexpr milliseconds listen_deadline{600000};
constexpr milliseconds notification_deadline{30000};
constexpr int resumes_max = 100;
/// What is under way when the session turns out to be forgotten has so long to hear its own fate.
constexpr milliseconds last_words{2000};
constexpr const char* forgotten = "the server has forgotten the session";
constexpr std::size_t body_max = 4u << 20;

/// Why a request is not answered. `begun`: the server had taken it up, and only the rest of its
/// answer was asked for. A 4xx refuses what was sent, 503 says that nobody is there to take it;
/// behind any other status, such as 502 and 504 of a proxy, it may have been done.
failure lost_because(const http_response& r, bool begun) {
  using error = http_response::error;
  if (r.failed == error::none && r.status >= 200 && r.status < 300)
    return {reason::crash, "the server ended its stream without an answer", {}};
  if (r.failed == error::none) {
    auto detail = "the server answered with HTTP status " + std::to_string(r.status);
    const bool refused = r.status == 503 || (r.status >= 400 && r.status < 500);
    if (begun || !refused)
      return {reason::crash, std::move(detail), {}};
    return {r.status == 429 ? reason::rate_limited : reason::unavailable, std::move(detail),
            tools::retry_after(r)};
  }
  auto detail = std::string{to_string(r.failed)} + ": " + r.detail;
  const bool left_us = !r.unsent && r.failed != error::cannot_connect && r.failed != error::refused;
  if (!begun && !left_us)
    return {reason::unavailable, std::move(detail), {}};
  return {r.failed == error::timeout ? reason::timeout : reason::crash, std::move(detail), {}};
}

class http_channel final : public channel, public std::enable_shared_from_this<http_channel> {
 public:
  http_channel(http_place where, tools::http_port& port, tools::alarm_clock& clock,
               channel_ears ears)
      : where_(std::move(where))
      , port_(port)
      , clock_(clock)
      , ears_(std::move(ears)) {}

  ~http_channel() override {
    for (const auto& [serial, x] : open_)
      port_.cancel(x);
    for (const auto alarm : alarms_)
      clock_.cancel(alarm);
  }

  void send(std::string message, std::uint64_t request, milliseconds deadline) override {
    const auto x = std::make_shared<stream>();
    x->request = request;
    x->deadline = tools::in(request == 0 ? notification_deadline : deadline);
    {
      const std::lock_guard hold{mutex_};
      x->first = revision_.empty() && request != 0;
      if (request != 0)
        waiting_.insert(request);
    }
    exchange(x, "POST", std::move(message));
  }

  void agreed(std::string revision) override {
    {
      const std::lock_guard hold{mutex_};
      revision_ = std::move(revision);
    }
    listen(std::make_shared<stream>());
  }

  void forget(std::uint64_t request) override {
    const std::lock_guard hold{mutex_};
    waiting_.erase(request);
  }

 private:
  /// One stream of messages, over as many connections as it takes.
  struct stream {
    std::uint64_t request = 0; ///< that it answers; 0: what the server sends by itself
    steady::time_point deadline;
    bool first = false; ///< answers `initialize`: nothing is told before the session is known
    bool listening = false;
    int resumed = 0;
    event_reader events;
    std::string start; ///< of a body of which it is not known yet what it is
    bool is_json = false, is_events = false;
    std::vector<std::string> held;
  };
  using stream_ptr = std::shared_ptr<stream>;

  void exchange(const stream_ptr& x, const char* method, std::string body) {
    tools::http_request out;
    out.method = method;
    out.url = where_.url;
    out.headers = where_.headers;
    out.headers.emplace_back("Accept", x->listening || body.empty()
                                           ? "text/event-stream"
                                           : "application/json, text/event-stream");
    if (!body.empty())
      out.headers.emplace_back("Content-Type", "application/json");
    std::uint64_t serial = 0;
    bool late = false;
    {
      const std::lock_guard hold{mutex_};
      late = ending_;
      if (!late && x->request != 0)
        ++under_way_;
      if (!session_.empty())
        out.headers.emplace_back("Mcp-Session-Id", session_);
      if (!revision_.empty())
        out.headers.emplace_back("MCP-Protocol-Version", revision_);
      serial = ++serials_;
    }
    if (late) {
      if (x->request != 0 && x->resumed == 0)
        lose(x, {reason::unavailable, forgotten, {}});
      return;
    }
    if (!x->events.last_id().empty() && body.empty())
      out.headers.emplace_back("Last-Event-ID", x->events.last_id());
    out.body = std::move(body);
    out.deadline = std::max(tools::until(x->deadline), milliseconds{1});
    out.connect_timeout = std::min(out.connect_timeout, out.deadline);
    out.body_max_bytes = body_max;
    out.on_body = [weak = weak_from_this(), x](std::string_view piece) {
      const auto self = weak.lock();
      return self && self->arrived(x, piece);
    };
    const auto id =
        port_.send(std::move(out), [weak = weak_from_this(), x, serial](const http_response& r) {
          if (const auto self = weak.lock())
            self->ended(x, serial, r);
        });
    const std::lock_guard hold{mutex_};
    if (!over_.erase(serial))
      open_.emplace(serial, id);
  }

  /// A piece of a good response: one JSON document, or events. Which of them its first byte tells.
  bool arrived(const stream_ptr& x, std::string_view piece) {
    if (!x->is_json && !x->is_events) {
      x->start += piece;
      const auto at = x->start.find_first_not_of(" \t\r\n");
      if (at == std::string::npos)
        return x->start.size() < 1024;
      x->is_json = x->start[at] == '{' || x->start[at] == '[';
      x->is_events = !x->is_json;
      if (x->is_json)
        return true;
      return x->events.feed(std::exchange(x->start, {}), taker(x));
    }
    if (x->is_events)
      return x->events.feed(piece, taker(x));
    x->start += piece;
    return x->start.size() <= body_max;
  }

  event_reader::take_fn taker(const stream_ptr& x) {
    return [this, x](std::string_view data) { tell(x, data); };
  }

  void tell(const stream_ptr& x, std::string_view message) {
    if (x->first)
      x->held.emplace_back(message);
    else
      ears_.message(message);
  }

  void ended(const stream_ptr& x, std::uint64_t serial, const http_response& r) {
    {
      const std::lock_guard hold{mutex_};
      if (!open_.erase(serial))
        over_.insert(serial);
      if (x->first && r.status == 200)
        session_ = r.header("mcp-session-id");
    }
    judge(x, r);
    bool last = false;
    {
      const std::lock_guard hold{mutex_};
      if (x->request != 0)
        --under_way_;
      last = ending_ && !over_told_ && under_way_ == 0;
      over_told_ = over_told_ || last;
    }
    if (last)
      ears_.broken(forgotten);
  }

  void judge(const stream_ptr& x, const http_response& r) {
    if (r.failed == http_response::error::cancelled) {
      if (x->request != 0 && cut_short() && is_waiting(x->request))
        lose(x, lost_because(r, x->resumed > 0));
      return;
    }
    if (r.status == 404 && !session().empty()) {
      session_is_gone();
      // What was said in a session that is not there any more has reached nobody.
      if (x->request != 0 && x->resumed == 0 && is_waiting(x->request))
        lose(x, {reason::unavailable, forgotten, {}});
      return;
    }
    const bool good = r.failed == http_response::error::none && r.status >= 200 && r.status < 300;
    if (x->listening) {
      // Anything else, 405 above all: the server sends nothing by itself.
      if (r.status == 200 && r.header("content-type").starts_with("text/event-stream"))
        again(x, [x](http_channel& self) { self.listen(x); });
      return;
    }
    if (x->is_json && good)
      tell(x, x->start);
    if (x->first) {
      x->first = false;
      for (const auto& m : std::exchange(x->held, {}))
        ears_.message(m);
    }
    if (x->request == 0 || !is_waiting(x->request))
      return;
    if (r.failed == http_response::error::none && !good)
      return lose(x, lost_because(r, x->resumed > 0));
    // A stream that ends before its answer goes on where it ended.
    const bool broke_off =
        r.failed == http_response::error::none || r.failed == http_response::error::protocol;
    if (broke_off && !x->events.last_id().empty() && ++x->resumed <= resumes_max)
      return again(x, [x](http_channel& self) { self.exchange(x, "GET", {}); });
    lose(x, lost_because(r, x->resumed > 0));
  }

  /// Others may have been sent in this session, or not yet: each has its own answer to hear.
  void session_is_gone() {
    {
      const std::lock_guard hold{mutex_};
      if (std::exchange(ending_, true))
        return;
      alarms_.insert(clock_.after(last_words, [weak = weak_from_this()] {
        if (const auto self = weak.lock())
          self->cancel_all();
      }));
    }
    if (ears_.ending)
      ears_.ending(forgotten);
  }

  void cancel_all() {
    std::map<std::uint64_t, std::uint64_t> open;
    {
      const std::lock_guard hold{mutex_};
      open = open_;
    }
    for (const auto& [serial, id] : open)
      port_.cancel(id);
  }

  void listen(const stream_ptr& x) {
    x->listening = true;
    x->deadline = tools::in(listen_deadline);
    x->is_json = x->is_events = false;
    exchange(x, "GET", {});
  }

  void again(const stream_ptr& x, std::function<void(http_channel&)> then) {
    x->is_json = x->is_events = false;
    x->start.clear();
    x->events.restart();
    const std::lock_guard hold{mutex_};
    alarms_.insert(clock_.after(x->events.retry().value_or(usual_retry),
                                [weak = weak_from_this(), then = std::move(then)] {
                                  if (const auto self = weak.lock())
                                    then(*self);
                                }));
    while (alarms_.size() > 64) // Those long past.
      alarms_.erase(alarms_.begin());
  }

  void lose(const stream_ptr& x, failure why) {
    forget(x->request);
    ears_.lost(x->request, std::move(why));
  }

  bool is_waiting(std::uint64_t request) {
    const std::lock_guard hold{mutex_};
    return waiting_.contains(request);
  }
  bool cut_short() {
    const std::lock_guard hold{mutex_};
    return ending_;
  }
  std::string session() {
    const std::lock_guard hold{mutex_};
    return session_;
  }

  const http_place where_;
  tools::http_port& port_;
  tools::alarm_clock& clock_;
  const channel_ears ears_;
  std::mutex mutex_;
  std::string session_;
  std::string revision_;
  std::set<std::uint64_t> waiting_;             ///< requests without their answer
  std::map<std::uint64_t, std::uint64_t> open_; ///< exchanges, and their ids at the port
  std::set<std::uint64_t> over_;                ///< those that ended before their id was known
  std::set<tools::alarm_clock::id> alarms_;
  std::uint64_t serials_ = 0;
  std::size_t under_way_ = 0; ///< exchanges of requests
  bool ending_ = false;       ///< the session is forgotten: nothing more is sent
  bool over_told_ = false;    ///< and nothing is under way any more
};

} // namespace

channel_ptr open_http(http_place where, tools::http_port& port, tools::alarm_clock& clock,
                      channel_ears ears) {
  return std::make_shared<http_channel>(std::move(where), port, clock, std::move(ears));
}

} // namespace troupe::mcp
