#include "actors/agent_json.hpp"
#include "actors/runner.hpp"
#include "actors/work_desk.hpp"
#include "policies/deadline.hpp"

#include <unordered_map>

namespace troupe {

namespace {

/// An agent whose work is done by programs that come and ask for it.
class desk_runner final : public agent_runner {
 public:
  desk_runner(parts_ptr parts, const agent_spec& spec)
      : parts_(std::move(parts))
      , name_(spec.card.domain + "/" + spec.card.name)
      , lease_(spec.settings.value("lease", std::int64_t{30000})) {}

  ~desk_runner() override {
    for (const auto& [call, item] : offered_)
      parts_->work->withdraw(item);
  }

  outcome_ptr run(caf::event_based_actor* self, std::uint64_t call,
                  const agent_call_ptr& what) override {
    const auto now = parts_->now(self);
    const auto to = caf::actor_cast<caf::actor_addr>(self);
    offered_[call] = parts_->work->offer(
        name_, call_to_json(*what, now), work_desk::steady::now() + left(what->deadline, now),
        lease_, [call, to](outcome x) {
          if (auto agent = caf::actor_cast<caf::actor>(to))
            caf::anon_send(agent,
                           runner_ended{call, std::make_shared<const outcome>(std::move(x))});
        });
    return nullptr;
  }

  bool stop(std::uint64_t call) override {
    if (const auto hit = offered_.find(call); hit != offered_.end())
      parts_->work->withdraw(hit->second);
    return true;
  }

  void ended(std::uint64_t call) override { offered_.erase(call); }

 private:
  parts_ptr parts_;
  const std::string name_;
  const milliseconds lease_;
  std::unordered_map<std::uint64_t, std::uint64_t> offered_;
};

} // namespace

runner_ptr make_worker_runner(const parts_ptr& parts, const agent_spec& spec) {
  return std::make_unique<desk_runner>(parts, spec);
}

} // namespace troupe
