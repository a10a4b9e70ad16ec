#include "nodes/doors/cluster_views.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

namespace troupe {

namespace {

// Nodes of other versions may say something else than ours: what is not as it should be is passed
// over.

const json& rows_of(const survey_said& x, const char* name) {
  static const json none = json::array();
  if (!x.answer.is_object())
    return none;
  const auto hit = x.answer.find(name);
  return hit != x.answer.end() && hit->is_array() ? *hit : none;
}

std::string text_of(const json& x, const char* name) {
  const auto hit = x.is_object() ? x.find(name) : x.end();
  return x.is_object() && hit != x.end() && hit->is_string() ? hit->get<std::string>()
                                                             : std::string{};
}

std::uint64_t count_of(const json& x, const char* name) {
  const auto hit = x.is_object() ? x.find(name) : x.end();
  return x.is_object() && hit != x.end() && hit->is_number_unsigned() ? hit->get<std::uint64_t>()
                                                                      : 0;
}

bool some_cut(const survey_answers& said) {
  return std::any_of(said.begin(), said.end(), [](const survey_said& x) {
    return x.answer.is_object() && x.answer.contains("cut");
  });
}

struct counted {
  std::uint64_t served = 0, failed = 0;
};

/// Sums per agent over its replicas, in the order of their names.
json totals_of(const json& agents) {
  struct sum {
    std::uint64_t replicas = 0, up = 0, load = 0;
    counted counts;
  };
  std::map<std::string, sum> by_agent;
  for (const auto& a : agents) {
    const auto name = text_of(a, "name");
    auto& s = by_agent[name.substr(0, name.find('#'))];
    ++s.replicas;
    s.up += text_of(a, "state") == "up" ? 1 : 0;
    s.load += count_of(a, "load");
    s.counts.served += count_of(a, "served");
    s.counts.failed += count_of(a, "failed");
  }
  json out = json::array();
  for (const auto& [name, s] : by_agent)
    out.push_back({{"name", name},
                   {"replicas", s.replicas},
                   {"up", s.up},
                   {"load", s.load},
                   {"served", s.counts.served},
                   {"failed", s.counts.failed}});
  return out;
}

} // namespace

json missing_view(const survey_answers& said) {
  json out = json::array();
  for (const auto& x : said)
    if (x.missing.why != refusal::none)
      out.push_back(
          {{"node", x.node}, {"why", to_string(x.missing.why)}, {"detail", x.missing.detail}});
  return out;
}

std::optional<refused> nobody_answered(const survey_answers& said) {
  for (const auto& x : said)
    if (x.missing.why == refusal::none)
      return std::nullopt;
  return said.empty() ? refused{refusal::internal, "no node was asked", {}} : said.front().missing;
}

json cluster_tree(const std::string& fleet, survey_answers said) {
  json out{{"id", fleet},   {"kind", "cluster"},         {"state", "up"},
           {"restarts", 0}, {"children", json::array()}, {"missing", missing_view(said)}};
  for (auto& x : said) {
    json row;
    if (x.answer.is_object() && x.answer.contains("tree") && x.answer["tree"].is_object())
      row = std::move(x.answer["tree"]);
    else
      row = {{"state", "silent"}, {"restarts", 0}, {"children", json::array()}};
    row["id"] = row["node"] = x.node;
    row["kind"] = "node";
    row["region"] = x.region;
    out["children"].push_back(std::move(row));
  }
  return out;
}

json cluster_agents(const survey_answers& said) {
  std::map<std::string, counted> counts;
  std::map<std::string, std::vector<json>> living;
  std::map<std::string, json> down;
  for (const auto& x : said)
    for (const auto& row : rows_of(x, "agents")) {
      const auto name = text_of(row, "name");
      auto& sum = counts[name];
      sum.served += count_of(row, "served");
      sum.failed += count_of(row, "failed");
      if (text_of(row, "node") == x.node)
        living[name].push_back(row);
      else if (row.contains("state"))
        down.emplace(name, row);
    }
  json agents = json::array();
  for (const auto& [name, sum] : counts) {
    auto rows = std::move(living[name]);
    // Whoever lives somewhere is not down, though a node may not have heard of it yet.
    if (rows.empty() && down.contains(name))
      rows.push_back(std::move(down[name]));
    bool first = true;
    for (auto& row : rows) {
      // On its way from one node to another it may be at both: what it did is counted once.
      row["served"] = first ? sum.served : 0;
      row["failed"] = first ? sum.failed : 0;
      first = false;
      agents.push_back(std::move(row));
    }
  }
  json out{{"agents", std::move(agents)}, {"missing", missing_view(said)}};
  out["totals"] = totals_of(out["agents"]);
  if (some_cut(said))
    out["cut"] = true;
  return out;
}

json ordered_agents(const survey_answers& said) {
  json out{{"agents", json::array()}, {"missing", missing_view(said)}};
  for (const auto& x : said)
    for (auto row : rows_of(x, "agents")) {
      if (!row.is_object())
        continue;
      row["node"] = x.node;
      out["agents"].push_back(std::move(row));
    }
  return out;
}

json cluster_limits(const survey_answers& said) {
  static constexpr std::array kinds{"requests", "tokens", "concurrent"};
  std::map<std::string, json> limits;
  for (const auto& x : said)
    for (const auto& row : rows_of(x, "limits")) {
      const auto name = text_of(row, "name");
      if (name.empty())
        continue;
      auto& sum = limits[name];
      if (sum.is_null())
        sum = {{"name", name},
               {"provider", text_of(row, "provider")},
               {"model", text_of(row, "model")},
               {"owner", text_of(row, "owner")},
               {"limit", json::object()},
               {"used", json::object()},
               {"waiting", 0},
               {"frozenMs", 0},
               {"nodes", json::array()}};
      json own{{"node", x.node},
               {"lent", json::object()},
               {"used", json::object()},
               {"waiting", count_of(row, "waiting")}};
      const auto amount = [&row](const char* what, const char* kind) {
        const auto hit = row.find(what);
        return hit == row.end() ? std::uint64_t{0} : count_of(*hit, kind);
      };
      // A kind that the provider does not limit says nothing.
      for (const auto* kind : kinds)
        if (const auto most = amount("limit", kind); most > 0) {
          sum["limit"][kind] = most;
          sum["used"][kind] = count_of(sum["used"], kind) + amount("used", kind);
          own["lent"][kind] = amount("lent", kind);
          own["used"][kind] = amount("used", kind);
        }
      sum["waiting"] = count_of(sum, "waiting") + count_of(row, "waiting");
      sum["frozenMs"] = std::max(count_of(sum, "frozenMs"), count_of(row, "frozen_ms"));
      sum["nodes"].push_back(std::move(own));
    }
  json out{{"limits", json::array()}, {"missing", missing_view(said)}};
  for (auto& [name, x] : limits)
    out["limits"].push_back(std::move(x));
  return out;
}

json session_place(const std::string& id, const std::string& domain, std::uint32_t shard,
                   const survey_answers& said) {
  json out{{"id", id},
           {"domain", domain},
           {"shard", shard},
           {"node", nullptr},
           {"missing", missing_view(said)}};
  for (const auto& x : said)
    for (const auto& row : rows_of(x, "shards")) {
      if (text_of(row, "domain") != domain || count_of(row, "shard") != shard)
        continue;
      // While it moves two nodes may run one: the younger is the owner.
      if (out.contains("since") && text_of(row, "since") < text_of(out, "since"))
        continue;
      out["node"] = x.node;
      out["region"] = x.region;
      out["since"] = text_of(row, "since");
      out["instance"] = {{"address", "domain:" + domain + "#" + std::to_string(shard)},
                         {"incarnation", count_of(row, "incarnation")}};
    }
  return out;
}

namespace {

/// The rows called `name` of all nodes, each with its node.
std::vector<json> all_rows(survey_answers said, const char* name) {
  std::vector<json> out;
  for (auto& x : said) {
    if (!x.answer.is_object() || !x.answer.contains(name) || !x.answer[name].is_array())
      continue;
    for (auto& row : x.answer[name]) {
      if (!row.is_object())
        continue;
      row["node"] = x.node;
      out.push_back(std::move(row));
    }
  }
  return out;
}

/// A document with what is missing or was cut, and room for the rest.
json about_rows(const survey_answers& said) {
  json out{{"missing", missing_view(said)}};
  if (some_cut(said))
    out["cut"] = true;
  return out;
}

} // namespace

json cluster_logs(survey_answers said, std::size_t limit) {
  auto out = about_rows(said);
  auto lines = all_rows(std::move(said), "lines");
  // Times are texts of one length, so that they sort as they follow each other.
  std::stable_sort(lines.begin(), lines.end(), [](const json& a, const json& b) {
    return text_of(a, "at") > text_of(b, "at");
  });
  lines.resize(std::min(lines.size(), limit));
  out["lines"] = std::move(lines);
  return out;
}

json cluster_messages(survey_answers said, std::size_t limit) {
  auto out = about_rows(said);
  auto messages = all_rows(std::move(said), "messages");
  // Equal stamps have nothing to do with each other.
  std::stable_sort(messages.begin(), messages.end(), [](const json& a, const json& b) {
    return count_of(a, "stamp") < count_of(b, "stamp");
  });
  if (messages.size() > limit)
    messages.erase(messages.begin(), messages.end() - static_cast<std::ptrdiff_t>(limit));
  out["messages"] = std::move(messages);
  return out;
}

} // namespace troupe
