#pragma once

#include <troupe/agent.hpp>
#include <troupe/budget.hpp>
#include <troupe/clock.hpp>
#include <troupe/event.hpp>
#include <troupe/knowledge.hpp>
#include <troupe/learning.hpp>
#include <troupe/model.hpp>
#include <troupe/plan.hpp>
#include <troupe/screen.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// How many restarts a supervisor bears within a period before it gives up (OTP: intensity and
/// period), and how long it waits before the second and later ones. The first restart is always
/// immediate.
struct restart_intensity {
  std::uint32_t max_restarts = 5;
  milliseconds period{10000};
  milliseconds min_backoff{50};
  milliseconds max_backoff{5000};
  friend bool operator==(const restart_intensity&, const restart_intensity&) = default;
};

enum class supervision : std::uint8_t { one_for_one, one_for_all, rest_for_one };

template <>
struct enum_names<supervision> {
  static constexpr std::array<std::string_view, 3> value{"one_for_one", "one_for_all",
                                                         "rest_for_one"};
};

/// What the tier of a customer changes.
struct tier_spec {
  int raise = 0;                          ///< how many steps more urgent (negative: less)
  std::optional<route_strategy> strategy; ///< instead of the domain's
  double min_quality = 0;
  friend bool operator==(const tier_spec&, const tier_spec&) = default;
};

struct routing_spec {
  route_strategy strategy = route_strategy::least_loaded;
  double min_quality = 0; ///< candidates below it are passed over
  std::map<std::string, tier_spec, std::less<>> tiers;
  learning_spec learning; ///< of the strategy `learned`

  /// Somebody's steps are routed so.
  [[nodiscard]] bool uses(route_strategy which) const {
    if (strategy == which)
      return true;
    for (const auto& [name, tier] : tiers)
      if (tier.strategy == which)
        return true;
    return false;
  }
  /// Somebody's steps are routed by what is learned here.
  [[nodiscard]] bool learns() const { return uses(route_strategy::learned); }
  friend bool operator==(const routing_spec&, const routing_spec&) = default;
};

/// What an intent means to a domain.
struct intent_spec {
  std::string skill;  ///< asked of an agent here, or of `domain` when that is set
  std::string domain; ///< path of another domain
  priority urgency = priority::medium;
  std::vector<std::string>
      after; ///< intents whose steps must end first when they occur in the same message
  std::vector<std::string> fallback; ///< as in `plan_node`
  /// Passed over in a message that wants anything else as well, as a greeting is.
  bool alone = false;
  friend bool operator==(const intent_spec&, const intent_spec&) = default;
};

/// How a domain finds out what a message wants.
struct understanding_spec {
  std::string agent; ///< name of the triage agent; empty: the domain does not understand free text
  std::string unclear; ///< skill or `human:queue` asked when the message stays unclear
  std::map<std::string, intent_spec, std::less<>> intents;
  friend bool operator==(const understanding_spec&, const understanding_spec&) = default;
};

/// What happens to a message that arrives while the session still works on the one before.
enum class when_busy : std::uint8_t { queue, reject, interrupt };

template <>
struct enum_names<when_busy> {
  static constexpr std::array<std::string_view, 3> value{"queue", "reject", "interrupt"};
};

struct session_spec {
  when_busy busy = when_busy::queue;
  std::uint32_t queue_limit = 16;                  ///< waiting messages per session
  std::uint32_t history_limit = 20;                ///< turns kept as history
  milliseconds idle_limit{std::chrono::hours{24}}; ///< forgotten from memory afterwards
  friend bool operator==(const session_spec&, const session_spec&) = default;
};

/// What happens when a step sets a field that another has set since the step began. The numbers go
/// nowhere.
enum class state_merge : std::uint8_t {
  none,    ///< equal values agree, others fail the later step as `contradiction`
  replace, ///< the later one counts
  sum,     ///< numbers: what both added
  lowest,
  highest,
  together, ///< arrays: all elements, each once; objects: key by key, a key with two values is a
            ///< contradiction
};

template <>
struct enum_names<state_merge> {
  static constexpr std::array<std::string_view, 6> value{"none",   "replace", "sum",
                                                         "lowest", "highest", "together"};
};

/// A field of the typed context.
struct context_field {
  std::string type = "string"; ///< string, number, integer, boolean, object, array
  state_merge merge = state_merge::none;
  bool ephemeral = false; ///< known while the task runs; neither its session nor its parent sees it
  bool fact = false;      ///< once it is set, an answer that says otherwise is a contradiction
  std::vector<std::string>
      said_as; ///< with `fact`: JSON pointers into `data` where answers say it, beside `/context`
  std::string description;
  friend bool operator==(const context_field&, const context_field&) = default;
};

/// From which share of its `max_tasks` on a domain is in which stage of overload, lowest first:
/// stage 1 begins at the first share, and so on. Agents name the stage at which they are shed;
/// requests less urgent than `refuse_below` are refused from the last stage on.
struct overload_spec {
  std::vector<double> stages{0.7, 0.85, 0.95};
  priority refuse_below = priority::medium;
  friend bool operator==(const overload_spec&, const overload_spec&) = default;
};

/// What is taken out of the texts that agents with effects are given.
struct sanitize_rule {
  std::string name;
  std::string pattern; ///< RE2
  std::string replacement;
  friend bool operator==(const sanitize_rule&, const sanitize_rule&) = default;
};

/// A domain: what one team owns.
struct domain_spec {
  std::string path; ///< `support`, `support/refunds`
  std::string description;
  durability keep = durability::step;
  milliseconds task_timeout{120000};
  milliseconds step_timeout{30000};
  retry_spec retry;
  routing_spec routing;
  understanding_spec understanding;
  std::optional<plan_node> fixed_plan; ///< run for every task that asks for no skill
  std::map<std::string, plan_node, std::less<>> plans; ///< by skill: composite skills
  join answer = join::concatenate;
  std::string synthesiser; ///< skill here that makes one answer of several, for `answer: synthesis`
  session_spec sessions;
  std::map<std::string, context_field, std::less<>> context;
  supervision strategy = supervision::one_for_one;
  restart_intensity intensity;
  std::uint32_t max_tasks = 100000; ///< per shard; above it new tasks are refused
  /// Likewise: about how much memory the texts and data of a shard's open tasks may take together.
  std::uint64_t max_tasks_bytes = 256u << 20;
  failure_rules on_failure; ///< changes of the failure table
  std::string human_queue;  ///< who is asked when the failure table says so; empty: nobody
  std::uint32_t max_failed_agents = 0; ///< as in `plan`
  breaker_spec breaker;                ///< of each agent
  breaker_spec provider_breaker;       ///< of each provider
  overload_spec overload;
  std::vector<sanitize_rule> sanitize; ///< that agents may name
  screen_spec screens;                 ///< of its agents, unless they say otherwise
  bool client_tools = false; ///< whoever submits a task may bring tools that he runs himself
  std::optional<std::vector<std::string>> callers; ///< see `why_not_delegated`
  std::optional<std::vector<std::string>> exports; ///< likewise
  budget_limits budgets;                           ///< for it and the domains within it
  std::map<std::string, document_collection, std::less<>> knowledge; ///< documents, by name
  std::vector<agent_spec> agents;
  std::vector<domain_spec> domains; ///< sub-domains
  friend bool operator==(const domain_spec&, const domain_spec&) = default;
};

/// A process that the fleet keeps running beside its agents, because they need it.
struct service_spec {
  std::string name;
  std::vector<std::string> command;
  std::map<std::string, std::string> environment;
  std::string ready; ///< a URL that answers a GET with 2xx once it is ready; empty: it is at once
  milliseconds ready_within{10000}; ///< after the node's start; then it is not waited for any more
  friend bool operator==(const service_spec&, const service_spec&) = default;
};

/// A server of the Model Context Protocol that agents use tools of: a process that is started, or a
/// URL.
struct mcp_server_spec {
  std::string name;
  std::vector<std::string> command; ///< empty: `url` says where it is
  std::map<std::string, std::string> environment;
  std::string url;
  std::map<std::string, std::string> headers; ///< sent with each request
  std::vector<std::string> tools;             ///< the only ones that are used; empty: all
  effects does = effects::unsafe;             ///< of each tool that `each` does not name
  std::map<std::string, effects, std::less<>> each;
  bool take_defaults = false; ///< what is answered to questions for a person: the defaults, or no
  friend bool operator==(const mcp_server_spec&, const mcp_server_spec&) = default;
};

/// The HTTP doors of a node.
struct door_spec {
  std::string host = "127.0.0.1";
  std::uint16_t port = 7420;
  std::uint32_t body_max_bytes = 1u << 20;
  std::uint32_t connections_max = 4096;
  milliseconds header_timeout{5000};
  milliseconds body_timeout{10000};
  milliseconds wait_max{120000};       ///< the longest `?wait=`
  std::vector<std::string> push_hosts; ///< that notifications of tasks may be sent to
  friend bool operator==(const door_spec&, const door_spec&) = default;
};

/// A queue of people.
struct human_queue_spec {
  std::string name;
  milliseconds answer_timeout{std::chrono::hours{24}};
  json when_silent; ///< the answer that counts when nobody answers in time; null: denied, the step
                    ///< fails
  milliseconds claim_lease{std::chrono::minutes{15}};
  friend bool operator==(const human_queue_spec&, const human_queue_spec&) = default;
};

/// A region that sessions may have their home in.
struct region_plan {
  std::string name;
  std::vector<std::string> backups; ///< nearest first; others are never taken
  friend bool operator==(const region_plan&, const region_plan&) = default;
};

struct fleet_spec {
  std::string name;
  std::string dir;   ///< where it was loaded from
  std::string entry; ///< path of the domain that takes tasks which name none
  std::string node_id = "local";
  std::string region = "local";
  std::vector<std::string>
      node_labels; ///< what this node offers: `name`, `name=value` or `name=AMOUNT`
  std::vector<region_plan>
      regions; ///< in an order that is never changed; empty: regions play no part
  /// A home region that is back works for itself again after it has been there for so long;
  /// nothing: when told to.
  std::optional<milliseconds> region_return{std::chrono::minutes{1}};
  std::string data_dir = "troupe-data";
  std::string log_level = "info";
  std::uint32_t log_days = 30; ///< how long log lines are kept
  std::uint64_t max_log_bytes =
      0; ///< the oldest log lines go when the log is larger; 0: as the disk allows
  std::uint32_t task_days =
      30; ///< how long tasks that have ended, and idle sessions, are kept in the store
  std::uint64_t max_store_bytes = 0; ///< the oldest that has ended goes when the store is larger,
                                     ///< but nothing of the last 24 hours; 0: as the disk allows
  std::uint32_t shards = 8; ///< orchestrators per domain and home region; 256 in all at most
  std::uint32_t remembered_tasks =
      500; ///< finished tasks kept in memory, over all shards of a domain
  door_spec door;
  std::vector<std::string> plugins;
  std::vector<service_spec> services;
  std::vector<mcp_server_spec> mcp_servers;
  std::vector<human_queue_spec> human_queues;
  std::vector<provider_spec> providers; ///< of language models
  std::vector<model_spec> models;       ///< each of one of `providers`
  budget_rules budgets;
  vectors_spec vectors; ///< of sentences
  std::vector<domain_spec> domains;
};

} // namespace troupe
