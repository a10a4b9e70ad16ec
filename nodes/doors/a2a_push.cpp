#include "nodes/doors/a2a_push.hpp"

#include "nodes/doors/a2a_task.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

constexpr milliseconds send_most{10000};

} // namespace

push_desk::push_desk(std::shared_ptr<tools::http_port> http,
                     std::shared_ptr<tools::alarm_clock> clock, std::shared_ptr<spdlog::logger> log,
                     std::vector<std::string> hosts)
    : http_(std::move(http))
    , clock_(std::move(clock))
    , log_(std::move(log))
    , hosts_(std::move(hosts)) {}

push_desk::line* push_desk::find(const place& at) {
  const auto hit = tasks_.find(at.task);
  if (hit == tasks_.end())
    return nullptr;
  const auto which = hit->second.find(at.id);
  return which == hit->second.end() || which->second.number != at.number ? nullptr : &which->second;
}

bool push_desk::make_room() {
  while (tasks_.size() >= tasks_max) {
    // Whoever has ended and been told makes room; nobody who still waits does.
    const auto old = std::find_if(order_.begin(), order_.end(), [&](const std::string& id) {
      const auto& all = tasks_.at(id);
      return std::all_of(all.begin(), all.end(), [](const auto& x) { return x.second.over(); });
    });
    if (old == order_.end())
      return false;
    tasks_.erase(*old);
    order_.erase(old);
  }
  return true;
}

void push_desk::name(push_config& what, const lines& among) {
  for (const auto& [id, x] : among) {
    what.id = id;
    if (x.own_id && x.what == what)
      return;
  }
  what.id = "push-" + std::to_string(++last_id_);
}

std::optional<push_config> push_desk::set(push_config what, const std::shared_ptr<client>& node) {
  place at;
  std::shared_ptr<task_listener> listener, before;
  {
    const std::lock_guard hold{mutex_};
    if (!tasks_.contains(what.task)) {
      if (!make_room())
        return std::nullopt;
      tasks_[what.task];
      order_.push_back(what.task);
    }
    auto& all = tasks_[what.task];
    const bool own_id = what.id.empty();
    if (own_id)
      name(what, all);
    if (!all.contains(what.id) && all.size() >= configs_max)
      return std::nullopt;
    auto& x = all[what.id];
    at = {what.task, what.id, ++last_number_};
    x.what = what;
    x.own_id = own_id || x.own_id;
    x.number = at.number;
    x.busy = false;
    x.failed = 0;
    x.deaf = false;
    before = std::move(x.listener);
    if (!x.ended)
      listener = x.listener = std::make_shared<task_listener>(node);
    send_next(at, x);
  }
  if (before)
    before->stop();
  if (listener)
    listener->watch(what.task, handlers_of(at));
  return what;
}

task_handlers push_desk::handlers_of(const place& at) {
  const auto with_line = [me = weak_from_this(), at](const auto& does) {
    const auto desk = me.lock();
    if (!desk)
      return;
    const std::lock_guard hold{desk->mutex_};
    if (auto* x = desk->find(at); x && !x->ended && !x->deaf)
      does(*desk, *x);
  };
  task_handlers h;
  h.progressed = [with_line, at](const task_record_ptr& record) {
    if (is_final(record->state))
      return;
    with_line([&](push_desk& desk, line& x) {
      if (const auto state = a2a_state(record->state); std::exchange(x.told, state) != state)
        desk.tell(at, x, a2a_status_update(*record));
    });
  };
  h.ended = [with_line, at](const task_record_ptr& record) {
    with_line([&](push_desk& desk, line& x) {
      x.ended = true;
      desk.tell(at, x, {{"task", a2a_task(*record)}});
    });
  };
  h.refused_ = [with_line](const refused&) {
    with_line([](push_desk&, line& x) { x.deaf = true; });
  };
  return h;
}

void push_desk::tell(const place& at, line& x, const json& what) {
  if (x.waiting.size() >= waiting_max)
    x.waiting.erase(x.waiting.begin() + (x.busy ? 1 : 0));
  x.waiting.push_back(as_text(what));
  send_next(at, x);
}

void push_desk::send_next(const place& at, line& x) {
  if (x.busy || x.waiting.empty())
    return;
  x.busy = true;
  tools::http_request r;
  r.method = "POST";
  r.url = x.what.url;
  r.headers = {{"Content-Type", "application/a2a+json"}, {"A2A-Version", "1.0"}};
  if (!x.what.token.empty())
    r.headers.emplace_back("X-A2A-Notification-Token", x.what.token);
  if (!x.what.scheme.empty())
    r.headers.emplace_back("Authorization", x.what.scheme + " " + x.what.credentials);
  r.body = x.waiting.front();
  r.deadline = send_most;
  r.body_max_bytes = 64u << 10;
  // Never on this thread: a request that is refused outright would come back under the lock.
  clock_->after(milliseconds{1}, [http = http_, r = std::move(r), me = weak_from_this(), at] {
    http->send(r, [me, at](const tools::http_response& said) {
      if (const auto desk = me.lock())
        desk->sent(at, said.status >= 200 && said.status < 300);
    });
  });
}

void push_desk::sent(const place& at, bool arrived) {
  const std::lock_guard hold{mutex_};
  auto* x = find(at);
  if (!x)
    return;
  if (arrived || ++x->failed >= attempts_max) {
    if (!arrived)
      log_->warn("a notification of task {} was given up after {} attempts", at.task, x->failed);
    x->failed = 0;
    x->waiting.pop_front();
    x->busy = false;
    return send_next(at, *x);
  }
  clock_->after(std::chrono::seconds{1} * (1 << (x->failed - 1)), [me = weak_from_this(), at] {
    const auto desk = me.lock();
    if (!desk)
      return;
    const std::lock_guard again{desk->mutex_};
    if (auto* y = desk->find(at)) {
      y->busy = false;
      desk->send_next(at, *y);
    }
  });
}

std::optional<push_config> push_desk::get(const std::string& task, const std::string& id) {
  const std::lock_guard hold{mutex_};
  const auto hit = tasks_.find(task);
  if (hit == tasks_.end() || !hit->second.contains(id))
    return std::nullopt;
  return hit->second.at(id).what;
}

std::vector<push_config> push_desk::list(const std::string& task) {
  const std::lock_guard hold{mutex_};
  std::vector<push_config> out;
  if (const auto hit = tasks_.find(task); hit != tasks_.end())
    for (const auto& [id, x] : hit->second)
      out.push_back(x.what);
  return out;
}

bool push_desk::remove(const std::string& task, const std::string& id) {
  std::shared_ptr<task_listener> listener;
  {
    const std::lock_guard hold{mutex_};
    const auto hit = tasks_.find(task);
    if (hit == tasks_.end() || !hit->second.contains(id))
      return false;
    listener = hit->second.at(id).listener;
    hit->second.erase(id);
  }
  if (listener)
    listener->stop();
  return true;
}

} // namespace troupe
