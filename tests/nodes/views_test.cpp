#include "nodes/doors/history.hpp"
#include "nodes/doors/json_text.hpp"
#include "nodes/doors/uri.hpp"
#include "nodes/doors/views.hpp"

#include <gtest/gtest.h>

namespace troupe::test {

namespace views_cases {

timestamp at(int ms) {
  return timestamp{microseconds{1000000000 + ms * 1000}};
}

plan_node call(std::string name) {
  plan_node n;
  n.name = std::move(name);
  n.skill = n.name;
  n.note = "intent " + n.name;
  return n;
}

event make(event_kind kind, std::uint32_t step, std::uint32_t attempt, int ms,
           event::body_type body = {}) {
  event e;
  e.kind = kind;
  e.step = step;
  e.attempt = attempt;
  e.at = at(ms);
  e.body = std::move(body);
  return e;
}

route_ptr to_agent(std::string agent) {
  route r;
  r.skill = "refund";
  r.agent = agent;
  r.because = "tier gold";
  r.of = 2;
  considered other;
  other.agent = "support/busy";
  other.said = verdict::more_loaded;
  other.load = 7;
  considered taken;
  taken.agent = std::move(agent);
  r.seen = {taken, other};
  return std::make_shared<const route>(r);
}

outcome_ptr fine(std::string text) {
  outcome x;
  x.text = std::move(text);
  x.used.input_tokens = 11;
  x.used.cost_micros = 250;
  return std::make_shared<const outcome>(std::move(x));
}

/// Understood, then two steps at once: a call that crashes once and falls back, and a delegation
/// that still runs.
task_record running() {
  auto t = std::make_shared<task>();
  t->id = "p";
  t->domain = "support";
  t->text = "refund and upgrade";
  t->created = at(0);
  t->deadline = at(60000);
  t->trace_id = "0af7651916cd43dd8448eb211c80319c";
  plan_node root;
  root.op = plan_op::parallel;
  root.name = "answer";
  auto refund = call("refund");
  refund.fallback = {"agent:support/senior"};
  auto upgrade = call("upgrade");
  upgrade.op = plan_op::domain;
  upgrade.target = "sales";
  root.children = {refund, upgrade};
  task_record r;
  r.what = t;
  r.how = plan::of(root);
  r.state = task_state::working;
  auto understood = std::make_shared<outcome>();
  understood->data = json::parse(
      R"({"clauses":[{"text":"refund","intent":"refund","confidence":0.9}],"entities":[]})");
  auto triage = make(event_kind::assigned, 0, 1, 1, to_agent("support/triage"));
  triage.triage = true;
  auto end = make(event_kind::understood, 0, 1, 2, outcome_ptr{understood});
  end.triage = true;
  r.history = {
      make(event_kind::accepted, whole_task, 0, 0),
      triage,
      end,
      make(event_kind::planned, whole_task, 0, 3, r.how),
      make(event_kind::assigned, 1, 1, 4, to_agent("support/refunds#1")),
      make(event_kind::delegated, 2, 1, 5, std::make_shared<const std::string>("p.2")),
      make(event_kind::step_failed, 1, 1, 14,
           std::make_shared<const failure>(failure{reason::invalid_input, "no order number", {}})),
      make(event_kind::assigned, 1, 2, 15, to_agent("support/senior")),
      make(event_kind::step_completed, 1, 2, 35, fine("refunded")),
  };
  return r;
}

task_record_ptr child() {
  auto t = std::make_shared<task>();
  t->id = "p.2";
  t->domain = "sales";
  t->text = std::string(2000, 'u');
  t->created = at(6);
  auto r = std::make_shared<task_record>();
  r->what = t;
  r->state = task_state::working;
  return r;
}

TEST(views, a_deadline_is_shown_as_far_as_it_is_one) {
  auto r = running();
  const auto shown = [&] { return task_view(r).value("deadline", std::string{"none"}); };
  const auto given = shown();
  ASSERT_NE(given, "none");
  r.state = task_state::input_required;
  EXPECT_EQ(shown(), "none") << "its clock stands still";
  auto firm = std::make_shared<task>(*r.what);
  firm->firm = true;
  const auto by_domain = std::exchange(r.what, firm);
  EXPECT_EQ(shown(), given);
  r.what = by_domain;
  r.state = task_state::working;
  r.moved_deadline = at(3600000);
  EXPECT_EQ(shown(), time_text(at(3600000)));
}

TEST(views, a_question_is_due_when_the_first_of_its_times_is_over) {
  question q;
  EXPECT_FALSE(question_view(q).contains("due"));
  q.due = at(5000);
  EXPECT_EQ(question_view(q)["due"], time_text(at(5000)));
  q.until = at(3000);
  EXPECT_EQ(question_view(q)["due"], time_text(at(3000)));
}

TEST(views, trace_shows_steps_attempts_and_children_of_a_running_task) {
  trace_sources more;
  more.find_task = [](const std::string& id) { return id == "p.2" ? child() : nullptr; };
  more.model_of = [](std::string_view agent) {
    return agent == "support/senior" ? std::string{"tiny-1"} : std::string{};
  };
  const auto out = trace_view(running(), more);
  EXPECT_EQ(out["trace_id"], "0af7651916cd43dd8448eb211c80319c");
  const auto& root = out["root"];
  EXPECT_EQ(root["status"], "running");
  EXPECT_FALSE(root.contains("ended"));
  ASSERT_EQ(root["spans"].size(), 2u);
  EXPECT_EQ(root["spans"][0]["op"], "triage");
  EXPECT_EQ(root["spans"][0]["status"], "success");
  const auto& plan_span = root["spans"][1];
  EXPECT_EQ(plan_span["op"], "parallel");
  EXPECT_EQ(plan_span["parent_span_id"], root["span_id"]);
  const auto& refund = plan_span["spans"][0];
  EXPECT_EQ(refund["status"], "fallback");
  EXPECT_EQ(refund["note"], "intent refund");
  EXPECT_EQ(refund["agent"], "support/senior");
  EXPECT_EQ(refund["duration_ms"], 31.0);
  ASSERT_EQ(refund["spans"].size(), 2u);
  EXPECT_EQ(refund["spans"][0]["reason"], "invalid_input");
  EXPECT_EQ(refund["spans"][0]["then"], "fallback");
  EXPECT_EQ(refund["spans"][0]["fallback"], "agent:support/senior");
  EXPECT_EQ(refund["spans"][1]["output"], "refunded");
  EXPECT_EQ(refund["spans"][1]["model"], "tiny-1");
  EXPECT_EQ(refund["spans"][1]["cost_micros"], 250);
  const auto& upgrade = plan_span["spans"][1];
  EXPECT_EQ(upgrade["status"], "running");
  const auto& inner = upgrade["spans"][0]["spans"][0];
  EXPECT_EQ(inner["task"], "p.2");
  EXPECT_EQ(inner["input"].get<std::string>().size(), 1027u);
  EXPECT_EQ(trace_view(running(), more), out);
}

TEST(views, a_step_shows_what_it_was_given_beside_its_text) {
  auto t = std::make_shared<task>();
  t->id = "p";
  t->text = "refund it, then tell";
  t->data = {{"order", 7}, {"context", {{"secret", 1}}}};
  plan_node root;
  root.op = plan_op::sequence;
  root.name = "in_order";
  auto tell = call("tell");
  tell.input = {{"entities", json::array({"A-1"})}, {"long", std::string(5000, 'l')}};
  root.children = {call("refund"), tell, call("later")};
  task_record r;
  r.what = t;
  r.how = plan::of(root);
  r.history = {make(event_kind::accepted, whole_task, 0, 0),
               make(event_kind::planned, whole_task, 0, 1, r.how),
               make(event_kind::assigned, 1, 1, 2, to_agent("support/refunds")),
               make(event_kind::step_completed, 1, 1, 3, fine("refunded")),
               make(event_kind::assigned, 2, 1, 4, to_agent("support/teller"))};
  const auto out = trace_view(r, {});
  const auto& steps = out["root"]["spans"][0]["spans"];
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_EQ(steps[0]["input_data"], R"({"order":7})");
  const auto told = steps[1]["input_data"].get<std::string>();
  EXPECT_TRUE(told.starts_with(R"({"entities":["A-1"],"long":"lll)")) << told;
  EXPECT_LT(told.size(), 2000u);
  // What has not begun was given nothing yet.
  EXPECT_FALSE(steps[2].contains("input_data"));
  // Of the results before it, so much as fits.
  auto brief = root;
  brief.children[1].input = nullptr;
  r.how = plan::of(brief);
  r.history[1].body = r.how;
  const auto again = trace_view(r, {})["root"]["spans"][0]["spans"][1]["input_data"];
  EXPECT_NE(again.get<std::string>().find("refunded"), std::string::npos) << again;
}

TEST(views, usage_says_what_went_through_the_providers_cache_if_anything_did) {
  EXPECT_EQ(
      usage_view({7, 2, 30, 1}),
      json::parse(R"({"input_tokens": 7, "output_tokens": 2, "cost_micros": 30, "calls": 1})"));
  EXPECT_EQ(usage_view({7, 2, 30, 1, 4, 3}), json::parse(R"({"input_tokens": 7, "output_tokens": 2,
    "cost_micros": 30, "calls": 1, "cached_tokens": 4, "cache_write_tokens": 3})"));
}

TEST(views, what_an_agent_hands_over_to_a_person_stays_one_attempt) {
  auto r = running();
  r.history.resize(5);
  const auto text = [](const char* of) { return std::make_shared<const std::string>(of); };
  r.history.push_back(make(event_kind::asked, 1, 1, 6, text("may it?")));
  r.history.push_back(make(event_kind::delegated, 2, 1, 7, text("p.2")));
  r.history.push_back(make(event_kind::asked, 2, 1, 8, text("a person is asked by sales")));
  const auto attempts = [&](std::size_t step) {
    return trace_view(r, {})["root"]["spans"][1]["spans"][step]["spans"];
  };
  ASSERT_EQ(attempts(0).size(), 1u);
  EXPECT_EQ(attempts(0)[0]["status"], "waiting_for_human");
  EXPECT_EQ(attempts(0)[0]["agent"], "support/refunds#1");
  EXPECT_EQ(attempts(0)[0]["question"], "may it?");
  ASSERT_EQ(attempts(1).size(), 1u);
  EXPECT_EQ(attempts(1)[0]["status"], "waiting_for_human");
  EXPECT_EQ(attempts(1)[0]["op"], "domain");
  // Resumed after a restart, answered, and the sub-task has gone on.
  r.history.push_back(make(event_kind::asked, 1, 1, 9, text("may it?")));
  r.history.push_back(make(event_kind::answered, 1, 1, 10, fine("it may")));
  r.history.push_back(make(event_kind::delegated, 2, 1, 11, text("p.2")));
  ASSERT_EQ(attempts(0).size(), 1u);
  EXPECT_EQ(attempts(0)[0]["status"], "success");
  EXPECT_EQ(attempts(0)[0]["output"], "it may");
  ASSERT_EQ(attempts(1).size(), 1u);
  EXPECT_EQ(attempts(1)[0]["status"], "running");
  EXPECT_EQ(attempts(1)[0]["child_task"], "p.2");
}

TEST(views, retries_show_their_waits) {
  auto r = running();
  r.history.resize(6);
  r.history.push_back(
      make(event_kind::step_failed, 1, 1, 14,
           std::make_shared<const failure>(failure{reason::timeout, "late", milliseconds{0}})));
  const auto seen = read_history(r);
  ASSERT_EQ(seen.steps[1].attempts.size(), 1u);
  EXPECT_EQ(seen.steps[1].attempts[0].then, after_failure::retry);
  EXPECT_GE(seen.steps[1].attempts[0].next_at, at(14 + 1000));
  EXPECT_EQ(trace_view(r, {})["root"]["spans"][1]["spans"][0]["status"], "waiting");
}

TEST(views, explain_says_who_was_considered_and_why) {
  const auto out = explain_view(running());
  EXPECT_EQ(out["understanding"]["clauses"][0]["intent"], "refund");
  const auto& refund = out["steps"][1];
  EXPECT_EQ(refund["note"], "intent refund");
  ASSERT_EQ(refund["decisions"].size(), 2u);
  const auto& first = refund["decisions"][0];
  EXPECT_EQ(first["chosen"], "support/refunds#1");
  EXPECT_EQ(first["because"], "tier gold");
  EXPECT_EQ(first["considered"][1]["verdict"], "more_loaded");
  EXPECT_EQ(first["considered"][1]["load"], 7);
  EXPECT_EQ(first["then"]["what"], "fallback");
  EXPECT_EQ(first["then"]["to"], "agent:support/senior");
  EXPECT_EQ(out["steps"][2]["decisions"][0]["delegated_to"], "p.2");
}

TEST(views, a_task_without_plan_or_history_has_a_trace) {
  const auto out = trace_view(*child(), {});
  EXPECT_EQ(out["root"]["status"], "running");
  EXPECT_EQ(out["trace_id"].get<std::string>().size(), 32u);
  EXPECT_TRUE(explain_view(*child())["steps"].empty());
}

TEST(views, hand_made_json_reads_back) {
  task_record r = running();
  auto t = std::make_shared<task>(*r.what);
  t->text = "quote \" back \\ line\n tab\t nul \x01 umlaut \xC3\xA4 bad \xFF end";
  r.what = t;
  auto x = std::make_shared<outcome>();
  x->data = {{"a", 1}};
  x->confidence = 0.1;
  x->failed = {reason::rate_limited, "later", milliseconds{1500}};
  r.result = x;
  const auto v = task_view(r);
  EXPECT_EQ(v["text"],
            "quote \" back \\ line\n tab\t nul \x01 umlaut \xC3\xA4 bad \xEF\xBF\xBD end");
  EXPECT_EQ(v["result"]["confidence"], 0.1);
  EXPECT_EQ(v["result"]["error"]["retry_after_ms"], 1500);
}

TEST(views, times_and_words_of_a_query) {
  EXPECT_EQ(time_text(timestamp{microseconds{1795228808123456}}), "2026-11-21T02:40:08.123456Z");
  EXPECT_EQ(parse_time("2026-11-21T02:40:08.123456Z", {}),
            timestamp{microseconds{1795228808123456}});
  EXPECT_EQ(parse_time("-1m", at(60000)), at(0));
  for (const auto* bad :
       {"", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-21T02:40:08", "-x"})
    EXPECT_EQ(parse_time(bad, {}), std::nullopt) << bad;
  EXPECT_EQ(parse_wait("30s"), milliseconds{30000});
  EXPECT_EQ(parse_wait("250ms"), milliseconds{250});
  EXPECT_EQ(parse_wait("1500"), milliseconds{1500});
  for (const auto* bad : {"", "s", "-1", "1.5s", "99999999999999999999", "800h"})
    EXPECT_EQ(parse_wait(bad), std::nullopt) << bad;
  EXPECT_EQ(percent_decode("a%20b+c", true), "a b c");
  EXPECT_EQ(percent_decode("%zz", true), std::nullopt);
  EXPECT_EQ(percent_decode("%0a", true), std::nullopt);
  EXPECT_EQ(find_bad_utf8("ok \xED\xA0\x80"), 3u);
  EXPECT_EQ(find_bad_utf8("\xF0\x9F\x98\x80"), std::string_view::npos);
  EXPECT_EQ(shortened("abc\xC3\xA4", 4), "abc\xE2\x80\xA6");
}

} // namespace views_cases
} // namespace troupe::test
