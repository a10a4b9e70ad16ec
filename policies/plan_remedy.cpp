#include "policies/deadline.hpp"
#include "policies/dice.hpp"
#include "policies/failure_table.hpp"
#include "policies/plan_ops.hpp"
#include "policies/plan_run.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

// What is done about an attempt that has failed.

namespace {

/// Replicas share their agent's fate: `support/billing#2` counts as `support/billing`.
std::string_view declared(std::string_view agent) noexcept {
  return agent.substr(0, agent.find('#'));
}

} // namespace

void plan_run::count_failed_agent(std::string_view agent, reason why) {
  // Whoever was only too busy, or is no longer wanted, has not failed.
  if (agent.empty() || why == reason::rate_limited || why == reason::cancelled ||
      failed_agents_.size() >= how_->max_failed_agents)
    return;
  const auto name = declared(agent);
  if (std::find(failed_agents_.begin(), failed_agents_.end(), name) == failed_agents_.end())
    failed_agents_.emplace_back(name);
}

bool plan_run::hand_to_person(std::uint32_t i, std::string why, actions& todo) {
  auto& s = steps_[i];
  const auto& rungs = at(i).fallback;
  const auto person = [&](const std::string& rung) { return rung.starts_with("human:"); };
  if (how_->human_queue.empty()) {
    // Without a queue of the domain's own, the person at the end of the ladder is as good.
    const auto next = std::find_if(rungs.begin() + s.rung, rungs.end(), person);
    if (next == rungs.end())
      return false;
    // Who only says what has happened does not take the rungs before it away, and behind who takes
    // the place of somebody who has acted there is nobody.
    if (s.unsettled || s.acted) {
      s.by_hand = true;
    } else {
      s.rung = static_cast<std::uint32_t>(next - rungs.begin()) + 1;
      s.retries = 0;
    }
  } else {
    s.by_hand = true;
  }
  s.asked_because = std::move(why);
  attempt(i, todo);
  return true;
}

void plan_run::fail_attempt(const failure& f, outcome_ptr given, const event& e, actions& todo,
                            bool excused) {
  const auto i = e.step;
  auto& s = steps_[i];
  const bool asked = s.asking;
  disarm(i);
  set_asking(i, false);
  if (target_of(i).op == plan_op::call && !asked && begin_query(f, e, todo, excused))
    return;
  s.stay.clear();
  const auto op = target_of(i).op;
  auto next = treat(f, how_->on_failure, how_->retry, excused ? 0 : s.retries, s.repeatable,
                    unit_interval(scramble(e.dice)));
  const auto finish = [&](const failure& why) {
    auto x = given ? *given : outcome{};
    if (!given)
      x.confidence = 0;
    x.failed = why;
    finish_step(i, std::make_shared<const outcome>(std::move(x)), todo);
  };
  // Whom the failure table has asked has the last word, and who stands behind a sub-task that may
  // have acted.
  if (s.by_hand || (s.below && op == plan_op::human))
    return finish(f);
  if (op == plan_op::call && !asked && !excused && how_->max_failed_agents > 0) {
    count_failed_agent(s.agent, f.why);
    if (failed_agents_.size() >= how_->max_failed_agents && next.what != remedy::give_up)
      next = {remedy::ask_human, {}, next.unsure};
  }
  // What comes after a sub-task is another request, which no key of it protects.
  const auto& rungs = at(i).fallback;
  if (s.below && next.what != remedy::give_up && s.rung < rungs.size() &&
      !rungs[s.rung].starts_with("human:"))
    next = {remedy::ask_human, {}, true};
  // People are not asked twice. A sub-task keeps its id, so that one which has ended would only end
  // the same way again, also when a person has said that it did nothing; what can be repeated is
  // the attempt to reach it.
  const bool final = op == plan_op::human || (op == plan_op::call && asked) ||
                     (op == plan_op::domain &&
                      (given || e.kind == event_kind::time_up || e.kind == event_kind::answered));
  const bool again = next.what == remedy::retry || next.what == remedy::retry_here ||
                     next.what == remedy::back_off;
  if (next.what == remedy::ask_human && op == plan_op::human)
    next.what = remedy::fall_back;
  if (next.what == remedy::ask_human) {
    auto why = std::string{to_string(f.why)} + (f.detail.empty() ? "" : ": " + f.detail);
    const auto who = op == plan_op::domain ? std::string{target_of(i).domain} : s.agent;
    const auto deed = who + (s.acted ? " has acted" : " may have acted");
    if (next.unsure)
      why += "; " + deed + " already";
    if (hand_to_person(i, why, todo))
      return;
    if (next.unsure)
      return finish({f.why,
                     f.detail + (f.detail.empty() ? "" : "; ") + deed +
                         " and must not act twice, and there is nobody to ask",
                     f.retry_after});
  }
  if (!excused && !s.agent.empty() &&
      std::find(s.tried.begin(), s.tried.end(), s.agent) == s.tried.end() &&
      next.what != remedy::retry_here)
    s.tried.push_back(s.agent);
  if (again && !final && later(now_, next.delay) < limit_of(i, now_)) {
    s.retries += excused ? 0 : 1;
    if (next.what == remedy::retry_here)
      s.stay = s.agent;
    if (next.delay.count() <= 0) {
      attempt(i, todo);
      return;
    }
    set_status(i, step_status::waiting);
    arm(i, later(now_, next.delay));
    return;
  }
  if (next.what != remedy::give_up && s.rung < rungs.size()) {
    // Another skill is another request, which no key of this one protects.
    if (s.unsettled && rungs[s.rung].starts_with("skill:")) {
      const auto unsure = std::string{to_string(s.unsettled->why)} + ": " + s.unsettled->detail +
                          "; it may have happened";
      if (!hand_to_person(i, unsure, todo))
        finish({s.unsettled->why, unsure + ", and there is nobody to ask", {}});
      return;
    }
    ++s.rung;
    s.retries = 0;
    attempt(i, todo);
    return;
  }
  // What cannot be undone is put to a person behind the last rung.
  if (table_.is_undo(i) && op != plan_op::human && !how_->human_queue.empty() &&
      hand_to_person(i, std::string{to_string(f.why)} + ": " + f.detail, todo))
    return;
  finish_step(i, given ? std::move(given) : std::make_shared<const outcome>(outcome::of(f)), todo);
}

} // namespace troupe
