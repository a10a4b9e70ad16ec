#include "nodes/cli/node_calls.hpp"
#include "nodes/cli/text_layout.hpp"
#include "nodes/cli/verbs.hpp"

#include <cmath>
#include <cstdio>

namespace troupe::cli {

namespace {

std::string money(double x) {
  char out[48];
  std::snprintf(out, sizeof out, x != 0 && std::abs(x) < 0.01 ? "%.6f" : "%.2f", x);
  return out;
}

std::string count_words(const json& from, const char* name) {
  return std::to_string(static_cast<long long>(number(from, name)));
}

/// How much more or less it was than in the period before.
std::string trend(const json& row) {
  const auto before = number(row, "cost_before");
  const auto now = number(row, "cost");
  if (before <= 0)
    return now > 0 ? "new" : "";
  char out[32];
  std::snprintf(out, sizeof out, "%+.0f %%", (now - before) / before * 100);
  return out;
}

std::vector<std::string> parts_asked(const json& from) {
  std::vector<std::string> out;
  for (const auto& x : list(from, "by"))
    out.push_back(x.get<std::string>());
  return out;
}

std::string day_limits_text(const json& from) {
  std::string out;
  for (const auto& x : list(from, "limits")) {
    const auto domain = member(x, "domain");
    out += "limit on the day of " + (domain.empty() ? "the fleet" : domain) + ":";
    for (const auto& [unit, most] : object(x, "limit").items()) {
      out += " " + number_words(number(object(x, "used"), unit)) + " of " +
             number_words(most.get<double>()) + " " + unit;
      if (const auto held = number(object(x, "held"), unit); held > 0)
        out += " (" + number_words(held) + " held by other nodes)";
    }
    if (const auto until = member(x, "paused_until"); !until.empty())
      out += "; agents that are not critical are paused until " + until;
    out += "\n";
  }
  return out;
}

std::string cost_text(const json& from) {
  const auto by = parts_asked(from);
  std::vector<std::string> columns;
  for (auto name : by) {
    for (auto& c : name)
      c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    columns.push_back(std::move(name));
  }
  const bool daily = by == std::vector<std::string>{"day"};
  for (const char* name : {"COST", "CALLS", "INPUT", "OUTPUT"})
    columns.emplace_back(name);
  // Most providers say nothing of their caches.
  const auto& sum = object(from, "total");
  const bool cached = number(sum, "cached_tokens") + number(sum, "cache_write_tokens") > 0;
  if (cached)
    columns.insert(columns.end(), {"CACHED", "WRITTEN"});
  if (!daily)
    columns.emplace_back("TREND");
  std::vector<std::vector<std::string>> rows;
  const auto put = [&](const json& x, bool total) {
    auto& row = rows.emplace_back();
    for (std::size_t i = 0; i < by.size(); ++i) {
      const auto said = total ? (i == 0 ? std::string{"total"} : std::string{}) : member(x, by[i]);
      row.push_back(said.empty() && !total ? "-" : said);
    }
    row.push_back(money(number(x, "cost")));
    row.push_back(count_words(x, "calls"));
    row.push_back(count_words(x, "input_tokens"));
    row.push_back(count_words(x, "output_tokens"));
    if (cached)
      for (const char* name : {"cached_tokens", "cache_write_tokens"})
        row.push_back(count_words(x, name));
    if (!daily)
      row.push_back(trend(x));
  };
  if (!by.empty())
    for (const auto& x : list(from, "rows"))
      put(x, false);
  put(sum, true);
  const auto guessed = number(sum, "estimated_calls");
  return "from " + member(from, "since") + " to " + member(from, "until") + "\n" +
         table(columns, rows, "nothing was spent") +
         (guessed > 0 ? "estimated, because nobody counted their tokens: " + number_words(guessed) +
                            " of the calls\n"
                      : "") +
         day_limits_text(from);
}

/// RFC 4180; what a spreadsheet would take for a formula is made text.
std::string csv_cell(const std::string& x) {
  const bool formula =
      !x.empty() && std::string_view{"=+-@\t\r"}.find(x.front()) != std::string::npos;
  auto out = formula ? "'" + x : x;
  if (out.find_first_of(",\"\r\n") == std::string::npos)
    return out;
  std::string quoted = "\"";
  for (const char c : out)
    quoted += c == '"' ? std::string{"\"\""} : std::string{c};
  return quoted + "\"";
}

std::string cost_csv(const json& from) {
  const auto by = parts_asked(from);
  std::string out;
  for (const auto& x : by)
    out += x + ",";
  out += "cost,calls,input_tokens,output_tokens,cost_before,estimated_calls,"
         "cached_tokens,cache_write_tokens\r\n";
  for (const auto& x : list(from, "rows")) {
    for (const auto& name : by)
      out += csv_cell(plain(member(x, name))) + ",";
    char cost[96];
    std::snprintf(cost, sizeof cost, "%.6f", number(x, "cost"));
    out += std::string{cost} + "," + count_words(x, "calls") + "," +
           count_words(x, "input_tokens") + "," + count_words(x, "output_tokens");
    std::snprintf(cost, sizeof cost, ",%.6f,", number(x, "cost_before"));
    out += cost + count_words(x, "estimated_calls") + "," + count_words(x, "cached_tokens") + "," +
           count_words(x, "cache_write_tokens") + "\r\n";
  }
  return out;
}

} // namespace

void add_cost(CLI::App& to, shell& s) {
  struct settings {
    std::vector<std::string> by;
    std::string since, until, domain, customer, task;
    std::size_t limit = 100;
    bool csv = false;
  };
  auto* verb = add_verb(to, "cost", "Show what was spent on models, and the limits of the day",
                        "troupe cost --by agent\n"
                        "troupe cost --by customer,model --since -30d --csv");
  const auto x = std::make_shared<settings>();
  verb->add_option("--by", x->by,
                   "what is told apart: agent, task, session, workflow, domain, "
                   "customer, model, day; several with commas")
      ->delimiter(',')
      ->check(CLI::IsMember(
          {"agent", "task", "session", "workflow", "domain", "customer", "model", "day"}));
  verb->add_option("--since", x->since, "from this time on; -7d: for the last seven days")
      ->default_str("-7d");
  verb->add_option("--until", x->until, "up to this time")->default_str("now");
  verb->add_option("--domain", x->domain, "only in this domain and those within it");
  verb->add_option("--customer", x->customer, "only for this customer");
  verb->add_option("--task", x->task, "only for this task");
  verb->add_option("--limit", x->limit, "at most this many rows")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  verb->add_flag("--csv", x->csv, "as comma-separated values");
  add_node_options(*verb, s);
  verb->callback([&s, x] {
    s.run = [&s, x] {
      std::string by;
      for (const auto& name : x->by)
        by += (by.empty() ? "" : ",") + name;
      path_builder path{"/v1/cost"};
      path.with("by", by)
          .with("since", x->since)
          .with("until", x->until)
          .with("domain", x->domain)
          .with("customer", x->customer)
          .with("task", x->task)
          .with("limit", std::to_string(x->limit));
      if (x->csv && !s.as_json()) {
        s.print_raw(cost_csv(document_of(ask(s, path))));
        return exit_ok;
      }
      return show_path(s, path, cost_text);
    };
  });
}

} // namespace troupe::cli
