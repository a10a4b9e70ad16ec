#include "policies/dice.hpp"
#include "policies/replay.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace troupe {

namespace {

using plan_act = plan_action::kind;
using attempt_of = std::pair<std::uint32_t, std::uint32_t>; ///< step and attempt

constexpr std::size_t events_max =
    100000; ///< of one replay: a plan can loop for long, not for ever

/// `domain/agent` of a replica `domain/agent#2`.
std::string without_replica(const std::string& agent) {
  return agent.substr(0, agent.find('#'));
}

/// What a record says of a step's attempts.
struct recorded {
  struct answer {
    event what;
    microseconds took{0};
    std::string agent;
  };
  std::map<attempt_of, event> begun; ///< assigned, unroutable, delegated, asked, expanded
  std::map<attempt_of, answer> answers;

  explicit recorded(const task_record& record) {
    std::map<attempt_of, timestamp> since;
    for (const auto& e : record.history) {
      if (e.triage)
        continue;
      const attempt_of which{e.step, e.attempt};
      switch (e.kind) {
      case event_kind::assigned:
      case event_kind::unroutable:
      case event_kind::delegated:
      case event_kind::asked:
      case event_kind::expanded:
        begun.try_emplace(which, e);
        since.try_emplace(which, e.at);
        break;
      case event_kind::step_completed:
      case event_kind::step_failed:
      case event_kind::interrupted:
      case event_kind::answered: {
        answer a{e, microseconds{0}, {}};
        if (const auto hit = since.find(which); hit != since.end())
          a.took = e.at - hit->second;
        if (const auto hit = begun.find(which); hit != begun.end())
          if (const auto* r = hit->second.get<route>())
            a.agent = r->agent;
        answers.insert_or_assign(which, std::move(a));
        break;
      }
      default:
        break;
      }
    }
  }

  /// What was recorded of this attempt, else of the nearest one of the step that `fits`.
  template <class Map, class Fits>
  static const typename Map::mapped_type* nearest(const Map& of, attempt_of which, Fits fits) {
    if (const auto hit = of.find(which); hit != of.end() && fits(hit->second))
      return &hit->second;
    for (auto i = of.lower_bound({which.first, 0}); i != of.end() && i->first.first == which.first;
         ++i)
      if (fits(i->second))
        return &i->second;
    return nullptr;
  }
};

class what_if {
 public:
  what_if(const task_record& record, const other_answers& others, const replay_stop& until)
      : record_(record)
      , others_(others)
      , until_(until)
      , known_(record) {}

  replayed run() {
    if (!begin())
      return std::move(out_);
    while (!run_->ended() && !out_.stopped && out_.events.size() < events_max && go_on()) {
    }
    if (run_->ended()) {
      out_.result = run_->result();
      event e;
      e.kind = event_kind::finished;
      e.at = now_;
      e.body = run_->result();
      out_.events.push_back({0, std::move(e), {}, {}, {}, "task"});
    }
    out_.run = std::make_shared<const plan_run>(*run_);
    return std::move(out_);
  }

 private:
  bool begin() {
    for (const auto& e : record_.history) {
      if (e.kind != event_kind::planned)
        continue;
      const auto* how = std::get_if<plan_ptr>(&e.body);
      if (!how || !*how)
        break;
      now_ = e.at;
      run_.emplace(*how, *record_.what);
      replayed_event line{0, e, {}, {}, {}, {}};
      run_->start(e.at, line.wanted);
      put(std::move(line));
      return true;
    }
    out_.open.emplace_back("the task was never planned");
    return false;
  }

  /// Applies what happens next; false when nothing more can.
  bool go_on() {
    const auto timer = run_->next_timer();
    if (coming_.empty() && (timer == no_deadline || !stuck_.empty())) {
      for (const auto& text : stuck_)
        out_.open.push_back(text);
      return false;
    }
    event e;
    if (coming_.empty() || timer < coming_.begin()->first.first) {
      e = run_->timer_event(std::max(now_, timer));
      e.dice = scramble(++drawn_);
    } else {
      auto next = coming_.extract(coming_.begin());
      e = std::move(next.mapped());
      e.at = std::max(now_, next.key().first);
    }
    apply(std::move(e));
    return true;
  }

  void apply(event e) {
    now_ = std::max(now_, e.at);
    replayed_event line{0, e, {}, {}, {}, {}};
    if (run_->apply(e, line.wanted))
      put(std::move(line));
  }

  void put(replayed_event line) {
    for (const auto& a : line.wanted)
      line.names.push_back(step_name(&*run_, a.step));
    line.name = step_name(&*run_, line.what.step);
    const auto wanted = line.wanted;
    out_.events.push_back(std::move(line));
    out_.stopped = out_.events.size() == until_.events || step_is_over();
    for (const auto& a : wanted)
      if (!out_.stopped)
        answer(a);
  }

  [[nodiscard]] bool step_is_over() const {
    if (until_.step.empty())
      return false;
    for (std::uint32_t i = 0; i < run_->size(); ++i)
      if (run_->node(i).name == until_.step && step_name(&*run_, i) == until_.step)
        return run_->step(i).status >= step_status::done;
    return false;
  }

  void answer(const plan_action& a) {
    const attempt_of which{a.step, a.attempt};
    if (a.what == plan_act::finish)
      return;
    if (a.what == plan_act::stop) {
      std::erase_if(coming_, [&](const auto& c) {
        return attempt_of{c.second.step, c.second.attempt} == which;
      });
      return;
    }
    const auto* first = recorded::nearest(known_.begun, which, [&](const event& e) {
      switch (a.what) {
      case plan_act::call:
        return e.kind == event_kind::assigned || e.kind == event_kind::unroutable;
      case plan_act::delegate:
        return e.kind == event_kind::delegated;
      case plan_act::expand:
        return e.kind == event_kind::expanded;
      default:
        return e.kind == event_kind::asked;
      }
    });
    if (!first) {
      stick(a, a.what == plan_act::expand ? "its list is not known" : "nobody was given it");
      return;
    }
    auto e = *first;
    e.step = a.step;
    e.attempt = a.attempt;
    e.at = now_;
    const auto* r = e.get<route>();
    const auto agent = r ? r->agent : std::string{};
    const bool routed = e.kind != event_kind::unroutable && e.kind != event_kind::expanded;
    apply(std::move(e));
    if (routed)
      reply(a, agent);
  }

  /// What comes back for an attempt that `agent` has, if anybody knows.
  void reply(const plan_action& a, const std::string& agent) {
    event e;
    e.step = a.step;
    e.attempt = a.attempt;
    e.dice = scramble(++drawn_);
    microseconds took{0};
    const auto* known =
        recorded::nearest(known_.answers, {a.step, a.attempt}, [&](const recorded::answer& x) {
          return without_replica(x.agent) == without_replica(agent);
        });
    if (known)
      took = known->took;
    if (const auto other = answers_for(others_, agent); other != others_.end()) {
      auto& next = used_[other->first];
      if (next == other->second.size()) {
        stick(a, agent + " has no further answer");
        return;
      }
      const auto& x = other->second[next++];
      if (x.ok()) {
        e.kind = event_kind::step_completed;
        e.body = std::make_shared<const outcome>(x);
      } else {
        e.kind = event_kind::step_failed;
        e.body = std::make_shared<const failure>(x.failed);
      }
    } else if (known) {
      if (known->what.kind == event_kind::answered && a.what == plan_act::call)
        hand_to_people(a);
      e.kind = known->what.kind;
      e.dice = known->what.dice;
      e.body = known->what.body;
    } else {
      stick(a, (agent.empty() ? std::string{"nobody"} : agent) + " never answered it");
      return;
    }
    coming_.emplace(std::pair{now_ + took, ++number_}, std::move(e));
  }

  /// The agent that was chosen stands for people, who answered then.
  void hand_to_people(const plan_action& a) {
    event e;
    e.kind = event_kind::asked;
    e.step = a.step;
    e.attempt = a.attempt;
    e.at = now_;
    e.body = std::make_shared<const std::string>(run_->node(a.step).text);
    apply(std::move(e));
  }

  void stick(const plan_action& a, const std::string& why) {
    stuck_.insert("step " + step_name(&*run_, a.step) + ", attempt " + std::to_string(a.attempt) +
                  ": " + why + " in the record");
  }

  const task_record& record_;
  const other_answers& others_;
  const replay_stop& until_;
  const recorded known_;
  replayed out_;
  std::optional<plan_run> run_;
  timestamp now_{};
  std::map<std::pair<timestamp, std::uint64_t>, event> coming_;
  std::map<std::string, std::size_t> used_;
  std::set<std::string> stuck_;
  std::uint64_t number_ = 0;
  std::uint64_t drawn_ = 0;
};

} // namespace

other_answers::const_iterator answers_for(const other_answers& others, std::string_view agent) {
  const auto declared = agent.substr(0, agent.find('#'));
  const auto hit = others.find(declared);
  return hit == others.end() ? others.find(declared.substr(0, declared.find('@'))) : hit;
}

replayed replay_with(const task_record& record, const other_answers& others,
                     const replay_stop& until) {
  return what_if{record, others, until}.run();
}

} // namespace troupe
