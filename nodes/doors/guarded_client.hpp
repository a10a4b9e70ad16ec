#pragma once

#include "actors/question_messages.hpp"
#include "actors/task_messages.hpp"
#include "actors/tree_messages.hpp"
#include "nodes/client.hpp"
#include "nodes/doors/access.hpp"

#include <memory>

namespace troupe {

/// The node as the bearer of a key sees it: what lies in domains where he may not do `as` is not
/// there, in the very words in which the node speaks of what does not exist. What he changes is on
/// record under his key before it is done, or it is not done. Hold it as long as it is listened to.
class guarded_client final : public client {
 public:
  guarded_client(client& node, pass_ptr pass, access_scope as, access_settings settings);

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
  void return_region(std::string home, reply<member_table> then) override;
  [[nodiscard]] std::vector<region_traffic> traffic() const override;
  [[nodiscard]] json learned(const domain_spec& domain) const override {
    return who_->sees(domain.path) ? node_.learned(domain) : json::array();
  }
  [[nodiscard]] std::vector<shard_view> shards() const override { return node_.shards(); }
  [[nodiscard]] std::vector<agent_view> agents() const override;
  [[nodiscard]] member_table nodes() const override { return node_.nodes(); }
  [[nodiscard]] const fleet_spec& fleet() const override { return node_.fleet(); }
  [[nodiscard]] fleet_version_ptr version() const override { return node_.version(); }
  [[nodiscard]] std::map<std::string, std::uint64_t> version_of_nodes() const override {
    return node_.version_of_nodes();
  }
  /// Takes `admin` for the domain, or for the fleet.
  void reload(reload_fleet what, reply<fleet_reloaded> then) override;
  void versions(reply<versions_viewed> then) override { node_.versions(std::move(then)); }
  [[nodiscard]] bool ready() const override { return node_.ready(); }
  [[nodiscard]] bool stores() const override { return node_.stores(); }
  [[nodiscard]] std::string metrics() const override { return node_.metrics(); }

 private:
  /// What the callbacks need, which outlive the request.
  struct rights {
    pass_ptr pass;
    access_scope as;
    [[nodiscard]] bool sees(std::string_view domain) const noexcept {
      return pass->allows(as, domain);
    }
    /// Where the bearer sees anything: what is read is read there alone, so that nothing of others
    /// takes its place. What is told is looked at again all the same.
    [[nodiscard]] std::optional<domain_scope> scope() const { return scope_of(pass->key(), as); }
  };
  [[nodiscard]] static task_handlers only_while_good(std::shared_ptr<const rights> who,
                                                     task_handlers from);
  /// Puts `does` on record under the key; `then` is not called without it.
  template <class T>
  void recorded(const char* does, json about, const reply<T>& refused_, std::function<void()> then);
  /// Calls `then` if the question is one that the bearer may answer.
  void with_question(std::string id, const reply<question_ptr>& refused_,
                     std::function<void()> then);

  client& node_;
  std::shared_ptr<const rights> who_;
  access_settings settings_;
};

/// The domains of `fleet` in which the pass allows `what`, each with all that is within it; all of
/// them without a pass.
[[nodiscard]] std::vector<const domain_spec*>
domains_for(const fleet_spec& fleet, const access_pass* pass, access_scope what);

} // namespace troupe
