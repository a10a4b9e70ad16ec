// The whole way down: another instance, another specialist, fixed rules, a cheaper agent, a person.
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace ladder_cases {

domain_spec ladder(bool with_person) {
  auto specialist = an_agent("specialist");
  specialist.replicas = 2;
  specialist.fallback = {"skill:second", "agent:d/rules", "agent:d/cheap"};
  if (with_person)
    specialist.fallback.push_back("human:desk");
  auto rules = an_agent("rules");
  rules.card.kind = agent_kind::rules;
  rules.settings = {{"rules", json::array({{{"any", {"never said"}}, {"text", "fixed"}}})}};
  auto d = a_domain("d", {specialist, an_agent("second"), rules, an_agent("cheap")});
  d.retry.max_retries = 1;
  d.breaker.failures = 0;
  d.breaker.rate = 0;
  return d;
}

void break_everybody(stage& s) {
  for (const auto* name : {"specialist", "second", "cheap"})
    s.room.works[name] = [](const agent_call&) {
      return outcome::of({reason::unavailable, "not today", {}});
    };
}

std::vector<std::string> agents_asked(const task_record& record) {
  std::vector<std::string> out;
  for (const auto& e : record.history) {
    if (const auto* r = e.get<route>())
      out.push_back(r->agent.substr(0, r->agent.find('#')));
    if (e.kind == event_kind::asked)
      out.push_back("a person");
  }
  return out;
}

/// The value of a series, by its name and labels without the region.
double series(stage& s, const std::string& name, const std::string& labels) {
  const auto all = s->api().metrics();
  const auto line = "\n" + name + "{region=\"local\"," + labels + "} ";
  const auto at = all.find(line);
  return at == std::string::npos ? -1 : std::stod(all.substr(at + line.size()));
}

TEST(ladder, its_retries_and_fallbacks_are_counted_for_the_domain_the_customer_and_the_tier) {
  stage s{ladder(true)};
  break_everybody(s);
  auto what = wants("specialist");
  what.who.id = "acme";
  what.who.tier = "gold";
  auto t = s->submit(what);
  s->advance(30s);
  const auto open = s->questions("desk");
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(s->answer(open[0]->id, say("by hand")), refusal::none);
  ASSERT_TRUE(t->done());
  // Four agents; three of them failed twice, and the rules once because they knew no answer.
  for (const auto& [group, label] :
       {std::pair{"troupe_", R"(domain="d")"}, std::pair{"troupe_customer_", R"(customer="acme")"},
        std::pair{"troupe_tier_", R"(tier="gold")"}}) {
    const std::string of = group;
    EXPECT_EQ(series(s, of + "step_retries_total", label), 3) << group;
    EXPECT_EQ(series(s, of + "step_fallbacks_total", label), 3) << group;
    EXPECT_EQ(series(s, of + "escalations_total", label), 1) << group;
  }
  EXPECT_EQ(series(s, "troupe_customer_task_duration_seconds_count", R"(customer="acme")"), 1);
  EXPECT_GT(series(s, "troupe_customer_task_duration_seconds_sum", R"(customer="acme")"), 1);
  EXPECT_EQ(series(s, "troupe_tier_tasks_resolved_without_human_total", R"(tier="gold")"), 0);
}

TEST(ladder, every_rung_is_taken_once_and_seen) {
  stage s{ladder(true)};
  break_everybody(s);
  auto t = s->submit(wants("specialist"));
  s->advance(30s);
  const auto open = s->questions("desk");
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(s->answer(open[0]->id, say("by hand")), refusal::none);
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().text, "by hand");
  EXPECT_EQ(agents_asked(t->record()),
            (std::vector<std::string>{"d/specialist", "d/specialist", "d/second", "d/second",
                                      "d/rules", "d/cheap", "d/cheap", "a person"}));
  // The second attempt of the specialist was the other instance.
  std::vector<std::string> replicas;
  std::vector<std::string> rungs;
  for (const auto& e : t->record().history)
    if (const auto* r = e.get<route>()) {
      if (r->agent.starts_with("d/specialist"))
        replicas.push_back(r->agent);
      if (!r->because.empty() && (rungs.empty() || rungs.back() != r->because))
        rungs.push_back(r->because);
    }
  ASSERT_EQ(replicas.size(), 2u);
  EXPECT_NE(replicas[0], replicas[1]);
  EXPECT_EQ(rungs,
            (std::vector<std::string>{"fallback 1: skill:second", "fallback 2: agent:d/rules",
                                      "fallback 3: agent:d/cheap"}));
}

TEST(ladder, where_each_rung_helps_the_next_is_not_taken) {
  for (const std::string helper : {"second", "cheap"}) {
    stage s{ladder(true)};
    break_everybody(s);
    s.room.works.erase(helper);
    auto t = s->ask(wants("specialist"));
    ASSERT_TRUE(t->done());
    EXPECT_EQ(t->result().text, helper + " did " + (helper == "second" ? "second" : "specialist"));
    EXPECT_EQ(agents_asked(t->record()).back(), "d/" + helper);
  }
}

TEST(ladder, with_no_rung_left_it_says_so_and_invents_nothing) {
  stage s{ladder(false)};
  break_everybody(s);
  auto t = s->ask(wants("specialist"));
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->record().state, task_state::failed);
  EXPECT_EQ(t->result().text, "");
  EXPECT_EQ(t->result().failed.why, reason::unavailable);
  EXPECT_EQ(t->result().failed.detail, "not today");
}

TEST(ladder, a_domains_table_leads_to_a_person_who_is_told_why) {
  auto d = ladder(true);
  d.on_failure[reason::unavailable] = {remedy::ask_human, std::nullopt, sanction::none};
  d.human_queue = "desk";
  stage s{d};
  break_everybody(s);
  auto t = s->submit(wants("specialist", "help me"));
  s->run();
  const auto open = s->questions("desk");
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(open[0]->text, "help me\n\nAsked because of unavailable: not today");
  // The question survives the machine.
  s.crash();
  s->advance(1s);
  const auto again = s->questions("desk");
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0]->text, open[0]->text);
  EXPECT_EQ(s->answer(again[0]->id, say("by hand")), refusal::none);
  s->run();
  const auto record = s->find(t->id());
  ASSERT_TRUE(record);
  EXPECT_EQ(record->state, task_state::completed);
}

TEST(ladder, after_so_many_agents_a_person_is_asked) {
  auto d = ladder(false);
  d.human_queue = "desk";
  d.max_failed_agents = 2;
  stage s{d};
  break_everybody(s);
  auto t = s->submit(wants("specialist"));
  s->advance(30s);
  EXPECT_EQ(s->questions("desk").size(), 1u);
  EXPECT_EQ(s.room.count("cheap"), 0u);
  EXPECT_EQ(t->finals(), 0u);
}

} // namespace ladder_cases
