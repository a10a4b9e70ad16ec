#include "nodes/cli/trace_text.hpp"

#include "nodes/cli/text_layout.hpp"
#include "nodes/doors/uri.hpp"

#include <algorithm>
#include <optional>

namespace troupe::cli {

namespace {

constexpr std::size_t bar_columns = 24;
constexpr int span_depth_max = 200; ///< of spans; traces are far flatter

/// A line to be: how long the bars are is known when all spans are.
struct line {
  std::string text;
  std::string took;
  std::optional<timestamp> from;
  std::optional<timestamp> until;
};

std::optional<timestamp> moment(const json& span, const char* name) {
  const auto text = member(span, name);
  return text.empty() ? std::nullopt : parse_time(text, timestamp{});
}

std::string status_sign(const std::string& status) {
  if (status == "success" || status == "fallback")
    return "✓";
  if (status == "failure")
    return "✗";
  if (status == "cancelled")
    return "⊘";
  return "…";
}

std::string span_text(const json& span) {
  const auto status = member(span, "status");
  const auto op = member(span, "op");
  const auto name = member(span, "name");
  auto out = status_sign(status) + " ";
  if (op == "task")
    out += "task " + member(span, "task") + " in " + name;
  else if (name.starts_with("attempt") || name == op)
    out += name;
  else
    out += op + " " + name;
  const auto note = [&](const std::string& before, const std::string& what) {
    if (!what.empty())
      out += "  " + before + what;
  };
  if (!name.starts_with("attempt"))
    note("", member(span, "skill"));
  if (const auto agent = member(span, "agent"); !agent.empty())
    out += (name.starts_with("attempt") ? " -> " : "  -> ") + agent;
  if (const auto node = member(span, "node"); op == "task" || name.starts_with("attempt"))
    note("at ", node);
  if (const auto by = member(span, "decided_at");
      by != member(span, "node") && op != "task" && name.starts_with("attempt"))
    note("decided at ", by);
  note("model ", member(span, "model"));
  note("task ", member(span, "child_task"));
  if (status != "success")
    note("", status);
  if (const auto retries = number(span, "retries"); retries > 0)
    note("", number_words(retries) + (retries == 1 ? " retry" : " retries"));
  if (const auto& items = object(span, "items"); !items.empty()) {
    const auto failed = number(items, "failed");
    note("", number_words(number(items, "done")) + " of " + number_words(number(items, "begun")) +
                 " done" + (failed > 0 ? ", " + number_words(failed) + " failed" : ""));
  }
  if (const auto why = member(span, "reason"); !why.empty())
    note("", why + (member(span, "detail").empty() ? "" : ": " + brief(member(span, "detail"))));
  if (const auto then = member(span, "then"); then == "retry")
    note("again after ", duration_words(number(span, "backoff_ms")));
  if (member(span, "then") == "ask_human")
    note("", "asks a person");
  note("falls back to ", member(span, "fallback"));
  const auto& tokens = object(span, "tokens");
  if (number(tokens, "input") + number(tokens, "output") > 0)
    note("tokens ", member(tokens, "input") + "+" + member(tokens, "output"));
  if (const auto cost = number(span, "cost_micros"); cost > 0)
    note("cost ", std::to_string(cost / 1e6));
  return out;
}

void add(std::vector<line>& to, const json& span, const std::string& stem, const std::string& fork,
         const std::string& under, int depth) {
  line x;
  x.text = stem + fork + span_text(span);
  if (span.contains("duration_ms"))
    x.took = duration_words(number(span, "duration_ms"));
  x.from = moment(span, "started");
  x.until = moment(span, "ended");
  to.push_back(std::move(x));
  if (depth >= span_depth_max)
    return;
  for (const auto& n : list(span, "notes")) {
    line said;
    said.text = stem + under + "· " + brief(member(n, "text"), 160);
    said.from = said.until = moment(n, "at");
    to.push_back(std::move(said));
  }
  const auto& inner = list(span, "spans");
  for (std::size_t i = 0; i < inner.size(); ++i) {
    const bool last = i + 1 == inner.size();
    add(to, inner[i], stem + under, last ? "└─ " : "├─ ", last ? "   " : "│  ", depth + 1);
  }
}

std::string bar(const line& x, timestamp from, timestamp until) {
  if (!x.from)
    return std::string(bar_columns, ' ');
  const auto whole = std::max<double>(1, static_cast<double>((until - from).count()));
  const auto at = [&](timestamp t) {
    const auto share = static_cast<double>((t - from).count()) / whole;
    return static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * bar_columns);
  };
  const auto begin = std::min(at(*x.from), bar_columns - 1);
  const auto end = std::max(x.until ? at(*x.until) : bar_columns, begin + 1);
  std::string out(begin, ' ');
  for (auto i = begin; i < end; ++i)
    out += x.until ? "━" : "┄";
  out.append(bar_columns - end, ' ');
  return out;
}

} // namespace

std::string trace_text(const json& trace) {
  std::vector<line> lines;
  const auto& root = object(trace, "root");
  if (root.empty())
    return "no trace";
  add(lines, root, "", "", "", 0);
  auto from = lines.front().from.value_or(timestamp{});
  auto until = lines.front().until.value_or(from);
  std::size_t took = 0;
  for (const auto& x : lines) {
    took = std::max(took, width_of(x.took));
    until = std::max({until, x.from.value_or(until), x.until.value_or(until)});
  }
  std::string out;
  for (const auto& x : lines)
    out += "|" + bar(x, from, until) + "| " + std::string(took - width_of(x.took), ' ') + x.took +
           "  " + x.text + "\n";
  // The first version needs no words: every fleet begins with it.
  if (const auto version = number(trace, "fleet_version"); version > 1)
    out += "worked on by version " + number_words(version) + " of the fleet\n";
  const auto& used = object(trace, "usage");
  if (number(used, "input_tokens") + number(used, "output_tokens") > 0)
    out += "tokens: " + member(used, "input_tokens") + " in, " + member(used, "output_tokens") +
           " out\n";
  if (const auto cost = number(used, "cost_micros"); cost > 0)
    out += "cost: " + std::to_string(cost / 1e6) + "\n";
  return out;
}

} // namespace troupe::cli
