#include "policies/priority.hpp"
#include "policies/standing.hpp"

#include <gtest/gtest.h>

#include <map>

namespace troupe {
namespace standing_cases {

using enum priority;
using enum route_strategy;

routing_spec support() {
  routing_spec out;
  out.strategy = cheapest;
  out.min_quality = 0.2;
  out.tiers["gold"] = {1, best_quality, 0.9};
  out.tiers["steady"] = {0, static_order, 0};
  out.tiers["bandit"] = {0, learned, 0.1};
  out.tiers["free"] = {-2, std::nullopt, 0};
  return out;
}

TEST(standing, a_step_is_as_urgent_as_whoever_says_something_about_it) {
  const struct {
    priority task, step, expected;
  } table[] = {
      {medium, medium, medium}, {medium, low, low},     {medium, urgent, urgent},
      {low, medium, low},       {high, medium, high},   {low, high, high},
      {high, low, high},        {urgent, high, urgent},
  };
  for (const auto& x : table)
    EXPECT_EQ(urgency_of_step(x.task, x.step), x.expected)
        << to_string(x.task) << " " << to_string(x.step);
}

TEST(standing, tier_and_history_raise_and_say_so) {
  const struct {
    standing who;
    int raise;
    const char* why;
  } table[] = {
      {{"", 0}, 0, ""},
      {{"silver", 0}, 0, ""},
      {{"steady", 0}, 0, ""},
      {{"gold", 0}, 1, "tier gold: one step more urgent"},
      {{"free", 0}, -2, "tier free: two steps less urgent"},
      {{"", 1}, 1, "1 former failure: one step more urgent"},
      {{"gold", 3}, 2, "tier gold: one step more urgent; 3 former failures: one step more urgent"},
  };
  for (const auto& x : table) {
    EXPECT_EQ(raise_for(support(), x.who), x.raise) << x.why;
    EXPECT_EQ(why_raised(support(), x.who), x.why);
  }
}

TEST(standing, what_is_wanted_of_a_route_follows_domain_tier_and_history) {
  const struct {
    standing who;
    route_strategy strategy;
    double min_quality;
    const char* because;
  } table[] = {
      {{"", 0}, cheapest, 0.2, ""},
      {{"silver", 0}, cheapest, 0.2, ""},
      {{"free", 0}, cheapest, 0.2, "customer tier free"},
      {{"gold", 0}, best_quality, 0.9, "customer tier gold"},
      {{"", 1}, best_quality, 0.2, "1 former failure: the best quality"},
      {{"free", 2}, best_quality, 0.2, "customer tier free; 2 former failures: the best quality"},
      // Nothing more can be done, or the team has said otherwise.
      {{"gold", 2}, best_quality, 0.9, "customer tier gold"},
      {{"steady", 2}, static_order, 0.2, "customer tier steady"},
      {{"bandit", 2}, learned, 0.2, "customer tier bandit"},
  };
  for (const auto& x : table) {
    std::string because;
    const auto wish = wish_for(support(), x.who, 7, because);
    EXPECT_EQ(wish.strategy, x.strategy) << x.because;
    EXPECT_FLOAT_EQ(wish.min_quality, static_cast<float>(x.min_quality)) << x.because;
    EXPECT_EQ(wish.dice, 7u);
    EXPECT_EQ(because, x.because);
  }
}

TEST(standing, a_quality_that_history_wants_decides_between_agents) {
  candidate cheap{.capacity = 1, .cost = 1, .quality = 0.5f};
  candidate good{.capacity = 1, .cost = 9, .quality = 0.9f};
  std::string because;
  for (const std::uint32_t failures : {0u, 1u}) {
    route_choice out;
    choose_route(wish_for(support(), {"", failures}, 0, because),
                 std::vector<candidate>{cheap, good}, out);
    EXPECT_EQ(out.chosen, failures);
  }
}

TEST(standing, a_plan_made_beforehand_is_weighed_for_who_asks) {
  plan_node check, back, pay, line;
  check.name = check.skill = "check";
  check.note = "as always";
  pay.name = pay.skill = "pay";
  pay.urgency = high;
  back.name = back.skill = "back";
  check.undo.push_back(back);
  line.op = plan_op::compensate;
  line.name = "line";
  line.children = {check, pay};
  const auto how = plan::of(line);
  EXPECT_EQ(weighed(how, support(), {"", 0}, medium), how);
  EXPECT_EQ(weighed(how, support(), {"silver", 0}, medium), how);
  const auto urgency = [](const plan& in, const std::string& name) {
    for (const auto& s : in.steps)
      if (s.node.name == name)
        return s.node.urgency;
    ADD_FAILURE() << name;
    return medium;
  };
  const struct {
    standing who;
    priority task, check, pay;
  } table[] = {
      {{"gold", 0}, medium, high, urgent}, {{"free", 0}, medium, low, low},
      {{"", 0}, low, low, high},           {{"", 0}, urgent, urgent, urgent},
      {{"gold", 0}, low, medium, urgent},
  };
  for (const auto& x : table) {
    const auto it = weighed(how, support(), x.who, x.task);
    EXPECT_EQ(urgency(*it, "check"), x.check) << x.who.tier << " " << to_string(x.task);
    EXPECT_EQ(urgency(*it, "back"), x.check) << x.who.tier;
    EXPECT_EQ(urgency(*it, "pay"), x.pay) << x.who.tier << " " << to_string(x.task);
  }
  EXPECT_EQ(urgency(*how, "check"), medium);
  std::map<std::string, std::string> notes;
  const auto for_gold = weighed(how, support(), {"gold", 0}, medium);
  for (const auto& s : for_gold->steps)
    notes[s.node.name] = s.node.note;
  EXPECT_EQ(notes["check"], "as always; tier gold: one step more urgent");
  EXPECT_EQ(notes["pay"], "tier gold: one step more urgent");
  EXPECT_EQ(notes["line"], "");
}

} // namespace standing_cases
} // namespace troupe
