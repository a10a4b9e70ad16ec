#include "nodes/cli/fleet_text.hpp"
#include "nodes/cli/node_calls.hpp"
#include "nodes/cli/text_layout.hpp"
#include "nodes/cli/verbs.hpp"

namespace troupe::cli {

namespace {

std::uint64_t number(const json& x, const char* name) {
  const auto hit = x.is_object() ? x.find(name) : x.end();
  return x.is_object() && hit != x.end() && hit->is_number_unsigned() ? hit->get<std::uint64_t>()
                                                                      : 0;
}

/// `used of limit` of each kind that there is.
std::string use_words(const json& used, const json& of, const char* kind) {
  const auto most = number(of, kind);
  return most == 0 ? "-" : std::to_string(number(used, kind)) + " of " + std::to_string(most);
}

std::string limits_text(const json& x) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& l : list(x, "limits")) {
    const auto used = l.value("used", json::object());
    const auto most = l.value("limit", json::object());
    const auto frozen = number(l, "frozenMs");
    rows.push_back(
        {member(l, "name"), use_words(used, most, "requests"), use_words(used, most, "tokens"),
         use_words(used, most, "concurrent"), member(l, "waiting"),
         frozen == 0 ? "no" : std::to_string((frozen + 999) / 1000) + " s", member(l, "owner")});
  }
  return table({"LIMIT", "REQUESTS/MIN", "TOKENS/MIN", "UNDER WAY", "WAITING", "FROZEN", "OWNER"},
               rows, "the fleet's models have no limits") +
         missing_text(x);
}

} // namespace

void add_limits(CLI::App& to, shell& s) {
  auto* verb =
      add_verb(to, "limits", "List the limits of language models with what is used of them",
               "troupe limits\ntroupe limits -o json");
  add_node_options(*verb, s);
  verb->callback(
      [&s] { s.run = [&s] { return show_path(s, path_builder{"/v1/limits"}, limits_text); }; });
}

} // namespace troupe::cli
