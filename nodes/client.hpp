#pragma once

#include "actors/cluster_messages.hpp"
#include "actors/cluster_view.hpp"
#include "actors/fleet_keeper.hpp"
#include "actors/question_messages.hpp"
#include "actors/survey.hpp"
#include "actors/task_messages.hpp"
#include "actors/tree_messages.hpp"
#include "src/store/store.hpp"

#include <troupe/domain_path.hpp>
#include <troupe/fleet.hpp>
#include <troupe/member.hpp>
#include <troupe/standing_order.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// A question about what was spent on models.
struct cost_question {
  cost_query asked;       ///< both ends of the period are set
  std::size_t most = 100; ///< rows
};

struct cost_answer {
  std::vector<cost_row> rows;
  std::vector<cost_row> before; ///< of the period of the same length before
  std::vector<json> limits;     ///< on days, as the asked node knows them
};

/// A task as somebody outside asks for it; what is left empty is filled in from the fleet and the
/// domain.
struct task_request {
  std::string domain; ///< empty: the fleet's entry
  std::string skill;
  std::string text;
  json data;              ///< an object, or null; `data.context` holds fields for the typed context
  std::string context_id; ///< the session; empty: none
  std::string home;       ///< region that a new session is to be at home in; empty: the door's
  customer who;
  std::optional<priority> urgency;
  std::optional<durability> keep;
  milliseconds timeout{0}; ///< also while people are asked; zero: the domain's, which is not
  std::string idempotency_key;
  std::string trace_id; ///< 32 hexadecimal digits; empty: a new one
};

/// What a caller hears of a task. Each runs on an actor's thread: keep it short, hand longer work
/// elsewhere, and do not throw. `refused` and `ended` are final; after one of them nothing more is
/// heard.
struct task_handlers {
  std::function<void(const task_accepted&)> accepted;
  std::function<void(const refused&)> refused_;
  /// Asked for by setting it. The record's history has what is new: all so far for who begins to
  /// watch, then one event at a time.
  std::function<void(const task_record_ptr&)> progressed;
  /// Of a task that another node has worked on the record has neither plan nor history, but for its
  /// newest event; `find_task` has them.
  std::function<void(const task_record_ptr&)> ended;
};

/// An agent's card with its gauges at this moment.
struct agent_view {
  std::string name; ///< `domain/agent`, with `#n` for a replica
  std::shared_ptr<const agent_spec> spec;
  health state = health::down;
  std::string why; ///< it is not there, if that is known
  std::uint32_t load = 0;
  std::uint64_t served = 0;
  std::uint64_t failed = 0;
  float success_rate = 1;
  std::uint64_t incarnation = 0;
  shared_breaker::view breaker;          ///< of its own
  shared_breaker::view provider;         ///< of whom it depends on
  std::optional<standing_order> ordered; ///< what a person has said of it
  std::string node;                      ///< where it lives; empty: nobody sits there now
  timestamp paused_until{}; ///< a limit on what may be spent has stopped it; `{}`: none has
  std::string paused_by{};  ///< that limit, in words
};

/// An orchestrator that this node runs: it owns a shard of a domain.
struct shard_view {
  std::string domain;
  std::uint32_t shard = 0;
  std::uint64_t incarnation = 0;
  timestamp since{};
};

/// What a person may want of an agent.
enum class agent_order : std::uint8_t {
  drain,      ///< ends what it has and takes nothing new
  quarantine, ///< takes nothing new, until it is returned
  return_,    ///< back to service: serving, with its breaker closed
  restart,    ///< replaced at once; what it works on is tried again
  stop,       ///< ended, with what it works on, until it is started
  start,      ///< after `stop`
};

template <>
struct enum_names<agent_order> {
  static constexpr std::array<std::string_view, 6> value{"drain",   "quarantine", "return",
                                                         "restart", "stop",       "start"};
};

/// The node as its doors and embedding applications talk to it. Thread safe. Every callback is
/// called exactly once (those of `task_handlers`: as said there), at the latest after
/// `request_timeout`, with `refusal::timeout` then; also when the node stops, with
/// `refusal::stopping`.
class client {
 public:
  static constexpr milliseconds request_timeout{5000};
  template <class T>
  using reply = std::function<void(T, const refused&)>;

  virtual ~client() = default;

  /// Submits a task. The number returned lets the caller `forget` it.
  virtual std::uint64_t submit(task_request what, task_handlers handlers) = 0;
  /// Hears of a task that exists; `refused_` with `unknown_task` if it does not. A task that has
  /// ended is told at once.
  virtual std::uint64_t watch(std::string id, task_handlers handlers) = 0;
  /// Nothing more is heard of what `submit` or `watch` numbered so. A callback that runs right now
  /// may still finish.
  virtual void forget(std::uint64_t number) = 0;

  virtual void find_task(std::string id, reply<task_record_ptr> then) = 0;
  /// Newest first.
  virtual void list_tasks(task_filter filter, reply<std::vector<task_record_ptr>> then) = 0;
  /// Answers with the record as it is when the cancellation has been taken in; `conflict` if the
  /// task has ended.
  virtual void cancel(std::string id, std::string why, reply<task_record_ptr> then) = 0;
  /// A domain's conversation of this id; domains may have one each. `within`: only of these.
  virtual void find_session(std::string id, reply<session_found> then,
                            domain_scope within = {}) = 0;
  virtual void list_sessions(std::size_t limit,
                             reply<std::vector<std::shared_ptr<const session_snapshot>>> then,
                             domain_scope within = {}) = 0;
  /// Of this node.
  virtual void tree(reply<std::shared_ptr<const tree_node>> then) = 0;
  virtual void questions(std::string queue, reply<std::vector<question_ptr>> then) = 0;
  virtual void claim(std::string id, std::string by, reply<question_ptr> then) = 0;
  virtual void answer(std::string id, std::string by, outcome x, reply<question_ptr> then) = 0;

  /// Lines of the effect ledger, newest task first. `invalid_request` when nothing is stored here.
  virtual void effects(effect_filter filter, reply<std::vector<stored_effect>> then) = 0;

  /// What was spent on models by all nodes, and the limits on the day. `invalid_request` when
  /// nothing is stored here.
  virtual void costs(cost_question what, reply<cost_answer> then) {
    (void)what;
    then({}, {refusal::invalid_request, "this node stores nothing", {}});
  }

  /// Does this at this node to the agent `domain/agent`, with all its replicas, or to the one
  /// replica `domain/agent#n`; answers with those that live here, as they stand then.
  /// `invalid_request` if there is no such agent. All but `restart` is stored and stands when the
  /// node is started again; `busy` when it has been done but the store has not taken it yet.
  /// `told_by`: the node that was asked and has the order in its audit trail; empty: this one.
  virtual void order(std::string agent, agent_order what, reply<std::vector<agent_view>> then,
                     std::string told_by = {}) = 0;
  /// Asks all nodes of the cluster something, see `survey`; a node that is alone asks itself.
  virtual void ask_nodes(survey_question what, reply<survey_answers> then) = 0;
  /// This node gives away what it owns and gets nothing new, or takes its share again; see
  /// `drain_node`. Saying it again changes nothing. `conflict` when it cannot be drained.
  /// `told_by`: the node that was asked, for the audit trail.
  virtual void drain(bool on, reply<drain_state> then, std::string told_by = {}) = 0;
  /// What routing has learned of the agents of a domain, as this node knows it: for each intent its
  /// arms, the best first.
  [[nodiscard]] virtual json learned(const domain_spec& domain) const {
    (void)domain;
    return json::array();
  }
  /// The shards that this node owns.
  [[nodiscard]] virtual std::vector<shard_view> shards() const = 0;
  /// As this node sees them, wherever they live.
  [[nodiscard]] virtual std::vector<agent_view> agents() const = 0;
  /// The nodes of the cluster as this one saw them last; a node that is alone is the only one.
  [[nodiscard]] virtual member_table nodes() const = 0;
  /// What this node has sent to which region since it started; nothing when it is alone.
  [[nodiscard]] virtual std::vector<region_traffic> traffic() const = 0;
  /// Lets the home region `home` work for its own sessions again: answers with what the duties are
  /// then. `conflict` when it does so already, or nobody is there; `invalid_request` for an unknown
  /// one.
  virtual void return_region(std::string home, reply<member_table> then) = 0;
  /// As the node was started with it: what no new version changes.
  [[nodiscard]] virtual const fleet_spec& fleet() const = 0;
  /// The version of the fleet that new tasks are accepted under, to be kept while something of it
  /// is used; null: there are none.
  [[nodiscard]] virtual fleet_version_ptr version() const { return nullptr; }
  /// The fleet as new tasks find it.
  [[nodiscard]] std::shared_ptr<const fleet_spec> fleet_now() const {
    if (const auto now = version())
      return {now, &now->fleet};
    return {std::shared_ptr<void>{}, &fleet()};
  }
  /// The version that each node goes by, as far as this one knows.
  [[nodiscard]] virtual std::map<std::string, std::uint64_t> version_of_nodes() const { return {}; }
  /// Makes a new version of the fleet, see `reload_fleet`; it may take up to `reload_timeout`. What
  /// is wrong with the folder is in the answer. `conflict` when this node cannot make one.
  virtual void reload(reload_fleet what, reply<fleet_reloaded> then) {
    (void)what;
    then({}, {refusal::conflict, "this node's fleet came from no folder", {}});
  }
  static constexpr milliseconds reload_timeout{95000};
  virtual void versions(reply<versions_viewed> then) {
    then({}, {refusal::conflict, "this node's fleet came from no folder", {}});
  }
  /// All actors of the tree have started and what was interrupted has been taken up again.
  [[nodiscard]] virtual bool ready() const = 0;
  /// False: what has to be stored is refused at the moment, in one of its shards at least.
  [[nodiscard]] virtual bool stores() const { return true; }
  /// Metrics in the text format of Prometheus.
  [[nodiscard]] virtual std::string metrics() const = 0;
};

} // namespace troupe
