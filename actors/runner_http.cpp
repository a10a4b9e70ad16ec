#include "actors/agent_json.hpp"
#include "actors/runner.hpp"
#include "policies/deadline.hpp"
#include "src/telemetry/log.hpp"
#include "src/tools/http.hpp"
#include "src/tools/retry_after.hpp"

#include <stdexcept>
#include <unordered_map>

namespace troupe {

namespace {

outcome outcome_of(const tools::http_response& r, const redactor_ptr& secrets) {
  using error = tools::http_response::error;
  const auto failed = [&](reason why) {
    return outcome::of({why, std::string{to_string(r.failed)} + ": " + r.detail, {}});
  };
  switch (r.failed) {
  case error::none:
    break;
  case error::timeout:
    return failed(reason::timeout);
  case error::cannot_connect:
  case error::refused:
    return failed(reason::unavailable);
  case error::cancelled:
    return failed(reason::cancelled);
  case error::too_large:
  case error::protocol:
    return failed(reason::invalid_output);
  }
  if (r.status >= 200 && r.status < 300)
    return outcome_from_text(r.body, secrets.get());
  const auto detail = "HTTP status " + std::to_string(r.status);
  if (r.status == 429)
    return outcome::of({reason::rate_limited, detail, tools::retry_after(r)});
  if (r.status == 503)
    return outcome::of({reason::unavailable, detail, tools::retry_after(r)});
  if (r.status >= 500)
    return outcome::of({reason::crash, detail, {}});
  return outcome::of({reason::invalid_input, detail, {}});
}

/// An agent behind HTTP: each call is one POST, with the step's idempotency key in the header of
/// that name.
class http_runner final : public agent_runner {
 public:
  http_runner(parts_ptr parts, const agent_spec& spec)
      : parts_(std::move(parts))
      , url_(spec.settings.value("url", std::string{})) {
    if (url_.empty())
      throw std::runtime_error{"it has no URL"};
    headers_.emplace_back("Content-Type", "application/json");
    if (auto more = spec.settings.find("headers"); more != spec.settings.end())
      for (const auto& [name, value] : more->items())
        headers_.emplace_back(name, value.get<std::string>());
  }

  ~http_runner() override {
    for (const auto& [call, request] : requests_)
      parts_->http->cancel(request);
  }

  outcome_ptr run(caf::event_based_actor* self, std::uint64_t call,
                  const agent_call_ptr& what) override {
    const auto now = parts_->now(self);
    tools::http_request request;
    request.method = "POST";
    request.url = url_;
    request.headers = headers_;
    request.headers.emplace_back("Idempotency-Key", what->idempotency_key);
    request.body = as_text(call_to_json(*what, now));
    request.deadline = left(what->deadline, now);
    request.connect_timeout = std::min(request.connect_timeout, request.deadline);
    auto to = caf::actor_cast<caf::actor_addr>(self);
    requests_[call] = parts_->http->send(
        std::move(request), [call, to, secrets = parts_->secrets](tools::http_response r) {
          if (auto agent = caf::actor_cast<caf::actor>(to))
            caf::anon_send(
                agent, runner_ended{call, std::make_shared<const outcome>(outcome_of(r, secrets))});
        });
    return nullptr;
  }

  bool stop(std::uint64_t call) override {
    if (auto hit = requests_.find(call); hit != requests_.end())
      parts_->http->cancel(hit->second);
    return true;
  }

  void ended(std::uint64_t call) override { requests_.erase(call); }

 private:
  parts_ptr parts_;
  std::string url_;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::unordered_map<std::uint64_t, std::uint64_t> requests_;
};

} // namespace

runner_ptr make_http_runner(const parts_ptr& parts, const agent_spec& spec) {
  return std::make_unique<http_runner>(parts, spec);
}

} // namespace troupe
