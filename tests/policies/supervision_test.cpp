#include "policies/supervision.hpp"

#include <gtest/gtest.h>

#include <random>

namespace troupe {
namespace supervision_cases {

using enum supervision;
using enum restart_type;
using kind = supervision_step::kind;

timestamp at_ms(std::int64_t ms) {
  return timestamp{milliseconds{ms}};
}

/// Children are called by their numbers: "stop 2, start 1".
struct house {
  explicit house(supervision strategy, std::vector<restart_type> types,
                 restart_intensity limits = {})
      : run(strategy, limits) {
    for (auto t : types)
      run.add({"child", t, milliseconds{10}});
    run.start_all(todo);
    todo.clear();
  }
  std::string look() {
    static constexpr const char* words[] = {"start", "stop", "give_up", "ended"};
    std::string out;
    for (const auto& s : todo) {
      out += (out.empty() ? "" : ", ") + std::string{words[static_cast<int>(s.what)]};
      if (s.what == kind::start || s.what == kind::stop)
        out += " " + std::to_string(s.child);
    }
    todo.clear();
    return out;
  }
  std::string down(std::uint32_t child, exit_kind how = exit_kind::abnormal) {
    run.down(child, how, now, todo);
    return look();
  }
  std::string tick_at(std::int64_t ms) {
    now = at_ms(ms);
    run.tick(now, todo);
    return look();
  }
  supervision_run run;
  timestamp now = at_ms(1000000);
  supervision_run::steps todo;
};

restart_intensity bears(std::uint32_t restarts) {
  return {restarts, milliseconds{10000}, milliseconds{50}, milliseconds{5000}};
}

TEST(restart_window, gives_up_on_one_more_than_it_bears_within_the_period) {
  restart_window w{bears(2)};
  EXPECT_TRUE(w.add_restart(at_ms(0)));
  EXPECT_TRUE(w.add_restart(at_ms(10000)));
  // Exactly one period ago still counts, as in OTP.
  EXPECT_FALSE(w.add_restart(at_ms(10000)));
  restart_window v{bears(2)};
  EXPECT_TRUE(v.add_restart(at_ms(0)));
  EXPECT_TRUE(v.add_restart(at_ms(1)));
  EXPECT_TRUE(v.add_restart(at_ms(10001)));
  EXPECT_EQ(v.recent(), 2u);
  EXPECT_FALSE(restart_window{bears(0)}.add_restart(at_ms(0)));
}

TEST(restart_window, delays_double_from_the_second_restart) {
  const std::int64_t delays[] = {0, 0, 50, 100, 200, 400, 800, 1600, 3200, 5000, 5000};
  for (std::uint32_t streak = 0; streak < std::size(delays); ++streak)
    EXPECT_EQ(restart_delay(bears(5), streak).count(), delays[streak]) << streak;
  EXPECT_EQ(restart_delay(bears(5), 4000000000).count(), 5000);
}

TEST(supervision, who_is_restarted_after_which_end) {
  const struct {
    restart_type type;
    bool normal, shutdown, abnormal;
  } table[] = {{permanent, true, true, true},
               {transient, false, false, true},
               {temporary, false, false, false}};
  for (const auto& row : table) {
    const std::pair<exit_kind, bool> ends[] = {{exit_kind::normal, row.normal},
                                               {exit_kind::shutdown, row.shutdown},
                                               {exit_kind::abnormal, row.abnormal}};
    for (auto [how, restarted] : ends) {
      SCOPED_TRACE(std::string{to_string(row.type)} + " " + std::to_string(static_cast<int>(how)));
      house one{one_for_one, {permanent, row.type, permanent}};
      EXPECT_EQ(one.down(1, how), restarted ? "start 1" : "");
      EXPECT_EQ(one.run.restarts(1), restarted ? 1u : 0u);
      EXPECT_EQ(one.run.running(1), restarted);
      house all{one_for_all, {permanent, row.type, permanent}};
      EXPECT_EQ(all.down(1, how), restarted ? "stop 2" : "");
      if (restarted) {
        EXPECT_EQ(all.down(2, exit_kind::shutdown), "stop 0");
        EXPECT_EQ(all.down(0, exit_kind::shutdown), "start 0, start 1, start 2");
      }
      house rest{rest_for_one, {permanent, row.type, permanent}};
      EXPECT_EQ(rest.down(1, how), restarted ? "stop 2" : "");
      if (restarted) {
        EXPECT_EQ(rest.down(2, exit_kind::shutdown), "start 1, start 2");
      }
    }
  }
}

TEST(supervision, a_group_takes_back_who_ended_by_himself_but_not_the_temporary) {
  for (auto strategy : {one_for_all, rest_for_one}) {
    house h{strategy, {permanent, transient, temporary, temporary, permanent}};
    EXPECT_EQ(h.down(1, exit_kind::normal), "");
    EXPECT_EQ(h.down(2, exit_kind::normal), "");
    EXPECT_EQ(h.down(0), "stop 4");
    EXPECT_EQ(h.down(4), "stop 3");
    EXPECT_EQ(h.down(3), "start 0, start 1, start 4");
    EXPECT_FALSE(h.run.running(3));
  }
}

TEST(supervision, too_many_restarts_end_everything_in_reverse_order) {
  for (auto strategy : {one_for_one, one_for_all, rest_for_one}) {
    house h{strategy, {permanent, permanent, permanent}, bears(0)};
    EXPECT_EQ(h.down(1), "stop 2");
    EXPECT_TRUE(h.run.stopping());
    EXPECT_EQ(h.run.next_timer(), no_deadline);
    EXPECT_EQ(h.down(2), "stop 0");
    EXPECT_EQ(h.down(0), "give_up");
    EXPECT_EQ(h.down(0), "");
    h.run.start_all(h.todo);
    h.run.start_child(1, h.todo);
    h.run.shut_down(h.todo);
    EXPECT_EQ(h.look(), "");
  }
}

TEST(supervision, restarts_long_ago_are_forgiven) {
  house h{one_for_one, {permanent}, bears(1)};
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(h.down(0), "start 0");
    h.now += milliseconds{10001};
  }
  EXPECT_EQ(h.run.restarts(0), 50u);
}

TEST(supervision, a_child_that_fails_again_waits) {
  house h{one_for_one, {permanent, permanent}, bears(10)};
  EXPECT_EQ(h.down(0), "start 0");
  EXPECT_EQ(h.down(0), "");
  EXPECT_EQ(h.run.next_timer(), h.now + milliseconds{50});
  EXPECT_EQ(h.down(0), "") << "it is not running";
  EXPECT_EQ(h.run.restarts(0), 2u);
  EXPECT_EQ(h.down(1), "start 1");
  EXPECT_EQ(h.tick_at(1000049), "");
  EXPECT_EQ(h.tick_at(1000050), "start 0");
  EXPECT_EQ(h.run.next_timer(), no_deadline);
}

TEST(supervision, a_group_that_fails_again_waits_for_its_last_end_and_then_for_the_clock) {
  house h{one_for_all, {permanent, permanent}, bears(10)};
  EXPECT_EQ(h.down(0), "stop 1");
  EXPECT_EQ(h.down(1), "start 0, start 1");
  EXPECT_EQ(h.down(0), "stop 1");
  // As long as child 1 stops there is nothing to wake up for.
  EXPECT_EQ(h.run.next_timer(), no_deadline);
  EXPECT_EQ(h.tick_at(1000060), "");
  EXPECT_EQ(h.down(1), "start 0, start 1");
  EXPECT_EQ(h.down(1), "stop 0");
  EXPECT_EQ(h.down(0), "start 0, start 1");
  EXPECT_EQ(h.down(0), "stop 1");
  EXPECT_EQ(h.down(1), "");
  EXPECT_EQ(h.run.next_timer(), at_ms(1000160));
  EXPECT_EQ(h.tick_at(1000160), "start 0, start 1");
}

TEST(supervision, ends_within_a_group_that_stops_are_no_failures) {
  house h{one_for_all, {permanent, permanent, permanent}, bears(1)};
  EXPECT_EQ(h.down(0), "stop 2");
  EXPECT_EQ(h.down(1), "") << "it goes down by itself while 2 stops";
  EXPECT_EQ(h.down(2), "start 0, start 1, start 2");
  EXPECT_EQ(h.run.restarts(1), 0u);
}

TEST(supervision, a_failure_before_the_group_widens_it) {
  house h{rest_for_one, {permanent, permanent, permanent, permanent}, bears(5)};
  EXPECT_EQ(h.down(2), "stop 3");
  EXPECT_EQ(h.down(0), "");
  EXPECT_EQ(h.down(3), "stop 1");
  EXPECT_EQ(h.down(1), "start 0, start 1, start 2, start 3");
  EXPECT_EQ(h.run.restarts(0) + h.run.restarts(2), 2u);
}

TEST(supervision, shutdown_stops_in_reverse_order_and_waits_for_each) {
  house h{one_for_one, {permanent, transient, permanent}};
  h.run.shut_down(h.todo);
  EXPECT_EQ(h.look(), "stop 2");
  h.run.shut_down(h.todo);
  EXPECT_EQ(h.look(), "");
  EXPECT_EQ(h.down(0), "") << "ends before its turn";
  EXPECT_EQ(h.down(2), "stop 1");
  EXPECT_EQ(h.down(1), "ended");
  house empty{one_for_all, {}};
  empty.run.shut_down(empty.todo);
  EXPECT_EQ(empty.look(), "ended");
}

TEST(supervision, shutdown_during_a_group_restart_starts_nothing) {
  house h{one_for_all, {permanent, permanent, permanent}};
  EXPECT_EQ(h.down(1), "stop 2");
  h.run.shut_down(h.todo);
  EXPECT_EQ(h.look(), "");
  EXPECT_EQ(h.down(2), "stop 0");
  EXPECT_EQ(h.down(0), "ended");
}

TEST(supervision, dynamic_children_are_started_and_stopped_alone) {
  house h{one_for_one, {}};
  const auto a = h.run.add({"a", permanent, {}});
  EXPECT_EQ(h.tick_at(5), "");
  EXPECT_FALSE(h.run.running(a));
  h.run.start_child(a, h.todo);
  h.run.start_child(a, h.todo);
  EXPECT_EQ(h.look(), "start 0");
  h.run.stop_child(a, h.todo);
  h.run.stop_child(a, h.todo);
  EXPECT_EQ(h.look(), "stop 0");
  EXPECT_EQ(h.down(a, exit_kind::shutdown), "");
  h.run.start_child(a, h.todo);
  EXPECT_EQ(h.look(), "start 0");
  // Wanted back before it has ended: it never runs twice at the same time.
  h.run.stop_child(a, h.todo);
  h.run.start_child(a, h.todo);
  EXPECT_EQ(h.look(), "stop 0");
  EXPECT_EQ(h.down(a, exit_kind::shutdown), "start 0");
  EXPECT_EQ(h.run.restarts(a), 0u);
}

TEST(supervision, who_was_stopped_by_hand_stays_so_through_a_group_restart) {
  house h{one_for_all, {permanent, permanent, permanent}};
  h.run.stop_child(1, h.todo);
  EXPECT_EQ(h.look(), "stop 1");
  EXPECT_EQ(h.down(0), "stop 2");
  EXPECT_EQ(h.down(2), "") << "child 1 has not ended yet";
  EXPECT_EQ(h.down(1), "start 0, start 2");
  h.run.start_child(1, h.todo);
  EXPECT_EQ(h.look(), "start 1");
}

TEST(supervision, shutdown_waits_for_who_was_stopped_by_hand) {
  house h{one_for_one, {permanent}};
  h.run.stop_child(0, h.todo);
  h.run.shut_down(h.todo);
  EXPECT_EQ(h.look(), "stop 0");
  EXPECT_EQ(h.down(0), "ended");
}

TEST(supervision, a_child_added_but_never_started_is_left_out_of_a_group) {
  house h{one_for_all, {permanent}};
  h.run.add({"later", permanent, {}});
  EXPECT_EQ(h.down(0), "start 0");
  h.run.start_child(1, h.todo);
  EXPECT_EQ(h.look(), "start 1");
}

TEST(supervision, whatever_happens_nobody_runs_twice_and_the_end_comes_after_all_ends) {
  for (std::uint32_t seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random{seed};
    const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    supervision_run run{static_cast<supervision>(below(3)), bears(below(8))};
    std::vector<bool> alive;
    for (auto n = below(6); n > 0; --n) {
      run.add({"c", static_cast<restart_type>(below(3)), {}});
      alive.push_back(false);
    }
    supervision_run::steps todo;
    bool over = false;
    auto now = at_ms(0);
    const auto perform = [&] {
      for (const auto& s : todo) {
        ASSERT_FALSE(over);
        if (s.what == kind::start) {
          ASSERT_FALSE(alive[s.child]);
          alive[s.child] = true;
        } else if (s.what == kind::stop) {
          ASSERT_TRUE(alive[s.child]);
        } else {
          over = true;
          for (bool a : alive)
            ASSERT_FALSE(a);
        }
      }
      todo.clear();
    };
    run.start_all(todo);
    for (int i = 0; i < 300; ++i) {
      perform();
      now += milliseconds{below(500)};
      const auto child = alive.empty() ? 0 : below(static_cast<std::uint32_t>(alive.size()));
      switch (alive.empty() ? 5 : below(8)) {
      case 0:
        run.stop_child(child, todo);
        break;
      case 1:
        run.start_child(child, todo);
        break;
      case 2:
        if (i > 200)
          run.shut_down(todo);
        break;
      case 3:
      case 4:
        run.tick(std::max(now, run.next_timer() == no_deadline ? now : run.next_timer()), todo);
        break;
      default:
        if (!alive.empty() && alive[child]) {
          alive[child] = false;
          run.down(child, static_cast<exit_kind>(below(3)), now, todo);
        }
      }
      if (HasFatalFailure())
        return;
    }
    run.shut_down(todo);
    for (int i = 0; i < 50 && !over; ++i) {
      perform();
      for (std::uint32_t c = 0; c < alive.size(); ++c)
        if (alive[c]) {
          alive[c] = false;
          run.down(c, exit_kind::shutdown, now, todo);
          break;
        }
      perform();
    }
    EXPECT_TRUE(over);
  }
}

TEST(supervision, that_is_told_to_fail_stops_all_and_gives_up) {
  house h{one_for_one, {permanent, permanent}};
  h.run.fail(h.todo);
  EXPECT_EQ(h.look(), "stop 1");
  h.run.fail(h.todo);
  EXPECT_EQ(h.look(), "");
  EXPECT_EQ(h.down(1, exit_kind::shutdown), "stop 0");
  EXPECT_EQ(h.down(0, exit_kind::shutdown), "give_up");
  house empty{one_for_all, {}};
  empty.run.fail(empty.todo);
  EXPECT_EQ(empty.look(), "give_up");
}

TEST(supervision, goes_by_other_rules_from_the_next_failure) {
  house h{one_for_one, {permanent, permanent, permanent}, bears(1)};
  EXPECT_EQ(h.down(1), "start 1");
  h.run.use(rest_for_one, bears(3));
  // What failed before does not count against the new limits.
  EXPECT_EQ(h.down(1), "stop 2");
  EXPECT_EQ(h.down(2, exit_kind::shutdown), "start 1, start 2");
  h.run.use(one_for_one, bears(0));
  EXPECT_EQ(h.down(0), "stop 2");
  EXPECT_TRUE(h.run.stopping());
}

} // namespace supervision_cases
} // namespace troupe
