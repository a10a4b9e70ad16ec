#include "nodes/sim/witness.hpp"

#include "nodes/sim/plan_witness.hpp"
#include "policies/planner.hpp"
#include "policies/replay.hpp"
#include "src/wire/codec.hpp"

#include <algorithm>
#include <optional>

namespace troupe::sim {

namespace {

/// What a node may take for its own work beyond a deadline. As much again where a question may have
/// come and gone before anybody looked, and no history tells of it.
constexpr milliseconds grace{3000};
constexpr std::size_t violations_max = 20;

const domain_spec* find_domain(const std::vector<domain_spec>& in, const std::string& path) {
  for (const auto& d : in) {
    if (d.path == path)
      return &d;
    if (const auto* inner = find_domain(d.domains, path))
      return inner;
  }
  return nullptr;
}

/// Whether a request, or what became of it, asks for the same as another one of its domain.
template <class Asked>
bool asks_for(const Asked& a, const task_request& b) {
  return a.skill == b.skill && a.text == b.text && a.data == b.data &&
         a.context_id == b.context_id && a.who == b.who;
}

std::vector<event> history_of(const stored_task& x, std::string& problem) {
  std::vector<event> out;
  for (const auto& body : x.events) {
    auto e = decode_event(body);
    if (!e) {
      problem = e.error;
      break;
    }
    out.push_back(*std::move(e));
  }
  return out;
}

} // namespace

const domain_spec* witness::domain_of(const std::string& path) const {
  return find_domain(fleet_.domains, path);
}

void witness::say(report& to, std::string what) {
  if (to.violations.size() < violations_max)
    to.violations.push_back(std::move(what));
}

void witness::process_started() {
  places_.clear();
}

void witness::look(machine& m, timestamp now) {
  const auto& parts = *m.shipped().parts();
  const auto fleet = parts.current();
  for (const auto& [path, domain] : fleet->domains) {
    const auto above =
        parts.places->find({address_kind::node, parts.fleet.node_id + "/" + path + "/agents"});
    const auto supervisor = above ? above->now().incarnation : 0;
    const auto& limits = domain.spec->intensity;
    for (const auto& seat : parts.places->all(address_kind::agent)) {
      if (!seat->spec() || seat->spec()->card.domain != path)
        continue;
      auto& p = places_[seat->where().name];
      const auto now_there = seat->now().incarnation;
      if (p.supervisor != supervisor || p.incarnation == 0) {
        // A new supervisor starts counting anew.
        p = {now_there, supervisor, {}};
        continue;
      }
      for (; p.incarnation < now_there; ++p.incarnation)
        p.restarts.push_back(now);
      while (!p.restarts.empty() && p.restarts.front() + limits.period < now)
        p.restarts.pop_front();
      if (p.restarts.size() > limits.max_restarts + 1) {
        seen_.push_back(seat->where().name + " was restarted " + std::to_string(p.restarts.size()) +
                        " times within " + std::to_string(limits.period.count()) + " ms");
        p.restarts.clear();
      }
    }
  }
}

void witness::look_at_task(const stored_task& x, const callers& all, const outside_world& outside,
                           report& out) {
  std::string problem;
  const auto what = decode_task(x.task_body);
  const auto history = history_of(x, problem);
  if (!what || !problem.empty()) {
    say(out, "what is stored of task " + x.id + " cannot be read: " + what.error + problem);
    return;
  }
  if (!is_final(x.state) || x.outcome_body.empty()) {
    say(out, "task " + x.id + " has not ended: " + std::string{to_string(x.state)});
    return;
  }
  const auto result = decode_outcome(x.outcome_body);
  if (!result) {
    say(out, "the outcome of task " + x.id + " cannot be read: " + result.error);
    return;
  }
  if (!x.key.empty())
    if (const auto [known, fresh] = keys_.try_emplace({x.domain, x.key}, x.id); !fresh)
      say(out, "the key " + x.key + " is of two tasks of " + x.domain + ": " + known->second +
                   " and " + x.id);
  // Of `durability: task` only start and end are stored, and its plan once it has acted.
  const bool by_step = what->keep == durability::step;
  bool with_people = !by_step && all.saw_question_of(x.id);
  std::size_t finished = 0;
  std::size_t planned = 0;
  timestamp ended = x.updated;
  plan_ptr how;
  std::optional<timestamp> called_off; ///< somebody cancelled it, or its deadline passed
  timestamp worked{};
  std::map<std::pair<bool, std::uint32_t>, std::uint32_t> done;
  for (const auto& e : history) {
    switch (e.kind) {
    case event_kind::asked:
      with_people = true;
      ++out.escalations;
      break;
    case event_kind::planned:
      ++planned;
      if (const auto* body = std::get_if<plan_ptr>(&e.body); body && *body) {
        how = *body;
        out.steps += how->steps.size();
      }
      break;
    case event_kind::assigned:
      if (worked == timestamp{})
        worked = e.at;
      if (e.attempt > 1)
        ++out.retries;
      if (const auto* r = e.get<route>(); r && r->because.find("fallback") != std::string::npos)
        ++out.fallbacks;
      break;
    case event_kind::step_completed:
      // What was refused may be said anew, under the same key.
      if (!e.why_failed() && ++done[{e.triage, e.step}] > 1)
        say(out, "step " + std::to_string(e.step) + " of task " + x.id + " was completed twice");
      break;
    case event_kind::cancel_wanted:
    case event_kind::time_up:
      if (e.step == whole_task && !called_off)
        called_off = e.at;
      break;
    case event_kind::finished:
      ++finished;
      ended = e.at;
      break;
    default:
      break;
    }
  }
  if (by_step && finished != 1)
    say(out, "task " + x.id + " has " + std::to_string(finished) + " ends in its history");
  if (planned > 1)
    say(out, "task " + x.id + " was planned " + std::to_string(planned) + " times");
  // A message that waits for its turn in a session is not accepted yet.
  const auto due = std::max(what->deadline, x.created) + disturbed_ + (by_step ? grace : 2 * grace);
  // What was done is taken back also when the time is up: then it must have been noticed.
  const auto undone = taken_back(*result);
  out.undone += undone;
  const auto noticed = undone > 0 && called_off ? std::min(ended, *called_off) : ended;
  if (!with_people && noticed > due && (by_step || undone == 0))
    say(out, "the deadline of task " + x.id + " passed " +
                 std::to_string((noticed - what->deadline).count() / 1000) + " ms before it ended");
  if (by_step)
    look_at_decisions(*what, x, history, *result, outside, out);
  else if (how)
    for (auto& why : broken_by({x.id, history, *result}, how, outside))
      say(out, std::move(why));
  if (result->failed.why == reason::timeout)
    ++out.deadline_misses;
  if (!x.session.empty())
    turns_[{x.domain, x.session}].push_back(
        {x.id, worked == timestamp{} ? ended : worked, ended, x.state});
}

void witness::look_at_decisions(const task& what, const stored_task& x,
                                const std::vector<event>& history, const outcome& result,
                                const outside_world& outside, report& out) {
  task_record record;
  record.what = std::make_shared<const task>(what);
  event accepted;
  accepted.at = x.created;
  record.history.push_back(std::move(accepted));
  record.history.insert(record.history.end(), history.begin(), history.end());
  const auto* domain = domain_of(x.domain);
  const auto again = replay(record, domain ? plan_of_triage(*domain) : nullptr);
  for (const auto& e : again.events)
    if (!e.problem.empty()) {
      say(out, "task " + x.id + " cannot be replayed: event " + std::to_string(e.number) + ", " +
                   std::string{to_string(e.what.kind)} + ": " + e.problem);
      return;
    }
  if (again.run && !again.triage)
    for (auto& why : broken_by({x.id, history, result}, *again.run, outside))
      say(out, std::move(why));
}

void witness::look_at_sessions(disk& storage, report& out) {
  for (auto& [key, turns] : turns_) {
    const auto& [domain, id] = key;
    const auto name = "session " + id + " of " + domain;
    std::sort(turns.begin(), turns.end(), [](const auto& a, const auto& b) {
      return a.began != b.began ? a.began < b.began : a.ended < b.ended;
    });
    for (std::size_t i = 1; i < turns.size(); ++i)
      if (turns[i].began < turns[i - 1].ended)
        say(out, name + ": tasks " + turns[i - 1].task + " and " + turns[i].task +
                     " ran at the same time");
    const auto body = storage.kept->session(domain, id);
    const auto stored = body ? decode_session(*body) : decoded<session_snapshot>{};
    if (!stored) {
      say(out, name + " is not stored: " + stored.error);
      continue;
    }
    std::map<std::string, const turn*> by_task;
    for (const auto& t : stored->turns)
      if (!by_task.emplace(t.task_id, &t).second)
        say(out, name + " holds the turn of task " + t.task_id + " twice");
    for (std::size_t i = 1; i < stored->turns.size(); ++i)
      if (stored->turns[i].at < stored->turns[i - 1].at)
        say(out, name + ": its turns are out of order");
    const auto* spec = domain_of(domain);
    if (!spec || turns.size() > spec->sessions.history_limit)
      continue;
    for (const auto& t : turns) {
      const auto hit = by_task.find(t.task);
      if (hit == by_task.end())
        say(out, name + " has forgotten the turn of task " + t.task);
      else if (hit->second->state != t.state)
        say(out, name + " says of task " + t.task + " " +
                     std::string{to_string(hit->second->state)} + ", it was " +
                     std::string{to_string(t.state)});
    }
  }
}

void witness::look_at_callers(disk& storage, const callers& all, report& out) {
  for (std::size_t i = 0; i < all.all().size(); ++i) {
    const auto& c = all.all()[i];
    const auto who = "caller " + std::to_string(i);
    ++out.orders;
    out.accepted += c.accepted.empty() ? 0 : 1;
    out.lost += c.lost ? 1 : 0;
    out.refused += c.refused && c.accepted.empty() ? 1 : 0;
    if (!c.done())
      say(out, who + (c.accepted.empty() ? " heard neither yes nor no"
                                         : " never heard how task " + c.accepted + " ended"));
    if (c.ended) {
      ++out.ends[std::string{to_string(c.ended->state)}];
      if (!c.ended->result->ok())
        ++out.failures[std::string{to_string(c.ended->result->failed.why)}];
    }
    if (c.accepted.empty() || !c.kept)
      continue;
    const auto stored = storage.kept->task(c.accepted);
    if (!stored) {
      say(out, "task " + c.accepted + " was accepted and is not stored");
      continue;
    }
    if (const auto what = decode_task(stored->task_body); what && !asks_for(*what, c.what.what))
      say(out, who + " was given task " + c.accepted + ", which is another request");
    if (!c.ended)
      continue;
    if (stored->state != c.ended->state)
      say(out, who + " was told that task " + c.accepted + " is " +
                   std::string{to_string(c.ended->state)} + ", stored is " +
                   std::string{to_string(stored->state)});
    const auto kept = decode_outcome(stored->outcome_body);
    if (kept && (kept->text != c.ended->result->text || kept->data != c.ended->result->data ||
                 kept->failed.why != c.ended->result->failed.why))
      say(out, who + " was told another outcome of task " + c.accepted + " than is stored");
  }
  for (const auto& x : all.complaints())
    say(out, x);
}

bool witness::same_key(const task_request& a, const task_request& b) const {
  const auto& here = a.domain.empty() ? fleet_.entry : a.domain;
  const auto& there = b.domain.empty() ? fleet_.entry : b.domain;
  return !a.idempotency_key.empty() && a.idempotency_key == b.idempotency_key && here == there;
}

void witness::look_at_keys(const callers& all, report& out) {
  for (std::size_t i = 0; i < all.all().size(); ++i) {
    const auto& c = all.all()[i];
    const auto& mine = c.what.what;
    // A session that takes one message at a time is a conflict, too.
    if (!c.refused || c.told != refusal::conflict ||
        c.told_more.find("idempotency key") == std::string::npos)
      continue;
    ++out.conflicts;
    if (std::none_of(all.all().begin(), all.all().end(), [&](const callers::caller& other) {
          return other.sent && same_key(mine, other.what.what) && !asks_for(mine, other.what.what);
        }))
      say(out, "caller " + std::to_string(i) + " was refused the key " + mine.idempotency_key +
                   ", which nobody has used for another request");
  }
}

void witness::look_at_gauges(machine& m, report& out) {
  for (const auto& a : m.api().agents())
    if (a.load != 0)
      say(out, a.name + " is said to hold " + std::to_string(a.load) + " calls, and holds none");
}

void witness::look_back(disk& storage, const callers& all, const outside_world& outside,
                        report& out) {
  for (const auto& x : seen_)
    say(out, x);
  auto before = timestamp::max();
  while (true) {
    const auto page = storage.kept->tasks({{}, {}, {}, {}, before, task_filter::max_listed});
    for (const auto& x : page)
      if (const auto whole = storage.kept->task(x.id))
        look_at_task(*whole, all, outside, out);
    if (page.size() < task_filter::max_listed)
      break;
    before = page.back().created;
  }
  look_at_sessions(storage, out);
  look_at_callers(storage, all, out);
  look_at_keys(all, out);
  for (const auto& [key, deed] : outside.deeds) {
    out.effects += deed.carried;
    if (key.empty())
      say(out, deed.agent + " was called without an idempotency key");
    else if (deed.carried > 1 && deed.kept)
      // What is kept in memory only is lost with its orchestrator, and what its caller then asks
      // for again knows nothing of what was done before.
      say(out, deed.agent + " carried out " + key + " " + std::to_string(deed.carried) + " times");
  }
  for (const auto& p : outside.parts) {
    out.items += p.item ? 1 : 0;
    out.rounds += p.round && *p.round > 1 ? 1 : 0;
  }
  for (const auto& x : storage.owners->broken)
    say(out, x);
}

} // namespace troupe::sim
