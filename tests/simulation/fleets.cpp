#include "tests/simulation/fleets.hpp"

#include "tests/simulation/fleet_parts.hpp"

#include <algorithm>
#include <chrono>
#include <initializer_list>

namespace troupe::testing {

namespace {

using namespace std::chrono_literals;

/// Single steps and a line of them; sessions matter most here.
drawn_fleet talkers(dice_box& dice) {
  auto d = domain_of(dice, "talk", {"chat", "look"});
  d.plans["both"] = group(plan_op::sequence, "both", {step("look"), step("chat")});
  drawn_fleet out{fleet_of(dice, std::move(d)), {}};
  for (const auto* skill : {"chat", "look", "both"}) {
    auto r = wish_for(skill);
    r.context_id = "s";
    out.requests.push_back(std::move(r));
  }
  return out;
}

/// Races, quorums and parallel work, of agents whose effects are safe to start more than once.
drawn_fleet runners(dice_box& dice) {
  auto d = domain_of(dice, "run", {"quick", "sure", "cheap", "last"});
  for (auto& a : d.agents)
    a.card.does = dice.draw() % 2 == 0 ? effects::none : effects::idempotent;
  d.plans["first"] = group(plan_op::race, "first", {step("quick"), step("sure"), step("cheap")});
  d.plans["most"] = group(plan_op::quorum, "most", {step("quick"), step("sure"), step("cheap")});
  d.plans["all"] =
      group(plan_op::sequence, "all",
            {group(plan_op::parallel, "together", {step("quick"), step("sure")}), step("last")});
  d.plans["race_of_lines"] =
      group(plan_op::race, "race_of_lines",
            {group(plan_op::sequence, "a", {step("quick", "q1"), step("sure", "s1")}),
             group(plan_op::sequence, "b", {step("cheap", "c1"), step("last", "l1")})});
  drawn_fleet out{fleet_of(dice, std::move(d)), {}};
  for (const auto* skill : {"first", "most", "all", "race_of_lines"})
    out.requests.push_back(wish_for(skill));
  return out;
}

/// A domain within a domain within a domain, that hand each other work, and people in between.
drawn_fleet office(dice_box& dice) {
  auto archive = domain_of(dice, "office/back/archive", {"find", "file"});
  archive.plans["record"] = group(plan_op::sequence, "record", {step("find"), step("file")});
  auto back = domain_of(dice, "office/back", {"check", "sign"});
  back.plans["approve"] =
      group(plan_op::sequence, "approve",
            {step("check"), elsewhere("office/back/archive", "record"), step("sign")});
  back.plans["ask"] = group(plan_op::sequence, "ask", {step("check"), a_person(), step("sign")});
  back.domains.push_back(std::move(archive));
  auto front = domain_of(dice, "office", {"greet", "send"});
  front.plans["order"] = group(
      plan_op::sequence, "order",
      {group(plan_op::parallel, "together", {step("greet"), elsewhere("office/back", "approve")}),
       step("send")});
  front.plans["wish"] =
      group(plan_op::sequence, "wish", {elsewhere("office/back", "ask"), step("send")});
  front.domains.push_back(std::move(back));
  drawn_fleet out{fleet_of(dice, std::move(front)), {}};
  out.requests = {wish_for("order"), wish_for("wish"), wish_for("greet")};
  out.requests.back().context_id = "s";
  auto deep = wish_for("record");
  deep.domain = "office/back/archive";
  out.requests.push_back(std::move(deep));
  return out;
}

/// Ladders: other agents, other skills, people; and a step that must pass a gate.
drawn_fleet ladders(dice_box& dice) {
  auto d = domain_of(dice, "climb", {"expert", "novice", "rules"});
  auto climb = step("expert", "climb");
  climb.fallback = {"agent:novice", "skill:rules", "human:desk"};
  d.plans["climb"] = climb;
  d.plans["gated"] = group(plan_op::sequence, "gated",
                           {step("novice"), sure_gate("gate", 0.4), step("expert", "finish")});
  auto asks = a_person();
  asks.timeout = 20s;
  d.plans["impatient"] = group(plan_op::sequence, "impatient", {asks, step("rules")});
  d.fixed_plan = group(plan_op::sequence, "fixed", {step("rules", "one"), climb});
  drawn_fleet out{fleet_of(dice, std::move(d)), {}};
  for (const auto* skill : {"climb", "gated", "impatient", ""})
    out.requests.push_back(wish_for(skill));
  return out;
}

/// What a map goes through; now and then it is nothing.
json drawn_list(dice_box& dice) {
  auto list = json::array();
  for (auto n = dice.draw() % 6; n > 0; --n)
    list.push_back({{"order", n}});
  return {{"orders", std::move(list)}};
}

void wish_with_lists(dice_box& dice, drawn_fleet& to, std::initializer_list<const char*> skills) {
  for (const auto* skill : skills) {
    auto r = wish_for(skill);
    r.data = drawn_list(dice);
    to.requests.push_back(std::move(r));
  }
}

plan_node for_each_order(dice_box& dice, const std::string& name, plan_node child) {
  auto n = group(plan_op::map, name, {std::move(child)});
  n.items = "/input/orders";
  n.at_once = 1 + static_cast<std::uint32_t>(dice.draw() % 3);
  return n;
}

/// Again until it is sure enough, which takes a few rounds.
plan_node until_sure(dice_box& dice, plan_op op, const std::string& name,
                     std::vector<plan_node> children) {
  auto n = group(op, name, std::move(children));
  n.when = {"/confidence", gate_test::at_least, 0.4 + 0.4 * unit_interval(dice.draw())};
  n.max_rounds = 1 + static_cast<std::uint32_t>(dice.draw() % 4);
  return n;
}

plan_node undone_by(plan_node what, plan_node by) {
  what.undo.push_back(std::move(by));
  return what;
}

/// What several at once set in the context is a contradiction, or the last one counts.
void perhaps_agree(dice_box& dice, domain_spec& d) {
  if (dice.draw() % 2 == 0)
    for (auto& [name, field] : d.context)
      field.merge = state_merge::replace;
}

/// Lists, rounds and judgements, and some within others.
drawn_fleet repeaters(dice_box& dice) {
  auto d = domain_of(dice, "again", {"look", "write", "weigh"});
  perhaps_agree(dice, d);
  d.plans["each"] = for_each_order(dice, "each", step("look"));
  d.plans["until"] = until_sure(dice, plan_op::loop, "until", {step("write")});
  d.plans["fine"] = until_sure(dice, plan_op::judge, "fine", {step("write"), step("weigh")});
  d.plans["each_until"] =
      for_each_order(dice, "each_until",
                     until_sure(dice, plan_op::loop, "until",
                                {group(plan_op::sequence, "line", {step("look"), step("write")})}));
  drawn_fleet out{fleet_of(dice, std::move(d)), {}};
  wish_with_lists(dice, out, {"each", "until", "fine", "each_until"});
  out.requests.front().context_id = "s";
  return out;
}

/// Work that is taken back when what follows fails, which it often does: in a line, over a list,
/// side by side, within each other, and in another domain.
drawn_fleet bookers(dice_box& dice) {
  auto depot = domain_of(dice, "shop/depot", {"pack", "unpack"});
  auto d = domain_of(dice, "shop", {"book", "charge", "ship", "free", "refund"});
  perhaps_agree(dice, d);
  if (dice.draw() % 2 == 0)
    d.human_queue = "desk";
  const auto booked = undone_by(step("book"), step("free"));
  const auto charged = undone_by(step("charge"), step("refund"));
  const auto packed = undone_by(elsewhere("shop/depot", "pack"), elsewhere("shop/depot", "unpack"));
  const auto sure = sure_gate("sure", 0.6);
  d.plans["buy"] = group(plan_op::compensate, "buy", {booked, charged, step("ship"), sure});
  d.plans["buy_all"] = group(plan_op::compensate, "buy_all",
                             {for_each_order(dice, "all", booked), charged, step("ship"), sure});
  d.plans["buy_both"] =
      group(plan_op::compensate, "buy_both",
            {group(plan_op::parallel, "both", {booked, charged}), step("ship"), sure});
  d.plans["buy_far"] = group(
      plan_op::compensate, "buy_far",
      {booked, packed, group(plan_op::compensate, "paid", {charged, sure_gate("paid_up", 0.4)}),
       step("ship"), sure});
  d.domains.push_back(std::move(depot));
  drawn_fleet out{fleet_of(dice, std::move(d)), {}};
  wish_with_lists(dice, out, {"buy", "buy_all", "buy_both", "buy_far"});
  out.requests.back().context_id = "s";
  return out;
}

/// Some keys come again at about the same time: with the same request, with other words, or from
/// another session, whose shard may be another one.
void repeat_keys(dice_box& dice, std::vector<sim::order>& orders) {
  const auto count = orders.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (orders[i].what.idempotency_key.empty() || dice.draw() % 3 != 0)
      continue;
    auto again = orders[i];
    again.cancel_after.reset();
    if (dice.draw() % 2 == 0)
      again.at += milliseconds{static_cast<std::int64_t>(dice.draw() % 4000)};
    const auto how = dice.draw() % 4;
    if (how == 0)
      again.what.text += " and more";
    else if (how != 1)
      again.what.context_id = "elsewhere" + std::to_string(dice.draw() % 4);
    orders.push_back(std::move(again));
  }
}

} // namespace

drawn_fleet draw_fleet(dice_box& dice) {
  switch (dice.draw() % 4) {
  case 0:
    return talkers(dice);
  case 1:
    return runners(dice);
  case 2:
    return office(dice);
  default:
    return ladders(dice);
  }
}

drawn_fleet draw_pattern_fleet(dice_box& dice) {
  return dice.draw() % 2 == 0 ? repeaters(dice) : bookers(dice);
}

sim::scenario draw_scenario(std::uint64_t seed) {
  dice_box dice{scramble(seed)};
  // What came later to be drawn has dice of its own; the number is one with which none of it is
  // drawn for the seeds that tests name, so that these stay what they were.
  dice_box later{scramble(seed ^ 0x29D60)};
  const auto more = later.draw() % 4;
  auto drawn = more % 2 == 0 ? draw_fleet(dice) : draw_pattern_fleet(dice);
  sim::scenario out;
  out.seed = seed;
  const auto span = milliseconds{5000 + static_cast<std::int64_t>(dice.draw() % 40000)};
  const auto count = 5 + dice.draw() % 25;
  for (std::uint64_t i = 0; i < count; ++i) {
    sim::order o;
    o.at = milliseconds{
        static_cast<std::int64_t>(dice.draw() % static_cast<std::uint64_t>(span.count()))};
    o.what = drawn.requests[dice.draw() % drawn.requests.size()];
    o.what.text += " " + std::to_string(i);
    if (!o.what.context_id.empty())
      o.what.context_id += std::to_string(dice.draw() % 3);
    if (dice.draw() % 2 == 0)
      o.what.idempotency_key = "key-" + std::to_string(i);
    if (dice.draw() % 12 == 0)
      o.what.keep = durability::none;
    if (dice.draw() % 10 == 0)
      o.what.timeout = milliseconds{500 + static_cast<std::int64_t>(dice.draw() % 3000)};
    if (dice.draw() % 8 == 0)
      o.cancel_after = milliseconds{static_cast<std::int64_t>(dice.draw() % 5000)};
    // Now and then the same request comes again from somebody who does not know of the first.
    if (!out.orders.empty() && dice.draw() % 8 == 0)
      if (const auto& other = out.orders[dice.draw() % out.orders.size()];
          !other.what.idempotency_key.empty())
        o.what = other.what;
    out.orders.push_back(std::move(o));
  }
  if (more >= 2)
    repeat_keys(later, out.orders);
  std::stable_sort(out.orders.begin(), out.orders.end(),
                   [](const auto& a, const auto& b) { return a.at < b.at; });
  out.fleet = std::move(drawn.fleet);
  out.faults = sim::fault_plan::draw(dice, span);
  out.answers = [](const agent_spec& spec, const agent_call& call, std::uint64_t d) {
    auto x = sim::plausible_answer(spec, call, d);
    if (d % 3 == 0)
      x.data = {{"context", {{"word", spec.card.name}, {"count", d % 100}}}};
    return x;
  };
  return out;
}

sim::cluster_scenario draw_cluster_scenario(std::uint64_t seed) {
  auto one = draw_scenario(seed);
  dice_box dice{scramble(seed ^ 0x636C7573746572ull)};
  sim::cluster_scenario out;
  out.seed = seed;
  out.nodes = 2 + static_cast<std::uint32_t>(dice.draw() % 4);
  out.fleet = std::move(one.fleet);
  out.fleet.shards = 1 + static_cast<std::uint32_t>(dice.draw() % 4);
  out.orders = std::move(one.orders);
  for (auto& o : out.orders)
    o.at += sim::nodes_meet;
  out.agents = one.faults;
  out.faults = sim::cluster_faults::draw(dice, one.faults.span);
  out.answers = std::move(one.answers);
  return out;
}

} // namespace troupe::testing
