#pragma once

#include "policies/dice.hpp"
#include "policies/plan_run.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
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
    for (std::uint32_t i = 0; i < run.how().steps.size(); ++i)
      if (run.how().steps[i].node.name == name)
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
    static constexpr const char* words[] = {"call", "delegate", "ask", "stop", "finish"};
    std::string out;
    for (const auto& a : todo) {
      if (!out.empty())
        out += ", ";
      out += words[static_cast<int>(a.what)];
      if (a.what != plan_action::kind::finish)
        out += " " + run.how().steps[a.step].node.name;
      if (a.hung)
        out += " (hung)";
    }
    done.insert(done.end(), todo.begin(), todo.end());
    todo.clear();
    return out;
  }

  plan_run replayed() const {
    plan_run again{how_, at_ms(0) + limit_};
    std::vector<plan_action> nothing;
    again.start(at_ms(0), nothing);
    for (const auto& e : history)
      (void)again.apply(e, nothing);
    return again;
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
      a.waits_for_human() != b.waits_for_human())
    return "the whole differs";
  const auto same_result = [](const outcome_ptr& x, const outcome_ptr& y) {
    if (!x || !y)
      return !x && !y;
    return x->text == y->text && x->data == y->data && x->failed == y->failed &&
           x->partial == y->partial && x->confidence == y->confidence && x->used == y->used;
  };
  for (std::uint32_t i = 0; i < a.how().steps.size(); ++i) {
    const auto& x = a.step(i);
    const auto& y = b.step(i);
    if (x.status != y.status || x.attempt != y.attempt || x.retries != y.retries ||
        x.rung != y.rung || x.due != y.due || x.tried != y.tried || x.asking != y.asking ||
        x.agent != y.agent || x.repeatable != y.repeatable || x.by_hand != y.by_hand ||
        x.stay != y.stay || !same_result(x.result, y.result))
      return "step " + a.how().steps[i].node.name + " differs";
  }
  std::vector<plan_action> open_a, open_b;
  a.open_actions(open_a);
  b.open_actions(open_b);
  return open_a == open_b ? "" : "the open actions differ";
}

} // namespace troupe::testing
