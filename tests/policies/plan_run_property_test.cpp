#include "tests/policies/plan_stage.hpp"

#include <gtest/gtest.h>

#include <random>

namespace troupe {
namespace plan_run_property_cases {

using namespace testing;

/// A world that does anything at any time, from a seed.
class chaos {
 public:
  explicit chaos(std::uint32_t seed)
      : random_(seed) {}

  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }

  plan_node tree(int depth, bool covered = false) {
    const bool undone = covered && below(2) == 0;
    auto node = bare_tree(depth, covered);
    if (undone)
      node.undo.push_back(leaf("u" + std::to_string(++count_)));
    return node;
  }

  plan_node leaf(const std::string& name) {
    auto out = below(6) == 0 ? human(name) : below(5) == 0 ? domain(name) : call(name);
    static const char* rungs[] = {"skill:other", "agent:general", "human:desk"};
    for (auto n = below(3); n > 0; --n)
      out.fallback.push_back(rungs[below(3)]);
    if (below(3) == 0)
      out.timeout = milliseconds{1 + below(5000)};
    return out;
  }

  plan_node bare_tree(int depth, bool covered) {
    const auto name = "n" + std::to_string(++count_);
    if (depth == 0 || below(3) == 0)
      return leaf(name);
    static constexpr plan_op ops[] = {plan_op::sequence, plan_op::parallel,   plan_op::race,
                                      plan_op::quorum,   plan_op::compensate, plan_op::map,
                                      plan_op::loop,     plan_op::judge};
    auto g = group(ops[below(8)], name, {});
    covered = covered || g.op == plan_op::compensate;
    auto children = 1 + below(4);
    if (g.op == plan_op::map || g.op == plan_op::loop || g.op == plan_op::judge) {
      children = g.op == plan_op::judge ? 2 : 1;
      g.items = "/input/list";
      g.at_once = 1 + below(3);
      g.max_rounds = 1 + below(3);
      g.when = {"/data/k1", gate_test::at_least, 2};
    }
    for (auto n = children; n > 0; --n) {
      if ((g.op == plan_op::sequence || g.op == plan_op::compensate) && !g.children.empty() &&
          below(4) == 0)
        g.children.push_back(
            gate("g" + std::to_string(++count_), "/confidence", gate_test::at_least, 0.3));
      g.children.push_back(tree(depth - 1, covered));
    }
    if (g.op == plan_op::quorum)
      g.needed = 1 + below(static_cast<std::uint32_t>(g.children.size()));
    if (below(4) == 0)
      g.timeout = milliseconds{1 + below(20000)};
    if (below(2) == 0)
      g.how = join::merge;
    return g;
  }

  event any_event(const stage& s) {
    event e;
    static constexpr event_kind kinds[] = {
        event_kind::assigned,    event_kind::assigned,       event_kind::delegated,
        event_kind::asked,       event_kind::step_completed, event_kind::answered,
        event_kind::step_failed, event_kind::unroutable,     event_kind::retry_due,
        event_kind::time_up,     event_kind::assigned,       event_kind::step_completed};
    e.kind = kinds[below(12)];
    e.step = below(s.run.size() + 1);
    const auto known = e.step < s.run.size() ? s.run.step(e.step).attempt : 1;
    e.attempt = below(10) == 0 ? below(4) : known;
    if (below(400) == 0)
      e.kind = event_kind::cancel_wanted;
    if (e.step < s.run.size() && s.run.node(e.step).op == plan_op::map && below(2) == 0) {
      e.kind = event_kind::expanded;
      outcome x;
      for (auto n = below(5); n > 0; --n)
        x.data.push_back(n);
      e.body = std::make_shared<const outcome>(std::move(x));
      return e;
    }
    switch (below(3)) {
    case 0: {
      auto x = said("t", {{"k" + std::to_string(below(3)), below(3)}});
      x.confidence = below(10) / 10.0;
      if (below(4) == 0)
        x.failed = {static_cast<reason>(below(13)), "x", {}};
      e.body = std::make_shared<const outcome>(std::move(x));
      break;
    }
    case 1:
      e.body = std::make_shared<const failure>(
          failure{static_cast<reason>(below(13)), "x", milliseconds{below(3000)}});
      break;
    default: {
      auto r = std::make_shared<route>();
      r->agent = "agent" + std::to_string(below(4));
      r->repeatable = below(2) == 0;
      e.body = route_ptr{std::move(r)};
    }
    }
    return e;
  }

 private:
  std::mt19937 random_;
  int count_ = 0;
};

/// Every request is answered or taken back before the end, and the end comes once.
class ledger {
 public:
  void actions(const std::vector<plan_action>& todo, const plan_run& run) {
    using kind = plan_action::kind;
    for (const auto& a : todo) {
      ASSERT_FALSE(finished_) << "something was asked for after the end";
      const auto key = std::pair{a.step, a.attempt};
      switch (a.what) {
      case kind::finish:
        finished_ = true;
        EXPECT_TRUE(open_.empty()) << "step " << open_.begin()->first << " was left behind";
        EXPECT_TRUE(run.ended());
        break;
      case kind::stop:
        EXPECT_EQ(open_.erase(key), 1u) << "stopped what did not run";
        break;
      case kind::expand:
        break; // May be left alone when the map is not wanted any more.
      default:
        EXPECT_TRUE(open_.insert(key).second) << "asked for twice";
      }
    }
  }
  void answered(const event& e) {
    using enum event_kind;
    if (e.kind == step_completed || e.kind == event_kind::answered || e.kind == step_failed ||
        e.kind == unroutable)
      open_.erase({e.step, e.attempt});
  }
  bool finished() const { return finished_; }
  std::size_t open() const { return open_.size(); }

 private:
  std::set<std::pair<std::uint32_t, std::uint32_t>> open_;
  bool finished_ = false;
};

std::uint32_t active_leaves(const plan_run& run) {
  std::uint32_t n = 0;
  for (std::uint32_t i = 0; i < run.size(); ++i) {
    const auto status = run.step(i).status;
    const auto op = run.node(i).op;
    const bool leaf = op == plan_op::call || op == plan_op::domain || op == plan_op::human;
    n += leaf && (status == step_status::wanted || status == step_status::running ||
                  status == step_status::waiting);
  }
  return n;
}

TEST(plan_run_property, whatever_happens_it_ends_once_leaves_nothing_behind_and_replays) {
  std::size_t ended_early = 0;
  for (std::uint32_t seed = 1; seed <= 1500; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    chaos world{seed};
    const auto places = 1 + world.below(6);
    stage s{world.tree(4), milliseconds{20000 + world.below(60000)}, places};
    ledger book;
    s.start();
    book.actions(s.todo, s.run);
    s.todo.clear();
    for (int i = 0; i < 600 && !s.run.ended(); ++i) {
      s.now += milliseconds{world.below(200)};
      auto e = world.any_event(s);
      if (s.run.next_timer() <= s.now)
        e = s.run.timer_event(s.now);
      const auto before = s.todo.size();
      const bool taken = s.feed(e);
      if (taken) {
        book.answered(e);
      } else {
        EXPECT_EQ(s.todo.size(), before);
      }
      book.actions(s.todo, s.run);
      s.todo.clear();
      EXPECT_LE(active_leaves(s.run), places);
      if (i % 50 == 0) {
        EXPECT_EQ(difference(s.run, s.replayed()), "");
      }
      if (HasFailure())
        return;
    }
    ended_early += s.run.ended();
    // Left alone, timers and answers that never come bring every plan to its end.
    for (int i = 0; i < 5000 && !s.run.ended(); ++i) {
      if (s.run.next_timer() == no_deadline) {
        // All that is left is to be undone, and nobody is there to do it.
        std::vector<plan_action> open;
        s.run.open_actions(open);
        ASSERT_FALSE(open.empty());
        event e;
        e.kind = event_kind::step_failed;
        e.step = open[0].step;
        e.attempt = open[0].attempt;
        ASSERT_TRUE(s.feed(e));
        book.answered(e);
      } else {
        s.next_timer();
      }
      book.actions(s.todo, s.run);
      s.todo.clear();
    }
    ASSERT_TRUE(s.run.ended());
    EXPECT_TRUE(book.finished());
    EXPECT_EQ(book.open(), 0u);
    EXPECT_TRUE(s.run.result());
    EXPECT_FALSE(s.run.waits_for_human());
    EXPECT_EQ(difference(s.run, s.replayed()), "");
    std::vector<plan_action> open;
    s.run.open_actions(open);
    for (const auto& a : open)
      ADD_FAILURE() << "still open: step " << a.step;
    if (HasFailure())
      return;
  }
  EXPECT_GT(ended_early, 100u);
}

} // namespace plan_run_property_cases
} // namespace troupe
