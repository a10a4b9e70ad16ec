#include "actors/runner.hpp"
#include "policies/deadline.hpp"
#include "policies/text_template.hpp"
#include "src/mcp/server.hpp"
#include "src/telemetry/log.hpp"

#include <stdexcept>
#include <unordered_map>

namespace troupe {

namespace {

/// The arguments of a tool: those that the agent's file writes out, with their places filled, or
/// the call's whole input.
class tool_arguments {
 public:
  explicit tool_arguments(const json& settings) {
    const auto given = settings.find("arguments");
    if (given == settings.end() || !given->is_object())
      return;
    written_ = true;
    for (const auto& [name, value] : given->items())
      if (value.is_string())
        filled_.emplace_back(name, read(name, value.get<std::string>()));
      else
        fixed_[name] = value;
  }

  /// Nothing when a value is missing that an argument needs.
  [[nodiscard]] std::optional<json> of(const agent_call& call, std::string& missing) const {
    if (!written_) {
      auto out = call.input.is_object() ? call.input : json::object();
      for (const auto* ours : {"previous", "errors", "entities"})
        out.erase(ours); // What plans add to it.
      return out;
    }
    auto out = fixed_;
    for (const auto& [name, from] : filled_) {
      auto value = from.fill_typed(call);
      if (!value) {
        missing = name;
        return std::nullopt;
      }
      out[name] = std::move(*value);
    }
    return out;
  }

 private:
  static text_template read(const std::string& name, const std::string& text) {
    try {
      return text_template{text};
    } catch (const std::invalid_argument& e) {
      throw std::runtime_error{"the argument " + name + ": " + e.what()};
    }
  }

  bool written_ = false;
  json fixed_ = json::object();
  std::vector<std::pair<std::string, text_template>> filled_;
};

/// A tool of an MCP server as an agent.
class mcp_runner final : public agent_runner {
 public:
  mcp_runner(parts_ptr parts, const fleet_version& version, const agent_spec& spec)
      : parts_(std::move(parts))
      , arguments_(spec.settings) {
    const auto name = spec.settings.value("server", std::string{});
    const auto hit = version.mcp_servers.find(name);
    if (hit == version.mcp_servers.end())
      throw std::runtime_error{"there is no MCP server '" + name + "'"};
    server_ = hit->second;
    tool_ = hit->second->tool_named(spec.settings.value("tool", std::string{}), spec.card.does);
  }

  ~mcp_runner() override {
    for (const auto& [call, id] : running_)
      tool_->cancel(id);
  }

  outcome_ptr run(caf::event_based_actor* self, std::uint64_t call,
                  const agent_call_ptr& what) override {
    std::string missing;
    auto arguments = arguments_.of(*what, missing);
    if (!arguments)
      return std::make_shared<const outcome>(outcome::of(
          {reason::invalid_input, "there is no value for the argument " + missing, {}}));
    tool_request request;
    request.arguments = std::move(*arguments);
    request.idempotency_key = what->idempotency_key;
    request.deadline = left(what->deadline, parts_->now(self));
    const auto to = caf::actor_cast<caf::actor_addr>(self);
    running_[call] = tool_->call(std::move(request), [call, to,
                                                      secrets = parts_->secrets](tool_result x) {
      outcome out;
      out.text = std::move(x.text);
      out.data = std::move(x.data);
      if (x.failed) {
        if (secrets)
          secrets->apply(x.failed.detail);
        out = outcome::of(std::move(x.failed));
      }
      if (auto agent = caf::actor_cast<caf::actor>(to))
        caf::anon_send(agent, runner_ended{call, std::make_shared<const outcome>(std::move(out))});
    });
    return nullptr;
  }

  bool stop(std::uint64_t call) override {
    if (const auto hit = running_.find(call); hit != running_.end())
      tool_->cancel(hit->second);
    return true;
  }

  void ended(std::uint64_t call) override { running_.erase(call); }

 private:
  parts_ptr parts_;
  tool_arguments arguments_;
  std::shared_ptr<mcp::tool_server> server_;
  tools::tool_ptr tool_;
  std::unordered_map<std::uint64_t, std::uint64_t> running_;
};

} // namespace

runner_ptr make_mcp_runner(const parts_ptr& parts, const fleet_version& version,
                           const agent_spec& spec) {
  return std::make_unique<mcp_runner>(parts, version, spec);
}

} // namespace troupe
