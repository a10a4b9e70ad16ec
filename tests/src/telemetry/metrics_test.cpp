#include "src/telemetry/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/counter.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace troupe {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Runs a shell command; its exit code and all it wrote.
std::pair<int, std::string> shell(const std::string& command) {
  std::string out;
  std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (!pipe)
    return {-1, "popen failed"};
  char part[512];
  while (auto n = std::fread(part, 1, sizeof part, pipe))
    out.append(part, n);
  return {::pclose(pipe), out};
}

bool promtool_is_installed() {
  return shell("promtool --version").first == 0;
}

outcome answer(double confidence) {
  outcome out;
  out.confidence = confidence;
  out.used = {100, 20, 1500000, 1};
  return out;
}

TEST(metrics, counts_agent_calls_by_result) {
  metrics m{{"eu", "n1", "0.1.0"}};
  auto* a = m.agent("support", "billing", agent_kind::native);
  a->call_ended(answer(0.92), microseconds{1500});
  a->call_ended(outcome::of({reason::timeout, "", {}}), microseconds{2000000});
  a->retries.add();
  const auto text = m.render();
  const std::string who = R"(region="eu",domain="support",agent="billing",kind="native")";
  EXPECT_THAT(text, HasSubstr("troupe_agent_calls_total{" + who + ",result=\"ok\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("troupe_agent_calls_total{" + who + ",result=\"timeout\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("troupe_agent_calls_total{" + who + ",result=\"crash\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("troupe_agent_call_duration_seconds_count{" + who + "} 2\n"));
  EXPECT_THAT(text, HasSubstr("troupe_agent_call_duration_seconds_sum{" + who + "} 2.0015\n"));
  EXPECT_THAT(text,
              HasSubstr("troupe_agent_call_duration_seconds_bucket{" + who + ",le=\"0.001\"} 0\n"));
  EXPECT_THAT(
      text, HasSubstr("troupe_agent_call_duration_seconds_bucket{" + who + ",le=\"0.0025\"} 1\n"));
  EXPECT_THAT(text,
              HasSubstr("troupe_agent_call_duration_seconds_bucket{" + who + ",le=\"+Inf\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("troupe_agent_confidence_ratio_count{" + who + "} 1\n"));
  EXPECT_THAT(text, HasSubstr("troupe_agent_tokens_total{" + who + ",direction=\"input\"} 100\n"));
  EXPECT_THAT(text, HasSubstr("troupe_agent_cost_total{" + who + "} 1.5\n"));
  EXPECT_THAT(text, HasSubstr("troupe_agent_retries_total{" + who + "} 1\n"));
}

TEST(metrics, replicas_share_the_series_of_their_agent) {
  metrics m;
  auto* a = m.agent("support", "billing", agent_kind::native);
  EXPECT_EQ(a, m.agent("support", "billing", agent_kind::native));
  EXPECT_NE(a, m.agent("sales", "billing", agent_kind::native));
  auto one = a->in_flight.watch([] { return 2.0; });
  auto two = a->in_flight.watch([] { return 3.0; });
  EXPECT_EQ(a->in_flight.value(), 5.0);
  one.reset();
  EXPECT_EQ(a->in_flight.value(), 3.0);
}

TEST(metrics, a_watch_may_outlive_its_gauge) {
  std::shared_ptr<void> token;
  {
    gauge g;
    token = g.watch([] { return 1.0; });
  }
  token.reset();
}

TEST(metrics, an_actor_takes_its_share_of_a_gauge_along) {
  metrics m;
  auto& running = m.domain("support")->running;
  gauge_share stays{running};
  stays.set(2);
  {
    gauge_share dies{running};
    dies.add(5);
    gauge_share moved = std::move(dies);
    moved.add(-1);
    EXPECT_EQ(running.value(), 6.0);
  }
  EXPECT_EQ(running.value(), 2.0);
}

TEST(metrics, counts_tasks_of_a_domain) {
  metrics m;
  auto* d = m.domain("support/refunds");
  d->accepted.add(2);
  d->task_ended(task_state::completed, answer(1), microseconds{10}, false);
  auto partly = answer(0.5);
  partly.partial = true;
  d->task_ended(task_state::completed, partly, microseconds{10}, true);
  d->task_ended(task_state::failed, outcome::of({reason::crash, "", {}}), microseconds{10}, false);
  d->refused_requests[static_cast<std::size_t>(refusal::busy)].add();
  const auto text = m.render();
  const std::string who = R"(region="local",domain="support/refunds")";
  EXPECT_THAT(text, HasSubstr("troupe_tasks_accepted_total{" + who + "} 2\n"));
  EXPECT_THAT(text, HasSubstr("troupe_tasks_ended_total{" + who + ",state=\"completed\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("troupe_tasks_ended_total{" + who + ",state=\"failed\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("state=\"working\"")));
  EXPECT_THAT(text, HasSubstr("troupe_tasks_partial_total{" + who + "} 1\n"));
  EXPECT_THAT(text, HasSubstr("troupe_tasks_resolved_without_human_total{" + who + "} 1\n"));
  EXPECT_THAT(text, HasSubstr("troupe_requests_refused_total{" + who + ",reason=\"busy\"} 1\n"));
}

TEST(metrics, the_thousand_and_first_customer_is_other) {
  metrics m;
  for (std::size_t i = 0; i < metrics::max_customers; ++i)
    m.customer("c" + std::to_string(i))->accepted.add();
  auto* other = m.customer("late");
  EXPECT_EQ(other, m.customer("later"));
  EXPECT_NE(other, m.customer("c7"));
  other->ended[static_cast<std::size_t>(task_state::failed)].add(3);
  EXPECT_THAT(m.render(),
              HasSubstr("troupe_customer_tasks_ended_total{region=\"local\",customer=\"other\","
                        "state=\"failed\"} 3\n"));
}

TEST(metrics, tells_of_a_customer_what_it_tells_of_a_domain) {
  metrics m;
  auto* c = m.customer("acme");
  c->accepted.add(3);
  c->task_ended(task_state::completed, answer(0.5), microseconds{20000}, false);
  c->task_ended(task_state::completed, answer(1), microseconds{2000000}, true);
  c->task_ended(task_state::failed, outcome::of({reason::crash, "", {}}), microseconds{10}, false);
  c->spent({100, 20, 1500000, 1});
  c->spent({1, 0, 0, 1});
  c->step_retries.add(4);
  c->escalations.add();
  const auto text = m.render();
  const std::string who = R"(region="local",customer="acme")";
  const auto is = [&](const std::string& name, const std::string& more, const std::string& value) {
    return HasSubstr("\ntroupe_customer_" + name + "{" + who + more + "} " + value + "\n");
  };
  EXPECT_THAT(text, is("task_duration_seconds_count", "", "3"));
  EXPECT_THAT(text, is("task_duration_seconds_bucket", ",le=\"0.01\"", "1"));
  EXPECT_THAT(text, is("task_duration_seconds_bucket", ",le=\"0.1\"", "2"));
  EXPECT_THAT(text, is("task_duration_seconds_bucket", ",le=\"5\"", "3"));
  EXPECT_THAT(text, is("task_confidence_ratio_count", "", "2"));
  EXPECT_THAT(text, is("task_confidence_ratio_sum", "", "1.5"));
  EXPECT_THAT(text, is("tasks_resolved_without_human_total", "", "1"));
  EXPECT_THAT(text, is("step_retries_total", "", "4"));
  EXPECT_THAT(text, is("escalations_total", "", "1"));
  EXPECT_THAT(text, is("tokens_total", ",direction=\"input\"", "101"));
  EXPECT_THAT(text, is("tokens_total", ",direction=\"output\"", "20"));
  EXPECT_THAT(text, is("cost_total", "", "1.5"));
  EXPECT_THAT(text, Not(HasSubstr("troupe_customer_step_fallbacks_total{")))
      << "what has not happened to a customer takes no place";
}

TEST(metrics, a_thousand_customers_have_a_bounded_number_of_series) {
  metrics m;
  for (std::size_t i = 0; i < metrics::max_customers + 500; ++i) {
    auto* c = m.customer("c" + std::to_string(i));
    c->accepted.add();
    for (std::size_t s = 0; s < task_state_count; ++s)
      c->task_ended(static_cast<task_state>(s), answer(1), microseconds{1}, false);
    c->spent({1, 1, 1, 1});
    for (auto* n : {&c->step_retries, &c->step_fallbacks, &c->escalations})
      n->add();
  }
  std::size_t series = 0;
  for (const auto& family : m.Collect())
    if (family.name.starts_with("troupe_customer_"))
      for (const auto& one : family.metric)
        series += family.type == prometheus::MetricType::Histogram
                      ? one.histogram.bucket.size() + 3 // with that of +Inf, the sum and the count
                  : family.type == prometheus::MetricType::Summary ? 2
                                                                   : 1;
  EXPECT_EQ(series, (metrics::max_customers + 1) * 24) << "docs/reference/metrics.md says so";
}

TEST(metrics, names_from_outside_become_proper_labels) {
  metrics m;
  m.customer("")->accepted.add();
  m.customer("a\"b\\c\nd")->accepted.add();
  m.customer("bad\xFF\xC3")->accepted.add();
  m.customer(std::string(4000, 'x'))->accepted.add();
  m.customer("\xE2\x82\xAC")->accepted.add();
  const auto text = m.render();
  EXPECT_THAT(text, HasSubstr("customer=\"none\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(R"(customer="a\"b\\c\nd"} 1)"));
  EXPECT_THAT(text, HasSubstr("customer=\"bad??\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("customer=\"" + std::string(128, 'x') + "\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("customer=\"\xE2\x82\xAC\"} 1\n"));
}

TEST(metrics, a_histogram_bears_any_number) {
  histogram h{histogram::shares};
  for (double x : {-1.0, 0.0, 1.0, 7.0, std::numeric_limits<double>::quiet_NaN(),
                   std::numeric_limits<double>::infinity()})
    h.observe_share(x);
  histogram d{histogram::durations};
  d.observe(microseconds{-5});
  EXPECT_EQ(h.read().count, 6u);
  EXPECT_DOUBLE_EQ(h.read().sum, 3.0);
  EXPECT_EQ(d.read().cumulative[0], 1u);
  EXPECT_EQ(d.read().sum, 0.0);
}

TEST(metrics, nothing_is_lost_between_threads) {
  metrics m;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&m] {
      for (int i = 0; i < 2000; ++i) {
        m.agent("d", "a" + std::to_string(i % 7), agent_kind::rules)
            ->call_ended(answer(1), microseconds{i});
        m.customer("c" + std::to_string(i % 5))->accepted.add();
        if (i % 500 == 0) {
          EXPECT_FALSE(m.render().empty());
        }
      }
    });
  for (auto& t : threads)
    t.join();
  std::uint64_t calls = 0;
  for (int i = 0; i < 7; ++i)
    calls += m.agent("d", "a" + std::to_string(i), agent_kind::rules)->calls[0].value();
  EXPECT_EQ(calls, 8000u);
  std::uint64_t accepted = 0;
  for (int i = 0; i < 5; ++i)
    accepted += m.customer("c" + std::to_string(i))->accepted.value();
  EXPECT_EQ(accepted, 8000u);
}

/// Every family there is, with values.
void fill(metrics& m) {
  auto* a = m.agent("support", "billing", agent_kind::http);
  a->call_ended(answer(0.9), microseconds{1234});
  m.domain("support")->task_ended(task_state::completed, answer(0.8), microseconds{99}, false);
  m.tier("gold")->ended[static_cast<std::size_t>(task_state::completed)].add();
  auto* c = m.customer("acme");
  c->task_ended(task_state::completed, answer(1), microseconds{5000}, false);
  c->spent({1, 1, 1, 1});
  for (auto* n : {&c->step_retries, &c->step_fallbacks, &c->escalations})
    n->add();
  m.restarts("support", "billing/0")->add();
  m.journal()->commits.add();
  m.journal()->duration.observe(microseconds{800});
  m.log()->written.add();
  m.watch_certificate([] { return timestamp::max(); });
}

TEST(metrics, tell_when_the_certificate_ends_as_it_is_now) {
  metrics m{{"eu", "n1", "0.1.0"}};
  EXPECT_THAT(m.render(), Not(HasSubstr("troupe_certificate")));
  auto ends = std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
  m.watch_certificate([&ends] { return ends; });
  const auto left = [&m] {
    for (const auto& family : m.Collect())
      if (family.name == "troupe_certificate_left_seconds")
        return family.metric.at(0).gauge.value;
    return std::nan("");
  };
  EXPECT_LE(left(), 0) << "it has ended";
  ends += std::chrono::hours{48};
  EXPECT_NEAR(left(), 48 * 3600, 60);
  EXPECT_THAT(m.render(), HasSubstr("troupe_certificate_left_seconds{region=\"eu\"} "));
}

TEST(metrics, others_may_add_families_of_their_own) {
  metrics m;
  auto& f =
      prometheus::BuildCounter().Name("host_things_total").Help("Things.").Register(m.registry());
  f.Add({{"what", "x"}}).Increment();
  EXPECT_THAT(m.render(), HasSubstr("host_things_total{what=\"x\"} 1\n"));
}

TEST(metrics, promtool_has_nothing_to_complain_about) {
  if (!promtool_is_installed())
    GTEST_SKIP() << "promtool is not installed";
  metrics m{{"eu", "n1", "0.1.0"}};
  fill(m);
  const auto file =
      std::filesystem::temp_directory_path() / ("troupe-metrics-" + std::to_string(::getpid()));
  std::ofstream{file} << m.render();
  const auto [code, said] = shell("promtool check metrics < '" + file.string() + "'");
  std::filesystem::remove(file);
  EXPECT_EQ(code, 0) << said;
  EXPECT_EQ(said, "");
}

TEST(metrics, promtool_accepts_the_rules) {
  if (!promtool_is_installed())
    GTEST_SKIP() << "promtool is not installed";
  const auto [code, said] = shell("promtool check rules --lint=all --lint-fatal '" TROUPE_SOURCE_DIR
                                  "/deploy/prometheus/rules.yml'");
  EXPECT_EQ(code, 0) << said;
  const auto [tested, verdict] =
      shell("promtool test rules '" TROUPE_SOURCE_DIR "/deploy/prometheus/rules_test.yml'");
  EXPECT_EQ(tested, 0) << verdict;
}

/// All words that begin with `troupe_` in a file, without what Prometheus adds to a histogram's
/// name.
std::vector<std::string> names_in(const std::string& file) {
  std::ifstream in{file};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  std::vector<std::string> out;
  for (auto at = text.find("troupe_"); at != std::string::npos; at = text.find("troupe_", at + 1)) {
    if (at > 0 && (std::isalnum(static_cast<unsigned char>(text[at - 1])) || text[at - 1] == ':'))
      continue;
    auto name = text.substr(at, text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", at) - at);
    for (std::string_view end : {"_bucket", "_sum", "_count"})
      if (name.ends_with(end))
        name.resize(name.size() - end.size());
    out.push_back(std::move(name));
  }
  return out;
}

TEST(metrics, reference_rules_and_dashboard_speak_of_what_exists) {
  metrics m;
  fill(m);
  std::vector<std::string> exist;
  for (const auto& family : m.Collect())
    exist.push_back(family.name);
  // Where they are counted, these are added to the registry when they first happen.
  for (const char* name : {"troupe_breaker_open", "troupe_breaker_opened_total",
                           "troupe_overload_stage", "troupe_door_refused_total"})
    exist.emplace_back(name);
  for (const char* file :
       {"/actors/post_metrics.cpp", "/actors/model_report.cpp", "/actors/quota_report.cpp",
        "/actors/budget_report.cpp", "/actors/screening.cpp", "/actors/replica_host.cpp",
        "/actors/scaler.cpp"})
    for (auto& name : names_in(std::string{TROUPE_SOURCE_DIR} + file))
      exist.push_back(std::move(name));
  const auto documented = names_in(TROUPE_SOURCE_DIR "/docs/reference/metrics.md");
  for (const auto& name : exist)
    EXPECT_THAT(documented, testing::Contains(name));
  for (const char* file : {"/docs/reference/metrics.md", "/deploy/prometheus/rules.yml",
                           "/deploy/prometheus/dashboard.json"}) {
    const auto used = names_in(std::string{TROUPE_SOURCE_DIR} + file);
    EXPECT_FALSE(used.empty()) << file;
    for (const auto& name : used)
      EXPECT_THAT(exist, testing::Contains(name)) << file;
  }
}

} // namespace
} // namespace troupe
