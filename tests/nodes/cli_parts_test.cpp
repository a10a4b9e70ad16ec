#include "nodes/cli/event_reader.hpp"
#include "nodes/cli/fleet_text.hpp"
#include "nodes/cli/http_client.hpp"
#include "nodes/cli/node_calls.hpp"
#include "nodes/cli/secrets.hpp"
#include "nodes/cli/task_text.hpp"
#include "nodes/cli/text_layout.hpp"
#include "nodes/cli/trace_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>

namespace cli_parts_cases {

using namespace troupe::cli;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;
using troupe::json;
using troupe::timestamp;

std::vector<std::string> read_in_pieces(const std::string& stream, std::size_t piece) {
  std::vector<std::string> out;
  event_reader reader{
      [&](const stream_event& e) { out.push_back(e.id + "|" + e.name + "|" + e.data); }};
  for (std::size_t i = 0; i < stream.size(); i += piece)
    EXPECT_TRUE(reader.feed(std::string_view{stream}.substr(i, piece)));
  return out;
}

TEST(cli_events, are_read_however_they_are_cut) {
  const std::string stream = "retry: 1000\n\n: still here\n\nid: 1\nevent: accepted\ndata: {}\n\n"
                             "id: 2\r\nevent: planned\r\ndata: a\r\ndata:b\r\n\r\nevent: half";
  for (std::size_t piece : {1, 2, 7, 1000})
    EXPECT_THAT(read_in_pieces(stream, piece), ElementsAre("1|accepted|{}", "2|planned|a\nb"))
        << piece;
}

TEST(cli_events, a_line_without_end_is_refused) {
  event_reader reader{[](const stream_event&) {}};
  const std::string piece(1u << 20, 'x');
  bool took = true;
  for (int i = 0; took && i < 20; ++i)
    took = reader.feed(piece);
  EXPECT_FALSE(took);
}

TEST(cli_layout, shows_no_control_characters) {
  EXPECT_EQ(plain("a\x1b[31mb\x7f\xc2\x9b\nc"), "a[31mb c");
  EXPECT_EQ(plain("a\nb", false), "a\nb");
  EXPECT_EQ(brief("äöüß", 2), "äö…");
  EXPECT_EQ(padded("ä", 3), "ä  ");
}

TEST(cli_layout, tables_align_by_characters) {
  EXPECT_EQ(table({"A", "B"}, {{"ää", "x"}, {"b", ""}}, "none"), "A   B\nää  x\nb\n");
  EXPECT_EQ(table({"A"}, {}, "none"), "none");
}

TEST(cli_layout, durations_and_numbers_in_words) {
  EXPECT_EQ(duration_words(0.82), "0.8 ms");
  EXPECT_EQ(duration_words(215.4), "215 ms");
  EXPECT_EQ(duration_words(3210), "3.2 s");
  EXPECT_EQ(duration_words(250000), "4 min 10 s");
  EXPECT_EQ(number_words(2), "2");
  EXPECT_EQ(number_words(0.5), "0.5");
}

TEST(cli_paths, what_people_type_is_encoded) {
  EXPECT_EQ(path_builder{"/v1/tasks"}.part("a/b c").text(), "/v1/tasks/a%2Fb%20c");
  EXPECT_EQ(
      path_builder{"/v1/logs"}.with("text", "a&b=ü").with("agent", "").with("limit", "3").text(),
      "/v1/logs?text=a%26b%3D%C3%BC&limit=3");
}

TEST(cli_secrets, are_found_by_their_names_and_in_urls) {
  troupe::fleet_spec fleet;
  auto& service = fleet.services.emplace_back();
  service.name = "s";
  service.command = {"x"};
  service.environment = {{"DB_PASSWORD", "pass-one"}, {"PORT", "7431"}};
  troupe::domain_spec domain;
  troupe::agent_spec agent;
  agent.settings = {{"headers", {{"Authorization", "Bearer two-two"}, {"Accept", "text/plain"}}},
                    {"environment", {{"DATABASE", "postgres://me:three-3@db/x"}}}};
  domain.agents.push_back(agent);
  fleet.domains.push_back(domain);
  EXPECT_THAT(secrets_of(fleet, {{"API_KEY", "four-4"}, {"HOME", "/home/me"}}),
              UnorderedElementsAre("four-4", "pass-one", "Bearer two-two", "two-two", "three-3"));
}

TEST(cli_trace, shows_what_failed_and_what_came_of_it) {
  const auto trace = json::parse(R"({
    "task": "t1", "usage": {"input_tokens": 12, "output_tokens": 3, "cost_micros": 2500},
    "root": {"name": "desk", "op": "task", "task": "t1", "status": "success",
      "started": "2026-11-21T08:00:00Z", "ended": "2026-11-21T08:00:02Z", "duration_ms": 2000,
      "spans": [{"name": "ask", "op": "call", "status": "fallback", "retries": 1, "skill": "words.count",
        "started": "2026-11-21T08:00:01Z", "ended": "2026-11-21T08:00:02Z", "duration_ms": 1000,
        "spans": [
          {"name": "attempt 1", "op": "call", "status": "failure", "agent": "desk/a", "attempt": 1,
           "reason": "timeout", "detail": "no answer", "then": "retry", "backoff_ms": 500},
          {"name": "attempt 2", "op": "call", "status": "success", "agent": "desk/b", "attempt": 2,
           "tokens": {"input": 12, "output": 3}, "cost_micros": 2500}]}]}})");
  const auto text = trace_text(trace);
  EXPECT_THAT(text, AllOf(HasSubstr("✓ task t1 in desk"), HasSubstr("└─ ✓ call ask  words.count"),
                          HasSubstr("fallback  1 retry"),
                          HasSubstr("✗ attempt 1 -> desk/a  failure  timeout: no answer"),
                          HasSubstr("again after 500 ms"), HasSubstr("tokens 12+3"),
                          HasSubstr("cost: 0.002500"), HasSubstr("1.0 s")));
  EXPECT_THAT(text, HasSubstr("|            ━━━━━━━━━━━━|"));
}

TEST(cli_trace, a_running_task_has_open_bars) {
  const auto text = trace_text(json::parse(R"({"root": {"name": "desk", "op": "task", "task": "t",
    "status": "running", "started": "2026-11-21T08:00:00Z", "spans": []}})"));
  EXPECT_THAT(text, AllOf(HasSubstr("… task t"), HasSubstr("┄")));
}

TEST(cli_explain, says_why_each_candidate_was_or_was_not_taken) {
  const auto text = explain_text(json::parse(R"({
    "task": "t1", "domain": "desk", "state": "failed", "text": "refund me",
    "customer": {"id": "C-1", "tier": "gold"},
    "understanding": {"confidence": 0.91, "clauses": [{"text": "refund me", "intent": "get_refund", "confidence": 0.91}], "decisions": []},
    "steps": [{"step": 0, "name": "r", "op": "call", "status": "failed", "priority": "high", "decisions": [
      {"attempt": 1, "skill": "refund.issue", "chosen": "desk/a", "strategy": "best_quality", "because": "tier gold",
       "candidates": 3, "considered": [
         {"agent": "desk/a", "verdict": "chosen", "load": 0, "capacity": 5, "cost": 1, "quality": 0.9, "success_rate": 1},
         {"agent": "desk/b", "verdict": "unhealthy"},
         {"agent": "desk/c", "verdict": "below_quality", "quality": 0.4}],
       "failure": {"reason": "timeout", "detail": "30 s"},
       "then": {"what": "gave_up", "why": "there was no retry and no rung left for timeout"}}]}]})"));
  EXPECT_THAT(text,
              AllOf(HasSubstr("for C-1 of tier gold"), HasSubstr("means get_refund (0.91)"),
                    HasSubstr("went to desk/a"), HasSubstr("who has the best quality"),
                    HasSubstr("because: tier gold"), HasSubstr("desk/b: not taken: it is down"),
                    HasSubstr("desk/c: not taken: its quality 0.4 is below"),
                    HasSubstr("it failed: timeout: 30 s"), HasSubstr("then: gave up")));
}

TEST(cli_texts, of_nodes_say_whose_certificate_ends_soon) {
  const auto nodes = json::parse(R"({"nodes": [
      {"id": "n1", "state": "up", "certificateEnds": "2027-02-01T00:00:01.000000Z"},
      {"id": "n2", "state": "up", "certificateEnds": "2027-01-13T23:00:00.000000Z"},
      {"id": "n3", "state": "up", "certificateEnds": "2027-01-03T01:00:00.000000Z"},
      {"id": "n4", "state": "down", "why": "left", "certificateEnds": "2027-01-02T00:00:00Z"},
      {"id": "n5", "state": "up"}]})");
  // 2027-01-02T00:00:00Z
  const auto text = nodes_text(nodes, timestamp{std::chrono::seconds{1798848000}});
  std::map<std::string, std::string> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);)
    lines[line.substr(0, 2)] = line;
  EXPECT_THAT(lines["n1"], Not(HasSubstr("certificate"))) << "more than thirty days are left";
  EXPECT_THAT(lines["n2"], HasSubstr("its certificate expires in 11 days"));
  EXPECT_THAT(lines["n3"], HasSubstr("its certificate expires in 1 day"));
  EXPECT_THAT(lines["n4"], HasSubstr("left; its certificate has expired"));
  EXPECT_THAT(lines["n5"], Not(HasSubstr("certificate")));
  EXPECT_THAT(nodes_text(nodes, timestamp{std::chrono::seconds{1798848000 + 86400 - 3600}}),
              HasSubstr("its certificate expires in 2 hours"));
}

TEST(cli_texts, survive_documents_of_another_form) {
  for (const auto* text : {"{}", "[]", "null", "3", R"({"root": 1, "tasks": {}, "steps": "x"})",
                           R"({"root": {"spans": [1, null]}, "steps": [1]})"}) {
    const auto x = json::parse(text);
    EXPECT_NO_THROW({
      static_cast<void>(trace_text(x));
      static_cast<void>(explain_text(x));
      static_cast<void>(task_text(x));
      static_cast<void>(task_table(x));
      static_cast<void>(event_text(x));
    }) << text;
  }
}

} // namespace cli_parts_cases
