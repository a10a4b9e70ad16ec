#include "nodes/sim_llm/server.hpp"

#include "nodes/doors/http_server.hpp"
#include "nodes/sim_llm/brain.hpp"
#include "nodes/sim_llm/rate_limit.hpp"
#include "policies/dice.hpp"

#include <troupe/json_read.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <unordered_map>
#include <utility>

namespace troupe::sim_llm {

namespace {

namespace asio = boost::asio;

constexpr std::uint64_t body_max = 8u << 20;
constexpr std::size_t backlog_max = 8u << 20;
constexpr std::size_t remembered_max = 1u << 20; ///< requests whose repetitions are counted

/// What differs between the two protocols.
struct dialect {
  chat (*read)(const json&);
  json (*whole)(const chat&, const spoken&, const std::string&);
  pieces (*stream)(const chat&, const spoken&, const std::string&);
  json (*error)(std::string_view, std::string_view);
  unsigned overloaded;
  const char* key_header;
};

const dialect openai{read_openai, whole_openai, stream_openai, error_openai, 503, "authorization"};
const dialect anthropic{read_anthropic, whole_anthropic, stream_anthropic, error_anthropic, 529,
                        "x-api-key"};

http_reply reply_of(unsigned status, const json& body) {
  http_reply out;
  out.status = status;
  out.body = as_text(body);
  return out;
}

} // namespace

class server::impl : public std::enable_shared_from_this<server::impl> {
 public:
  explicit impl(settings with)
      : with_(std::move(with))
      , limit_(with_.requests_per_minute)
      , token_limit_(with_.tokens_per_minute) {}

  void start() {
    router routes;
    const auto speak = [self = weak_from_this()](const dialect& how) {
      return [self, &how](http_request& what, const responder& answer) {
        if (const auto me = self.lock())
          me->serve(how, what, answer);
      };
    };
    routes.add("POST", "/v1/chat/completions", speak(openai),
               {"application/json", "text/event-stream"});
    routes.add("POST", "/v1/messages", speak(anthropic), {"application/json", "text/event-stream"});
    routes.add("GET", "/v1/models", [self = weak_from_this()](http_request&, const responder& a) {
      if (const auto me = self.lock())
        a.send(reply_of(200, me->list_models()));
    });
    routes.add("GET", "/stats", [self = weak_from_this()](http_request&, const responder& a) {
      if (const auto me = self.lock())
        a.send(reply_of(200, me->stats()));
    });
    http_settings door;
    door.host = with_.host;
    door.port = with_.port;
    door.body_max_bytes = body_max;
    door.stream_backlog_bytes = backlog_max;
    door_ = std::make_unique<http_server>(std::move(door), std::move(routes));
    door_->start();
    clock_ = std::thread{[this] { io_.run(); }};
  }

  void stop() {
    if (!door_)
      return;
    idle_.reset();
    io_.stop();
    if (clock_.joinable())
      clock_.join();
    door_->stop(milliseconds{0});
    const std::lock_guard hold{mutex_};
    waiting_.clear();
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return door_ ? door_->port() : 0; }

  json stats() const {
    const std::lock_guard hold{mutex_};
    json out{{"requests", requests_},
             {"input_tokens", input_tokens_},
             {"output_tokens", output_tokens_},
             {"cached_tokens", cached_tokens_},
             {"mishaps", json::object()}};
    for (std::size_t i = 0; i < mishaps_.size(); ++i)
      out["mishaps"][std::string{enum_names<mishap>::value[i]}] = mishaps_[i];
    out["over_limit"] = over_limit_;
    return out;
  }

 private:
  json list_models() const {
    json out{{"object", "list"}, {"data", json::array()}};
    for (const auto& name : with_.models)
      out["data"].push_back(
          {{"id", name}, {"object", "model"}, {"created", 1700000000}, {"owned_by", "simulated"}});
    return out;
  }

  // What the dice of a request are: the same for the same request, other ones when it is repeated.
  std::uint64_t dice_for(const std::string& body) {
    const auto hash = stable_hash(body);
    const std::lock_guard hold{mutex_};
    if (seen_.size() >= remembered_max)
      seen_.clear();
    return scramble(with_.seed ^ scramble(hash + 0x9E3779B97F4A7C15ull * seen_[hash]++));
  }

  void serve(const dialect& how, http_request& what, const responder& answer) {
    const auto dice = dice_for(what.body);
    auto wrong = draw_mishap(with_.mishaps, dice);
    milliseconds wait{0};
    {
      const std::lock_guard hold{mutex_};
      ++requests_;
      wait = limit_.enter(std::string{what.header(how.key_header)}, 1, rate_limit::steady::now());
      if (wait.count() > 0)
        ++over_limit_;
      else
        ++mishaps_[static_cast<std::size_t>(wrong)];
    }
    if (wait.count() > 0)
      return limited(how, answer, wait);
    switch (wrong) {
    case mishap::limited:
      return limited(how, answer, with_.retry_after);
    case mishap::overloaded:
      return answer.send(
          reply_of(how.overloaded, how.error("overloaded_error", "Too much to do.")));
    case mishap::broken:
      return answer.send(reply_of(500, how.error("api_error", "Something went wrong.")));
    case mishap::silent:
      return keep_waiting(answer);
    default:
      break;
    }
    chat asked;
    try {
      const auto body = parse_bounded(what.body);
      if (body.is_discarded())
        throw std::runtime_error{"the body is no JSON"};
      asked = how.read(body);
    } catch (const std::exception& e) {
      return answer.send(reply_of(400, how.error("invalid_request_error", e.what())));
    }
    auto x = spoilt(answer_to(asked, with_, dice), asked, wrong, scramble(dice));
    x.cached_tokens =
        static_cast<std::uint64_t>(static_cast<double>(x.input_tokens) * with_.cached);
    {
      const std::lock_guard hold{mutex_};
      wait = token_limit_.enter(std::string{what.header(how.key_header)},
                                x.input_tokens + x.output_tokens, rate_limit::steady::now());
      if (wait.count() > 0)
        ++over_limit_;
    }
    if (wait.count() > 0)
      return limited(how, answer, wait);
    {
      const std::lock_guard hold{mutex_};
      input_tokens_ += x.input_tokens;
      output_tokens_ += x.output_tokens;
      cached_tokens_ += x.cached_tokens;
    }
    const auto id = "sim-" + std::to_string(dice % 1000000000000ull);
    const int slowly = wrong == mishap::slow ? 10 : 1;
    const auto first = first_token(with_.latency, dice) * slowly;
    if (!asked.stream) {
      // What is not streamed can only break as a whole.
      auto done = wrong == mishap::cut ? reply_of(500, how.error("api_error", "It broke off."))
                                       : reply_of(200, how.whole(asked, x, id));
      const auto all = first + with_.latency.per_token * slowly * x.output_tokens;
      return after(all,
                   [answer, done = std::move(done)]() mutable { answer.send(std::move(done)); });
    }
    auto all = std::make_shared<pieces>(how.stream(asked, x, id));
    const auto step =
        with_.latency.per_token * slowly * x.output_tokens / std::max<std::size_t>(1, all->size());
    after(first, [self = weak_from_this(), answer, all, step, cut = wrong == mishap::cut] {
      const auto me = self.lock();
      if (!me)
        return;
      http_reply head;
      head.type = "text/event-stream";
      answer.open_stream(std::move(head));
      me->say(answer, all, 0, cut ? std::max<std::size_t>(1, all->size() / 2) : all->size(), step);
    });
  }

  void say(const responder& answer, const std::shared_ptr<pieces>& all, std::size_t from,
           std::size_t until, milliseconds step) {
    do {
      if (from >= until)
        return until < all->size() ? answer.cut() : answer.finish();
      if (!answer.write((*all)[from++]))
        return;
    } while (step.count() <= 0);
    after(step, [self = weak_from_this(), answer, all, from, until, step] {
      if (const auto me = self.lock())
        me->say(answer, all, from, until, step);
    });
  }

  void limited(const dialect& how, const responder& answer, milliseconds wait) {
    auto out = reply_of(429, how.error("rate_limit_error", "Too many requests."));
    out.add("Retry-After", std::to_string(std::chrono::ceil<std::chrono::seconds>(wait).count()));
    out.add("Retry-After-Ms", std::to_string(wait.count()));
    answer.send(std::move(out));
  }

  void keep_waiting(const responder& answer) {
    const std::lock_guard hold{mutex_};
    const auto number = ++last_waiting_;
    waiting_.emplace(number, answer);
    answer.when_gone([self = weak_from_this(), number] {
      const auto me = self.lock();
      if (!me)
        return;
      const std::lock_guard again{me->mutex_};
      // The last copy of a responder answers when it goes: not here, in the middle of the end of
      // its connection.
      if (auto gone = me->waiting_.extract(number); !gone.empty())
        asio::post(me->io_, [last = std::move(gone.mapped())] {});
    });
  }

  void after(milliseconds wait, std::function<void()> then) {
    if (wait.count() <= 0)
      return then();
    auto timer = std::make_shared<asio::steady_timer>(io_, wait);
    timer->async_wait([timer, then = std::move(then)](const boost::system::error_code& e) {
      if (!e)
        then();
    });
  }

  const settings with_;
  mutable std::mutex mutex_;
  rate_limit limit_;
  rate_limit token_limit_;
  std::unordered_map<std::uint64_t, std::uint64_t> seen_; ///< by the request's hash: how often
  std::unordered_map<std::uint64_t, responder> waiting_;  ///< those that get no answer
  std::uint64_t last_waiting_ = 0;
  std::uint64_t requests_ = 0;
  std::uint64_t over_limit_ = 0;
  std::uint64_t input_tokens_ = 0;
  std::uint64_t output_tokens_ = 0;
  std::uint64_t cached_tokens_ = 0;
  std::array<std::uint64_t, enum_names<mishap>::value.size()> mishaps_{};
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> idle_{io_.get_executor()};
  std::unique_ptr<http_server> door_;
  std::thread clock_;
};

server::server(settings with)
    : impl_(std::make_shared<impl>(std::move(with))) {}

server::~server() {
  stop();
}

void server::start() {
  impl_->start();
}

std::uint16_t server::port() const noexcept {
  return impl_->port();
}

void server::stop() {
  impl_->stop();
}

json server::stats() const {
  return impl_->stats();
}

} // namespace troupe::sim_llm
