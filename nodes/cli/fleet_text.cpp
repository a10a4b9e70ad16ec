#include "nodes/cli/fleet_text.hpp"

#include "nodes/cli/text_layout.hpp"
#include "nodes/doors/uri.hpp"
#include "src/links/certificates.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

namespace troupe::cli {

namespace {

constexpr int tree_depth_max = 64;

using row = std::vector<std::string>;

/// `at`: the node and its region, which its children share.
void add_tree(std::vector<row>& to, const json& x, const std::string& stem, const std::string& fork,
              const std::string& under, std::pair<std::string, std::string> at, int depth) {
  const auto restarts = number(x, "restarts");
  auto kind = member(x, "kind");
  if (const auto detail = member(x, "detail"); !detail.empty())
    kind += " (" + detail + ")";
  if (const auto node = member(x, "node"); !node.empty())
    at = {node, member(x, "region")};
  to.push_back({stem + fork + member(x, "id"), kind, at.first, at.second, member(x, "state"),
                restarts > 0 ? number_words(restarts) : ""});
  if (depth >= tree_depth_max)
    return;
  const auto& inner = list(x, "children");
  for (std::size_t i = 0; i < inner.size(); ++i) {
    const bool last = i + 1 == inner.size();
    add_tree(to, inner[i], stem + under, last ? "└─ " : "├─ ", last ? "   " : "│  ", at, depth + 1);
  }
  if (const auto more = number(x, "left_out"); more > 0)
    to.push_back({stem + under + "... and " + number_words(more) + " more", "", "", "", "", ""});
}

std::string joined(const json& texts) {
  std::string out;
  for (const auto& t : texts)
    if (t.is_string())
      out += (out.empty() ? "" : ", ") + plain(t.get_ref<const std::string&>());
  return out;
}

void add_domain(std::string& out, const json& x, const std::string& stem, int depth) {
  out += stem + member(x, "path");
  if (const auto about = member(x, "description"); !about.empty())
    out += ": " + about;
  out += "\n";
  const auto say = [&](const char* name, const std::string& text) {
    if (!text.empty())
      out += stem + "  " + padded(name, 9) + text + "\n";
  };
  say("agents", joined(list(x, "agents")));
  say("skills", joined(list(x, "skills")));
  for (const auto& i : list(x, "intents")) {
    auto leads = member(i, "skill");
    if (const auto domain = member(i, "domain"); !domain.empty())
      leads = domain + (leads.empty() ? "" : "/" + leads);
    say("intent", member(i, "intent") + " -> " + leads + " (" + member(i, "priority") + ")");
  }
  if (depth < tree_depth_max)
    for (const auto& inner : list(x, "domains"))
      add_domain(out, inner, stem + "  ", depth + 1);
}

/// The labels of a node, those of amounts with how much.
std::string offered(const json& node) {
  const auto& amounts = object(node, "offers");
  std::string out;
  for (const auto& l : list(node, "labels"))
    if (l.is_string() && !amounts.contains(l.get_ref<const std::string&>()))
      out += (out.empty() ? "" : ", ") + plain(l.get_ref<const std::string&>());
  for (const auto& [name, amount] : amounts.items())
    out += (out.empty() ? "" : ", ") + plain(name) + "=" + amount.dump();
  return out;
}

/// The breakers that a call to the agent has to pass, with the reason of those that are not closed.
std::string breaker_words(const json& agent) {
  std::string out;
  for (const auto* key : {"breaker", "provider"}) {
    const auto& b = object(agent, key);
    const auto state = member(b, "state");
    if (state.empty() || state == "closed")
      continue;
    const auto name = member(b, "name");
    out += (out.empty() ? "" : ", ") + (name.empty() ? state : name + " " + state) + ": " +
           brief(member(b, "why"), 60);
  }
  return out.empty() ? "closed" : out;
}

/// The state, and since when a person wants it so.
std::string state_words(const json& agent) {
  const auto& said = object(agent, "ordered");
  const auto duty = member(said, "duty");
  const auto state = member(agent, "state");
  if (const auto& paused = object(agent, "paused"); !paused.empty())
    return state + ", paused until " + member(paused, "until").substr(0, 16) +
           "Z by the limit on " + member(paused, "by");
  if (duty.empty() || duty == "serving")
    return state;
  // To the minute: what follows it is of no use to people.
  return (state == "down" ? duty : state) + ", ordered " + member(said, "since").substr(0, 16) +
         "Z";
}

/// Nothing while it is far.
std::string end_of_certificate(const json& node, timestamp now) {
  using std::chrono::hours;
  const auto ends = parse_time(member(node, "certificateEnds"), now);
  if (!ends || *ends - now > links::expiry_warning)
    return {};
  if (*ends <= now)
    return "its certificate has expired";
  const auto left = std::chrono::duration_cast<hours>(*ends - now);
  const bool days = left >= hours{24};
  const auto n = days ? left / hours{24} : left / hours{1};
  return "its certificate expires in " + std::to_string(n) + (days ? " day" : " hour") +
         (n == 1 ? "" : "s");
}

} // namespace

std::string missing_text(const json& document) {
  std::string out;
  for (const auto& m : list(document, "missing")) {
    const auto detail = member(m, "detail");
    out += "not answered: node " + member(m, "node") + " (" +
           (detail.empty() ? member(m, "why") : detail) + ")\n";
  }
  if (document.is_object() && document.contains("cut"))
    out += "some of it was left out because there is too much: ask for less\n";
  return out;
}

std::string tree_text(const json& tree) {
  std::vector<row> rows;
  add_tree(rows, tree, "", "", "", {}, 0);
  const auto version = member(tree, "version");
  return table({"TREE", "KIND", "NODE", "REGION", "STATE", "RESTARTS"}, rows, "") +
         (version.empty() ? "" : "version " + version + " of the fleet\n") + missing_text(tree);
}

std::string agents_text(const json& agents) {
  std::map<std::string, const json*> totals;
  for (const auto& t : list(agents, "totals"))
    if (number(t, "replicas") > 1)
      totals.emplace(member(t, "name"), &t);
  std::vector<row> rows;
  for (const auto& a : list(agents, "agents")) {
    const auto name = member(a, "name");
    // Above the first of several replicas stands what they are together.
    if (auto hit = totals.extract(name.substr(0, name.find('#'))); !hit.empty()) {
      const auto& t = *hit.mapped();
      rows.push_back({hit.key(), member(a, "kind"), "",
                      member(t, "up") + " of " + member(t, "replicas") + " up", "",
                      member(t, "load"), member(t, "served"), member(t, "failed"), "", "", ""});
    }
    const auto why = member(a, "why");
    rows.push_back({name, member(a, "kind"), member(a, "node"),
                    state_words(a) + (why.empty() ? "" : ": " + brief(why, 80)), breaker_words(a),
                    member(a, "load"), member(a, "served"), member(a, "failed"), member(a, "cost"),
                    member(a, "quality"), brief(joined(list(a, "skills")), 80)});
  }
  return table({"AGENT", "KIND", "NODE", "STATE", "BREAKER", "LOAD", "SERVED", "FAILED", "COST",
                "QUALITY", "SKILLS"},
               rows, "no agents") +
         "\n" + missing_text(agents);
}

std::string nodes_text(const json& nodes, timestamp now) {
  std::vector<row> rows;
  for (const auto& n : list(nodes, "nodes")) {
    std::vector<std::string> accusers;
    for (const auto& a : list(n, "accusedBy"))
      accusers.push_back(member(a, "node") + ": " + member(a, "why"));
    auto note = member(n, "why").empty() ? brief(joined(accusers), 60) : member(n, "why");
    if (const auto end = end_of_certificate(n, now); !end.empty())
      note += (note.empty() ? "" : "; ") + end;
    rows.push_back({member(n, "id"), member(n, "region"), member(n, "state"), brief(offered(n), 40),
                    brief(joined(list(n, "reachedAt")), 40), member(n, "version"),
                    member(n, "fleetVersion"), std::move(note)});
  }
  return table({"NODE", "REGION", "STATE", "LABELS", "REACHED AT", "VERSION", "FLEET", "NOTE"},
               rows, "no nodes");
}

std::string domains_text(const json& domains) {
  auto out = "fleet " + member(domains, "fleet") + ", tasks enter at " + member(domains, "entry") +
             (member(domains, "version").empty() ? "" : ", version " + member(domains, "version")) +
             "\n";
  for (const auto& d : list(domains, "domains"))
    add_domain(out, d, "", 0);
  return out;
}

} // namespace troupe::cli
