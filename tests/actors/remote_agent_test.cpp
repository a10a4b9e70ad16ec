// Agents whose work happens elsewhere: processes, HTTP, people.
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;
using tools::http_response;
using tools::process_end;

namespace remote_agent_cases {

domain_spec one(agent_spec a, agent_kind kind, json settings, std::uint32_t retries = 0) {
  a.card.kind = kind;
  a.settings = std::move(settings);
  auto d = a_domain("d", {a});
  d.retry.max_retries = retries;
  // These tests are about single failures; bursts of them are the breakers' own tests.
  d.breaker.failures = 0;
  d.breaker.rate = 0;
  return d;
}

TEST(worker_process, answers_line_by_line) {
  stage s{
      one(an_agent("work"), agent_kind::subprocess, {{"command", {"worker"}}, {"mode", "worker"}})};
  s.around->processes->worker = [](const std::string& line) -> std::optional<std::string> {
    auto call = json::parse(line);
    return json{{"id", call["id"]}, {"text", "did " + call["text"].get<std::string>()}}.dump();
  };
  auto t = s->ask(wants("work", "this"));
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().text, "did this");
  EXPECT_EQ(s.around->processes->started, 1u);
}

TEST(worker_process, one_line_of_garbage_ends_the_incarnation_and_the_step_is_tried_again) {
  stage s{one(an_agent("work"), agent_kind::subprocess,
              {{"command", {"worker"}}, {"mode", "worker"}}, 3)};
  int lines = 0;
  s.around->processes->worker = [&](const std::string& line) -> std::optional<std::string> {
    if (++lines == 1)
      return "Traceback (most recent call last):";
    return json{{"id", json::parse(line)["id"]}, {"text", "ok"}}.dump();
  };
  auto t = s->ask(wants("work"));
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().text, "ok");
  EXPECT_EQ(count_of(t->record(), event_kind::assigned), 2u);
  EXPECT_EQ(s.around->processes->started, 2u);
  EXPECT_EQ(s.around->processes->alive.size(), 1u);
}

TEST(worker_process, a_line_that_nests_without_end_is_garbage_too) {
  stage s{
      one(an_agent("work"), agent_kind::subprocess, {{"command", {"worker"}}, {"mode", "worker"}})};
  s.around->processes->worker = [&](const std::string& line) -> std::optional<std::string> {
    return R"({"id": )" + json::parse(line)["id"].dump() + R"(, "text": "ok", "data": {"a": )" +
           std::string(300000, '[') + std::string(300000, ']') + "}}";
  };
  auto t = s->ask(wants("work"));
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().failed.why, reason::crash);
}

TEST(worker_process, that_answers_what_nobody_asked_without_end_is_ended) {
  stage s{
      one(an_agent("work"), agent_kind::subprocess, {{"command", {"worker"}}, {"mode", "worker"}})};
  auto& processes = *s.around->processes;
  processes.worker = [](const std::string& line) -> std::optional<std::string> {
    return json{{"id", json::parse(line)["id"]}, {"text", "ok"}}.dump();
  };
  const auto says_to_nobody = [&](int times) {
    for (int i = 0; i < times; ++i)
      processes.alive.begin()->second.line(R"({"id": 12345, "text": "for nobody"})");
    s->run();
  };
  for (int i = 0; i < 3; ++i) {
    says_to_nobody(900);
    EXPECT_EQ(s->ask(wants("work"))->result().text, "ok");
  }
  EXPECT_EQ(s->seat_of("d/work")->now().incarnation, 1u) << "nothing is the matter";
  says_to_nobody(1000);
  EXPECT_EQ(s->seat_of("d/work")->now().incarnation, 2u);
  EXPECT_EQ(s->ask(wants("work"))->result().text, "ok");
}

TEST(worker_process, that_exits_takes_its_agent_along) {
  stage s{
      one(an_agent("work"), agent_kind::subprocess, {{"command", {"worker"}}, {"mode", "worker"}})};
  auto& processes = *s.around->processes;
  auto t = s->submit(wants("work"));
  s->run();
  processes.end(processes.oldest(), process_end::exited, 3);
  s->run();
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().failed.why, reason::crash);
  EXPECT_EQ(s->seat_of("d/work")->now().incarnation, 2u);
  EXPECT_EQ(processes.alive.size(), 1u);
}

TEST(worker_process, a_call_that_no_program_takes_is_refused_as_such_and_opens_no_breaker) {
  for (const char* mode : {"worker", "once"}) {
    auto d =
        one(an_agent("work"), agent_kind::subprocess, {{"command", {"worker"}}, {"mode", mode}}, 3);
    d.breaker.failures = 1;
    stage s{d};
    const auto answered = [](const std::string&) {
      tools::process_result r;
      r.end = process_end::exited;
      r.code = 0;
      r.out = R"({"text": "ok"})";
      return std::optional{r};
    };
    s.around->processes->once = answered;
    s.around->processes->worker = [](const std::string& line) -> std::optional<std::string> {
      return json{{"id", json::parse(line)["id"]}, {"text", "ok"}}.dump();
    };
    auto t = s->ask(wants("work", std::string(17 << 20, 'x')));
    ASSERT_TRUE(t->done()) << mode;
    EXPECT_EQ(t->result().failed.why, reason::invalid_input) << mode;
    EXPECT_EQ(count_of(t->record(), event_kind::assigned), 1u) << mode;
    auto next = s->ask(wants("work", "short"));
    ASSERT_TRUE(next->done()) << mode;
    EXPECT_EQ(next->result().text, "ok") << mode;
  }
}

TEST(worker_process, that_has_to_catch_up_is_busy_and_a_call_too_long_for_it_is_refused) {
  auto d =
      one(an_agent("work"), agent_kind::subprocess, {{"command", {"worker"}}, {"mode", "worker"}});
  d.breaker.failures = 1;
  stage s{d};
  auto& processes = *s.around->processes;
  processes.worker = [](const std::string& line) -> std::optional<std::string> {
    return json{{"id", json::parse(line)["id"]}, {"text", "ok"}}.dump();
  };
  const auto why = [&](tools::line_fate fate) {
    processes.fate = fate;
    auto t = s->ask(wants("work"));
    return t->done() ? t->result().failed.why : reason::timeout;
  };
  // Neither says anything of the agent: one such call takes it away from nobody else.
  EXPECT_EQ(why(tools::line_fate::full), reason::rate_limited);
  EXPECT_EQ(why(tools::line_fate::unusable), reason::invalid_input);
  EXPECT_EQ(why(tools::line_fate::queued), reason::none);
  EXPECT_EQ(why(tools::line_fate::gone), reason::unavailable);
}

TEST(process, each_end_has_its_reason) {
  stage s{one(an_agent("work"), agent_kind::subprocess, {{"command", {"tool"}}})};
  const auto reason_for = [&](process_end how, int code, std::string out) {
    s.around->processes->once = [=](const std::string&) -> std::optional<tools::process_result> {
      tools::process_result r;
      r.end = how;
      r.code = code;
      r.out = out;
      return r;
    };
    auto t = s->ask(wants("work"));
    return t->done() ? t->result().failed.why : reason::policy_denied;
  };
  EXPECT_EQ(reason_for(process_end::exited, 0, R"({"text":"fine"})"), reason::none);
  EXPECT_EQ(reason_for(process_end::exited, 0, "fine"), reason::invalid_output);
  EXPECT_EQ(reason_for(process_end::exited, 0, R"({"error":{"reason":"invalid_input"}})"),
            reason::invalid_input);
  EXPECT_EQ(reason_for(process_end::exited, 2, ""), reason::crash);
  EXPECT_EQ(reason_for(process_end::signalled, 11, ""), reason::crash);
  EXPECT_EQ(reason_for(process_end::timed_out, 15, ""), reason::timeout);
  EXPECT_EQ(reason_for(process_end::output_too_large, 15, ""), reason::invalid_output);
  EXPECT_EQ(reason_for(process_end::failed_to_start, -1, ""), reason::unavailable);
}

TEST(process, is_ended_when_its_task_is_cancelled) {
  stage s{one(an_agent("work"), agent_kind::subprocess, {{"command", {"tool"}}})};
  auto t = s->submit(wants("work"));
  s->run();
  EXPECT_EQ(s.around->processes->alive.size(), 1u);
  s->cancel(t->id());
  EXPECT_EQ(s.around->processes->alive.size(), 0u);
  EXPECT_TRUE(t->done());
}

TEST(http_agent, each_status_and_failure_has_its_reason) {
  stage s{one(an_agent("work"), agent_kind::http, {{"url", "http://agent.test/work"}})};
  const auto reason_for = [&](int status, std::string body = "", http_response::error failed = {}) {
    s.around->http->answer = [=](const tools::http_request&) -> std::optional<http_response> {
      http_response r;
      r.status = status;
      r.body = body;
      r.failed = failed;
      return r;
    };
    auto t = s->ask(wants("work"));
    return t->done() ? t->result().failed.why : reason::policy_denied;
  };
  EXPECT_EQ(reason_for(200, R"({"text":"fine"})"), reason::none);
  EXPECT_EQ(reason_for(200, "<html>"), reason::invalid_output);
  EXPECT_EQ(reason_for(404), reason::invalid_input);
  EXPECT_EQ(reason_for(302), reason::invalid_input);
  EXPECT_EQ(reason_for(429), reason::rate_limited);
  EXPECT_EQ(reason_for(503), reason::unavailable);
  EXPECT_EQ(reason_for(500), reason::crash);
  EXPECT_EQ(
      reason_for(200, R"({"data": {"a": )" + std::string(100, '[') + std::string(100, ']') + "}}"),
      reason::invalid_output);
  EXPECT_EQ(reason_for(0, "", http_response::error::timeout), reason::timeout);
  EXPECT_EQ(reason_for(0, "", http_response::error::cannot_connect), reason::unavailable);
  EXPECT_EQ(reason_for(0, "", http_response::error::too_large), reason::invalid_output);
  EXPECT_EQ(reason_for(0, "", http_response::error::protocol), reason::invalid_output);
}

/// A task whose agent's server says `no` the first time, and is asked again after seven seconds.
struct asked_again_after_seven_seconds {
  explicit asked_again_after_seven_seconds(http_response no) {
    s.around->http->answer = [this,
                              no](const tools::http_request&) -> std::optional<http_response> {
      if (++n == 1)
        return no;
      http_response r;
      r.status = 200;
      r.body = R"({"text":"fine"})";
      return r;
    };
    t = s->submit(wants("work"));
    s->advance(6900ms);
    EXPECT_EQ(n, 1);
    s->advance(200ms);
    EXPECT_EQ(n, 2);
    EXPECT_TRUE(t->done() && t->result().ok());
  }
  static domain_spec domain() {
    auto a = an_agent("work");
    a.card.does = effects::idempotent;
    return one(a, agent_kind::http, {{"url", "http://agent.test/work"}}, 3);
  }

  stage s{domain()};
  int n = 0;
  heard_ptr t;
};

TEST(http_agent, waits_until_the_date_that_the_server_names) {
  http_response no;
  no.status = 503;
  no.headers = {{"date", "Sun, 06 Nov 1994 08:49:37 GMT"},
                {"retry-after", "Sun, 06 Nov 1994 08:49:44 GMT"}};
  asked_again_after_seven_seconds x{no};
}

TEST(http_agent, waits_as_long_as_the_server_asks) {
  http_response no;
  no.status = 429;
  no.headers = {{"retry-after", "7"}};
  asked_again_after_seven_seconds x{no};
  ASSERT_TRUE(x.t->done());
  // Both attempts carry the same key.
  const auto key = [&](std::size_t i) {
    for (const auto& [name, value] : x.s.around->http->requests.at(i).headers)
      if (name == "Idempotency-Key")
        return value;
    return std::string{};
  };
  EXPECT_EQ(key(0), x.t->id() + "/0/0");
  EXPECT_EQ(key(1), key(0));
}

TEST(human_agent, hands_its_calls_over_to_people) {
  stage s{one(an_agent("approve"), agent_kind::human,
              {{"queue", "desk"}, {"question", "Is this all right?"}})};
  auto t = s->submit(wants("approve", "a refund of 20"));
  s->run();
  ASSERT_EQ(t->finals(), 0u);
  EXPECT_EQ(s->find(t->id())->state, task_state::input_required);
  auto open = s->questions("desk");
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(open[0]->text, "Is this all right?\n\na refund of 20");
  // People have a person's time: far more than the step and the task would have.
  s->advance(1h);
  EXPECT_EQ(t->finals(), 0u);
  EXPECT_EQ(s->answer(open[0]->id, say("yes")), refusal::none);
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().text, "yes");
  EXPECT_EQ(s->seat_of("d/approve")->load.load(), 0u);
  EXPECT_TRUE(s->questions().empty());
}

TEST(human_agent, people_who_answer_for_it_keep_to_what_it_gives) {
  auto approve = an_agent("approve");
  approve.gives = json::parse(R"({"required": ["data"], "properties": {"data": {
    "type": "object", "required": ["limit"], "properties": {"limit": {"type": "integer"}}}}})");
  stage s{one(std::move(approve), agent_kind::human, {{"queue", "desk"}})};
  auto t = s->submit(wants("approve"));
  s->run();
  // A node that takes the question up again holds the answer against it as well.
  for (int round = 0; round < 2; ++round) {
    const auto open = s->questions("desk");
    ASSERT_EQ(open.size(), 1u);
    EXPECT_EQ(s->answer(open[0]->id, say("yes")), refusal::invalid_input);
    EXPECT_EQ(s->answer(open[0]->id, say("yes", {{"limit", "high"}})), refusal::invalid_input);
    EXPECT_EQ(s->questions("desk").size(), 1u);
    EXPECT_EQ(s->find(t->id())->state, task_state::input_required);
    if (round == 0) {
      s.restart();
      s->run();
    }
  }
  EXPECT_EQ(s->answer(s->questions("desk").at(0)->id, say("yes", {{"limit", 20}})), refusal::none);
  s->run();
  const auto record = s->find(t->id());
  EXPECT_EQ(record->state, task_state::completed);
  EXPECT_EQ(record->result->data.at("limit"), 20);
}

TEST(human_agent, may_be_denied_whatever_it_gives) {
  auto approve = an_agent("approve");
  approve.gives = json::parse(R"({"properties": {"data": {"required": ["limit"]}}})");
  stage s{one(std::move(approve), agent_kind::human, {{"queue", "desk"}})};
  auto t = s->submit(wants("approve"));
  s->run();
  auto no = outcome::of({reason::policy_denied, "no", {}});
  EXPECT_EQ(s->answer(s->questions("desk").at(0)->id, no), refusal::none);
  s->run();
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().failed.why, reason::policy_denied);
}

TEST(human_agent, its_question_goes_when_the_task_is_cancelled) {
  stage s{one(an_agent("approve"), agent_kind::human, {{"queue", "desk"}})};
  auto t = s->submit(wants("approve"));
  s->run();
  ASSERT_EQ(s->questions().size(), 1u);
  EXPECT_EQ(s->cancel(t->id()), refusal::none);
  EXPECT_TRUE(t->done());
  EXPECT_TRUE(s->questions().empty());
}

} // namespace remote_agent_cases
