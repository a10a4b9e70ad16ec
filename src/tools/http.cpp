#include "src/tools/http.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "src/tools/callback.hpp"
#include "src/tools/http_exchange.hpp"

namespace troupe::tools {
namespace {

void start_curl() {
  // Never cleaned up again: the host, or another port, may use libcurl too.
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK)
    throw std::runtime_error{std::string{"libcurl does not start: "} + curl_easy_strerror(started)};
}

http_response failure(http_response::error what, std::string detail, bool unsent) {
  http_response response;
  response.failed = what;
  response.detail = std::move(detail);
  response.unsent = unsent;
  return response;
}

class real_http_port final : public http_port {
 public:
  explicit real_http_port(http_limits limits)
      : limits_{std::move(limits)} {
    start_curl();
    multi_.reset(curl_multi_init());
    if (!multi_)
      throw std::runtime_error{"libcurl does not start: out of memory"};
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS,
                      static_cast<long>(limits_.idle_connections_max));
    thread_ = quiet_thread([this] { loop(); });
  }

  ~real_http_port() override {
    {
      std::lock_guard lock{mutex_};
      closing_ = true;
    }
    curl_multi_wakeup(multi_.get());
    thread_.join();
  }

  std::uint64_t send(http_request request, done_fn done) override {
    const auto deadline = in(request.deadline);
    auto why = why_not(request);
    std::uint64_t id = 0;
    {
      std::lock_guard lock{mutex_};
      id = ++last_id_;
      if (why.empty() && closing_)
        why = "the port is closing";
      if (why.empty() && live_.size() >= limits_.in_flight_max + limits_.queue_max)
        why = "too many requests are waiting already";
      if (why.empty()) {
        live_.emplace(id, std::move(done));
        fresh_.push_back({id, std::move(request), deadline});
      }
    }
    if (why.empty())
      curl_multi_wakeup(multi_.get());
    else
      call_guarded("http done", done, failure(http_response::error::refused, std::move(why), true));
    return id;
  }

  void cancel(std::uint64_t id) override {
    {
      std::lock_guard lock{mutex_};
      if (!live_.contains(id))
        return;
      cancelled_.insert(id);
    }
    curl_multi_wakeup(multi_.get());
  }

 private:
  struct waiting {
    std::uint64_t id = 0;
    http_request request;
    steady::time_point deadline;
  };

  // From here on: the I/O thread only.

  void loop() {
    while (!fetch()) {
      fill();
      int running = 0;
      curl_multi_perform(multi_.get(), &running);
      collect();
      // A place on the wire that has just come free is taken before anything is waited for.
      if (!queue_.empty() && flying_.size() < limits_.in_flight_max)
        continue;
      curl_multi_poll(multi_.get(), nullptr, 0, patience(), nullptr);
    }
    // Closing: nobody can add anything any more.
    while (!queue_.empty())
      drop(queue_.begin()->first, http_response::error::cancelled, "the port is closing");
    while (!flying_.empty())
      drop(flying_.begin()->first, http_response::error::cancelled, "the port is closing");
  }

  int patience() const {
    // libcurl cuts the wait short by itself when one of its own timers is due earlier.
    constexpr std::int64_t most = 60'000;
    std::int64_t wait = most;
    for (const auto* due : {&expiries_, &first_bytes_})
      if (!due->empty())
        wait = std::min<std::int64_t>(wait, until(due->begin()->first).count());
    return static_cast<int>(wait);
  }

  /// Takes what the callers left. True when the port is closing.
  bool fetch() {
    std::deque<waiting> fresh;
    std::set<std::uint64_t> cancelled;
    bool closing = false;
    {
      std::lock_guard lock{mutex_};
      fresh.swap(fresh_);
      cancelled.swap(cancelled_);
      closing = closing_;
    }
    for (auto& one : fresh) {
      expiries_.emplace(one.deadline, one.id);
      queue_.emplace(one.id, std::move(one));
    }
    for (const auto id : cancelled)
      drop(id, http_response::error::cancelled, "it was cancelled");
    return closing;
  }

  /// Puts waiting requests on the wire, oldest first, and lets those go whose time is over.
  void fill() {
    const auto now = steady::now();
    while (!expiries_.empty() && expiries_.begin()->first <= now)
      drop(expiries_.begin()->second, http_response::error::timeout,
           "its deadline passed before it could be sent");
    while (!first_bytes_.empty() && first_bytes_.begin()->first <= now) {
      const auto id = first_bytes_.begin()->second;
      first_bytes_.erase(first_bytes_.begin());
      if (const auto one = flying_.find(id); one != flying_.end() && !one->second->begun())
        drop(id, http_response::error::timeout, "no answer began in time");
    }
    while (!queue_.empty() && flying_.size() < limits_.in_flight_max) {
      auto one = std::move(queue_.extract(queue_.begin()).mapped());
      expiries_.erase({one.deadline, one.id});
      try {
        auto exchange =
            std::make_unique<http_exchange>(one.id, std::move(one.request), one.deadline, limits_);
        if (const auto code = curl_multi_add_handle(multi_.get(), exchange->handle());
            code != CURLM_OK)
          throw std::runtime_error{curl_multi_strerror(code)};
        if (exchange->first_byte_by() != steady::time_point::max())
          first_bytes_.emplace(exchange->first_byte_by(), one.id);
        flying_.emplace(one.id, std::move(exchange));
      } catch (const std::exception& e) {
        report(one.id, failure(http_response::error::refused, e.what(), true));
      }
    }
  }

  void collect() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE)
        continue;
      const auto code = message->data.result;
      void* owner = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &owner);
      const auto id = static_cast<http_exchange*>(owner)->id();
      auto exchange = land(id);
      report(id, exchange->finish(code));
    }
  }

  std::unique_ptr<http_exchange> land(std::uint64_t id) {
    auto exchange = std::move(flying_.extract(id).mapped());
    curl_multi_remove_handle(multi_.get(), exchange->handle());
    first_bytes_.erase({exchange->first_byte_by(), id});
    return exchange;
  }

  void drop(std::uint64_t id, http_response::error what, std::string detail) {
    bool unsent = true;
    if (const auto found = queue_.find(id); found != queue_.end()) {
      expiries_.erase({found->second.deadline, id});
      queue_.erase(found);
    } else if (const auto one = flying_.find(id); one != flying_.end()) {
      unsent = !one->second->connected();
      land(id);
    } else {
      return;
    }
    report(id, failure(what, std::move(detail), unsent));
  }

  /// Gives the place free before the callback runs, so that the callback may send the next request.
  void report(std::uint64_t id, http_response response) {
    done_fn done;
    {
      std::lock_guard lock{mutex_};
      done = std::move(live_.extract(id).mapped());
      cancelled_.erase(id);
    }
    call_guarded("http done", done, std::move(response));
  }

  struct multi_cleanup {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };

  const http_limits limits_;
  std::unique_ptr<CURLM, multi_cleanup> multi_;

  std::mutex mutex_;
  bool closing_ = false;
  std::uint64_t last_id_ = 0;
  std::unordered_map<std::uint64_t, done_fn>
      live_; ///< Every request not yet reported; bounds all the rest.
  std::deque<waiting> fresh_;
  std::set<std::uint64_t> cancelled_;

  std::map<std::uint64_t, waiting> queue_;                          ///< By id, which is by age.
  std::set<std::pair<steady::time_point, std::uint64_t>> expiries_; ///< Of those in the queue.
  /// Of those on the wire: when the answer must have begun.
  std::set<std::pair<steady::time_point, std::uint64_t>> first_bytes_;
  std::unordered_map<std::uint64_t, std::unique_ptr<http_exchange>> flying_;
  std::thread thread_;
};

} // namespace

std::string_view http_response::header(std::string_view lower_case_name) const noexcept {
  for (const auto& [name, value] : headers)
    if (name == lower_case_name)
      return value;
  return {};
}

std::string_view to_string(http_response::error error) noexcept {
  switch (error) {
  case http_response::error::none:
    return "none";
  case http_response::error::timeout:
    return "timeout";
  case http_response::error::cannot_connect:
    return "cannot_connect";
  case http_response::error::too_large:
    return "too_large";
  case http_response::error::cancelled:
    return "cancelled";
  case http_response::error::protocol:
    return "protocol";
  case http_response::error::refused:
    break;
  }
  return "refused";
}

std::unique_ptr<http_port> make_http_port(http_limits limits) {
  return std::make_unique<real_http_port>(std::move(limits));
}

} // namespace troupe::tools
