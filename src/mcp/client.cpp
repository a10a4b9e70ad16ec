#include "src/mcp/client_state.hpp"

#include <utility>

namespace troupe::mcp {

using std::chrono::milliseconds;

std::uint64_t client::state::add(std::string method, json parameters, milliseconds deadline,
                                 done_fn done, progress_fn progress, bool greeting) {
  std::uint64_t id = 0;
  bool full = false;
  {
    const std::lock_guard hold{mutex};
    id = ++last;
    full = !greeting && requests.size() >= how.requests_max;
    if (!full) {
      one x{std::move(method), std::move(parameters), tools::in(deadline), std::move(done),
            std::move(progress)};
      x.greeting = greeting;
      x.alarm = clock.after(deadline, [weak = weak_from_this(), id] {
        if (const auto self = weak.lock())
          self->too_late(id);
      });
      requests.emplace(id, std::move(x));
    }
  }
  if (full)
    done(no_answer(reason::unavailable, "too many requests to this server are under way"));
  else
    dispatch(id);
  return id;
}

void client::state::dispatch(std::uint64_t id) {
  channel_ptr to;
  std::string text;
  milliseconds left{0};
  {
    const std::lock_guard hold{mutex};
    const auto hit = requests.find(id);
    if (hit == requests.end() || !wire || (!is_ready && !hit->second.greeting) ||
        hit->second.sent_in != 0)
      return;
    auto& x = hit->second;
    x.sent_in = connection;
    x.handing = true;
    if (x.progress)
      x.parameters["_meta"]["progressToken"] = id;
    text = request_text(id, x.method, x.parameters);
    left = tools::until(x.deadline);
    to = wire;
  }
  to->send(std::move(text), id, left);
  std::string broke;
  {
    const std::lock_guard hold{mutex};
    const auto hit = requests.find(id);
    if (hit == requests.end())
      return;
    hit->second.handing = false;
    broke = std::move(hit->second.broke);
  }
  // The connection broke meanwhile, and its channel did not say that it was too late.
  if (!broke.empty())
    end(id, no_answer(reason::crash, std::move(broke)));
}

bool client::state::end(std::uint64_t id, answer a, bool if_unsent) {
  done_fn done;
  channel_ptr from;
  tools::alarm_clock::id alarm = 0;
  {
    const std::lock_guard hold{mutex};
    const auto hit = requests.find(id);
    if (hit == requests.end() || (if_unsent && hit->second.sent_in != 0))
      return false;
    done = std::move(hit->second.done);
    alarm = hit->second.alarm;
    requests.erase(hit);
    from = wire;
  }
  clock.cancel(alarm);
  if (from)
    from->forget(id);
  done(std::move(a));
  return true;
}

void client::state::give_up(std::uint64_t id, reason why, const char* detail) {
  channel_ptr to;
  {
    const std::lock_guard hold{mutex};
    const auto hit = requests.find(id);
    // `initialize` must not be cancelled, says the protocol.
    if (hit != requests.end() && hit->second.sent_in == connection && hit->second.sent_in != 0 &&
        hit->second.method != "initialize")
      to = wire;
  }
  if (to)
    to->send(notification_text("notifications/cancelled", {{"requestId", id}, {"reason", detail}}),
             0, milliseconds{0});
  end(id, no_answer(why, detail));
}

void client::state::too_late(std::uint64_t id) {
  std::string why = "it was never sent: ";
  {
    const std::lock_guard hold{mutex};
    why += why_not;
  }
  if (!end(id, no_answer(reason::unavailable, std::move(why)), true))
    give_up(id, reason::timeout, "no answer in time");
}

client::client(client_settings how, tools::alarm_clock& clock, open_fn open)
    : state_(std::make_shared<state>(how, clock, std::move(open))) {
  state_->connect();
}

client::~client() {
  std::map<std::uint64_t, state::one> open;
  channel_ptr wire;
  tools::alarm_clock::id again = 0;
  {
    const std::lock_guard hold{state_->mutex};
    state_->closed = true;
    std::swap(open, state_->requests);
    wire = std::exchange(state_->wire, nullptr);
    again = state_->again;
  }
  state_->clock.cancel(again);
  for (const auto& [id, x] : open)
    state_->clock.cancel(x.alarm);
}

std::uint64_t client::ask(std::string method, json parameters, milliseconds deadline, done_fn done,
                          progress_fn progress) {
  return state_->add(std::move(method), std::move(parameters), deadline, std::move(done),
                     std::move(progress), false);
}

void client::cancel(std::uint64_t id) {
  state_->give_up(id, reason::cancelled, "given up");
}

std::vector<tool_description> client::tools() const {
  const std::lock_guard hold{state_->mutex};
  return state_->listed;
}

bool client::ready() const {
  const std::lock_guard hold{state_->mutex};
  return state_->is_ready;
}

std::string client::trouble() const {
  const std::lock_guard hold{state_->mutex};
  return state_->is_ready ? std::string{} : state_->why_not;
}

} // namespace troupe::mcp
