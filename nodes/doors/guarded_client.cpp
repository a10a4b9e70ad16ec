#include "nodes/doors/guarded_client.hpp"

#include "actors/audit.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>

namespace troupe {

namespace {

const refused lost_key{
    refusal::unknown_task, "the key that this was asked with is no longer good", {}};

timestamp record_time() {
  return std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
}

/// Makes the ids of records unique within the process; the time does it between processes.
std::uint64_t next_record() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

} // namespace

guarded_client::guarded_client(client& node, pass_ptr pass, access_scope as,
                               access_settings settings)
    : node_(node)
    , who_(std::make_shared<const rights>(rights{std::move(pass), as}))
    , settings_(std::move(settings)) {}

task_handlers guarded_client::only_while_good(std::shared_ptr<const rights> who,
                                              task_handlers from) {
  // Of what is final only the first counts, also when several threads tell it.
  const auto over = std::make_shared<std::atomic<bool>>(false);
  const auto shared = std::make_shared<const task_handlers>(std::move(from));
  const auto end = [over, shared](const refused& why) {
    if (!over->exchange(true) && shared->refused_)
      shared->refused_(why);
  };
  const auto may_hear = [who, end](const task_record_ptr& record) {
    if (!who->pass->still_good())
      end(lost_key);
    else if (!who->sees(record->what->domain))
      end({refusal::unknown_task, "no such task, or it has been forgotten", {}});
    else
      return true;
    return false;
  };
  task_handlers out;
  out.accepted = shared->accepted;
  out.refused_ = end;
  if (shared->progressed)
    out.progressed = [=](const task_record_ptr& record) {
      if (!over->load() && may_hear(record))
        shared->progressed(record);
    };
  if (shared->ended)
    out.ended = [=](const task_record_ptr& record) {
      if (!over->load() && may_hear(record) && !over->exchange(true))
        shared->ended(record);
    };
  return out;
}

std::uint64_t guarded_client::submit(task_request what, task_handlers handlers) {
  const auto& domain = what.domain.empty() ? node_.fleet_now()->entry : what.domain;
  if (!who_->pass->allows(access_scope::submit, domain)) {
    if (handlers.refused_)
      handlers.refused_({refusal::unknown_domain, "there is no domain '" + domain + "'", {}});
    return 0;
  }
  return node_.submit(std::move(what), only_while_good(who_, std::move(handlers)));
}

std::uint64_t guarded_client::watch(std::string id, task_handlers handlers) {
  return node_.watch(std::move(id), only_while_good(who_, std::move(handlers)));
}

void guarded_client::forget(std::uint64_t number) {
  if (number != 0)
    node_.forget(number);
}

void guarded_client::find_task(std::string id, reply<task_record_ptr> then) {
  node_.find_task(std::move(id),
                  [who = who_, then](const task_record_ptr& record, const refused& why) {
                    const bool there = record && who->sees(record->what->domain);
                    if (there || (why.why != refusal::none && why.why != refusal::unknown_task))
                      then(there ? record : nullptr, why);
                    else
                      then(nullptr, {});
                  });
}

void guarded_client::list_tasks(task_filter filter, reply<std::vector<task_record_ptr>> then) {
  auto scope = who_->scope();
  if (!scope || (!filter.domain.empty() && !who_->sees(filter.domain)))
    return then({}, {});
  filter.within = *std::move(scope);
  node_.list_tasks(
      std::move(filter), [who = who_, then](std::vector<task_record_ptr> all, const refused& why) {
        std::erase_if(all, [&](const auto& r) { return !r || !who->sees(r->what->domain); });
        then(std::move(all), why);
      });
}

template <class T>
void guarded_client::recorded(const char* does, json about, const reply<T>& refused_,
                              std::function<void()> then) {
  const auto& key = who_->pass->key();
  const auto at = record_time();
  about["does"] = does;
  about["key"] = key.id;
  about["name"] = key.name;
  if (!key.team.empty())
    about["team"] = key.team;
  about["node"] = settings_.node;
  const auto id = "key/" + settings_.node + "/" + key.id + "/" +
                  std::to_string(at.time_since_epoch().count()) + "/" +
                  std::to_string(next_record());
  const refused lost{refusal::busy, "it cannot be put on record now, and so it was not done",
                     milliseconds{1000}};
  const bool taken =
      settings_.write &&
      settings_.write({audit_write(id, at, "key.used", std::move(about))},
                      [then = std::move(then), refused_, lost](const std::string& wrong) {
                        if (wrong.empty())
                          then();
                        else
                          refused_({}, lost);
                      });
  if (!taken)
    refused_({}, lost);
}

void guarded_client::cancel(std::string id, std::string why, reply<task_record_ptr> then) {
  node_.find_task(
      id, [self = *this, id, why, then](const task_record_ptr& record, const refused& no) mutable {
        if (no.why != refusal::none && no.why != refusal::unknown_task)
          return then(nullptr, no);
        if (!record || !self.who_->pass->allows(access_scope::submit, record->what->domain))
          return then(nullptr, {});
        self.recorded<task_record_ptr>(
            "cancel", {{"task", id}}, then,
            [&node = self.node_, id, why, then] { node.cancel(id, why, then); });
      });
}

void guarded_client::find_session(std::string id, reply<session_found> then, domain_scope) {
  auto scope = who_->scope();
  if (!scope)
    return then({}, {});
  node_.find_session(
      std::move(id),
      [who = who_, then](session_found found, const refused& why) {
        const bool there = found.what && who->sees(found.what->domain);
        if (there || (why.why != refusal::none && why.why != refusal::unknown_session))
          then(there ? std::move(found) : session_found{}, why);
        else
          then({}, {});
      },
      *std::move(scope));
}

void guarded_client::list_sessions(std::size_t limit,
                                   reply<std::vector<std::shared_ptr<const session_snapshot>>> then,
                                   domain_scope) {
  auto scope = who_->scope();
  if (!scope)
    return then({}, {});
  node_.list_sessions(
      limit,
      [who = who_, then](auto all, const refused& why) {
        std::erase_if(all, [&](const auto& s) { return !s || !who->sees(s->domain); });
        then(std::move(all), why);
      },
      *std::move(scope));
}

void guarded_client::tree(reply<std::shared_ptr<const tree_node>> then) {
  if (!who_->sees(""))
    return then(nullptr, {});
  node_.tree(std::move(then));
}

void guarded_client::effects(effect_filter filter, reply<std::vector<stored_effect>> then) {
  node_.effects(std::move(filter),
                [who = who_, then](std::vector<stored_effect> all, const refused& why) {
                  std::erase_if(all, [&](const auto& x) { return !who->sees(x.domain); });
                  then(std::move(all), why);
                });
}

void guarded_client::costs(cost_question what, reply<cost_answer> then) {
  auto scope = who_->scope();
  if (!scope)
    return then({}, {});
  what.asked.within = *std::move(scope);
  node_.costs(std::move(what), [who = who_, then](cost_answer said, const refused& why) {
    const auto hidden = [&](const cost_row& x) { return !who->sees(x.of(cost_part::domain)); };
    std::erase_if(said.rows, hidden);
    std::erase_if(said.before, hidden);
    then(std::move(said), why);
  });
}

void guarded_client::questions(std::string queue, reply<std::vector<question_ptr>> then) {
  node_.questions(std::move(queue),
                  [who = who_, then](std::vector<question_ptr> all, const refused& why) {
                    std::erase_if(all, [&](const auto& q) {
                      return !q || !who->pass->allows(access_scope::answer, q->domain);
                    });
                    then(std::move(all), why);
                  });
}

void guarded_client::with_question(std::string id, const reply<question_ptr>& refused_,
                                   std::function<void()> then) {
  questions({}, [id = std::move(id), refused_, then = std::move(then)](
                    const std::vector<question_ptr>& mine, const refused& why) {
    if (why.why != refusal::none)
      return refused_(nullptr, why);
    if (std::none_of(mine.begin(), mine.end(), [&](const auto& q) { return q->id == id; }))
      return refused_(nullptr, {refusal::unknown_question, "no open question " + id, {}});
    then();
  });
}

void guarded_client::claim(std::string id, std::string by, reply<question_ptr> then) {
  with_question(id, then, [self = *this, id, by, then]() mutable {
    self.recorded<question_ptr>("claim", {{"question", id}, {"by", by}}, then,
                                [&node = self.node_, id, by, then] { node.claim(id, by, then); });
  });
}

void guarded_client::answer(std::string id, std::string by, outcome x, reply<question_ptr> then) {
  const auto shared = std::make_shared<const outcome>(std::move(x));
  with_question(id, then, [self = *this, id, by, shared, then]() mutable {
    self.recorded<question_ptr>(
        "answer", {{"question", id}, {"by", by}}, then,
        [&node = self.node_, id, by, shared, then] { node.answer(id, by, *shared, then); });
  });
}

void guarded_client::order(std::string agent, agent_order what, reply<std::vector<agent_view>> then,
                           std::string told_by) {
  const auto slash = agent.rfind('/');
  const auto domain = agent.substr(0, slash == std::string::npos ? 0 : slash);
  if (!who_->pass->allows(access_scope::operate, domain))
    return then({}, {refusal::invalid_request, "there is no agent '" + agent + "'", {}});
  recorded<std::vector<agent_view>>(
      "order", {{"agent", agent}, {"order", to_string(what)}}, then,
      [&node = node_, agent, what, then, told_by] { node.order(agent, what, then, told_by); });
}

void guarded_client::ask_nodes(survey_question what, reply<survey_answers> then) {
  if (what.subject == "order") {
    const auto agent = what.query.value("agent", std::string{});
    const auto slash = agent.rfind('/');
    if (!who_->pass->allows(access_scope::operate,
                            agent.substr(0, slash == std::string::npos ? 0 : slash))) {
      survey_said nobody{node_.fleet().node_id, {}, {}, {}};
      nobody.missing = {refusal::invalid_request, "there is no agent '" + agent + "'", {}};
      return then({std::move(nobody)}, {});
    }
    json about{{"agent", agent}, {"order", what.query.value("order", std::string{})}};
    return recorded<survey_answers>(
        "order", std::move(about), then,
        [&node = node_, what = std::move(what), then] { node.ask_nodes(what, then); });
  }
  if (what.subject == "drain") {
    if (!who_->pass->allows(access_scope::operate, ""))
      return then({}, {refusal::unknown_node, "there is no node '" + what.only + "'", {}});
    json about{{"node", what.only}, {"on", what.query.value("on", true)}};
    return recorded<survey_answers>(
        "drain", std::move(about), then,
        [&node = node_, what = std::move(what), then] { node.ask_nodes(what, then); });
  }
  if (who_->sees(""))
    return node_.ask_nodes(std::move(what), std::move(then));
  // Of agents and lines those are left whose domain may be read; of trees nothing.
  const char* rows = what.subject == "agents"   ? "agents"
                     : what.subject == "logs"   ? "lines"
                     : what.subject == "shards" ? "shards"
                                                : nullptr;
  // Every node leaves out the others before it cuts what is too much; what it says is looked at
  // again here.
  auto scope = who_->scope();
  if (rows && scope)
    what.query["within"] = *std::move(scope);
  node_.ask_nodes(std::move(what), [who = who_, rows, then](survey_answers said,
                                                            const refused& why) {
    for (auto& x : said) {
      const bool cut = rows && x.answer.is_object() && x.answer.contains("cut");
      auto kept = json::array();
      if (rows && x.answer.is_object() && x.answer.contains(rows) && x.answer[rows].is_array())
        for (auto& row : x.answer[rows]) {
          if (!row.is_object())
            continue;
          auto domain = row.value("domain", std::string{});
          if (const auto name = row.value("name", std::string{}); domain.empty() && !name.empty())
            domain = name.substr(0, std::min(name.size(), name.rfind('/')));
          if (!domain.empty() && who->sees(domain))
            kept.push_back(std::move(row));
        }
      x.answer = json::object();
      if (rows)
        x.answer[rows] = std::move(kept);
      if (cut)
        x.answer["cut"] = true;
    }
    then(std::move(said), why);
  });
}

void guarded_client::reload(reload_fleet what, reply<fleet_reloaded> then) {
  if (!who_->pass->allows(access_scope::admin, what.domain))
    return then({}, {refusal::invalid_request, "the key does not allow it", {}});
  what.by = "key " + who_->pass->key().id;
  recorded<fleet_reloaded>("reload", {{"domain", what.domain}}, then,
                           [&node = node_, what, then] { node.reload(what, then); });
}

void guarded_client::drain(bool on, reply<drain_state> then, std::string told_by) {
  if (!who_->pass->allows(access_scope::operate, ""))
    return then({}, {refusal::invalid_request, "the key does not allow it", {}});
  recorded<drain_state>("drain", {{"on", on}}, then,
                        [&node = node_, on, then, told_by] { node.drain(on, then, told_by); });
}

void guarded_client::return_region(std::string home, reply<member_table> then) {
  if (!who_->pass->allows(access_scope::operate, ""))
    return then({}, {refusal::invalid_request, "there is no region '" + home + "'", {}});
  recorded<member_table>("return", {{"region", home}}, then,
                         [&node = node_, home, then] { node.return_region(home, then); });
}

std::vector<region_traffic> guarded_client::traffic() const {
  return who_->sees("") ? node_.traffic() : std::vector<region_traffic>{};
}

std::vector<agent_view> guarded_client::agents() const {
  auto out = node_.agents();
  std::erase_if(out, [&](const agent_view& a) {
    return !who_->sees(std::string_view{a.name}.substr(0, a.name.rfind('/')));
  });
  return out;
}

namespace {

void gather(const std::vector<domain_spec>& from, const access_pass* pass, access_scope what,
            std::vector<const domain_spec*>& to) {
  for (const auto& d : from)
    if (!pass || pass->allows(what, d.path))
      to.push_back(&d);
    else
      gather(d.domains, pass, what, to);
}

} // namespace

std::vector<const domain_spec*> domains_for(const fleet_spec& fleet, const access_pass* pass,
                                            access_scope what) {
  std::vector<const domain_spec*> out;
  gather(fleet.domains, pass, what, out);
  return out;
}

} // namespace troupe
