#include "nodes/node_client.hpp"

#include "actors/audit.hpp"
#include "actors/boundary.hpp"
#include "actors/node_parts.hpp"
#include "nodes/cost_report.hpp"
#include "nodes/ledger_reader.hpp"
#include "nodes/node_tree.hpp"
#include "policies/context_scope.hpp"
#include "policies/deadline.hpp"
#include "policies/dice.hpp"
#include "policies/failover.hpp"
#include "src/telemetry/log.hpp"
#include "src/telemetry/metrics.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr milliseconds longest_task{std::chrono::hours{24 * 7}};

/// A task on its way to the front desk, with whoever wants to hear of it. The front desk may end
/// with the message in its mailbox: then they hear that nobody was there.
struct task_errand {
  std::uint64_t number = 0;
  task_watch what;
  bool taken = false;

  task_errand(std::uint64_t n, std::string id, task_handlers handlers)
      : number(n) {
    what.id = std::move(id);
    what.accepted = std::move(handlers.accepted);
    what.refused_ = std::move(handlers.refused_);
    what.progressed = std::move(handlers.progressed);
    what.ended = std::move(handlers.ended);
  }
  task_errand(const task_errand&) = delete;
  task_errand& operator=(const task_errand&) = delete;
  ~task_errand() {
    if (!taken && what.refused_)
      what.refused_(nobody_there());
  }
  task_watch take() {
    taken = true;
    return std::move(what);
  }
};

/// A callback on its way to the front desk; see `task_errand`.
template <class T>
class owed_reply {
 public:
  explicit owed_reply(client::reply<T> then)
      : then_(std::move(then)) {}
  owed_reply(const owed_reply&) = delete;
  owed_reply& operator=(const owed_reply&) = delete;
  ~owed_reply() {
    if (then_)
      then_({}, nobody_there());
  }
  client::reply<T> take() { return std::exchange(then_, nullptr); }

 private:
  client::reply<T> then_;
};

/// What a task's shard follows from: whoever comes with the same meets the same orchestrator.
const std::string& owner_of(const task_request& what) {
  return !what.context_id.empty() ? what.context_id : what.idempotency_key;
}

template <class T>
auto owed(client::reply<T> then) {
  return std::make_shared<owed_reply<T>>(std::move(then));
}

} // namespace

node_client::node_client(parts_ptr parts, seat_ptr desk, seat_ptr root, caf::actor_system& sys,
                         bool stores)
    : parts_(std::move(parts))
    , desk_(std::move(desk))
    , root_(std::move(root))
    , system_(sys)
    , stores_(stores)
    , dice_(scramble(parts_->seed ^ 0x636C69656E74ull)) {}

timestamp node_client::now() const {
  return parts_->time.at(system_.clock().now());
}

bool node_client::at_desk(std::function<void(front_desk_state&)> f) const {
  auto who = desk_->now().handle;
  if (!who)
    return false;
  caf::anon_send(who, at_front_desk{std::move(f)});
  return true;
}

refused node_client::make_task(const node_parts& parts, const task_request& what, timestamp now,
                               std::uint64_t dice, bool stores, task_ptr& out, seat_ptr& where,
                               std::string_view home) {
  const auto version = parts.current();
  const auto& path = what.domain.empty() ? version->fleet.entry : what.domain;
  auto domain = version->domains.find(path);
  if (domain == version->domains.end())
    return {refusal::unknown_domain, "there is no domain '" + path + "'", {}};
  const auto& spec = *domain->second.spec;
  const auto& layout = parts.layout;
  const auto& owner = owner_of(what);
  const auto shard =
      owner.empty() ? layout.first_of(home) + static_cast<std::uint32_t>(dice % layout.per_region)
                    : layout.shard_of(owner, home);
  auto t = std::make_shared<task>();
  t->id = make_task_id(now, scramble(dice), shard);
  t->context_id = what.context_id;
  t->domain = path;
  t->skill = what.skill;
  t->text = what.text;
  t->data = what.data;
  t->who = what.who;
  t->urgency = what.urgency.value_or(priority::medium);
  t->keep = stores ? what.keep.value_or(spec.keep) : durability::none;
  t->created = now;
  t->deadline = later(
      now, std::min(what.timeout.count() > 0 ? what.timeout : spec.task_timeout, longest_task));
  t->firm = what.timeout.count() > 0;
  t->idempotency_key = what.idempotency_key;
  t->trace_id = what.trace_id;
  t->fleet = version->number;
  where = domain->second.shards[shard];
  out = std::move(t);
  return {};
}

refused node_client::check_input(const node_parts& parts, const task_request& what) {
  const bool brings_context = what.data.is_object() && what.data.contains("context");
  if (what.skill.empty() && !brings_context)
    return {};
  const auto version = parts.current();
  const auto& path = what.domain.empty() ? version->fleet.entry : what.domain;
  const auto domain = version->domains.find(path);
  if (domain == version->domains.end())
    return {};
  if (brings_context)
    if (auto wrong = flaws_of_context(*domain->second.spec, what.data); !wrong.empty()) {
      auto detail = wrong.front().message;
      return {refusal::invalid_input, std::move(detail), {}, std::move(wrong)};
    }
  if (what.skill.empty() || version->boundaries.empty())
    return {};
  std::vector<flaw> first;
  for (const auto& agent : domain->second.spec->agents) {
    const auto& skills = agent.card.skills;
    if (std::find(skills.begin(), skills.end(), what.skill) == skills.end())
      continue;
    const auto border = version->boundaries.find(path + "/" + agent.card.name);
    auto flaws = border == version->boundaries.end()
                     ? std::vector<flaw>{}
                     : border->second->flaws_of_request(what.skill, what.text, what.data);
    if (flaws.empty())
      return {};
    if (first.empty())
      first = std::move(flaws);
  }
  if (first.empty())
    return {};
  // The agent's input is the request's data.
  for (auto& f : first)
    if (f.pointer.starts_with("/input"))
      f.pointer.replace(0, std::string_view{"/input"}.size(), "/data");
  return {refusal::invalid_input,
          "no agent that offers " + what.skill + " takes such input",
          {},
          std::move(first)};
}

void node_client::mask(std::string& text, json& data) const {
  if (!parts_->secrets || parts_->secrets->empty())
    return;
  parts_->secrets->apply(text);
  if (parts_->secrets->finds_in(data))
    parts_->secrets->apply(data);
}

std::uint64_t node_client::submit(task_request what, task_handlers handlers) {
  const auto number = ++numbers_;
  mask(what.text, what.data);
  task_ptr made;
  seat_ptr where;
  auto no = check_input(*parts_, what);
  const auto& regions = parts_->layout.regions;
  if (no.why == refusal::none && !what.home.empty() &&
      std::find(regions.begin(), regions.end(), what.home) == regions.end())
    no = {refusal::invalid_request, "there is no region '" + what.home + "'", {}};
  if (no.why == refusal::none && !regions.empty()) {
    submit_at_home(number, std::move(what), std::move(handlers));
    return number;
  }
  if (no.why == refusal::none)
    no = make_task(*parts_, what, now(), scramble(dice_.fetch_add(0x9E3779B97F4A7C15ull)), stores_,
                   made, where);
  if (no.why != refusal::none) {
    if (handlers.refused_)
      handlers.refused_(no);
    return number;
  }
  auto errand = std::make_shared<task_errand>(number, made->id, std::move(handlers));
  errand->what.what = std::move(made);
  errand->what.where = std::move(where);
  at_desk([errand](front_desk_state& desk) { desk.submit(errand->number, errand->take()); });
  return number;
}

void node_client::submit_at_home(std::uint64_t number, task_request what, task_handlers handlers) {
  auto errand = std::make_shared<task_errand>(number, std::string{}, std::move(handlers));
  const auto dice = scramble(dice_.fetch_add(0x9E3779B97F4A7C15ull));
  at_desk([errand, what = std::move(what), dice, parts = parts_, at = now(),
           stores = stores_](front_desk_state& desk) {
    const auto submit = [errand, what, dice, parts, at, stores, &desk](const std::string& home,
                                                                       const refused& why_not) {
      auto task = errand->take();
      auto no = why_not;
      if (no.why == refusal::none)
        no = make_task(*parts, what, at, dice, stores, task.what, task.where, home);
      if (no.why != refusal::none) {
        if (task.refused_)
          task.refused_(no);
        return;
      }
      task.id = task.what->id;
      desk.submit(errand->number, std::move(task));
    };
    const auto& owner = owner_of(what);
    if (owner.empty())
      submit(choose_home(parts->layout.regions, {}, what.home, parts->fleet.region).region, {});
    else
      desk.home_of(owner, what.home, submit);
  });
}

std::uint64_t node_client::watch(std::string id, task_handlers handlers) {
  const auto number = ++numbers_;
  auto errand = std::make_shared<task_errand>(number, std::move(id), std::move(handlers));
  at_desk([errand](front_desk_state& desk) { desk.watch(errand->number, errand->take()); });
  return number;
}

void node_client::forget(std::uint64_t number) {
  at_desk([number](front_desk_state& desk) { desk.forget(number); });
}

void node_client::find_task(std::string id, reply<task_record_ptr> then) {
  at_desk(
      [id, then = owed(std::move(then))](front_desk_state& desk) { desk.find(id, then->take()); });
}

void node_client::list_tasks(task_filter filter, reply<std::vector<task_record_ptr>> then) {
  at_desk([filter, then = owed(std::move(then))](front_desk_state& desk) {
    desk.list(filter, then->take());
  });
}

void node_client::cancel(std::string id, std::string why, reply<task_record_ptr> then) {
  json none;
  mask(why, none);
  const auto at = now();
  const auto answer = owed(std::move(then));
  recorded(audit_write(id + "/cancelled/" + std::to_string(at.time_since_epoch().count()), at,
                       "task.cancelled", {{"task", id}, {"why", why}}),
           [this, id, why, answer](const refused& lost) {
             if (lost.why != refusal::none)
               return answer->take()(nullptr, lost);
             at_desk([id, why, answer](front_desk_state& desk) {
               desk.cancel(id, why, answer->take());
             });
           });
}

void node_client::recorded(store_write record, std::function<void(const refused&)> then) const {
  if (!stores_)
    return then({});
  const refused lost{refusal::busy, "it cannot be put on record now, and so it was not done",
                     milliseconds{1000}};
  if (!write_now(*parts_, {std::move(record)}, [then, lost](const std::string& wrong) {
        then(wrong.empty() ? refused{} : lost);
      }))
    then(lost);
}

void node_client::find_session(std::string id, reply<session_found> then, domain_scope within) {
  at_desk([id, within = std::move(within), then = owed(std::move(then))](front_desk_state& desk) {
    desk.find_session(id, within, then->take());
  });
}

void node_client::list_sessions(std::size_t limit,
                                reply<std::vector<std::shared_ptr<const session_snapshot>>> then,
                                domain_scope within) {
  at_desk([limit, within = std::move(within), then = owed(std::move(then))](
              front_desk_state& desk) { desk.list_sessions(limit, within, then->take()); });
}

void node_client::tree(reply<std::shared_ptr<const tree_node>> then) {
  auto root = root_->now().handle;
  if (!root) {
    then(nullptr, nobody_there());
    return;
  }
  // A short-lived actor asks, so that nobody else waits for the slowest branch of the tree.
  system_.spawn([root, then, parts = parts_](caf::event_based_actor* self) {
    guard(self, parts, "whoever asks for the tree");
    self->request(root, request_timeout, view_tree{})
        .then([then](const tree_viewed& x) { then(x.tree, {}); },
              [then](const caf::error&) {
                then(nullptr, {refusal::timeout, "the supervision tree does not answer", {}});
              });
  });
}

void node_client::questions(std::string queue, reply<std::vector<question_ptr>> then) {
  at_desk([queue, then = owed(std::move(then))](front_desk_state& desk) {
    desk.questions(queue, then->take());
  });
}

void node_client::claim(std::string id, std::string by, reply<question_ptr> then) {
  json none;
  mask(by, none);
  at_desk([id, by, then = owed(std::move(then))](front_desk_state& desk) {
    desk.claim(id, by, then->take());
  });
}

void node_client::answer(std::string id, std::string by, outcome x, reply<question_ptr> then) {
  mask(x.text, x.data);
  json none;
  mask(by, none);
  mask(x.failed.detail, none);
  auto shared = std::make_shared<const outcome>(std::move(x));
  at_desk([id, by, shared, then = owed(std::move(then))](front_desk_state& desk) {
    desk.answer(id, by, shared, then->take());
  });
}

void node_client::effects(effect_filter filter, reply<std::vector<stored_effect>> then) {
  read_ledger(parts_, system_, filter, std::move(then));
}

void node_client::costs(cost_question what, reply<cost_answer> then) {
  read_costs_of(parts_, system_, what, std::move(then));
}

bool node_client::ready() const {
  // Who was stopped by a person, or has no place, is not waited for.
  const auto up = [](const seat_ptr& place) {
    return place->state.load() != health::down || place->now_for() == duty::stopped;
  };
  const auto agents = parts_->places->all(address_kind::agent);
  const auto domains = parts_->places->all(address_kind::domain);
  return desk_->now().handle && !parts_->services->any(parts_->time.at(system_.clock().now())) &&
         !domains.empty() && std::all_of(agents.begin(), agents.end(), up) &&
         std::all_of(domains.begin(), domains.end(), up);
}

bool node_client::stores() const {
  return parts_->unstored->load() == 0;
}

std::string node_client::metrics() const {
  return parts_->counters ? parts_->counters->render() : std::string{};
}

} // namespace troupe
