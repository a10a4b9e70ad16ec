// A node's slices of the limits on what is spent: who waits for them, and who keeps the accounts.
#include "actors/budget_book.hpp"
#include "actors/budget_keeper.hpp"
#include "actors/fleet_version.hpp"
#include "src/store/memory_budgets.hpp"
#include "tests/fixtures/post_stage.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace budget_book_cases {

budget_amount only(budget_unit unit, std::int64_t n) {
  auto out = budget_amount::unlimited();
  out[static_cast<std::size_t>(unit)] = n;
  return out;
}

/// A book of a node, with a limit on the day of its fleet.
struct office {
  explicit office(const budget_amount& day, std::chrono::minutes offset = 0min) {
    parts->fleet.node_id = "n";
    parts->time = timeline{post_stage::wall, stage.system().clock().now()};
    parts->log = post_stage::log();
    auto version = std::make_shared<fleet_version>();
    version->number = 1;
    version->fleet.budgets.limits.day = day;
    version->fleet.budgets.utc_offset = offset;
    parts->versions->put(std::move(version));
    model_spec m;
    m.name = "m";
    m.max_output = 100000;
    parts->budgets = std::make_shared<budget_book>(
        budget_book::settings{parts->versions, {m}, [this] { return now(); }, place, "n/1"});
  }
  ~office() { end_keeper(); }

  timestamp now() { return parts->time.at(stage.system().clock().now()); }
  budget_book& book() { return *parts->budgets; }
  void begin_keeper() {
    keeper = stage.system().spawn(budget_keeper, parts_ptr{parts}, seat_ptr{}, memory);
    place->take(keeper);
    stage.run();
  }
  void end_keeper() {
    if (!keeper)
      return;
    caf::anon_send_exit(keeper, caf::exit_reason::kill);
    keeper = nullptr;
    place->leave();
    stage.run();
  }
  void pass(milliseconds by) {
    for (milliseconds t{0}; t < by; t += 50ms)
      stage.advance(50ms);
  }

  struct call {
    std::optional<budget_answer> said;
    budget_book::ticket paid;
    model_request what;
  };
  using call_ptr = std::shared_ptr<call>;
  /// A call that may use so many tokens.
  call_ptr reserve(std::uint32_t tokens) {
    auto out = std::make_shared<call>();
    out->what.model = "m";
    out->what.max_output = tokens;
    book().reserve(out->what, 3s,
                   [out](budget_book::ticket paid, const budget_slices::reply& said) {
                     out->paid = std::move(paid);
                     out->said = said.answer;
                   });
    return out;
  }
  void end(const call& x, std::uint32_t used) {
    model_reply said;
    said.used.output_tokens = used;
    book().settle(x.paid, x.what, said);
  }
  /// What the keeper does with the store.
  void carry() {
    const auto what = book().next_errand();
    told.insert(told.end(), what.spent.begin(), what.spent.end());
    std::vector<std::string> looks;
    for (const auto& x : what.looks)
      looks.push_back(x.name);
    auto seen = memory->stands(looks);
    book().done(what, {memory->settle(what.claims, now()), std::move(seen)});
    book().look_again();
  }

  post_stage stage;
  std::shared_ptr<node_parts> parts = std::make_shared<node_parts>();
  seat_ptr place = parts->places->claim({address_kind::node, "n/budget_keeper"});
  std::shared_ptr<memory_budgets> memory = std::make_shared<memory_budgets>();
  std::vector<std::shared_ptr<const stored_spend>> told; ///< for the reports
  caf::actor keeper;
};

TEST(budget_book, who_needs_much_is_not_overtaken_by_all_who_need_little) {
  office x{only(budget_unit::tokens, 1000)};
  const auto first = x.reserve(300);
  x.carry();
  ASSERT_EQ(first->said, budget_answer::granted);
  x.end(*first, 100);
  const auto large = x.reserve(900);
  EXPECT_FALSE(large->said) << "some of it is still with the store";
  const auto small = x.reserve(50);
  EXPECT_FALSE(small->said) << "there is enough for it, which the large one waits for";
  x.carry();
  EXPECT_EQ(large->said, budget_answer::granted);
  EXPECT_NE(small->said, budget_answer::granted);
  x.end(*large, 10);
  x.carry();
  EXPECT_EQ(small->said, budget_answer::granted);
}

TEST(budget_book, who_waits_behind_one_in_vain_gets_what_there_is_when_its_time_is_over) {
  office x{only(budget_unit::tokens, 1000)};
  const auto first = x.reserve(300);
  x.carry();
  const auto large = x.reserve(800); // The first one may use less, and does not say so.
  x.pass(500ms);
  const auto small = x.reserve(50);
  x.carry();
  EXPECT_FALSE(large->said);
  EXPECT_FALSE(small->said);
  x.pass(2600ms);
  x.carry();
  EXPECT_EQ(large->said, budget_answer::refused);
  x.pass(200ms);
  x.carry();
  EXPECT_EQ(small->said, budget_answer::granted);
}

TEST(budget_book, what_a_dead_node_held_pauses_briefly_and_what_comes_back_ends_that) {
  office x{only(budget_unit::tokens, 1000)};
  const std::vector<std::string> today{"day:" + day_text(day_of(x.now(), 0min)) + ":"};
  budget_claim theirs;
  theirs.account = today[0];
  theirs.limit = only(budget_unit::tokens, 1000);
  theirs.need[1] = theirs.wish[1] = 800;
  theirs.until = end_of_day(x.now(), 0min);
  x.memory->settle(std::vector{theirs}, x.now());
  x.begin_keeper();
  EXPECT_EQ(x.book().limits().at(0).held[1], 800) << "nobody has spent anything here";
  const auto first = x.reserve(300);
  x.pass(2s);
  EXPECT_FALSE(first->said) << "it may come back";
  x.pass(2s);
  EXPECT_EQ(first->said, budget_answer::refused);
  ASSERT_EQ(x.book().pauses().size(), 1u);
  EXPECT_TRUE(x.book().pauses()[0].brief);
  EXPECT_LE(x.book().pauses()[0].until, x.now() + budget_slices::tries_again);
  EXPECT_EQ(x.reserve(300)->said, budget_answer::refused) << "nobody else waits in vain";
  const auto small = x.reserve(100);
  x.pass(500ms);
  EXPECT_EQ(small->said, budget_answer::granted) << "there is enough for it";
  x.end(*small, 100);
  theirs.need = theirs.wish = {};
  theirs.back[1] = 700;
  x.memory->settle(std::vector{theirs}, x.now());
  x.pass(2s);
  EXPECT_TRUE(x.book().pauses().empty());
  const auto again = x.reserve(300);
  x.pass(500ms);
  EXPECT_EQ(again->said, budget_answer::granted);
}

TEST(budget_book, a_brief_pause_ends_by_itself) {
  office x{only(budget_unit::tokens, 1000)};
  budget_claim theirs;
  theirs.account = "day:" + day_text(day_of(x.now(), 0min)) + ":";
  theirs.limit = only(budget_unit::tokens, 1000);
  theirs.need[1] = theirs.wish[1] = 1000;
  x.memory->settle(std::vector{theirs}, x.now());
  x.begin_keeper();
  x.reserve(1);
  x.pass(4s);
  ASSERT_EQ(x.book().pauses().size(), 1u);
  x.pass(budget_slices::tries_again);
  EXPECT_TRUE(x.book().pauses().empty());
  const auto next = x.reserve(1);
  x.pass(1s);
  EXPECT_FALSE(next->said) << "it is worth a try";
}

TEST(budget_book, a_day_that_others_have_used_up_is_known_without_a_call) {
  office x{only(budget_unit::tokens, 1000)};
  x.begin_keeper();
  EXPECT_TRUE(x.book().pauses().empty());
  budget_claim theirs;
  theirs.account = "day:" + day_text(day_of(x.now(), 0min)) + ":";
  theirs.limit = only(budget_unit::tokens, 1000);
  theirs.need[1] = theirs.wish[1] = theirs.spent[1] = 1000;
  x.memory->settle(std::vector{theirs}, x.now());
  x.pass(budget_book::looks_every + 1s);
  ASSERT_EQ(x.book().pauses().size(), 1u);
  EXPECT_FALSE(x.book().pauses()[0].brief);
  EXPECT_EQ(x.book().limits().at(0).used[1], 1000);
  x.pass(20s);
  EXPECT_EQ(x.book().limits().at(0).used[1], 1000) << "also after a rest";
}

TEST(budget_book, how_a_limit_stands_is_asked_by_whoever_has_not_heard_for_a_while) {
  office x{only(budget_unit::tokens, 1000)};
  budget_claim theirs;
  theirs.account = "day:" + day_text(day_of(x.now(), 0min)) + ":";
  theirs.limit = only(budget_unit::tokens, 1000);
  theirs.need[1] = theirs.wish[1] = theirs.spent[1] = 900;
  x.memory->settle(std::vector{theirs}, x.now());
  int told = 0;
  const auto knows = [&] { return x.book().knows({}, 500ms, [&] { ++told; }); };
  EXPECT_FALSE(knows());
  EXPECT_FALSE(knows());
  EXPECT_TRUE(x.book().waiting());
  EXPECT_FALSE(x.book().stance({}).tight);
  x.carry();
  EXPECT_EQ(told, 2);
  EXPECT_FALSE(x.book().waiting());
  EXPECT_TRUE(x.book().stance({}).tight);
  EXPECT_TRUE(knows());
  // After a rest others may have gone on; and nobody waits for a store that says nothing.
  x.pass(budget_slices::believes);
  EXPECT_FALSE(knows());
  x.pass(400ms);
  x.book().look_again();
  EXPECT_EQ(told, 2);
  x.pass(200ms);
  x.book().look_again();
  EXPECT_EQ(told, 3);
}

TEST(budget_book, when_it_closes_whoever_waits_is_refused_and_all_goes_back) {
  office x{only(budget_unit::tokens, 1000)};
  const auto first = x.reserve(100);
  x.carry();
  x.end(*first, 60);
  const auto large = x.reserve(990);
  x.book().close();
  EXPECT_EQ(large->said, budget_answer::refused);
  x.carry();
  EXPECT_TRUE(x.book().next_errand().empty());
  const std::vector<std::string> names{"day:" + day_text(day_of(x.now(), 0min)) + ":"};
  const auto stand = x.memory->stands(names).front();
  EXPECT_EQ(stand.spent[1], 60);
  EXPECT_EQ(stand.taken[1], 60);
}

TEST(budget_book, the_report_has_what_the_limits_have_of_calls_that_nobody_counted) {
  office x{only(budget_unit::tokens, 1000)};
  for (const auto e : {model_error::none, model_error::timeout, model_error::broken,
                       model_error::rate_limited, model_error::unreachable}) {
    const auto one = x.reserve(100);
    x.carry();
    ASSERT_EQ(one->said, budget_answer::granted) << to_string(e);
    model_reply said;
    said.error = e;
    if (e == model_error::none)
      said.used = {7, 5, 0, 1};
    x.book().settle(one->paid, one->what, said);
  }
  const auto unsent = x.reserve(100);
  x.carry();
  ASSERT_EQ(unsent->said, budget_answer::granted);
  model_reply said;
  said.error = model_error::timeout;
  said.unsent = true;
  x.book().settle(unsent->paid, unsent->what, said);
  x.book().close();
  x.carry();
  usage told;
  std::int64_t estimated = 0;
  for (const auto& row : x.told) {
    told += row->used;
    estimated += row->estimated ? 1 : 0;
  }
  EXPECT_EQ(told, (usage{7, 205, 0, 3}));
  EXPECT_EQ(estimated, 2);
  const std::vector<std::string> names{"day:" + day_text(day_of(x.now(), 0min)) + ":"};
  EXPECT_EQ(x.memory->stands(names).front().spent, budget_amount::of_usage(told));
}

TEST(budget_book, calls_that_nobody_counted_are_reported_without_a_limit_too) {
  office x{budget_amount::unlimited()};
  const auto one = x.reserve(100);
  ASSERT_EQ(one->said, budget_answer::granted);
  model_reply late;
  late.error = model_error::timeout;
  x.book().settle(one->paid, one->what, late);
  x.carry();
  ASSERT_EQ(x.told.size(), 1u);
  EXPECT_EQ(x.told[0]->used, (usage{0, 100, 0, 1}));
  EXPECT_TRUE(x.told[0]->estimated);
}

TEST(budget_book, accounts_in_memory_outlive_a_keeper_that_is_restarted) {
  office x{only(budget_unit::calls, 3)};
  x.begin_keeper();
  for (int i = 0; i < 3; ++i) {
    const auto one = x.reserve(10);
    x.pass(200ms);
    ASSERT_EQ(one->said, budget_answer::granted) << i;
    x.end(*one, 5);
  }
  x.pass(2s);
  x.end_keeper();
  x.begin_keeper();
  x.pass(15s);
  const auto more = x.reserve(10);
  x.pass(4s);
  EXPECT_EQ(more->said, budget_answer::refused);
}

TEST(budget_book, accounts_in_memory_are_forgotten_when_they_are_over) {
  const auto midnight = std::chrono::duration_cast<std::chrono::minutes>(
      end_of_day(post_stage::wall, 0min) - post_stage::wall);
  office x{only(budget_unit::calls, 1000000), midnight - 1min};
  x.begin_keeper();
  const std::vector<std::string> today{"day:" + day_text(day_of(x.now(), midnight - 1min)) + ":"};
  const auto use = [&] {
    const auto one = x.reserve(1);
    x.pass(50ms);
    x.end(*one, 1);
    x.pass(600ms);
  };
  use();
  EXPECT_GT(x.memory->stands(today).front().taken[2], 0);
  x.pass(2min);
  for (std::uint64_t i = 0; i < budget_keeper_state::prunes_every; ++i)
    use();
  EXPECT_EQ(x.memory->stands(today).front().taken[2], 0);
}

} // namespace budget_book_cases
