#include "nodes/cli/node_calls.hpp"
#include "nodes/cli/text_layout.hpp"
#include "nodes/cli/verbs.hpp"

#include <cstdio>

namespace troupe::cli {

namespace {

std::string figure(const json& from, const char* key, const char* form) {
  if (!from.contains(key))
    return "-";
  char out[48];
  const int size = std::snprintf(out, sizeof out, form, number(from, key));
  return {out, size > 0 ? static_cast<std::size_t>(size) : 0};
}

std::string arms_text(const json& x) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& d : list(x, "domains"))
    for (const auto& i : list(d, "intents"))
      for (const auto& a : list(i, "arms"))
        rows.push_back({member(d, "domain"), member(i, "intent"), member(a, "agent"),
                        figure(a, "mean", "%.3f") + " +- " + figure(a, "spread", "%.3f"),
                        figure(a, "trials", "%.1f"), figure(a, "success", "%.2f"),
                        figure(a, "quality", "%.2f"), figure(a, "cost", "%.4g"),
                        figure(a, "seconds", "%.3f")});
  return table(
      {"DOMAIN", "INTENT", "AGENT", "WORTH", "CALLS", "SUCCESS", "QUALITY", "COST", "SECONDS"},
      rows, "nothing has been learned: no domain routes by `learned`, or none has had a call");
}

} // namespace

void add_arms(CLI::App& to, shell& s) {
  auto* verb = add_verb(to, "arms", "List what learned routing knows of agents",
                        "troupe arms\ntroupe arms support\ntroupe arms -o json");
  const auto domain = std::make_shared<std::string>();
  verb->add_option("DOMAIN", *domain, "only this domain");
  add_node_options(*verb, s);
  verb->callback([&s, domain] {
    s.run = [&s, domain] {
      path_builder path{"/v1/arms"};
      if (!domain->empty())
        path.with("domain", *domain);
      return show_path(s, path, arms_text);
    };
  });
}

} // namespace troupe::cli
