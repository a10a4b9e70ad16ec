// What passes an agent's boundary: schemas, facts, sanitized texts, secrets, and what is on record
// of it.
#include "tests/fixtures/stage.hpp"

#include "src/store/audit.hpp"
#include "src/telemetry/log.hpp"
#include "src/wire/codec.hpp"

#include <troupe/json_read.hpp>

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace boundary_cases {

json schema(const char* text) {
  return json::parse(text);
}

const char* const takes_amount = R"({"properties": {"input": {
  "type": "object", "required": ["amount"],
  "properties": {"amount": {"type": "integer", "minimum": 1}}, "additionalProperties": false}}})";
const char* const gives_receipt = R"({"required": ["data"], "properties": {"data": {
  "type": "object", "required": ["receipt"], "properties": {"receipt": {"type": "string"}}}}})";

domain_spec paying(agent_spec a, std::uint32_t retries = 0) {
  auto d = a_domain("d", {std::move(a)});
  d.retry.max_retries = retries;
  d.retry.min_backoff = 0ms;
  return d;
}

task_request paying_request(json data) {
  auto r = wants("pay");
  r.data = std::move(data);
  return r;
}

std::vector<json> audit_of(stage& s) {
  std::vector<json> out;
  for (const auto& row : s.around->disk->kept->audit(0, 1000))
    out.push_back(json::parse(row.body));
  return out;
}

/// Everything of a node that others can see, as one text.
std::string all_that_is_seen(stage& s, const task_record& record) {
  std::string out = record.result->text + record.result->data.dump() + record.result->failed.detail;
  for (const auto& e : record.history) {
    if (const auto* f = e.get<failure>()) {
      out += f->detail;
      for (const auto& x : f->errors)
        out += x.pointer + x.message;
    }
    if (const auto* x = e.get<outcome>())
      out += x->text + x->data.dump() + x->failed.detail;
    if (const auto* text = e.get<std::string>())
      out += *text;
  }
  for (const auto& [id, call] : s.room.calls)
    out += call.text + call.input.dump() + call.context.dump();
  for (const auto& t : s.around->disk->kept->tasks({}))
    if (const auto whole = s.around->disk->kept->task(t.id)) {
      out += whole->task_body + whole->outcome_body;
      for (const auto& body : whole->events)
        out += body;
    }
  for (const auto& row : s.around->disk->kept->audit(0, 1000))
    out += row.body;
  out += s->api().metrics();
  return out;
}

TEST(boundary, a_request_that_nobody_takes_is_refused_with_every_flaw_before_it_is_a_task) {
  auto a = an_agent("pay");
  a.takes = schema(takes_amount);
  stage s{paying(a)};
  auto t = s->ask(paying_request({{"amount", 0}, {"colour", "red"}}));
  ASSERT_EQ(t->refusals.size(), 1u);
  EXPECT_EQ(t->refusals[0].why, refusal::invalid_input);
  std::vector<std::string> where;
  for (const auto& f : t->refusals[0].errors)
    where.push_back(f.pointer + " " + f.keyword);
  EXPECT_EQ(where, (std::vector<std::string>{"/data/amount minimum",
                                             "/data/colour additionalProperties"}));
  EXPECT_EQ(s.room.count("pay"), 0u);
  EXPECT_TRUE(s->ask(paying_request({{"amount", 3}}))->done());
  EXPECT_EQ(s.room.count("pay"), 1u);
}

TEST(boundary, another_agent_with_the_skill_may_take_what_the_first_does_not) {
  auto a = an_agent("pay");
  a.takes = schema(takes_amount);
  auto b = an_agent("other");
  b.card.skills = {"pay"};
  auto d = paying(a);
  b.card.domain = "d";
  d.agents.push_back(b);
  stage s{d};
  EXPECT_TRUE(s->ask(paying_request({{"colour", "red"}}))->accepted.size() == 1);
}

TEST(boundary, a_call_that_breaks_the_schema_never_reaches_the_agent) {
  auto a = an_agent("pay");
  a.takes = schema(R"({"properties": {"context": {"type": "object", "required": ["tier"]}}})");
  stage s{paying(a)};
  auto t = s->ask(paying_request({{"amount", 3}}));
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().failed.why, reason::invalid_input);
  EXPECT_EQ(t->result().failed.detail, "/context must have the property 'tier'");
  EXPECT_EQ(s.room.count("pay"), 0u);
}

TEST(boundary, an_answer_that_breaks_the_schema_goes_back_with_its_flaws) {
  auto a = an_agent("pay");
  a.takes = schema(takes_amount);
  a.gives = schema(gives_receipt);
  stage s{paying(a, 2)};
  s.room.works["pay"] = [](const agent_call& x) {
    // The first attempt forgets the receipt; the second one is told so.
    return x.input.contains("errors") ? say("paid", {{"receipt", "R-1"}}) : say("paid");
  };
  auto t = s->ask(paying_request({{"amount", 3}}));
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().data.value("receipt", ""), "R-1");
  ASSERT_EQ(s.room.calls.size(), 2u);
  EXPECT_EQ(s.room.calls[1].second.input["errors"],
            (json{{{"pointer", "/data"},
                   {"keyword", "required"},
                   {"message", "must have the property 'receipt'"}}}));
  EXPECT_EQ(story(t->record()),
            (std::vector<std::string>{"accepted", "planned", "assigned d/pay",
                                      "step_failed invalid_output", "assigned d/pay",
                                      "step_completed", "finished"}));
}

TEST(boundary, the_flaws_survive_a_crash_of_the_machine) {
  auto a = an_agent("pay");
  a.gives = schema(gives_receipt);
  auto d = paying(a, 3);
  d.retry.min_backoff = 1000ms;
  stage s{d};
  int calls = 0;
  s.room.works["pay"] = [&](const agent_call&) {
    return ++calls < 3 ? say("paid") : say("paid", {{"receipt", "R-1"}});
  };
  auto t = s->submit(paying_request({{"amount", 3}}));
  s->run();
  ASSERT_EQ(calls, 2) << "the second attempt is at once, the third waits";
  s.crash();
  s->advance(5s);
  ASSERT_EQ(calls, 3);
  EXPECT_EQ(s.room.calls.back().second.input["errors"][0]["keyword"], "required");
}

TEST(boundary, an_answer_against_an_established_fact_is_a_contradiction) {
  auto a = an_agent("pay");
  a.writes = {"customer_id"};
  auto d = paying(a);
  d.context["customer_id"].fact = true;
  d.context["customer_id"].said_as = {"/account"};
  stage s{d};
  json answer;
  s.room.works["pay"] = [&](const agent_call&) { return say("ok", answer); };
  const auto outcome_of = [&](json said) {
    answer = std::move(said);
    auto r = wants("pay");
    r.who.id = "C-1";
    return s->ask(r)->result();
  };
  EXPECT_TRUE(outcome_of({{"account", "C-1"}}).ok());
  EXPECT_TRUE(outcome_of({{"context", {{"customer_id", "C-1"}}}}).ok());
  EXPECT_TRUE(outcome_of({{"other", "C-2"}}).ok());
  const auto wrong = outcome_of({{"account", "C-2"}});
  EXPECT_EQ(wrong.failed.why, reason::contradiction);
  ASSERT_EQ(wrong.failed.errors.size(), 1u);
  EXPECT_EQ(wrong.failed.errors[0].pointer, "/data/account");
  EXPECT_EQ(outcome_of({{"context", {{"customer_id", "C-3"}}}}).failed.why, reason::contradiction);
}

TEST(boundary, a_context_that_the_domain_does_not_know_is_refused_and_named) {
  auto d = a_domain("d", {an_agent("pay")});
  d.context["order_id"].type = "string";
  stage s{d};
  for (const auto* skill : {"pay", ""}) {
    auto r = wants(skill);
    r.data = {{"context", {{"order_id", 7}, {"zzz", 1}}}};
    auto t = s->submit(r);
    s->run();
    ASSERT_EQ(t->refusals.size(), 1u);
    EXPECT_EQ(t->refusals[0].why, refusal::invalid_input);
    ASSERT_EQ(t->refusals[0].errors.size(), 2u);
    EXPECT_EQ(t->refusals[0].errors[0].pointer, "/context/order_id");
    EXPECT_EQ(t->refusals[0].errors[1].pointer, "/context/zzz");
  }
  EXPECT_EQ(s.room.count("pay"), 0u);
  auto r = wants("pay");
  r.data = {{"context", {{"order_id", "LF-1"}}}};
  EXPECT_TRUE(s->ask(r)->done());
}

TEST(boundary, what_is_taken_out_is_on_record_without_being_told) {
  auto a = an_agent("pay");
  a.sanitize = {"card_numbers", "html_tags"};
  a.reads = {"note"};
  auto d = paying(a);
  d.context["note"];
  stage s{d};
  auto r = wants("pay", "<b>charge</b> 4111 1111 1111 1111");
  r.data = {{"memo", {"<i>x</i>", 7}}, {"context", {{"note", "<p>n</p>"}}}};
  auto t = s->ask(r);
  ASSERT_TRUE(t->done());
  const auto& seen = s.room.calls.at(0).second;
  EXPECT_EQ(seen.text, "charge [card number]");
  EXPECT_EQ(seen.input["memo"], (json{"x", 7}));
  EXPECT_EQ(seen.context["note"], "n");
  const auto& history = t->record().history;
  const auto noted = std::find_if(history.begin(), history.end(),
                                  [](const event& e) { return e.kind == event_kind::noted; });
  ASSERT_NE(noted, history.end());
  EXPECT_EQ(*noted->get<std::string>(),
            "taken out of what the agent was given: card_numbers (1), html_tags (6)");
}

json nested(std::size_t levels) {
  json out = 1;
  for (std::size_t i = 0; i < levels; ++i)
    out = json{{"a", std::move(out)}};
  return out;
}

TEST(boundary, what_nests_too_deep_is_refused_and_breaks_nothing) {
  stage s{paying(an_agent("pay"))};
  s.room.works["pay"] = [](const agent_call& x) {
    return say("done", nested(x.input.value("levels", std::size_t{1})));
  };
  auto t = s->ask(paying_request(nested(max_json_depth + 1)));
  ASSERT_EQ(t->refusals.size(), 1u);
  EXPECT_EQ(t->refusals[0].why, refusal::invalid_request);
  auto deep = s->ask(paying_request(nested(max_json_depth)));
  ASSERT_TRUE(deep->done()) << "it was stored";
  EXPECT_TRUE(deep->result().ok());
  const auto answer = [&](std::size_t levels) {
    auto x = s->ask(paying_request({{"levels", levels}}));
    EXPECT_TRUE(x->done()) << levels;
    return x->done() ? x->result().failed.why : reason::crash;
  };
  EXPECT_EQ(answer(json_depth_max), reason::none);
  EXPECT_EQ(answer(json_depth_max + 1), reason::invalid_output);
  EXPECT_EQ(answer(3000), reason::invalid_output);
}

TEST(boundary, clean_texts_leave_no_note) {
  auto a = an_agent("pay");
  a.sanitize = {"card_numbers", "html_tags", "control_characters", "credentials"};
  stage s{paying(a)};
  auto t = s->ask(wants("pay", "nothing to see"));
  ASSERT_TRUE(t->done());
  EXPECT_EQ(count_of(t->record(), event_kind::noted), 0u);
}

TEST(boundary, secrets_get_nowhere_whoever_repeats_them) {
  const std::string secret = "s3cr3t-Zx81";
  struct row {
    const char* what;
    std::function<outcome(const agent_call&)> work;
  };
  const std::vector<row> table{
      {"in its text", [&](const agent_call&) { return say("the key is " + secret); }},
      {"in its data",
       [&](const agent_call&) {
         return say("x", {{"a", {{"b", {secret}}}}});
       }},
      {"as a key",
       [&](const agent_call&) {
         return say("x", {{secret, 1}});
       }},
      {"in a failure",
       [&](const agent_call&) {
         return outcome::of({reason::policy_denied, "401 for " + secret, {}});
       }},
      {"in an exception",
       [&](const agent_call&) -> outcome { throw std::runtime_error{"no route to " + secret}; }},
      {"because it was in the request",
       [&](const agent_call& x) { return say("you said " + x.text, x.input); }},
  };
  for (const auto* function : {"quick", "script"})
    for (const auto& r : table) {
      stage s;
      s.around->secrets = std::make_shared<const redactor>(std::vector<std::string>{secret});
      auto a = an_agent("pay", function);
      a.card.does = effects::idempotent;
      s.up(a_fleet(paying(a)));
      s.room.works["pay"] = r.work;
      auto request = wants("pay", "please use " + secret);
      request.data = {{"note", secret}};
      auto t = s->ask(request);
      ASSERT_TRUE(t->done()) << r.what;
      const auto seen = all_that_is_seen(s, t->record());
      EXPECT_EQ(seen.find(secret), std::string::npos) << r.what << ": " << seen;
      EXPECT_NE(seen.find("[redacted]"), std::string::npos) << r.what;
    }
}

TEST(boundary, half_a_secret_is_not_quoted_either) {
  const std::string secret = "abcdefghijklmnopqrstuvwxyz0123456789";
  stage s;
  s.around->secrets = std::make_shared<const redactor>(std::vector<std::string>{secret});
  auto a = an_agent("pay");
  a.card.kind = agent_kind::http;
  a.settings = {{"url", "http://h/x"}};
  s.up(a_fleet(paying(a)));
  s.around->http->answer = [&](const tools::http_request&) {
    tools::http_response r;
    r.status = 200;
    r.body = std::string(60, '.') + secret; // What is quoted is cut after 80 bytes.
    return std::optional{r};
  };
  auto t = s->ask(wants("pay"));
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().failed.detail.find("abcdef"), std::string::npos);
}

TEST(boundary, effects_are_on_the_audit_trail_before_and_after) {
  auto a = an_agent("pay");
  a.card.does = effects::idempotent;
  auto b = an_agent("look");
  auto d = paying(a);
  b.card.domain = "d";
  d.agents.push_back(b);
  stage s{d};
  std::size_t before_the_call = 0;
  s.room.works["pay"] = [&](const agent_call&) {
    before_the_call = s.around->disk->kept->audit(0, 100).size();
    return say("paid the secret amount");
  };
  ASSERT_TRUE(s->ask(wants("look"))->done());
  auto t = s->ask(paying_request({{"amount", 3}}));
  ASSERT_TRUE(t->done());
  const auto trail = audit_of(s);
  ASSERT_EQ(trail.size(), 3u);
  EXPECT_EQ(trail[0]["what"], "config.loaded");
  EXPECT_EQ(before_the_call, 2u) << "the beginning is stored before the agent is called";
  EXPECT_EQ(trail[1]["what"], "effect.begun");
  EXPECT_EQ(trail[1]["agent"], "d/pay");
  EXPECT_EQ(trail[1]["key"], t->id() + "/0/0");
  EXPECT_EQ(trail[2]["what"], "effect.ended");
  EXPECT_EQ(trail[2]["ok"], true);
  EXPECT_EQ(trail[2].dump().find("secret amount"), std::string::npos) << "texts are not part of it";
}

TEST(boundary, people_and_cancellations_are_on_the_audit_trail) {
  auto a = an_agent("ask");
  a.card.kind = agent_kind::human;
  a.settings = {{"queue", "desk"}};
  stage s{paying(a)};
  auto t = s->submit(wants("ask"));
  s->run();
  const auto open = s->questions();
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(s->answer(open[0]->id, say("yes"), "dana"), refusal::none);
  auto u = s->submit(wants("ask"));
  s->run();
  EXPECT_EQ(s->cancel(u->id()), refusal::none);
  s->run();
  std::vector<std::string> words;
  for (const auto& x : audit_of(s)) {
    words.push_back(x["what"]);
    if (words.back() == "human.answered") {
      EXPECT_EQ(x["by"], "dana");
    }
  }
  EXPECT_EQ(words, (std::vector<std::string>{"config.loaded", "human.answered", "task.cancelled"}));
}

} // namespace boundary_cases
