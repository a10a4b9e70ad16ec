#include "policies/replay.hpp"

#include "policies/plan_ops.hpp"

#include <algorithm>
#include <set>

namespace troupe {

namespace {

using plan_act = plan_action::kind;

bool same(const outcome& a, const outcome& b) {
  return a.text == b.text && a.data == b.data && a.partial == b.partial &&
         a.failed.why == b.failed.why;
}

/// The action that an event answers, if it answers one.
std::optional<plan_act> answers(const event& e) {
  switch (e.kind) {
  case event_kind::assigned:
  case event_kind::unroutable:
    return plan_act::call;
  case event_kind::delegated:
    return plan_act::delegate;
  case event_kind::asked:
    return plan_act::ask;
  case event_kind::expanded:
    return plan_act::expand;
  default:
    return std::nullopt;
  }
}

/// Events about which an interpreter has nothing to decide.
bool only_noted(event_kind k) {
  return k == event_kind::noted || k == event_kind::reconciled || k == event_kind::claimed;
}

class replayer {
 public:
  replayer(const task_record& record, const plan_ptr& triage, const replay_stop& until)
      : record_(record)
      , triage_(triage)
      , until_(until) {}

  replayed run() {
    for (std::size_t i = 0; i < record_.history.size() && !out_.stopped; ++i)
      take(record_.history[i], i + 1);
    if (!out_.stopped)
      look_at_the_end();
    if (run_)
      out_.run = std::make_shared<const plan_run>(*run_);
    return std::move(out_);
  }

 private:
  void take(const event& e, std::size_t number) {
    replayed_event line{number, e, {}, {}, {}, {}};
    if (e.kind == event_kind::planned)
      begin(e, line);
    else if (e.kind == event_kind::understood)
      compare(e, true, line);
    else if (e.kind == event_kind::finished)
      compare(e, false, line);
    else if (e.kind != event_kind::accepted)
      apply(e, line);
    remember(line.wanted);
    for (const auto& a : line.wanted)
      line.names.push_back(step_name(run_ ? &*run_ : nullptr, a.step));
    line.name = step_name(run_ ? &*run_ : nullptr, e.step);
    out_.events.push_back(std::move(line));
    out_.stopped = number == until_.events || (!until_.step.empty() && step_is_over());
  }

  void begin(const event& e, replayed_event& line) {
    const auto* how = std::get_if<plan_ptr>(&e.body);
    if (!how || !*how) {
      line.problem = "the plan is not recorded";
      return;
    }
    wanted_.clear();
    out_.triage = false;
    run_.emplace(*how, *record_.what);
    run_->start(e.at, line.wanted);
  }

  void apply(const event& e, replayed_event& line) {
    if (e.triage && !triage_) {
      pass_over();
      return;
    }
    if (e.triage && !run_) {
      out_.triage = true;
      run_.emplace(triage_, *record_.what);
      std::vector<plan_action> first;
      run_->start(e.at, first);
      remember(first);
    }
    if (!run_ || e.triage != out_.triage) {
      if (!only_noted(e.kind))
        line.problem = "there is nothing that it could belong to";
      return;
    }
    check_timer(e, line);
    if (const auto what = answers(e)) {
      const bool known = wanted_.erase({*what, e.step, e.attempt}) > 0;
      // A call may turn out to be for people; a resumed task hands out again what was open.
      const bool running = e.step < run_->size() &&
                           run_->step(e.step).status == step_status::running &&
                           run_->step(e.step).attempt == e.attempt;
      if (!known && !running)
        line.problem = "the interpreter did not want this";
    }
    if (!run_->apply(e, line.wanted) && line.problem.empty() && !only_noted(e.kind))
      line.problem = "the interpreter does not take this here";
  }

  void check_timer(const event& e, replayed_event& line) const {
    if (e.kind != event_kind::time_up && e.kind != event_kind::retry_due)
      return;
    const auto expected = run_->timer_event(e.at);
    if (run_->next_timer() > e.at)
      line.problem = "it was recorded before it was due";
    else if (expected.kind != e.kind || expected.step != e.step)
      line.problem = "another timer was due before it";
  }

  void compare(const event& e, bool understood, replayed_event& line) {
    const auto* recorded = e.get<outcome>();
    if (!recorded) {
      line.problem = "its outcome is not recorded";
      return;
    }
    if (understood && !triage_) {
      pass_over();
      return;
    }
    if (!understood)
      out_.result = std::get<outcome_ptr>(e.body);
    if (!run_ || out_.triage != understood) {
      // Without a plan the orchestrator itself ends a task, and always as a failure.
      if (recorded->ok())
        line.problem = "nothing had been done that could have led to it";
      return;
    }
    if (!run_->ended())
      line.problem = "the plan had not ended";
    else if (!same(*run_->result(), *recorded))
      line.problem = "the plan ended otherwise: " + run_->result()->text;
  }

  void pass_over() {
    if (passed_over_)
      return;
    passed_over_ = true;
    out_.open.emplace_back("how its domain understands messages is not known; what belongs to that "
                           "is passed over");
  }

  void remember(const std::vector<plan_action>& todo) {
    for (const auto& a : todo) {
      if (a.what == plan_act::stop)
        std::erase_if(wanted_, [&](const auto& w) {
          return std::get<1>(w) == a.step && std::get<2>(w) == a.attempt;
        });
      else if (a.what != plan_act::finish)
        wanted_.insert({a.what, a.step, a.attempt});
    }
  }

  [[nodiscard]] bool step_is_over() const {
    if (!run_ || out_.triage)
      return false;
    for (std::uint32_t i = 0; i < run_->size(); ++i)
      if (run_->node(i).name == until_.step && step_name(&*run_, i) == until_.step)
        return run_->step(i).status >= step_status::done;
    return false;
  }

  void look_at_the_end() {
    const bool ended = std::any_of(record_.history.begin(), record_.history.end(),
                                   [](const auto& e) { return e.kind == event_kind::finished; });
    if (ended)
      return;
    for (const auto& [what, step, attempt] : wanted_)
      out_.open.push_back("step " + step_name(&*run_, step) + ", attempt " +
                          std::to_string(attempt) + ", is wanted");
    if (run_ && !out_.triage)
      for (std::uint32_t i = 0; i < run_->size(); ++i)
        if (is_leaf(run_->node(i).op) && run_->step(i).status == step_status::running)
          out_.open.push_back("step " + step_name(&*run_, i) + ", attempt " +
                              std::to_string(run_->step(i).attempt) + ", is running");
  }

  const task_record& record_;
  const plan_ptr& triage_;
  const replay_stop& until_;
  replayed out_;
  bool passed_over_ = false;
  std::optional<plan_run> run_;
  std::set<std::tuple<plan_act, std::uint32_t, std::uint32_t>> wanted_;
};

} // namespace

std::size_t replayed::differences() const noexcept {
  return static_cast<std::size_t>(std::count_if(
      events.begin(), events.end(), [](const replayed_event& e) { return !e.problem.empty(); }));
}

replayed replay(const task_record& record, const plan_ptr& triage, const replay_stop& until) {
  return replayer{record, triage, until}.run();
}

std::string step_name(const plan_run* run, std::uint32_t step) {
  if (step == whole_task || !run || step >= run->size())
    return "task";
  auto name = run->table().name(step);
  return name.empty() ? std::to_string(step) : name;
}

} // namespace troupe
