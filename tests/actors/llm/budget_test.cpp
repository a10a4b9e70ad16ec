// Limits on what agents spend on models: whole nodes in virtual time.
#include "actors/budget_book.hpp"
#include "policies/budget.hpp"
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

#include <algorithm>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace budget_cases {

namespace {

budget_amount most_calls(std::int64_t n) {
  auto out = budget_amount::unlimited();
  out[static_cast<std::size_t>(budget_unit::calls)] = n;
  return out;
}

budget_amount most_cost(std::int64_t micros) {
  auto out = budget_amount::unlimited();
  out[static_cast<std::size_t>(budget_unit::cost)] = micros;
  return out;
}

/// Two agents with models, `work` and `vital`, the second one critical. Models answer at once, or
/// when they are told to.
struct scene {
  explicit scene(std::function<void(fleet_spec&)> change = {},
                 std::function<void(agent_spec&)> shape = {}) {
    std::vector<agent_spec> agents;
    for (const std::string name : {"work", "vital"}) {
      auto a = an_agent(name);
      a.card.kind = agent_kind::llm;
      a.settings = {{"model", "large"},
                    {"fallback_models", {"small"}},
                    {"instructions", "You do the work."},
                    {"max_output", 100}};
      a.slots = 64;
      a.critical = name == "vital";
      if (shape)
        shape(a);
      agents.push_back(a);
    }
    auto d = a_domain("d", agents);
    d.retry.max_retries = 0;
    d.step_timeout = 60s;
    auto f = a_fleet(d);
    provider_spec p;
    p.name = "p";
    p.url = "http://models.test/v1";
    f.providers.push_back(p);
    for (const std::string name : {"large", "small"}) {
      model_spec m;
      m.name = m.model = name;
      m.provider = "p";
      m.input_price = name == "large" ? 10 : 1;
      m.output_price = name == "large" ? 50 : 5;
      f.models.push_back(m);
    }
    if (change)
      change(f);
    s.around->http->answer =
        [this](const tools::http_request& r) -> std::optional<tools::http_response> {
      if (r.url.find("tool.test") != std::string::npos)
        return reply(json{{"text", "It is in Leeds."}});
      const auto body = json::parse(r.body);
      asked.push_back(body["model"].get<std::string>());
      if (held)
        return std::nullopt;
      return answer ? answer(body) : said("Done.");
    };
    s.up(std::move(f));
  }

  static tools::http_response reply(const json& body) {
    tools::http_response r;
    r.status = 200;
    r.body = as_text(body);
    return r;
  }
  static tools::http_response said(const std::string& text, double confidence = 0.9) {
    return whole({{"role", "assistant"},
                  {"content", as_text(json{{"text", text}, {"confidence", confidence}})}},
                 "stop");
  }
  static tools::http_response wants_tool() {
    return whole({{"role", "assistant"},
                  {"content", nullptr},
                  {"tool_calls",
                   {{{"id", "c1"},
                     {"type", "function"},
                     {"function", {{"name", "look"}, {"arguments", "{}"}}}}}}},
                 "tool_calls");
  }
  static tools::http_response whole(json message, const char* end) {
    return reply({{"usage", {{"prompt_tokens", 100}, {"completion_tokens", 10}}},
                  {"choices", {{{"message", message}, {"finish_reason", end}}}}});
  }

  heard_ptr ask(const std::string& skill = "work", const std::string& text = "Do it.",
                const std::string& customer = {}) {
    auto w = wants(skill, text);
    w.who.id = customer;
    return s->ask(w, 60s);
  }
  std::string trace_of(const heard_ptr& t) const {
    std::string out;
    for (const auto& e : t->record().history)
      if (const auto* text = e.get<std::string>(); text && e.kind == event_kind::noted)
        out += *text + "\n";
    return out;
  }
  std::vector<cost_row> costs(std::vector<cost_part> by = {}) {
    s->advance(1s);
    cost_query q;
    q.by = std::move(by);
    return s.around->disk->kept->costs(q);
  }

  stage s;
  std::vector<std::string> asked;
  std::function<tools::http_response(const json&)> answer;
  bool held = false;
};

} // namespace

TEST(budgets, what_is_spent_is_stored_with_whom_it_was_for) {
  scene x;
  ASSERT_TRUE(x.ask("work", "Do it.", "acme")->done());
  const auto t = x.ask("vital");
  const auto rows = x.costs({cost_part::agent, cost_part::customer, cost_part::model,
                             cost_part::workflow, cost_part::task});
  ASSERT_EQ(rows.size(), 2u);
  for (const auto& r : rows) {
    const bool first = r.of(cost_part::agent) == "d/work";
    EXPECT_EQ(r.of(cost_part::customer), first ? "acme" : "");
    EXPECT_EQ(r.of(cost_part::workflow), first ? "d/work" : "d/vital");
    EXPECT_EQ(r.of(cost_part::model), "large");
    EXPECT_EQ(r.used, (usage{100, 10, 1500, 1}));
    EXPECT_EQ(r.of(cost_part::task) == t->id(), !first);
  }
  EXPECT_EQ(t->result().used, (usage{100, 10, 1500, 1})) << "the task says the same";
  const auto counted = x.s->api().metrics();
  const std::string whose = R"({region="local",customer="acme")";
  for (const auto& line : {"tokens_total" + whose + ",direction=\"input\"} 100\n",
                           "tokens_total" + whose + ",direction=\"output\"} 10\n",
                           "cost_total" + whose + "} 0.0015\n"})
    EXPECT_NE(counted.find("\ntroupe_customer_" + line), std::string::npos) << line;
}

TEST(budgets, a_call_that_nobody_has_counted_is_in_the_report_as_in_the_limit) {
  scene x{[](fleet_spec& f) { f.budgets.limits.day = most_calls(50); }};
  x.answer = [](const json& body) {
    if (body["model"] != "large")
      return scene::said("Done.");
    tools::http_response late;
    late.failed = tools::http_response::error::timeout;
    late.detail = "no answer began in time";
    return late;
  };
  const auto t = x.ask();
  ASSERT_EQ(t->record().state, task_state::completed);
  EXPECT_EQ(t->result().used.calls, 2u);
  x.s.restart();
  const std::vector<std::string> today{"day:" + day_text(day_of(x.s->now(), 0min)) + ":"};
  const auto stand = x.s.around->disk->kept->budgets()->stands(today).front();
  const auto rows = x.costs();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].used.calls, 2u);
  EXPECT_EQ(rows[0].estimated, 1u);
  EXPECT_EQ(stand.spent, budget_amount::of_usage(rows[0].used));
}

TEST(budgets, the_limit_of_a_day_is_never_passed_and_pauses_who_is_not_critical) {
  scene x{[](fleet_spec& f) { f.domains[0].budgets.day = most_calls(5); }};
  for (int i = 0; i < 5; ++i)
    ASSERT_EQ(x.ask()->record().state, task_state::completed) << i;
  for (int i = 0; i < 3; ++i) {
    const auto t = x.ask();
    EXPECT_EQ(t->record().state, task_state::failed);
    EXPECT_EQ(t->result().failed.why, reason::budget_exhausted);
  }
  EXPECT_EQ(x.asked.size(), 5u);
  x.s->advance(1s);
  const auto agents = x.s->api().agents();
  for (const auto& a : agents)
    EXPECT_EQ(a.paused_until != timestamp{}, a.name == "d/work") << a.name;
  // Who is critical goes on.
  EXPECT_EQ(x.ask("vital")->record().state, task_state::completed);
  EXPECT_EQ(x.asked.size(), 6u);
  // The new day lets everybody go on.
  x.s->advance(std::chrono::duration_cast<milliseconds>(end_of_day(x.s->now(), 0min) - x.s->now()) +
               1s);
  EXPECT_EQ(x.ask()->record().state, task_state::completed);
  for (const auto& a : x.s->api().agents())
    EXPECT_EQ(a.paused_until, timestamp{}) << a.name;
}

TEST(budgets, seats_are_marked_by_what_holds_now_also_those_that_come_later) {
  scene x{[](fleet_spec& f) { f.domains[0].budgets.day = most_calls(1); }};
  const auto paused = [&](const std::string& agent) {
    x.s->advance(1s);
    return x.s->seat_of(agent)->paused.load();
  };
  // As a former life of the keeper would leave it, whose pause has ended without it.
  x.s->seat_of("d/work")->paused = true;
  x.s->kill_part("budget_keeper");
  EXPECT_FALSE(paused("d/work"));
  x.ask();
  x.ask();
  EXPECT_TRUE(paused("d/work"));
  auto later = x.s.fleet.domains[0].agents[0];
  later.card.name = "later";
  x.s->shipped().add_agent(later);
  EXPECT_TRUE(paused("d/later"));
  EXPECT_FALSE(paused("d/vital"));
  x.s->advance(std::chrono::duration_cast<milliseconds>(end_of_day(x.s->now(), 0min) - x.s->now()));
  EXPECT_FALSE(paused("d/later"));
  EXPECT_FALSE(paused("d/work"));
}

TEST(budgets, calls_at_the_same_time_share_a_limit_to_the_last_one) {
  scene x{[](fleet_spec& f) { f.budgets.limits.day = most_calls(20); }};
  std::vector<heard_ptr> all;
  for (int i = 0; i < 50; ++i)
    all.push_back(x.s->submit(wants("work")));
  x.s->advance(30s);
  std::size_t done = 0;
  for (const auto& t : all) {
    ASSERT_EQ(t->finals(), 1u);
    done += t->record().state == task_state::completed;
  }
  EXPECT_EQ(done, 20u);
  EXPECT_EQ(x.asked.size(), 20u);
}

TEST(budgets, a_node_that_dies_leaves_what_it_held_charged) {
  scene x{[](fleet_spec& f) { f.budgets.limits.day = most_calls(6); }};
  for (int i = 0; i < 3; ++i)
    x.ask();
  x.s.crash();
  std::size_t more = 0;
  for (int i = 0; i < 6; ++i)
    more += x.ask()->record().state == task_state::completed;
  EXPECT_LE(x.asked.size(), 6u);
  EXPECT_GE(x.asked.size(), 4u);
  EXPECT_EQ(x.asked.size(), 3 + more);
}

TEST(budgets, a_node_that_stops_gives_back_what_it_has_not_spent) {
  scene x{[](fleet_spec& f) { f.budgets.limits.day = most_calls(100); }};
  for (int i = 0; i < 3; ++i)
    x.ask();
  const std::vector<std::string> today{"day:" + day_text(day_of(x.s->now(), 0min)) + ":"};
  x.s.restart();
  const auto stand = x.s.around->disk->kept->budgets()->stands(today).front();
  const auto calls = static_cast<std::size_t>(budget_unit::calls);
  EXPECT_EQ(stand.spent[calls], 3);
  EXPECT_EQ(stand.taken[calls], 3);
  const auto rows = x.costs();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].used.calls, 3u) << "nor is the last one missing in the reports";
}

TEST(budgets, the_budget_of_a_task_ends_it_with_what_its_tools_have_said) {
  scene x{[](fleet_spec& f) { f.domains[0].budgets.task = most_calls(3); },
          [](agent_spec& a) {
            a.settings["tools"] = {
                {"look",
                 {{"description", "looks"},
                  {"http", {{"url", "http://tool.test/look"}, {"headers", json::object()}}}}}};
          }};
  x.answer = [](const json&) { return scene::wants_tool(); };
  const auto t = x.ask();
  EXPECT_EQ(x.asked.size(), 3u);
  ASSERT_EQ(t->record().state, task_state::completed);
  EXPECT_EQ(t->result().text, "It is in Leeds.");
  EXPECT_TRUE(t->result().partial);
  EXPECT_EQ(t->result().data["unfinished"], "budget_exhausted");
}

TEST(budgets, four_fifths_of_a_limit_bring_the_cheaper_model_and_fewer_steps) {
  scene x{[](fleet_spec& f) { f.domains[0].budgets.customer = most_calls(10); }};
  for (int i = 0; i < 8; ++i)
    x.ask("work", "Do it.", "acme");
  EXPECT_EQ(std::count(x.asked.begin(), x.asked.end(), "large"), 8);
  const auto t = x.ask("work", "Do it.", "acme");
  EXPECT_EQ(x.asked.back(), "small");
  EXPECT_NE(
      x.trace_of(t).find("80 % of the limit on the customer's day in d used: at most 4 steps, "
                         "model small"),
      std::string::npos)
      << x.trace_of(t);
  // Other customers have limits of their own.
  x.ask("work", "Do it.", "other");
  EXPECT_EQ(x.asked.back(), "large");
  // A node that has just joined knows it at its first call.
  x.s.restart();
  x.ask("work", "Do it.", "acme");
  EXPECT_EQ(x.asked.back(), "small");
  EXPECT_EQ(x.ask("work", "Do it.", "acme")->result().failed.why, reason::budget_exhausted);
  EXPECT_EQ(x.ask("work", "Do it.", "other")->record().state, task_state::completed);
}

TEST(budgets, money_is_reserved_as_input_and_longest_answer_and_comes_back) {
  // A request is reserved as some 8000 micros and costs 1500: the limit is for four at a time.
  scene x{[](fleet_spec& f) { f.budgets.limits.day = most_cost(60000); }};
  int done = 0;
  for (int i = 0; i < 60; ++i)
    done += x.ask()->record().state == task_state::completed;
  std::uint64_t spent = 0;
  for (const auto& r : x.costs())
    spent += r.used.cost_micros;
  EXPECT_LE(spent, 60000u);
  EXPECT_GT(spent, 45000u);
  EXPECT_EQ(done, static_cast<int>(x.asked.size()));
}

TEST(budgets, a_store_that_is_away_lets_nobody_pass_and_is_made_up_for) {
  scene x{[](fleet_spec& f) { f.budgets.limits.day = most_calls(100); }};
  x.ask();
  x.s->advance(5s);
  const auto before = x.asked.size();
  x.s.around->disk->failing = store_error::kind::busy;
  auto w = wants("work");
  w.keep = durability::none;
  const auto t = x.s->submit(w);
  x.s->advance(20s);
  EXPECT_EQ(x.asked.size(), before);
  ASSERT_EQ(t->finals(), 1u);
  x.s.around->disk->failing.reset();
  x.s->advance(5s);
  EXPECT_EQ(x.ask()->record().state, task_state::completed);
  EXPECT_EQ(x.costs().size(), 1u);
}

TEST(budgets, a_call_that_is_given_up_while_it_waits_costs_nothing) {
  scene x{[](fleet_spec& f) { f.budgets.limits.day = most_calls(1); }};
  // Its slice of the limit is the store's to give, and the store says nothing now.
  x.s.around->disk->no_budgets = store_error::kind::busy;
  const auto waits = x.s->submit(wants("work"));
  x.s->advance(1s);
  EXPECT_TRUE(x.asked.empty());
  ASSERT_EQ(waits->finals(), 0u);
  EXPECT_EQ(x.s->cancel(waits->id()), refusal::none);
  x.s.around->disk->no_budgets.reset();
  x.s->advance(5s);
  EXPECT_TRUE(x.asked.empty());
  EXPECT_EQ(waits->record().state, task_state::canceled);
  // The one call of the limit is still there.
  EXPECT_EQ(x.ask()->record().state, task_state::completed);
  EXPECT_EQ(x.asked.size(), 1u);
}

TEST(complexity, simple_requests_go_to_the_simple_model_and_come_back_when_it_is_not_sure) {
  scene x{{}, [](agent_spec& a) {
            a.settings["fallback_models"] = json::array();
            a.settings["simple"] = {{"model", "small"}};
          }};
  const auto plain = x.ask("work", "Where is my parcel?");
  EXPECT_EQ(x.asked, (std::vector<std::string>{"small"}));
  EXPECT_NE(x.trace_of(plain).find("complexity 0.07: small"), std::string::npos)
      << x.trace_of(plain);
  x.asked.clear();
  x.ask("work",
        "Why was I billed twice for LF-1 and LF-2? If one is a mistake, refund it; compare both.");
  EXPECT_EQ(x.asked, (std::vector<std::string>{"large"}));
  x.asked.clear();
  x.answer = [](const json& body) {
    return scene::said("Perhaps.", body["model"] == "small" ? 0.4 : 0.9);
  };
  const auto unsure = x.ask("work", "Where is my parcel?");
  EXPECT_EQ(x.asked, (std::vector<std::string>{"small", "large"}));
  EXPECT_NE(
      x.trace_of(unsure).find("model small: 1 answer, large: 1 answer, 200 + 20 tokens, context"),
      std::string::npos)
      << x.trace_of(unsure);
  EXPECT_EQ(unsure->result().confidence, 0.9);
  EXPECT_EQ(unsure->result().used.cost_micros, 1650u);
  // What it does badly, it is not asked any more.
  for (int i = 0; i < 3; ++i)
    x.ask("work", "Where is my parcel?");
  EXPECT_EQ(x.asked.back(), "large");
  const auto before = x.asked.size();
  x.ask("work", "Where is my parcel?");
  EXPECT_EQ(x.asked.size(), before + 1);
}

} // namespace budget_cases
