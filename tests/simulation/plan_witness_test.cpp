// The witness sees what is wrong with plans that go through lists, repeat and take back.
#include "nodes/sim/plan_witness.hpp"
#include "tests/fixtures/plan_parts.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::testing;

namespace plan_witness_cases {

/// Two bookings and what often fails behind them.
plan_node trip() {
  return around(plan_op::compensate, "trip",
                {undoable("flight", "unflight"), undoable("hotel", "unhotel"), step("pay")});
}

/// A task as it goes, and the world outside beside it.
class journey {
 public:
  explicit journey(plan_node root)
      : run_(plan::of(std::move(root)), timestamp{std::chrono::hours{1}}) {
    run_.start({}, todo_);
  }

  /// The step is done, in the history and, unless `acts` says otherwise, outside.
  void done(const std::string& name, bool acts = true) {
    assign(name);
    if (acts)
      deed(name);
    outcome x;
    x.text = name;
    happen(event_kind::step_completed, name, std::make_shared<const outcome>(x));
  }
  void failed(const std::string& name) {
    assign(name);
    happen(event_kind::step_failed, name,
           std::make_shared<const failure>(failure{reason::policy_denied, "no", {}}));
  }
  void list(const std::string& name, json items) {
    outcome x;
    x.data = std::move(items);
    happen(event_kind::expanded, name, std::make_shared<const outcome>(std::move(x)));
  }
  void deed(const std::string& name) {
    auto& d = outside.deeds["t/" + std::to_string(index(name)) + "/0"];
    d.carried = 1;
    d.order = ++outside.acts;
    outside.actors.insert("d/a");
  }
  [[nodiscard]] std::uint32_t index(const std::string& name) const {
    for (std::uint32_t i = 0; i < run_.size(); ++i)
      if (run_.table().name(i) == name)
        return i;
    throw std::logic_error{"no step " + name};
  }
  [[nodiscard]] std::vector<std::string> broken() const { return broken(*run_.result()); }
  [[nodiscard]] std::vector<std::string> broken(const outcome& said) const {
    return sim::broken_by({"t", history_, said}, run_, outside);
  }
  [[nodiscard]] const outcome& result() const { return *run_.result(); }

  sim::outside_world outside;

 private:
  void assign(const std::string& name) {
    auto way = std::make_shared<route>();
    way->agent = "d/a#1";
    way->does = effects::idempotent;
    happen(event_kind::assigned, name, route_ptr{std::move(way)});
  }
  void happen(event_kind kind, const std::string& name, event::body_type body) {
    event e;
    e.kind = kind;
    e.step = index(name);
    e.attempt = run_.step(e.step).attempt;
    e.body = std::move(body);
    ASSERT_TRUE(run_.apply(e, todo_)) << to_string(kind) << " of " << name;
    history_.push_back(std::move(e));
  }

  plan_run run_;
  std::vector<plan_action> todo_;
  std::vector<event> history_;
};

using said = std::vector<std::string>;

TEST(plan_witness, has_nothing_to_say_of_what_is_taken_back_as_it_should_be) {
  journey j{trip()};
  j.done("flight");
  j.done("hotel");
  j.failed("pay");
  j.done("unhotel");
  j.done("unflight");
  EXPECT_EQ(j.broken(), said{});
  EXPECT_EQ(sim::taken_back(j.result()), 2u);
}

TEST(plan_witness, sees_that_an_agent_did_nothing) {
  journey j{step("look")};
  j.outside.actors.insert("d/a");
  j.done("look", false);
  EXPECT_EQ(j.broken(), said{"task t: step look is said to be done by d/a#1, which did nothing"});
}

TEST(plan_witness, sees_what_was_done_and_is_not_spoken_of) {
  journey j{trip()};
  j.done("flight");
  j.failed("hotel");
  j.done("unflight");
  auto silent = j.result();
  silent.data = nullptr;
  EXPECT_EQ(
      j.broken(silent),
      (said{
          "task t: step flight was done and was to be taken back, and the end does not tell of it",
          "task t: step flight was taken back, and the end does not tell of it"}));
}

TEST(plan_witness, sees_that_something_was_taken_back_though_all_went_well) {
  journey j{trip()};
  j.done("flight");
  j.done("hotel");
  j.deed("unflight");
  j.done("pay");
  EXPECT_EQ(j.broken(),
            said{"task t: step flight was taken back, and the end does not tell of it"});
}

TEST(plan_witness, sees_as_much_of_a_task_whose_steps_are_not_stored) {
  const auto how = plan::of(trip());
  journey j{trip()};
  j.deed("flight");
  auto end = outcome::of({reason::timeout, "too late", {}});
  EXPECT_EQ(sim::broken_by({"t", {}, end}, how, j.outside),
            said{"task t: step flight was done and was to be taken back, and the end does not tell "
                 "of it"});
  end.data = {{"undone", {"flight"}}};
  EXPECT_EQ(sim::broken_by({"t", {}, end}, how, j.outside), said{});
}

TEST(plan_witness, sees_that_the_first_was_taken_back_first) {
  journey j{trip()};
  j.done("flight");
  j.done("hotel");
  j.failed("pay");
  j.deed("unflight"); // Although it is asked for last.
  j.done("unhotel");
  j.done("unflight", false);
  EXPECT_EQ(j.broken(),
            said{"task t: step flight was done before hotel and taken back before it as well"});
}

TEST(plan_witness, sees_an_agent_that_was_given_another_item) {
  auto each = around(plan_op::map, "each", {step("check")});
  each.items = "/input/orders";
  journey j{std::move(each)};
  j.list("each", {"a", "b"});
  j.done("check[0]");
  j.done("check[1]");
  j.outside.parts = {{"t", j.index("check[0]"), 0, {}}, {"t", j.index("check[1]"), 1, {}}};
  EXPECT_EQ(j.broken(), said{});
  j.outside.parts.insert({"t", j.index("check[1]"), 0, {}});
  EXPECT_EQ(j.broken(), said{"task t: step check[1] was told another item than its own"});
}

TEST(plan_witness, sees_an_agent_that_is_asked_once_more_than_there_are_rounds) {
  auto until = around(plan_op::loop, "until", {step("write")});
  until.when = {"/confidence", gate_test::at_least, 2};
  until.max_rounds = 1;
  journey j{std::move(until)};
  j.done("write");
  j.outside.parts.insert({"t", j.index("write"), {}, 1});
  EXPECT_EQ(j.broken(), said{});
  j.outside.parts.insert({"t", j.index("write"), {}, 2});
  j.outside.parts.insert({"t", 7, {}, 2});
  EXPECT_EQ(j.broken(), (said{"task t: step write was told another round than its own",
                              "task t: step write is beyond the last of 1 rounds",
                              "task t: an agent was called for step 7, which there is not"}));
}

} // namespace plan_witness_cases
