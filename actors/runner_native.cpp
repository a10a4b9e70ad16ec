#include "actors/runner.hpp"
#include "policies/deadline.hpp"
#include "src/tools/worker_pool.hpp"

#include <stdexcept>
#include <unordered_map>

namespace troupe {

namespace {

/// Runs the function on the agent's own thread: for functions trusted to end within microseconds.
class cheap_runner final : public agent_runner {
 public:
  explicit cheap_runner(native_function f)
      : function_(std::move(f)) {}
  outcome_ptr run(caf::event_based_actor*, std::uint64_t, const agent_call_ptr& what) override {
    return std::make_shared<const outcome>(function_(*what, {}));
  }
  bool stop(std::uint64_t) override { return true; }

 private:
  native_function function_;
};

/// Runs the function on the worker pool, so that what computes or blocks never holds a scheduler
/// thread.
class pooled_runner final : public agent_runner {
 public:
  pooled_runner(native_function f, parts_ptr parts)
      : function_(std::make_shared<native_function>(std::move(f)))
      , parts_(std::move(parts)) {}

  ~pooled_runner() override {
    for (const auto& [call, job] : jobs_)
      parts_->workers->cancel(job);
  }

  outcome_ptr run(caf::event_based_actor* self, std::uint64_t call,
                  const agent_call_ptr& what) override {
    // The job may outlive this actor; it holds the address, not the actor.
    auto to = caf::actor_cast<caf::actor_addr>(self);
    const auto now = parts_->now(self);
    auto act = what->idempotency_key.empty() || what->query
                   ? nullptr
                   : parts_->acts->begin(what->idempotency_key);
    const auto job = parts_->workers->submit(
        [f = function_, what, call, to, act = std::move(act)](std::stop_token stop) {
          caf::message answer;
          try {
            answer = caf::make_message(
                runner_ended{call, std::make_shared<const outcome>((*f)(*what, stop))});
          } catch (const std::exception& e) {
            answer = caf::make_message(runner_broke{std::string{"exception: "} + e.what()});
          } catch (...) {
            answer = caf::make_message(runner_broke{"exception of unknown type"});
          }
          if (auto agent = caf::actor_cast<caf::actor>(to))
            caf::anon_send(agent, std::move(answer));
        },
        left(what->deadline, now));
    if (job == 0)
      return std::make_shared<const outcome>(
          outcome::of({reason::rate_limited, "the worker pool is full", {}}));
    jobs_[call] = job;
    return nullptr;
  }

  bool stop(std::uint64_t call) override {
    auto hit = jobs_.find(call);
    if (hit == jobs_.end())
      return true;
    parts_->workers->cancel(hit->second);
    // The function may or may not look at its token: nobody can end a thread from outside.
    return false;
  }

  void ended(std::uint64_t call) override { jobs_.erase(call); }

 private:
  std::shared_ptr<native_function> function_;
  parts_ptr parts_;
  std::unordered_map<std::uint64_t, tools::worker_pool::job_id> jobs_;
};

} // namespace

runner_ptr make_native_runner(const parts_ptr& parts, const agent_spec& spec) {
  const auto name = spec.settings.value("function", std::string{});
  const auto* entry = parts->natives->find(name);
  if (!entry)
    throw std::runtime_error{"no native agent is registered as '" + name + "'"};
  auto function = entry->make(spec);
  if (entry->cheap)
    return std::make_unique<cheap_runner>(std::move(function));
  return std::make_unique<pooled_runner>(std::move(function), parts);
}

} // namespace troupe
