#pragma once

#include "actors/question_messages.hpp"
#include "actors/task_messages.hpp"
#include "actors/tree_messages.hpp"
#include "nodes/client.hpp"
#include "nodes/doors/api.hpp"
#include "nodes/doors/http_server.hpp"
#include "nodes/subjects.hpp"
#include "tests/nodes/raw_client.hpp"

#include <atomic>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace troupe::test {

/// A node that does what the test says. Tasks end at once, unless `hold` is set: then when the test
/// says so.
class fake_client : public client {
 public:
  bool hold = false;
  refused refuse_with;
  std::size_t waiting_for_people = 1; ///< so many questions are listed
  std::uint64_t submit(task_request what, task_handlers h) override {
    std::unique_lock lock{mutex_};
    if (refuse_with.why != refusal::none) {
      const auto why = refuse_with;
      lock.unlock();
      h.refused_(why);
      return ++numbers_;
    }
    last = what;
    auto t = std::make_shared<task>();
    t->id = "t" + std::to_string(++made_);
    t->domain = what.domain.empty() ? "support" : what.domain;
    t->text = what.text;
    t->skill = what.skill;
    t->data = what.data;
    t->who = what.who;
    t->context_id = what.context_id;
    t->trace_id = what.trace_id;
    t->created = timestamp{microseconds{1000000}};
    t->deadline = timestamp{microseconds{900000000}};
    auto r = std::make_shared<task_record>();
    r->what = t;
    r->updated = t->created;
    records_[t->id] = r;
    const auto number = ++numbers_;
    if (hold)
      handlers_[number] = {t->id, h};
    lock.unlock();
    if (h.accepted) {
      task_accepted said;
      said.id = t->id;
      h.accepted(said);
    }
    if (!hold)
      finish(t->id, h);
    return number;
  }
  std::uint64_t watch(std::string id, task_handlers h) override {
    std::lock_guard lock{mutex_};
    handlers_[++numbers_] = {std::move(id), std::move(h)};
    return numbers_;
  }
  void forget(std::uint64_t number) override {
    std::lock_guard lock{mutex_};
    handlers_.erase(number);
    forgotten.insert(number);
  }
  void ask_nodes(survey_question what, reply<survey_answers> then) override {
    asked = what;
    if (!what.only.empty() && what.only != "n1")
      return then({}, {refusal::unknown_node, "there is no node '" + what.only + "'", {}});
    survey_answers said{{"n1", "eu", {}, {}}};
    const auto subjects = subjects_of(*this, {search_logs, last_messages});
    const auto subject = subjects.find(what.subject);
    if (subject == subjects.end())
      said[0].missing = {refusal::invalid_request, "no such subject", {}};
    else {
      std::promise<void> done;
      subject->second(what.query, [&](json answer, const refused& why) {
        said[0].answer = std::move(answer);
        said[0].missing = why;
        done.set_value();
      });
      done.get_future().wait();
    }
    said.insert(said.end(), others.begin(), others.end());
    then(std::move(said), {});
  }
  survey_question asked;                          ///< the last one
  std::function<json(const json&)> search_logs;   ///< this node's
  std::function<json(const json&)> last_messages; ///< likewise
  survey_answers others;                          ///< what further nodes say, whatever is asked
  std::vector<shard_view> shards() const override { return owned; }
  std::vector<shard_view> owned;
  void drain(bool on, reply<drain_state> then, std::string told_by) override {
    drained = (on ? "drain by " : "undrain by ") + told_by;
    then({on, false, 3, 2, {}}, {});
  }
  std::string drained; ///< the last order of that kind
  void order(std::string agent, agent_order what, reply<std::vector<agent_view>> then,
             std::string) override {
    if (refuse_with.why != refusal::none)
      return then({}, refuse_with);
    agent_view x;
    x.name = agent;
    x.state = what == agent_order::drain ? health::draining : health::up;
    x.breaker = {breaker_state::open, "5 failures in 120 s", timestamp{microseconds{1000000}}};
    ordered = agent + " " + std::string{to_string(what)};
    then({std::move(x)}, {});
  }
  std::string ordered; ///< the last order
  void find_task(std::string id, reply<task_record_ptr> then) override {
    task_record_ptr out;
    {
      std::lock_guard lock{mutex_};
      if (const auto hit = records_.find(id); hit != records_.end())
        out = hit->second;
    }
    then(out, {});
  }
  void list_tasks(task_filter f, reply<std::vector<task_record_ptr>> then) override {
    std::vector<task_record_ptr> out;
    {
      std::lock_guard lock{mutex_};
      for (const auto& [id, r] : records_)
        if ((!f.state || *f.state == r->state) &&
            (f.domain.empty() || f.domain == r->what->domain) &&
            is_within(r->what->domain, f.within) && r->what->created < f.before &&
            out.size() < f.limit)
          out.push_back(r);
    }
    then(std::move(out), {});
  }
  std::string cancelled; ///< the last one, and why
  void cancel(std::string id, std::string why, reply<task_record_ptr> then) override {
    task_record_ptr out;
    {
      std::lock_guard lock{mutex_};
      cancelled = id + ": " + why;
      if (const auto hit = records_.find(id); hit != records_.end())
        out = hit->second;
    }
    if (!out)
      then(nullptr, {refusal::unknown_task, "no such task", {}});
    else if (is_final(out->state))
      then(nullptr, {refusal::conflict, "the task has ended", {}});
    else
      then(out, {});
  }
  void find_session(std::string id, reply<session_found> then, domain_scope) override {
    session_found out;
    if (id == "s1") {
      auto s = std::make_shared<session_snapshot>();
      s->id = id;
      s->domain = "support";
      out.what = std::move(s);
      out.shard = 5;
    }
    then(std::move(out), {});
  }
  void list_sessions(std::size_t, reply<std::vector<std::shared_ptr<const session_snapshot>>> then,
                     domain_scope) override {
    auto s = std::make_shared<session_snapshot>();
    s->id = "s1";
    then({s}, {});
  }
  void tree(reply<std::shared_ptr<const tree_node>> then) override {
    auto root = std::make_shared<tree_node>();
    root->id = "node";
    root->children.push_back({"support", "supervisor", "one_for_one", "up", 2, {}});
    then(root, {});
  }
  void questions(std::string queue, reply<std::vector<question_ptr>> then) override {
    std::vector<question_ptr> all;
    for (std::size_t i = 1; i <= waiting_for_people; ++i) {
      auto q = std::make_shared<question>();
      q->id = "t" + std::to_string(i) + ":0:1";
      q->queue = queue;
      all.push_back(std::move(q));
    }
    then(std::move(all), {});
  }
  void claim(std::string id, std::string by, reply<question_ptr> then) override {
    auto q = std::make_shared<question>();
    q->id = std::move(id);
    q->claimed_by = std::move(by);
    then(q, {});
  }
  void answer(std::string id, std::string by, outcome x, reply<question_ptr> then) override {
    if (refuse_with.why != refusal::none)
      return then(nullptr, refuse_with);
    {
      std::lock_guard lock{mutex_};
      answered = std::move(x);
    }
    claim(std::move(id), std::move(by), std::move(then));
  }
  void effects(effect_filter filter, reply<std::vector<stored_effect>> then) override {
    if (refuse_with.why != refusal::none)
      return then({}, refuse_with);
    asked_effects = filter;
    then(ledger, {});
  }
  void costs(cost_question what, reply<cost_answer> then) override {
    if (refuse_with.why != refusal::none)
      return then({}, refuse_with);
    asked_costs = what;
    cost_answer out = spent;
    std::erase_if(out.rows, [&](const cost_row& x) {
      return !is_within(x.of(cost_part::domain), what.asked.within);
    });
    then(std::move(out), {});
  }
  cost_question asked_costs; ///< the last one
  cost_answer spent;
  effect_filter asked_effects;
  std::vector<stored_effect> ledger;
  std::vector<agent_view> agents() const override { return {}; }
  member_table nodes() const override { return members; }
  std::vector<region_traffic> traffic() const override { return carried; }
  std::vector<region_traffic> carried;
  void return_region(std::string home, reply<member_table> then) override {
    if (refuse_with.why != refusal::none)
      return then({}, refuse_with);
    ordered = "return " + home;
    then(members, {});
  }
  const fleet_spec& fleet() const override { return known; }
  fleet_spec& declared() { return known; }
  bool ready() const override { return is_ready; }
  bool stores() const override { return does_store; }
  std::string metrics() const override { return "troupe_up 1\n"; }

  // -- what the test does -----------------------------------------------------

  /// Puts a record in place of the one of its task, and tells those who watch.
  void put(const std::shared_ptr<task_record>& r) { tell(r, r); }
  /// The same, but those who watch are told of `heard`.
  void tell(const std::shared_ptr<task_record>& r, const task_record_ptr& heard) {
    std::vector<task_handlers> told;
    {
      std::lock_guard lock{mutex_};
      records_[r->what->id] = r;
      for (const auto& [number, w] : handlers_)
        if (w.id == r->what->id)
          told.push_back(w.handlers);
    }
    for (const auto& h : told) {
      if (is_final(r->state) ? !!h.ended : !!h.progressed)
        (is_final(r->state) ? h.ended : h.progressed)(heard);
    }
  }
  void end(const std::string& id) { put(ended(id)); }
  std::shared_ptr<task_record> copy(const std::string& id) {
    std::lock_guard lock{mutex_};
    return std::make_shared<task_record>(*records_.at(id));
  }
  [[nodiscard]] std::size_t watchers() {
    std::lock_guard lock{mutex_};
    return handlers_.size();
  }
  task_request last;
  outcome answered;
  member_table members;
  fleet_spec known; ///< set before the first request
  std::atomic<bool> is_ready{true};
  std::atomic<bool> does_store{true};
  std::set<std::uint64_t> forgotten;

 private:
  std::shared_ptr<task_record> ended(const std::string& id) {
    auto r = copy(id);
    r->state = task_state::completed;
    r->phase = task_phase::ended;
    r->result =
        std::make_shared<outcome>(outcome{"done: " + r->what->text, nullptr, 1, false, {}, {}});
    return r;
  }
  void finish(const std::string& id, const task_handlers& h) {
    auto r = ended(id);
    {
      std::lock_guard lock{mutex_};
      records_[id] = r;
    }
    if (h.ended)
      h.ended(r);
  }
  struct watcher {
    std::string id;
    task_handlers handlers;
  };
  std::mutex mutex_;
  std::map<std::string, task_record_ptr> records_;
  std::map<std::uint64_t, watcher> handlers_;
  std::uint64_t made_ = 0;
  std::uint64_t numbers_ = 0;
};

/// A server in front of a fake node.
struct door {
  explicit door(http_settings settings = {}, api_settings more = {})
      : server(settings, make_api(node, std::move(more))) {
    server.start();
  }
  fake_client node;
  http_server server;
  [[nodiscard]] std::uint16_t port() const { return server.port(); }
};

} // namespace troupe::test
