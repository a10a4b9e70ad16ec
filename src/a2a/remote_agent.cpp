#include "src/a2a/remote_agent.hpp"

#include "src/tools/retry_after.hpp"

#include <algorithm>
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

/// Whether asking the same again may be answered: not when whoever asks gives up, nor when it is
/// the answer that is wrong.
bool is_passing(http_response::error x) noexcept {
  using error = http_response::error;
  return x == error::cannot_connect || x == error::protocol || x == error::timeout ||
         x == error::refused;
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
    std::optional<endpoint> at; ///< where the message went
    milliseconds pause{0};
    std::string trouble; ///< why the last look showed nothing; empty: it did
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
  void send(std::uint64_t id, const wire_request& x, std::function<void(http_response)> then,
            milliseconds most = milliseconds::max()) {
    milliseconds left{0};
    {
      const std::lock_guard hold{mutex};
      const auto hit = calls.find(id);
      if (hit == calls.end())
        return;
      left = std::min(tools::until(hit->second.deadline), most);
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
      hit->second.at = to;
    }
    send(id, send_request(to, what, how.tenant),
         [self = shared_from_this(), id, to](const http_response& r) {
           self->heard(id, to, r, true);
         });
  }

  void heard(std::uint64_t id, const endpoint& from, const http_response& r, bool first) {
    if (r.failed == http_response::error::cannot_connect)
      forget_card();
    auto x = r.failed != http_response::error::none ? from_transport(r)
                                                    : read_reply(from, r.status, r.body, first);
    // A look that shows no task takes nothing back of the one that was begun.
    if (!first && x.task.empty())
      x.begun = true;
    if (x.failed && r.status == 404 && first)
      forget_card(); // It may have moved.
    if (!first && (x.passing || is_passing(r.failed)))
      return look_again(id, tools::retry_after(r), std::move(x.failed.detail));
    if (x.over) {
      if (x.failed)
        x.failed.retry_after = tools::retry_after(r);
      return end(id, std::move(x));
    }
    set_task(id, std::move(x.task));
    look_again(id, milliseconds{0}, {});
  }

  void set_task(std::uint64_t id, std::string task) {
    const std::lock_guard hold{mutex};
    if (const auto hit = calls.find(id); hit != calls.end())
      hit->second.task = std::move(task);
  }

  /// Not before `at_least`, as the agent asks, but at the deadline at the latest.
  void look_again(std::uint64_t id, milliseconds at_least, std::string trouble) {
    const std::lock_guard hold{mutex};
    const auto hit = calls.find(id);
    if (hit == calls.end())
      return;
    auto& c = hit->second;
    c.trouble = std::move(trouble);
    c.pause = c.pause.count() == 0 ? how.poll_min : std::min(c.pause * 2, how.poll_max);
    const auto wait = std::min(std::max(c.pause, at_least), tools::until(c.deadline));
    c.look = clock.after(wait, [weak = weak_from_this(), id] {
      if (const auto self = weak.lock())
        self->look(id);
    });
  }

  void look(std::uint64_t id) {
    endpoint to;
    std::string task;
    reply late;
    {
      const std::lock_guard hold{mutex};
      const auto hit = calls.find(id);
      if (hit == calls.end())
        return;
      const auto& c = hit->second;
      to = *c.at;
      task = c.task;
      if (tools::until(c.deadline).count() == 0) {
        late.over = true;
        late.failed = {reason::timeout, "its task has not ended in time", {}};
        if (!c.trouble.empty())
          late.failed.detail += ", and could not be looked at any more: " + c.trouble;
      }
    }
    if (late.over)
      return end(id, std::move(late));
    send(
        id, get_request(to, task, how.tenant),
        [self = shared_from_this(), id, to](const http_response& r) {
          self->heard(id, to, r, false);
        },
        how.poll_deadline);
  }

  void forget_card() {
    const std::lock_guard hold{mutex};
    where.reset();
  }

  void end(std::uint64_t id, reply x) {
    one c;
    {
      const std::lock_guard hold{mutex};
      const auto hit = calls.find(id);
      if (hit == calls.end())
        return;
      c = std::move(hit->second);
      calls.erase(hit);
    }
    clock.cancel(c.look);
    const auto& task = c.task.empty() ? x.task : c.task;
    // Nobody waits for the task there any more, and who tries again begins another one.
    if (!x.settled && !task.empty() && c.at)
      http.send(prepared(cancel_request(*c.at, task, how.tenant), cancel_deadline),
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
    state_->calls.emplace(id, state::one{std::move(what),
                                         tools::in(deadline),
                                         std::move(done),
                                         0,
                                         0,
                                         {},
                                         {},
                                         milliseconds{0},
                                         {}});
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
