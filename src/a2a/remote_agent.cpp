#include "src/a2a/remote_agent.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>
#include <optional>

namespace troupe::a2a {

namespace {

using std::chrono::milliseconds;
using tools::http_response;
using tools::steady;

constexpr milliseconds cancel_deadline{5000};

reply from_transport(const http_response& r) {
  reply out;
  out.over = true;
  auto why = reason::unavailable;
  switch (r.failed) {
  case http_response::error::timeout:
    why = reason::timeout;
    break;
  case http_response::error::cancelled:
    why = reason::cancelled;
    break;
  case http_response::error::too_large:
  case http_response::error::protocol:
    why = reason::invalid_output;
    break;
  default:
    break;
  }
  out.failed = {why, std::string{to_string(r.failed)} + ": " + r.detail, {}};
  return out;
}

milliseconds wait_asked_for(const http_response& r) {
  const auto value = r.header("retry-after");
  unsigned seconds = 0;
  std::from_chars(value.data(), value.data() + value.size(), seconds);
  return std::chrono::seconds{std::min(seconds, 3600u)};
}

} // namespace

struct remote_agent::state : std::enable_shared_from_this<remote_agent::state> {
  struct one {
    message what;
    steady::time_point deadline;
    done_fn done;
    std::uint64_t request = 0;
    tools::alarm_clock::id look = 0;
    std::string task;
    milliseconds pause{0};
  };

  state(settings given, tools::http_port& port, tools::alarm_clock& clock_)
      : how(std::move(given))
      , http(port)
      , clock(clock_) {}

  // -- sending ----------------------------------------------------------------

  tools::http_request prepared(const wire_request& x, milliseconds deadline) const {
    tools::http_request out;
    out.method = x.method;
    out.url = x.url;
    out.headers = how.headers;
    out.headers.emplace_back("A2A-Version", "1.0");
    out.headers.emplace_back("Accept", "application/json, application/a2a+json");
    if (!x.body.empty())
      out.headers.emplace_back("Content-Type", "application/json");
    out.body = x.body;
    out.deadline = std::max(deadline, milliseconds{1});
    out.connect_timeout = std::min(out.connect_timeout, out.deadline);
    return out;
  }

  /// Sends for the call `id` and hands the response to `then`, unless the call is over by then. The
  /// port may answer before `send` returns.
  void send(std::uint64_t id, const wire_request& x, std::function<void(http_response)> then) {
    milliseconds left{0};
    {
      const std::lock_guard hold{mutex};
      const auto hit = calls.find(id);
      if (hit == calls.end())
        return;
      left = tools::until(hit->second.deadline);
    }
    const auto request =
        http.send(prepared(x, left), [weak = weak_from_this(), id, then](http_response r) {
          if (const auto self = weak.lock(); self && self->is_open(id))
            then(std::move(r));
        });
    const std::lock_guard hold{mutex};
    if (const auto hit = calls.find(id); hit != calls.end())
      hit->second.request = request;
  }

  bool is_open(std::uint64_t id) {
    const std::lock_guard hold{mutex};
    return calls.contains(id);
  }

  // -- a call -----------------------------------------------------------------

  void begin(std::uint64_t id) {
    std::optional<endpoint> to;
    {
      const std::lock_guard hold{mutex};
      if (where && steady::now() - read_at < how.card_age_max)
        to = where;
    }
    if (to)
      return say(id, *to);
    const auto from = card_url(how.url);
    send(id, {"GET", from, {}}, [self = shared_from_this(), id, from](const http_response& r) {
      if (r.failed != http_response::error::none)
        return self->end(id, from_transport(r));
      std::string why = "its agent card could not be read: HTTP status " + std::to_string(r.status);
      const auto found =
          r.status == 200 ? pick_endpoint(r.body, from, why) : std::optional<endpoint>{};
      if (!found) {
        reply no;
        no.over = true;
        no.failed = {r.status == 200 ? reason::invalid_output : reason::unavailable, why, {}};
        return self->end(id, std::move(no));
      }
      {
        const std::lock_guard hold{self->mutex};
        self->where = found;
        self->read_at = steady::now();
      }
      self->say(id, *found);
    });
  }

  void say(std::uint64_t id, const endpoint& to) {
    message what;
    {
      const std::lock_guard hold{mutex};
      const auto hit = calls.find(id);
      if (hit == calls.end())
        return;
      what = hit->second.what;
    }
    send(id, send_request(to, what, how.tenant),
         [self = shared_from_this(), id, to](const http_response& r) {
           self->heard(id, to, r, true);
         });
  }

  void heard(std::uint64_t id, const endpoint& from, const http_response& r, bool first) {
    if (r.failed != http_response::error::none) {
      if (r.failed == http_response::error::cannot_connect)
        forget_card();
      return end(id, from_transport(r));
    }
    auto x = read_reply(from, r.status, r.body, first);
    if (x.failed && r.status == 404 && first)
      forget_card(); // It may have moved.
    if (x.over) {
      if (x.failed)
        x.failed.retry_after = wait_asked_for(r);
      return end(id, std::move(x));
    }
    look_again(id, from, std::move(x.task));
  }

  void look_again(std::uint64_t id, const endpoint& to, std::string task) {
    const std::lock_guard hold{mutex};
    const auto hit = calls.find(id);
    if (hit == calls.end())
      return;
    auto& c = hit->second;
    c.task = std::move(task);
    c.pause = c.pause.count() == 0 ? how.poll_min : std::min(c.pause * 2, how.poll_max);
    c.look = clock.after(c.pause, [weak = weak_from_this(), id, to, which = c.task] {
      if (const auto self = weak.lock())
        self->send(id, get_request(to, which, self->how.tenant),
                   [self, id, to](const http_response& r) { self->heard(id, to, r, false); });
    });
  }

  void forget_card() {
    const std::lock_guard hold{mutex};
    where.reset();
  }

  void end(std::uint64_t id, reply x) {
    one c;
    std::optional<endpoint> to;
    {
      const std::lock_guard hold{mutex};
      const auto hit = calls.find(id);
      if (hit == calls.end())
        return;
      c = std::move(hit->second);
      calls.erase(hit);
      to = where;
    }
    clock.cancel(c.look);
    const bool given_up = x.failed.why == reason::timeout || x.failed.why == reason::cancelled;
    // Nobody waits for the task there any more. That it hears of it is a courtesy.
    if (given_up && !c.task.empty() && to)
      http.send(prepared(cancel_request(*to, c.task, how.tenant), cancel_deadline),
                [](const http_response&) {});
    c.done(std::move(x));
  }

  const settings how;
  tools::http_port& http;
  tools::alarm_clock& clock;
  std::mutex mutex;
  std::map<std::uint64_t, one> calls;
  std::uint64_t last = 0;
  std::optional<endpoint> where;
  steady::time_point read_at{};
};

remote_agent::remote_agent(settings how, tools::http_port& http, tools::alarm_clock& clock)
    : state_(std::make_shared<state>(std::move(how), http, clock)) {}

remote_agent::~remote_agent() {
  std::map<std::uint64_t, state::one> open;
  {
    const std::lock_guard hold{state_->mutex};
    std::swap(open, state_->calls);
  }
  for (auto& [id, c] : open) {
    state_->clock.cancel(c.look);
    state_->http.cancel(c.request);
  }
}

std::uint64_t remote_agent::call(message what, milliseconds deadline, done_fn done) {
  std::uint64_t id = 0;
  {
    const std::lock_guard hold{state_->mutex};
    id = ++state_->last;
    if (what.skill.empty())
      what.skill = state_->how.skill;
    state_->calls.emplace(
        id, state::one{
                std::move(what), tools::in(deadline), std::move(done), 0, 0, {}, milliseconds{0}});
  }
  state_->begin(id);
  return id;
}

void remote_agent::cancel(std::uint64_t id) {
  std::uint64_t request = 0;
  {
    const std::lock_guard hold{state_->mutex};
    if (const auto hit = state_->calls.find(id); hit != state_->calls.end())
      request = hit->second.request;
  }
  reply x;
  x.over = true;
  x.failed = {reason::cancelled, "given up", {}};
  state_->end(id, std::move(x));
  if (request != 0)
    state_->http.cancel(request);
}

} // namespace troupe::a2a
