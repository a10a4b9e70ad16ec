#pragma once

#include "actors/front_desk.hpp"
#include "actors/node_parts.hpp"
#include "actors/question_messages.hpp"
#include "actors/task_messages.hpp"
#include "actors/tree_messages.hpp"
#include "nodes/client.hpp"

#include <atomic>
#include <memory>

namespace troupe {

/// What is said to whoever asks a node that has not begun, or has ended.
[[nodiscard]] inline refused nobody_there() {
  return {refusal::stopping, "the node is not running", {}};
}

/// The client of a node in the same process: turns requests into tasks and hands them to the front
/// desk.
class node_client final : public client {
 public:
  node_client(parts_ptr parts, seat_ptr desk, seat_ptr root, caf::actor_system& sys, bool stores);

  std::uint64_t submit(task_request what, task_handlers handlers) override;
  std::uint64_t watch(std::string id, task_handlers handlers) override;
  void forget(std::uint64_t number) override;
  void find_task(std::string id, reply<task_record_ptr> then) override;
  void list_tasks(task_filter filter, reply<std::vector<task_record_ptr>> then) override;
  void cancel(std::string id, std::string why, reply<task_record_ptr> then) override;
  void find_session(std::string id, reply<session_found> then, domain_scope within) override;
  void list_sessions(std::size_t limit,
                     reply<std::vector<std::shared_ptr<const session_snapshot>>> then,
                     domain_scope within) override;
  void tree(reply<std::shared_ptr<const tree_node>> then) override;
  void questions(std::string queue, reply<std::vector<question_ptr>> then) override;
  void claim(std::string id, std::string by, reply<question_ptr> then) override;
  void answer(std::string id, std::string by, outcome x, reply<question_ptr> then) override;
  void effects(effect_filter filter, reply<std::vector<stored_effect>> then) override;
  void costs(cost_question what, reply<cost_answer> then) override;
  void order(std::string agent, agent_order what, reply<std::vector<agent_view>> then,
             std::string told_by) override;
  void ask_nodes(survey_question what, reply<survey_answers> then) override;
  void drain(bool on, reply<drain_state> then, std::string told_by) override;
  [[nodiscard]] json learned(const domain_spec& domain) const override;
  [[nodiscard]] std::vector<shard_view> shards() const override;
  [[nodiscard]] std::vector<agent_view> agents() const override;
  [[nodiscard]] member_table nodes() const override;
  [[nodiscard]] std::vector<region_traffic> traffic() const override;
  void return_region(std::string home, reply<member_table> then) override;
  [[nodiscard]] const fleet_spec& fleet() const override { return parts_->fleet; }
  [[nodiscard]] fleet_version_ptr version() const override { return parts_->current(); }
  [[nodiscard]] std::map<std::string, std::uint64_t> version_of_nodes() const override {
    return parts_->versions->nodes();
  }
  void reload(reload_fleet what, reply<fleet_reloaded> then) override;
  void versions(reply<versions_viewed> then) override;
  [[nodiscard]] bool ready() const override;
  [[nodiscard]] bool stores() const override;
  [[nodiscard]] std::string metrics() const override;

  /// A task for `what` that is at home in the region `home`, complete and with its orchestrator; a
  /// refusal when there is no such domain.
  [[nodiscard]] static refused make_task(const node_parts& parts, const task_request& what,
                                         timestamp now, std::uint64_t dice, bool stores,
                                         task_ptr& out, seat_ptr& where,
                                         std::string_view home = {});
  /// `invalid_input` when the request asks for a skill directly, and no agent that offers it takes
  /// such input.
  [[nodiscard]] static refused check_input(const node_parts& parts, const task_request& what);

 private:
  /// Asks first where the task is at home.
  void submit_at_home(std::uint64_t number, task_request what, task_handlers handlers);
  /// Masks the secrets that a request repeats: nothing that holds one gets any further.
  void mask(std::string& text, json& data) const;
  /// What changes something is on record before it is done, or it is not done: `then` gets a
  /// refusal when it cannot be recorded. At once when the node keeps no store.
  void recorded(store_write record, std::function<void(const refused&)> then) const;
  /// Runs `f` on the front desk; false, and `f` is gone, when nobody sits there.
  bool at_desk(std::function<void(front_desk_state&)> f) const;
  [[nodiscard]] timestamp now() const;

  parts_ptr parts_;
  seat_ptr desk_;
  seat_ptr root_;
  caf::actor_system& system_;
  bool stores_;
  std::atomic<std::uint64_t> numbers_{0};
  std::atomic<std::uint64_t> dice_;
};

} // namespace troupe
