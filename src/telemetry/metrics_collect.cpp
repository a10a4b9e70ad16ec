#include "src/telemetry/metrics_tables.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <utility>

namespace troupe {

namespace {

using labels = std::vector<prometheus::ClientMetric::Label>;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

labels with(const labels& base, std::initializer_list<ClientMetric::Label> more) {
  labels out = base;
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

void add_counter(MetricFamily& to, labels with_labels, double value) {
  auto& m = to.metric.emplace_back();
  m.label = std::move(with_labels);
  m.counter.value = value;
}

void add_gauge(MetricFamily& to, labels with_labels, double value) {
  auto& m = to.metric.emplace_back();
  m.label = std::move(with_labels);
  m.gauge.value = value;
}

void add_histogram(MetricFamily& to, labels with_labels, const histogram& of) {
  const auto now = of.read();
  auto& m = to.metric.emplace_back();
  m.label = std::move(with_labels);
  m.histogram.sample_count = now.count;
  m.histogram.sample_sum = now.sum;
  for (std::size_t i = 0; i < of.limits().size; ++i)
    m.histogram.bucket.push_back(
        {now.cumulative[i], static_cast<double>(of.limits().upper[i]) / 1e6});
}

/// A distribution of which only the number and the sum are told.
void add_summary(MetricFamily& to, labels with_labels, const histogram& of) {
  const auto now = of.read();
  auto& m = to.metric.emplace_back();
  m.label = std::move(with_labels);
  m.summary.sample_count = now.count;
  m.summary.sample_sum = now.sum;
}

/// Whose series: the labels, and where they are.
template <class Series>
using owners = std::vector<std::pair<labels, const Series*>>;

/// Writes the families of one kind of owner, one family after the other as the format wants it.
template <class Series>
class writer {
 public:
  writer(std::vector<MetricFamily>& out, const owners<Series>& all)
      : out_(out)
      , all_(all) {}

  template <class Read>
  void counter_of(const std::string& name, const std::string& help, Read read) {
    family(name, help, MetricType::Counter,
           [&](MetricFamily& to, const labels& l, const Series& s) {
             add_counter(to, l, static_cast<double>(read(s)));
           });
  }
  template <class Read>
  void gauge_of(const std::string& name, const std::string& help, Read read) {
    family(name, help, MetricType::Gauge,
           [&](MetricFamily& to, const labels& l, const Series& s) { add_gauge(to, l, read(s)); });
  }
  void histogram_of(const std::string& name, const std::string& help, histogram Series::*which) {
    family(name, help, MetricType::Histogram,
           [&](MetricFamily& to, const labels& l, const Series& s) {
             add_histogram(to, l, s.*which);
           });
  }
  /// `fill` adds any number of metrics for one owner.
  template <class Fill>
  void family(const std::string& name, const std::string& help, MetricType type, Fill fill) {
    MetricFamily f{name, help, type, {}};
    for (const auto& [l, series] : all_)
      fill(f, l, *series);
    if (!f.metric.empty())
      out_.push_back(std::move(f));
  }

 private:
  std::vector<MetricFamily>& out_;
  const owners<Series>& all_;
};

template <class Series>
owners<Series> owners_of(const bounded_table<Series>& table, const labels& base,
                         const char* label) {
  auto list = table.list();
  std::sort(list.begin(), list.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  owners<Series> out;
  out.reserve(list.size());
  for (auto& [name, series] : list)
    out.emplace_back(with(base, {{label, std::move(name)}}), series);
  return out;
}

void write_agents(std::vector<MetricFamily>& out, const owners<agent_metrics>& all) {
  writer<agent_metrics> w{out, all};
  w.family("troupe_agent_calls_total", "Agent calls that ended, by result: ok, or why they failed.",
           MetricType::Counter, [](MetricFamily& to, const labels& l, const agent_metrics& a) {
             for (std::size_t i = 0; i < reason_count; ++i) {
               const auto word = i == 0 ? std::string_view{"ok"} : enum_names<reason>::value[i];
               add_counter(to, with(l, {{"result", std::string{word}}}),
                           static_cast<double>(a.calls[i].value()));
             }
           });
  w.histogram_of("troupe_agent_call_duration_seconds",
                 "Time from sending a call to an agent to its end.", &agent_metrics::duration);
  w.histogram_of("troupe_agent_confidence_ratio",
                 "Confidence of agents' successful answers, from 0 to 1.",
                 &agent_metrics::confidence);
  w.family("troupe_agent_tokens_total", "Language model tokens used by agents.",
           MetricType::Counter, [](MetricFamily& to, const labels& l, const agent_metrics& a) {
             add_counter(to, with(l, {{"direction", "input"}}),
                         static_cast<double>(a.input_tokens.value()));
             add_counter(to, with(l, {{"direction", "output"}}),
                         static_cast<double>(a.output_tokens.value()));
           });
  w.counter_of("troupe_agent_cost_total", "Cost of agents' calls, in the fleet's currency.",
               [](const auto& a) { return static_cast<double>(a.cost_micros.value()) / 1e6; });
  w.counter_of("troupe_agent_retries_total", "Calls that repeated a failed attempt.",
               [](const auto& a) { return a.retries.value(); });
  w.counter_of("troupe_agent_fallbacks_total",
               "Calls that came here because another agent had failed.",
               [](const auto& a) { return a.fallbacks.value(); });
  w.gauge_of("troupe_agent_calls_in_flight", "Calls queued and running at an agent.",
             [](const auto& a) { return a.in_flight.value(); });
}

void add_final_states(MetricFamily& to, const labels& l,
                      const std::array<counter, task_state_count>& ended, bool zeros) {
  for (std::size_t i = 0; i < task_state_count; ++i) {
    const auto state = static_cast<task_state>(i);
    const auto n = ended[i].value();
    if (is_final(state) && (zeros || n > 0))
      add_counter(to, with(l, {{"state", std::string{to_string(state)}}}), static_cast<double>(n));
  }
}

void write_domains(std::vector<MetricFamily>& out, const owners<domain_metrics>& all) {
  writer<domain_metrics> w{out, all};
  w.counter_of("troupe_tasks_accepted_total", "Tasks that a domain accepted.",
               [](const auto& d) { return d.accepted.value(); });
  w.family("troupe_tasks_ended_total", "Tasks that ended, by final state.", MetricType::Counter,
           [](MetricFamily& to, const labels& l, const domain_metrics& d) {
             add_final_states(to, l, d.ended, true);
           });
  w.histogram_of("troupe_task_duration_seconds", "Time from accepting a task to its end.",
                 &domain_metrics::duration);
  w.histogram_of("troupe_task_confidence_ratio",
                 "Confidence of completed tasks' answers, from 0 to 1.",
                 &domain_metrics::confidence);
  w.counter_of("troupe_step_retries_total", "Attempts of steps that repeated a failed one.",
               [](const auto& d) { return d.step_retries.value(); });
  w.counter_of("troupe_step_fallbacks_total",
               "Steps that went to a fallback after retries had ended.",
               [](const auto& d) { return d.step_fallbacks.value(); });
  w.counter_of("troupe_escalations_total", "Steps that were handed to people.",
               [](const auto& d) { return d.escalations.value(); });
  w.counter_of("troupe_tasks_partial_total", "Tasks that ended with a partial result.",
               [](const auto& d) { return d.partial.value(); });
  w.counter_of("troupe_tasks_resolved_without_human_total",
               "Completed tasks that no person took part in.",
               [](const auto& d) { return d.resolved_without_human.value(); });
  w.family("troupe_requests_refused_total", "Requests that were refused before they became tasks.",
           MetricType::Counter, [](MetricFamily& to, const labels& l, const domain_metrics& d) {
             for (std::size_t i = 1; i < refusal_count; ++i)
               add_counter(to, with(l, {{"reason", std::string{enum_names<refusal>::value[i]}}}),
                           static_cast<double>(d.refused_requests[i].value()));
           });
  w.gauge_of("troupe_tasks_running", "Tasks that are accepted and have not ended.",
             [](const auto& d) { return d.running.value(); });
}

/// The families of customers or of tiers: `group` is in their names, `by` in their help. Without
/// `zeros` a series begins with the first of its kind: a thousand customers times all kinds would
/// mostly be zeros.
void write_groups(std::vector<MetricFamily>& out, const owners<task_counters>& all,
                  const std::string& group, const std::string& by, bool zeros) {
  writer<task_counters> w{out, all};
  const auto named = [&](const char* rest) { return "troupe_" + group + "_" + rest; };
  const auto counted = [&](const char* rest, const std::string& help, counter task_counters::*which,
                           double unit = 1) {
    w.family(named(rest), help + by + ".", MetricType::Counter,
             [=](MetricFamily& to, const labels& l, const task_counters& c) {
               if (const auto n = (c.*which).value(); zeros || n > 0)
                 add_counter(to, l, static_cast<double>(n) / unit);
             });
  };
  const auto seen = [&](const char* rest, const std::string& help, MetricType type,
                        histogram task_counters::*which, auto add) {
    w.family(named(rest), help + by + ".", type,
             [=](MetricFamily& to, const labels& l, const task_counters& c) {
               if (zeros || (c.*which).read().count > 0)
                 add(to, l, c.*which);
             });
  };
  w.counter_of(named("tasks_accepted_total"), "Tasks accepted, by " + by + ".",
               [](const auto& c) { return c.accepted.value(); });
  w.family(named("tasks_ended_total"), "Tasks that ended, by " + by + " and final state.",
           MetricType::Counter, [=](MetricFamily& to, const labels& l, const task_counters& c) {
             add_final_states(to, l, c.ended, zeros);
           });
  seen("task_duration_seconds", "Time from accepting a task to its end, by ", MetricType::Histogram,
       &task_counters::duration, add_histogram);
  seen("task_confidence_ratio", "Confidence of completed tasks' answers, by ", MetricType::Summary,
       &task_counters::confidence, add_summary);
  counted("tasks_resolved_without_human_total", "Completed tasks that no person took part in, by ",
          &task_counters::resolved_without_human);
  counted("step_retries_total", "Attempts of steps that repeated a failed one, by ",
          &task_counters::step_retries);
  counted("step_fallbacks_total", "Steps that went to a fallback after retries had ended, by ",
          &task_counters::step_fallbacks);
  counted("escalations_total", "Steps that were handed to people, by ",
          &task_counters::escalations);
  w.family(named("tokens_total"), "Tokens that language models read and wrote, by " + by + ".",
           MetricType::Counter, [=](MetricFamily& to, const labels& l, const task_counters& c) {
             for (const auto& [way, n] : {std::pair{"input", c.input_tokens.value()},
                                          std::pair{"output", c.output_tokens.value()}})
               if (zeros || n > 0)
                 add_counter(to, with(l, {{"direction", way}}), static_cast<double>(n));
           });
  counted("cost_total", "Cost of language models, in the fleet's currency, by ",
          &task_counters::cost_micros, 1e6);
}

void write_journal(std::vector<MetricFamily>& out, const owners<journal_metrics>& one) {
  writer<journal_metrics> w{out, one};
  w.family("troupe_journal_commits_total", "Commits of the journal, by result.",
           MetricType::Counter, [](MetricFamily& to, const labels& l, const journal_metrics& j) {
             add_counter(to, with(l, {{"result", "ok"}}), static_cast<double>(j.commits.value()));
             add_counter(to, with(l, {{"result", "failed"}}),
                         static_cast<double>(j.failed_commits.value()));
           });
  w.counter_of("troupe_journal_rows_total", "Rows that the journal committed.",
               [](const auto& j) { return j.rows.value(); });
  w.histogram_of("troupe_journal_commit_duration_seconds",
                 "Time that a commit of the journal took.", &journal_metrics::duration);
  w.gauge_of("troupe_journal_rows_waiting", "Rows that wait for the journal's next commit.",
             [](const auto& j) { return j.waiting.value(); });
}

} // namespace

std::vector<MetricFamily> metrics::Collect() const {
  auto& t = *tables_;
  const labels base{{"region", label_value(t.who.region)}};
  owners<agent_metrics> agents;
  owners<counter> children;
  {
    // Only names and pointers are taken under the lock: gauges may call back into anything.
    std::lock_guard hold{t.mutex};
    for (const auto& [key, series] : t.agents) {
      const auto& [domain, name, kind] = key;
      agents.emplace_back(
          with(base, {{"domain", domain}, {"agent", name}, {"kind", std::string{to_string(kind)}}}),
          series.get());
    }
    for (const auto& [key, series] : t.restarts)
      children.emplace_back(with(base, {{"supervisor", key.first}, {"child", key.second}}),
                            series.get());
  }
  std::vector<MetricFamily> out;
  write_agents(out, agents);
  std::vector<std::unique_ptr<domain_metrics>> sums;
  owners<domain_metrics> domains;
  for (const auto& [whose, stripes] : owners_of(t.domains, base, "domain")) {
    auto& sum = sums.emplace_back(std::make_unique<domain_metrics>());
    for (const auto& stripe : stripes->of)
      sum->absorb(stripe);
    domains.emplace_back(whose, sum.get());
  }
  write_domains(out, domains);
  write_groups(out, owners_of(t.tiers, base, "tier"), "tier", "the customer's tier", true);
  write_groups(out, owners_of(t.customers, base, "customer"), "customer", "customer", false);
  write_journal(out, {{base, &t.journal}});
  writer<counter>{out, children}.counter_of("troupe_supervisor_restarts_total",
                                            "Restarts of a supervisor's child.",
                                            [](const counter& c) { return c.value(); });
  const owners<log_metrics> log{{base, &t.log}};
  writer<log_metrics>{out, log}.counter_of("troupe_log_lines_written_total",
                                           "Lines written to the log's book.",
                                           [](const auto& l) { return l.written.value(); });
  writer<log_metrics>{out, log}.counter_of(
      "troupe_log_lines_dropped_total",
      "Lines lost because the queue was full or the disk refused them.",
      [](const auto& l) { return l.dropped.value(); });
  MetricFamily build{"troupe_build_info",
                     "Always 1; the labels say which build runs on which node.",
                     MetricType::Gauge,
                     {}};
  add_gauge(
      build,
      with(base, {{"node", label_value(t.who.node)}, {"version", label_value(t.who.version)}}), 1);
  out.push_back(std::move(build));
  MetricFamily started{"troupe_start_time_seconds",
                       "When the node started, in seconds since the Unix epoch.",
                       MetricType::Gauge,
                       {}};
  add_gauge(started, base, t.started_seconds);
  out.push_back(std::move(started));
  if (t.certificate_ends) {
    const auto now = std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
    const auto left = t.certificate_ends() - now;
    MetricFamily certificate{
        "troupe_certificate_left_seconds",
        "Time until the node's certificate for links with other nodes ends; below 0: it has ended.",
        MetricType::Gauge,
        {}};
    add_gauge(certificate, base, std::chrono::duration<double>(left).count());
    out.push_back(std::move(certificate));
  }
  auto others = t.registry.Collect();
  std::move(others.begin(), others.end(), std::back_inserter(out));
  return out;
}

} // namespace troupe
