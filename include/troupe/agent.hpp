#pragma once

#include <troupe/cache.hpp>
#include <troupe/clock.hpp>
#include <troupe/effects.hpp>
#include <troupe/enum_names.hpp>
#include <troupe/failure_rule.hpp>
#include <troupe/json.hpp>
#include <troupe/knowledge.hpp>
#include <troupe/plan.hpp>
#include <troupe/screen.hpp>
#include <troupe/task.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

enum class agent_kind : std::uint8_t {
  native,
  rules,
  subprocess,
  http,
  human,
  triage,
  llm,       ///< thinks with a language model
  a2a,       ///< an agent somewhere else, by A2A
  mcp,       ///< a tool of an MCP server
  worker,    ///< programs anywhere that ask for work
  knowledge, ///< answers from its domain's documents, in their words
};

template <>
struct enum_names<agent_kind> {
  static constexpr std::array<std::string_view, 11> value{"native", "rules",  "subprocess", "http",
                                                          "human",  "triage", "llm",        "a2a",
                                                          "mcp",    "worker", "knowledge"};
};

enum class restart_type : std::uint8_t { permanent, transient, temporary };

template <>
struct enum_names<restart_type> {
  static constexpr std::array<std::string_view, 3> value{"permanent", "transient", "temporary"};
};

/// What an agent is, for others: the part of it that routers, callers and people may see (A2A:
/// agent card).
struct agent_card {
  std::string name;   ///< within its domain
  std::string domain; ///< path of the domain
  std::string description;
  agent_kind kind = agent_kind::native;
  std::vector<std::string> skills;
  std::vector<std::string> labels; ///< free words, shown with it
  double cost = 0;                 ///< per call, in the fleet's currency: what `cheapest` compares
  double quality =
      1.0; ///< 0 to 1, declared: what `cheapest` must reach and `best_quality` compares
  effects does = effects::none;
  /// Of its domain's intents, those that it is there for: what `classifier` compares by. Empty:
  /// those that lead to one of its skills.
  std::vector<std::string> intents = {};
  friend bool operator==(const agent_card&, const agent_card&) = default;
};

/// Where an agent may run, and where it would rather.
struct placement_needs {
  std::vector<std::string> labels;              ///< hard: the node has all of them
  std::map<std::string, std::uint64_t> amounts; ///< hard: the node has so much free, per replica
  std::vector<std::string> regions;             ///< hard: one of these; empty: any
  std::string near;                             ///< soft: rather in this region

  [[nodiscard]] bool any() const noexcept {
    return !labels.empty() || !amounts.empty() || !regions.empty() || !near.empty();
  }
  friend bool operator==(const placement_needs&, const placement_needs&) = default;
};

/// How many replicas of an agent there are to be, by its load.
struct scaling_spec {
  std::uint32_t min_replicas = 1;
  std::uint32_t max_replicas = 1;
  double target = 1.0;          ///< calls, working and waiting, per slot
  double tolerance = 0.1;       ///< no change within this share of the target
  milliseconds cool_down{5000}; ///< between two changes upwards
  milliseconds stable{60000};   ///< fewer replicas only when as few were enough for so long
  std::uint32_t step_max = 4;   ///< upwards at once: twice as many, or so many more, the larger
  friend bool operator==(const scaling_spec&, const scaling_spec&) = default;
};

/// The whole of an agent as its team declares it.
struct agent_spec {
  agent_card card;
  std::uint32_t replicas = 1;          ///< with `scaling`: the least
  std::optional<scaling_spec> scaling; ///< nothing: always `replicas`
  placement_needs placement;
  std::uint32_t slots = 1;          ///< calls at the same time, per replica
  std::uint32_t queue_limit = 1000; ///< calls waiting, per replica
  milliseconds timeout{30000};      ///< for one call
  restart_type restart = restart_type::permanent;
  std::vector<std::string>
      reads; ///< context fields it is shown; nothing else of the context reaches it
  std::vector<std::string> writes;   ///< context fields it may set
  double min_confidence = 0;         ///< answers below it fail as `low_confidence`
  std::vector<std::string> fallback; ///< as in `plan_node`
  json takes; ///< JSON Schema of {"skill", "text", "input", "context"}; null: anything
  json gives; ///< JSON Schema of {"text", "data", "confidence"}; null: anything
  std::optional<breaker_spec> breaker; ///< instead of the domain's
  std::string provider; ///< whom it depends on; agents with the same one share a breaker
  std::uint32_t shed_at =
      0; ///< gets no new work once the domain's overload has reached this stage; 0: never shed
  bool critical = false;             ///< goes on asking models when the limit of a day is used up
  std::vector<std::string> sanitize; ///< rules applied to the texts that it is given, in this order
  screen_spec screens;               ///< against being taken over, and against leaks
  json settings;           ///< what its kind needs: command, url, rules, function, queue, model
  knowledge_use knowledge; ///< which documents it answers from
  cache_spec cache;        ///< of its models' answers
  /// The version of the fleet since which it is what it is; 0: since the first. A later one is part
  /// of its address, so that it can stand beside its predecessor.
  std::uint64_t since = 0;
  friend bool operator==(const agent_spec&, const agent_spec&) = default;
};

/// The agent's name within its domain, as its address has it: `billing`, `billing@3` since
/// version 3.
[[nodiscard]] inline std::string name_in_address(const agent_spec& x) {
  return x.since == 0 ? x.card.name : x.card.name + "@" + std::to_string(x.since);
}

/// A call as the agent gets it. Shared and immutable.
struct agent_call {
  task_ptr about; ///< without `data.context`: what the agent may read of it is in `context`
  std::uint32_t step = 0;
  std::uint32_t attempt = 1;
  std::string skill;
  std::string text; ///< the part of the request that the step is about
  json input;       ///< the step's own input; "previous" holds the results it depends on
  json context;     ///< the fields of the context that the agent may read
  priority urgency = priority::medium;
  timestamp deadline = no_deadline;
  std::string idempotency_key; ///< the same for every attempt of the step; empty for agents that
                               ///< declare no effects
  bool query = false;          ///< do nothing: say whether the effect with this key has happened
                               ///< (`data.happened`), and its result
  std::uint64_t epoch =
      0; ///< of the shard's owner: who keeps effects may refuse an older one than it has seen
};

using agent_call_ptr = std::shared_ptr<const agent_call>;

/// A native agent: called on a worker thread with the call and a token that is stopped at the
/// deadline or on cancellation. May throw: that is a crash of the agent, and its supervisor
/// restarts it. A new instance is made by the factory for each incarnation, so that whatever state
/// it captured starts afresh.
using native_function = std::function<outcome(const agent_call&, std::stop_token)>;
using native_factory = std::function<native_function(const agent_spec&)>;

/// Native agents by the name that `settings.function` uses. Fill it before a node starts; it is
/// only read afterwards.
class native_agents {
 public:
  /// Registers `make` under `name`; false if the name is taken. With `cheap`, the function is
  /// trusted to end within microseconds and runs on the actor's own thread instead of on the worker
  /// pool.
  bool add(std::string name, native_factory make, bool cheap = false) {
    return table_.emplace(std::move(name), entry{std::move(make), cheap}).second;
  }
  struct entry {
    native_factory make;
    bool cheap = false;
  };
  [[nodiscard]] const entry* find(std::string_view name) const {
    auto i = table_.find(name);
    return i == table_.end() ? nullptr : &i->second;
  }

 private:
  std::map<std::string, entry, std::less<>> table_;
};

/// A plugin's entry point: `extern "C" void troupe_plugin(void* host)` with a
/// `troupe::plugin_host*`; beside it `extern "C" const char* troupe_plugin_abi()` returns
/// `troupe::plugin_abi`.
struct plugin_host {
  native_agents* agents = nullptr;
  std::string data_dir;  ///< a folder that the plugin may write to
  std::string fleet_dir; ///< the folder that the fleet was loaded from
};
inline constexpr const char* plugin_abi = "troupe-plugin-1";

} // namespace troupe
