#include "nodes/doors/a2a_push.hpp"

#include "nodes/doors/a2a_task.hpp"
#include "nodes/doors/task_listener.hpp"

#include <troupe/json_read.hpp>

#include <algorithm>

namespace troupe {

namespace {

constexpr std::size_t url_max = 2048;
constexpr std::size_t word_max = 1024;
constexpr milliseconds send_most{10000};

std::string lower_case(std::string_view x) {
  std::string out{x};
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return out;
}

struct place {
  bool tls = false;
  std::string host;
};

/// Nothing for what is no plain http or https URL.
std::optional<place> place_of(std::string_view url) {
  place out;
  if (url.starts_with("https://"))
    out.tls = true;
  else if (!url.starts_with("http://"))
    return std::nullopt;
  url.remove_prefix(out.tls ? 8 : 7);
  auto host = url.substr(0, url.find_first_of("/?#"));
  // A user could make a host look like another; a backslash is a slash to some.
  if (host.empty() || host.find_first_of("@\\%") != host.npos)
    return std::nullopt;
  if (host.front() == '[')
    host = host.substr(0, host.find(']') + 1);
  else
    host = host.substr(0, host.find(':'));
  out.host = lower_case(host);
  const bool plain = std::all_of(out.host.begin(), out.host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '[' ||
           c == ']' || c == ':';
  });
  return plain && !out.host.empty() ? std::optional{out} : std::nullopt;
}

bool is_this_machine(std::string_view host) noexcept {
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

bool is_header_text(const std::string& x) noexcept {
  return std::none_of(x.begin(), x.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7F;
  });
}

} // namespace

json to_json(const push_config& x) {
  json out{{"id", x.id}, {"taskId", x.task}, {"url", x.url}};
  if (!x.token.empty())
    out["token"] = x.token;
  if (!x.scheme.empty())
    out["authentication"] = {{"scheme", x.scheme}, {"credentials", x.credentials}};
  return out;
}

std::optional<push_config> read_push_config(const json& from, std::string task, a2a_fault& why) {
  push_config out;
  out.task = std::move(task);
  out.id = text_at(from, "id");
  out.url = text_at(from, "url");
  out.token = text_at(from, "token");
  const auto& how = part_of(from, "authentication");
  out.scheme = text_at(how, "scheme");
  out.credentials = text_at(how, "credentials");
  const auto wrong = [&](const char* what) {
    why = {a2a_error::invalid_params, what, {}};
    return std::nullopt;
  };
  if (out.url.empty() || out.url.size() > url_max || !is_header_text(out.url))
    return wrong("url must say where to, in at most 2048 bytes");
  for (const auto* x : {&out.id, &out.token, &out.scheme, &out.credentials})
    if (x->size() > word_max || !is_header_text(*x))
      return wrong("id, token and authentication must be plain text of at most 1024 bytes");
  if (out.id.find('/') != std::string::npos)
    return wrong("id must hold no slash");
  return out;
}

std::string why_no_push_to(std::string_view url, const std::vector<std::string>& hosts) {
  const auto where = place_of(url);
  if (!where)
    return "url must be an http or https URL without a user";
  if (!where->tls && !is_this_machine(where->host))
    return "url must be https";
  const bool allowed = std::any_of(hosts.begin(), hosts.end(), [&](const std::string& x) {
    const auto one = lower_case(x);
    return where->host == one || (where->host.size() > one.size() && where->host.ends_with(one) &&
                                  where->host[where->host.size() - one.size() - 1] == '.');
  });
  return allowed ? std::string{}
                 : "the host of url is none that this fleet sends notifications to "
                   "(door.push_hosts)";
}

struct push_desk::entry {
  explicit entry(std::shared_ptr<client> node)
      : listener(std::move(node)) {}
  std::string task;
  std::map<std::string, line> lines;
  std::string_view told; ///< the state that everybody has been told
  bool ended = false;
  task_listener listener;
};

push_desk::push_desk(std::shared_ptr<tools::http_port> http,
                     std::shared_ptr<tools::alarm_clock> clock, std::shared_ptr<spdlog::logger> log,
                     std::vector<std::string> hosts)
    : http_(std::move(http))
    , clock_(std::move(clock))
    , log_(std::move(log))
    , hosts_(std::move(hosts)) {}

push_desk::line* push_desk::find(const std::string& task, const std::string& id) {
  const auto hit = tasks_.find(task);
  if (hit == tasks_.end())
    return nullptr;
  const auto which = hit->second->lines.find(id);
  return which == hit->second->lines.end() ? nullptr : &which->second;
}

std::optional<push_config> push_desk::set(push_config what, const std::shared_ptr<client>& node) {
  std::shared_ptr<entry> fresh;
  {
    const std::lock_guard hold{mutex_};
    auto& of = tasks_[what.task];
    if (!of) {
      // Whoever has ended and been told makes room; nobody who still waits does.
      while (tasks_.size() > tasks_max) {
        const auto old = std::find_if(order_.begin(), order_.end(), [&](const std::string& id) {
          const auto x = tasks_.find(id);
          return x == tasks_.end() || !x->second || x->second->ended;
        });
        if (old == order_.end()) {
          tasks_.erase(what.task);
          return std::nullopt;
        }
        tasks_.erase(*old);
        order_.erase(old);
      }
      fresh = std::make_shared<entry>(node);
      fresh->task = what.task;
      tasks_[what.task] = fresh;
      order_.push_back(what.task);
    }
    auto& lines = tasks_[what.task]->lines;
    if (what.id.empty())
      what.id = "push-" + std::to_string(++last_id_);
    if (!lines.contains(what.id) && lines.size() >= configs_max)
      return std::nullopt;
    lines[what.id].what = what;
  }
  if (fresh)
    watch(fresh, node);
  return what;
}

void push_desk::watch(const std::shared_ptr<entry>& of, const std::shared_ptr<client>&) {
  task_handlers h;
  const std::weak_ptr<push_desk> me = weak_from_this();
  const auto task = of->task;
  h.progressed = [me, task](const task_record_ptr& record) {
    const auto desk = me.lock();
    if (!desk || is_final(record->state))
      return;
    {
      const std::lock_guard hold{desk->mutex_};
      const auto hit = desk->tasks_.find(task);
      const auto state = a2a_state(record->state);
      if (hit == desk->tasks_.end() || hit->second->told == state)
        return;
      hit->second->told = state;
    }
    desk->tell(task, a2a_status_update(*record), false);
  };
  h.ended = [me, task](const task_record_ptr& record) {
    if (const auto desk = me.lock())
      desk->tell(task, {{"task", a2a_task(*record)}}, true);
  };
  h.refused_ = [me, task](const refused&) {
    if (const auto desk = me.lock()) {
      const std::lock_guard hold{desk->mutex_};
      if (const auto hit = desk->tasks_.find(task); hit != desk->tasks_.end())
        hit->second->ended = true;
    }
  };
  of->listener.watch(task, std::move(h));
}

void push_desk::tell(const std::string& task, const json& what, bool last) {
  const std::lock_guard hold{mutex_};
  const auto hit = tasks_.find(task);
  if (hit == tasks_.end() || hit->second->ended)
    return;
  hit->second->ended = last;
  for (auto& [id, x] : hit->second->lines) {
    if (x.waiting.size() >= waiting_max)
      x.waiting.erase(x.waiting.begin() + (x.busy ? 1 : 0));
    x.waiting.push_back(as_text(what));
    send_next(task, id, x);
  }
}

void push_desk::send_next(const std::string& task, const std::string& id, line& x) {
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
  clock_->after(milliseconds{1}, [http = http_, r = std::move(r), me = weak_from_this(), task, id] {
    http->send(r, [me, task, id](const tools::http_response& said) {
      if (const auto desk = me.lock())
        desk->sent(task, id, said.status >= 200 && said.status < 300);
    });
  });
}

void push_desk::sent(const std::string& task, const std::string& id, bool arrived) {
  const std::lock_guard hold{mutex_};
  auto* x = find(task, id);
  if (!x)
    return;
  if (arrived || ++x->failed >= attempts_max) {
    if (!arrived)
      log_->warn("a notification of task {} was given up after {} attempts", task, x->failed);
    x->failed = 0;
    x->waiting.pop_front();
    x->busy = false;
    return send_next(task, id, *x);
  }
  clock_->after(std::chrono::seconds{1} * (1 << (x->failed - 1)),
                [me = weak_from_this(), task, id] {
                  const auto desk = me.lock();
                  if (!desk)
                    return;
                  const std::lock_guard again{desk->mutex_};
                  if (auto* y = desk->find(task, id)) {
                    y->busy = false;
                    desk->send_next(task, id, *y);
                  }
                });
}

std::optional<push_config> push_desk::get(const std::string& task, const std::string& id) {
  const std::lock_guard hold{mutex_};
  const auto* x = find(task, id);
  return x ? std::optional{x->what} : std::nullopt;
}

std::vector<push_config> push_desk::list(const std::string& task) {
  const std::lock_guard hold{mutex_};
  std::vector<push_config> out;
  if (const auto hit = tasks_.find(task); hit != tasks_.end())
    for (const auto& [id, x] : hit->second->lines)
      out.push_back(x.what);
  return out;
}

bool push_desk::remove(const std::string& task, const std::string& id) {
  const std::lock_guard hold{mutex_};
  const auto hit = tasks_.find(task);
  return hit != tasks_.end() && hit->second->lines.erase(id) > 0;
}

} // namespace troupe
