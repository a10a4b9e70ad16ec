#include "actors/agent_json.hpp"
#include "actors/runner.hpp"
#include "policies/deadline.hpp"
#include "src/telemetry/log.hpp"
#include "src/tools/process.hpp"

#include <troupe/json_read.hpp>

#include <cstdlib>
#include <unordered_map>
#include <unordered_set>

namespace troupe {

namespace {

tools::process_spec spec_for(const node_parts& parts, const fleet_version& version,
                             const agent_spec& spec) {
  tools::process_spec out;
  out.argv = spec.settings.at("command").get<std::vector<std::string>>();
  out.workdir = version.fleet.dir;
  if (auto more = spec.settings.find("environment"); more != spec.settings.end())
    for (const auto& [name, value] : more->items())
      out.env[name] = value.get<std::string>();
  out.env.try_emplace("TROUPE_DATA_DIR", parts.fleet.data_dir);
  out.env.try_emplace("TROUPE_FLEET_DIR", version.fleet.dir);
  out.stdout_max_bytes = spec.settings.value("output_max", std::size_t{1} << 20);
  return out;
}

/// The beginning of what a program wrote, masked before it is cut.
std::string said(std::string text, std::size_t most, const redactor_ptr& secrets) {
  return secrets ? secrets->beginning(std::move(text), most) : text.substr(0, most);
}

std::string ended_because(const tools::process_result& r, const redactor_ptr& secrets) {
  auto text = std::string{to_string(r.end)};
  if (r.end == tools::process_end::exited || r.end == tools::process_end::signalled)
    text += " " + std::to_string(r.code);
  if (!r.detail.empty())
    text += ": " + r.detail;
  if (!r.err.empty()) {
    // What was dropped before its beginning may have ended in the middle of a secret.
    const auto line = r.err.size() < tools::process_spec{}.stderr_max_bytes ? 0 : r.err.find('\n');
    text += "; it said: " +
            said(line == std::string::npos ? std::string{} : r.err.substr(line), 200, secrets);
  }
  return text;
}

outcome outcome_of(const tools::process_result& r, const redactor_ptr& secrets) {
  using end = tools::process_end;
  switch (r.end) {
  case end::exited:
    if (r.code == 0)
      return outcome_from_text(r.out, secrets.get());
    break;
  case end::timed_out:
    return outcome::of({reason::timeout, ended_because(r, secrets), {}});
  case end::cancelled:
    return outcome::of({reason::cancelled, ended_because(r, secrets), {}});
  case end::output_too_large:
    return outcome::of({reason::invalid_output, ended_because(r, secrets), {}});
  case end::failed_to_start:
    return outcome::of({reason::unavailable, ended_because(r, secrets), {}});
  case end::signalled:
    break;
  }
  return outcome::of({reason::crash, ended_because(r, secrets), {}});
}

/// A call that no process takes, at any node and however often it is tried. It says nothing about
/// the agent, which others can reach all the same.
outcome_ptr too_long(const std::string& call, std::size_t most) {
  if (call.size() < most)
    return nullptr;
  return std::make_shared<const outcome>(outcome::of(
      {reason::invalid_input,
       "the call is longer than the " + std::to_string(most) + " bytes that a program takes",
       {}}));
}

/// One process per call: the call on its standard input, the answer on its standard output.
class once_runner final : public agent_runner {
 public:
  once_runner(parts_ptr parts, const fleet_version& version, const agent_spec& spec)
      : parts_(std::move(parts))
      , spec_(spec_for(*parts_, version, spec)) {}

  ~once_runner() override {
    for (const auto& [call, process] : processes_)
      parts_->processes->cancel(process);
  }

  outcome_ptr run(caf::event_based_actor* self, std::uint64_t call,
                  const agent_call_ptr& what) override {
    const auto now = parts_->now(self);
    auto to = caf::actor_cast<caf::actor_addr>(self);
    auto input = as_text(call_to_json(*what, now)) + "\n";
    if (auto refused = too_long(input, tools::process_limits{}.input_max_bytes))
      return refused;
    processes_[call] = parts_->processes->run(
        spec_, std::move(input), left(what->deadline, now),
        [call, to, secrets = parts_->secrets](tools::process_result r) {
          if (auto agent = caf::actor_cast<caf::actor>(to))
            caf::anon_send(
                agent, runner_ended{call, std::make_shared<const outcome>(outcome_of(r, secrets))});
        });
    return nullptr;
  }

  bool stop(std::uint64_t call) override {
    if (auto hit = processes_.find(call); hit != processes_.end())
      parts_->processes->cancel(hit->second);
    return true;
  }

  void ended(std::uint64_t call) override { processes_.erase(call); }

 private:
  parts_ptr parts_;
  tools::process_spec spec_;
  std::unordered_map<std::uint64_t, tools::process_id> processes_;
};

/// One long-lived process that reads and writes a line of JSON per call. It lives and dies with its
/// agent: when it ends, the agent ends too, and the supervisor's next incarnation starts another.
class worker_runner final : public agent_runner {
 public:
  worker_runner(parts_ptr parts, const fleet_version& version, const agent_spec& spec,
                caf::event_based_actor* self)
      : parts_(std::move(parts))
      , agent_(caf::actor_cast<caf::actor_addr>(self)) {
    const auto to = agent_;
    process_ = parts_->processes->start(
        spec_for(*parts_, version, spec),
        [to, secrets = parts_->secrets](std::string_view line) {
          auto agent = caf::actor_cast<caf::actor>(to);
          if (!agent)
            return;
          auto answer = parse_bounded(line);
          if (!answer.is_object() || !answer.contains("id") || !answer["id"].is_number_unsigned()) {
            // Without an id nobody knows which call this was meant for; none of them can be trusted
            // any more.
            caf::anon_send(agent, runner_broke{"the worker wrote a line that is no answer: " +
                                               said(std::string{line}, 80, secrets)});
            return;
          }
          caf::anon_send(agent,
                         runner_ended{answer["id"].get<std::uint64_t>(),
                                      std::make_shared<const outcome>(outcome_from_json(answer))});
        },
        [to, secrets = parts_->secrets](tools::process_result r) {
          if (auto agent = caf::actor_cast<caf::actor>(to))
            caf::anon_send(agent,
                           runner_broke{"the worker process ended: " + ended_because(r, secrets),
                                        r.for_good ? "command: " + r.detail : std::string{}});
        });
  }

  ~worker_runner() override { parts_->processes->cancel(process_); }

  outcome_ptr run(caf::event_based_actor* self, std::uint64_t call,
                  const agent_call_ptr& what) override {
    auto line = call_to_json(*what, parts_->now(self));
    line["id"] = call;
    const auto fate = parts_->processes->write_line(process_, as_text(line));
    if (fate != tools::line_fate::queued)
      return std::make_shared<const outcome>(
          outcome::of(tools::why_not_taken(fate, "the worker process")));
    open_.insert(call);
    return nullptr;
  }

  /// A worker cannot be asked to drop one line; if it hangs, it has to go as a whole.
  bool stop(std::uint64_t) override { return false; }

  /// An answer to nothing is dropped. Who writes nothing else would do so for ever, and keep the
  /// node busy with it.
  bool took(const runner_ended& x) override {
    constexpr std::size_t unasked_max = 1000;
    if (open_.contains(x.call)) {
      unasked_ = 0;
      return false;
    }
    if (++unasked_ == unasked_max)
      if (auto agent = caf::actor_cast<caf::actor>(agent_))
        caf::anon_send(agent, runner_broke{"the worker answers calls that it was not given"});
    return true;
  }

  void ended(std::uint64_t call) override { open_.erase(call); }

 private:
  parts_ptr parts_;
  caf::actor_addr agent_;
  std::unordered_set<std::uint64_t> open_;
  std::size_t unasked_ = 0; ///< answers to nothing since the last one that was waited for
  tools::process_id process_ = 0;
};

} // namespace

runner_ptr make_process_runner(const parts_ptr& parts, const fleet_version& version,
                               const agent_spec& spec, caf::event_based_actor* self) {
  if (spec.settings.value("mode", std::string{"once"}) == "worker")
    return std::make_unique<worker_runner>(parts, version, spec, self);
  return std::make_unique<once_runner>(parts, version, spec);
}

} // namespace troupe
