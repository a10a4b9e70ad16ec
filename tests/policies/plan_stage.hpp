#pragma once

#include "policies/dice.hpp"
#include "policies/plan_run.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace troupe::testing {

inline timestamp at_ms(std::int64_t ms) {
  return timestamp{milliseconds{ms}};
}

inline plan_node call(std::string name) {
  plan_node n;
  n.name = name;
  n.skill = "skill." + name;
  return n;
}

inline plan_node human(std::string name) {
  plan_node n;
  n.op = plan_op::human;
  n.name = std::move(name);
  n.target = "desk";
  return n;
}

inline plan_node domain(std::string name) {
  plan_node n;
  n.op = plan_op::domain;
  n.name = std::move(name);
  n.target = "sales";
  return n;
}

inline plan_node gate(std::string name, std::string pointer, gate_test test, json value) {
  plan_node n;
  n.op = plan_op::gate;
  n.name = std::move(name);
  n.when = {std::move(pointer), test, std::move(value)};
  return n;
}

inline plan_node group(plan_op op, std::string name, std::vector<plan_node> children,
                       std::uint32_t needed = 0) {
  plan_node n;
  n.op = op;
  n.name = std::move(name);
  n.children = std::move(children);
  n.needed = needed;
  return n;
}

/// A map over `/input/list` of `child`.
inline plan_node map_of(std::string name, plan_node child, std::uint32_t at_once = 16) {
  auto n = group(plan_op::map, std::move(name), {std::move(child)});
  n.items = "/input/list";
  n.at_once = at_once;
  return n;
}

/// A loop or judge until `/data/ok` is true.
inline plan_node rounds(plan_op op, std::string name, std::vector<plan_node> children,
                        std::uint32_t max_rounds) {
  auto n = group(op, std::move(name), std::move(children));
  n.when = {"/data/ok", gate_test::equals, true};
  n.max_rounds = max_rounds;
  return n;
}

/// The call `name`, undone by the call `un<name>`.
inline plan_node undoable(std::string name) {
  auto n = call(name);
  n.undo.push_back(call("un" + name));
  return n;
}

inline outcome said(std::string text, json data = json::object()) {
  outcome x;
  x.text = std::move(text);
  x.data = std::move(data);
  return x;
}

/// Plays the world around a run: keeps what was done, looks steps up by name, records every event
/// for a replay.
class stage {
 public:
  explicit stage(plan_node root, milliseconds limit = milliseconds{60000},
                 std::uint32_t max_parallel = 64)
      : limit_(limit)
      , run(laid_out(std::move(root), max_parallel), at_ms(0) + limit) {}

  /// With a plan as a domain makes it.
  explicit stage(plan_ptr how, milliseconds limit = milliseconds{60000})
      : limit_(limit)
      , how_(std::move(how))
      , run(how_, at_ms(0) + limit) {}

  void start() { run.start(now, todo); }

  std::uint32_t index(const std::string& name) const {
    for (std::uint32_t i = 0; i < run.size(); ++i)
      if (run.table().name(i) == name || run.node(i).name == name)
        return i;
    throw std::logic_error{"no step " + name};
  }
  const plan_run::step_state& state(const std::string& name) const { return run.step(index(name)); }
  step_status status(const std::string& name) const { return state(name).status; }

  bool feed(event_kind k, const std::string& name, event::body_type body = {}) {
    event e;
    e.kind = k;
    e.step = index(name);
    e.attempt = run.step(e.step).attempt;
    e.body = std::move(body);
    return feed(std::move(e));
  }
  bool feed(event e) {
    e.at = now;
    e.dice = dice_.draw();
    const bool taken = run.apply(e, todo);
    history.push_back(std::move(e));
    return taken;
  }
  bool assign(const std::string& name, std::string agent = "agent", bool repeatable = true) {
    auto r = std::make_shared<route>();
    r->agent = std::move(agent);
    r->repeatable = repeatable;
    return feed(event_kind::assigned, name, route_ptr{std::move(r)});
  }
  bool complete(const std::string& name, outcome x) {
    return feed(event_kind::step_completed, name, std::make_shared<const outcome>(std::move(x)));
  }
  bool succeed(const std::string& name, json data = json::object()) {
    if (status(name) == step_status::wanted)
      assign(name);
    return complete(name, said(name, std::move(data)));
  }
  bool fail(const std::string& name, reason why = reason::invalid_input) {
    if (status(name) == step_status::wanted)
      assign(name);
    return feed(event_kind::step_failed, name,
                std::make_shared<const failure>(failure{why, "because", {}}));
  }
  /// Says what the map `name` goes through.
  bool list(const std::string& name, json items) {
    outcome x;
    x.data = std::move(items);
    return feed(event_kind::expanded, name, std::make_shared<const outcome>(std::move(x)));
  }
  bool cancel() {
    event e;
    e.kind = event_kind::cancel_wanted;
    return feed(std::move(e));
  }
  /// Lets time pass until the next timer and applies it.
  bool next_timer() {
    now = std::max(now, run.next_timer());
    return feed(run.timer_event(now));
  }

  /// "call a, stop b": what was asked for since the last look, in order.
  std::string look() {
    static constexpr const char* words[] = {"call", "delegate", "ask", "stop", "finish", "expand"};
    std::string out;
    for (const auto& a : todo) {
      if (!out.empty())
        out += ", ";
      out += words[static_cast<int>(a.what)];
      if (a.what != plan_action::kind::finish)
        out += " " + run.table().name(a.step);
      if (a.hung)
        out += " (hung)";
    }
    done.insert(done.end(), todo.begin(), todo.end());
    todo.clear();
    return out;
  }

  plan_run replayed() const { return replayed(history.size()); }
  /// As far as the first `events` of the history go.
  plan_run replayed(std::size_t events) const {
    plan_run again{how_, at_ms(0) + limit_};
    std::vector<plan_action> nothing;
    again.start(at_ms(0), nothing);
    for (std::size_t i = 0; i < events; ++i)
      (void)again.apply(history[i], nothing);
    return again;
  }

  /// Empty if a run that is resumed after any number of events asks for exactly what had been asked
  /// for by then and was neither answered nor taken back; otherwise after how many events not.
  std::string resumes_everywhere() const {
    using key = std::tuple<plan_action::kind, std::uint32_t, std::uint32_t>;
    std::set<key> open;
    plan_run live{how_, at_ms(0) + limit_};
    std::vector<plan_action> now_asked;
    live.start(at_ms(0), now_asked);
    for (std::size_t n = 0;; ++n) {
      for (const auto& a : now_asked) {
        if (a.what == plan_action::kind::stop)
          std::erase_if(open, [&](const key& k) {
            return std::get<1>(k) == a.step && std::get<2>(k) == a.attempt;
          });
        else if (a.what != plan_action::kind::finish)
          open.emplace(a.what, a.step, a.attempt);
      }
      std::vector<plan_action> again;
      replayed(n).open_actions(again);
      std::set<key> asked_again;
      for (const auto& a : again)
        asked_again.emplace(a.what, a.step, a.attempt);
      if (asked_again != open)
        return "other open actions after " + std::to_string(n) + " events";
      if (n == history.size())
        return "";
      now_asked.clear();
      const auto& e = history[n];
      const bool over = e.kind == event_kind::step_completed || e.kind == event_kind::answered ||
                        e.kind == event_kind::step_failed || e.kind == event_kind::unroutable ||
                        e.kind == event_kind::expanded;
      if (live.apply(e, now_asked) && over)
        std::erase_if(open, [&](const key& k) {
          return std::get<1>(k) == e.step && std::get<2>(k) == e.attempt;
        });
    }
  }

 private:
  plan_ptr laid_out(plan_node root, std::uint32_t max_parallel) {
    auto p = std::make_shared<plan>(*plan::of(std::move(root)));
    p->max_parallel = max_parallel;
    how_ = p;
    return p;
  }

  milliseconds limit_;
  plan_ptr how_;
  dice_box dice_{7};

 public:
  plan_run run;
  timestamp now = at_ms(0);
  std::vector<plan_action> todo;
  std::vector<plan_action> done;
  std::vector<event> history;
};

/// Empty if both runs are in the same state, otherwise what differs.
inline std::string difference(const plan_run& a, const plan_run& b) {
  if (a.ended() != b.ended() || a.deadline() != b.deadline() || a.next_timer() != b.next_timer() ||
      a.waits_for_human() != b.waits_for_human() || a.size() != b.size() || a.phase() != b.phase())
    return "the whole differs";
  const auto same_result = [](const outcome_ptr& x, const outcome_ptr& y) {
    if (!x || !y)
      return !x && !y;
    return x->text == y->text && x->data == y->data && x->failed == y->failed &&
           x->partial == y->partial && x->confidence == y->confidence && x->used == y->used &&
           x->acted == y->acted;
  };
  for (std::uint32_t i = 0; i < a.size(); ++i) {
    const auto& x = a.step(i);
    const auto& y = b.step(i);
    if (x.status != y.status || x.attempt != y.attempt || x.retries != y.retries ||
        x.rung != y.rung || x.due != y.due || x.tried != y.tried || x.asking != y.asking ||
        x.agent != y.agent || x.order != y.order || a.table().name(i) != b.table().name(i) ||
        x.repeatable != y.repeatable || x.by_hand != y.by_hand || x.stay != y.stay ||
        x.below != y.below || !x.unsettled != !y.unsettled || !x.acted != !y.acted ||
        !same_result(x.result, y.result))
      return "step " + a.table().name(i) + " differs";
  }
  std::vector<plan_action> open_a, open_b;
  a.open_actions(open_a);
  b.open_actions(open_b);
  return open_a == open_b ? "" : "the open actions differ";
}

} // namespace troupe::testing
