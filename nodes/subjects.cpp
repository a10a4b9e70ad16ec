#include "nodes/subjects.hpp"

#include "nodes/clerk.hpp"
#include "nodes/fleet_json.hpp"
#include "nodes/time_text.hpp"

#include <exception>
#include <memory>
#include <utility>

namespace troupe {

namespace {

constexpr std::size_t tree_rows = 20000;
constexpr std::size_t agents_most = 4000;
constexpr std::size_t archive_bytes = std::size_t{3} << 20;
constexpr std::size_t searches_waiting = 16;

void tell_tree(client& node, const node_reply& then) {
  node.tree([then](const std::shared_ptr<const tree_node>& tree, const refused& why) {
    if (why.why != refusal::none || !tree)
      return then(
          {}, why.why != refusal::none ? why : refused{refusal::internal, "there is no tree", {}});
    auto rows = tree_rows;
    then({{"tree", tree_json(*tree, rows)}}, {});
  });
}

/// Somebody who lives elsewhere is described there; what was given to it from here is counted here.
json agents_here(const client& node, const domain_scope& within) {
  json out{{"agents", json::array()}};
  for (const auto& a : node.agents()) {
    if (!is_within(std::string_view{a.name}.substr(0, a.name.rfind('/')), within))
      continue;
    if (out["agents"].size() >= agents_most) {
      out["cut"] = true;
      break;
    }
    if (a.node.empty() || a.node == node.fleet().node_id)
      out["agents"].push_back(agent_json(a));
    else if (a.served + a.failed > 0)
      out["agents"].push_back({{"name", a.name}, {"served", a.served}, {"failed", a.failed}});
  }
  return out;
}

void give_order(client& node, const json& query, const node_reply& then) {
  const auto what = parse_enum<agent_order>(query.value("order", ""));
  if (!what)
    return then({}, {refusal::invalid_request, "no such order", {}});
  node.order(
      query.value("agent", ""), *what,
      [then](const std::vector<agent_view>& agents, const refused& why) {
        json out{{"agents", json::array()}};
        for (const auto& a : agents)
          out["agents"].push_back(agent_json(a));
        then(std::move(out), why);
      },
      query.value("told_by", ""));
}

json shards_here(const client& node, const json& query) {
  json out{{"shards", json::array()}};
  for (const auto& s : node.shards())
    if (!query.contains("shard") || query["shard"] == s.shard)
      out["shards"].push_back({{"domain", s.domain},
                               {"shard", s.shard},
                               {"incarnation", s.incarnation},
                               {"since", time_text(s.since)}});
  return out;
}

void drain_this(client& node, const json& query, const node_reply& then) {
  node.drain(
      query.value("on", true),
      [then](const drain_state& x, const refused& why) {
        then({{"draining", x.draining},
              {"drained", x.drained},
              {"shards", x.shards},
              {"agents", x.agents}},
             why);
      },
      query.value("told_by", ""));
}

json rows_found(const std::function<json(const json&)>& search, const json& query,
                const char* name) {
  auto found = search(query);
  json out{{name, json::array()}};
  std::size_t bytes = 0;
  for (auto& row : found) {
    bytes += row.dump(-1, ' ', false, json::error_handler_t::replace).size();
    if (bytes > archive_bytes) {
      out["cut"] = true;
      break;
    }
    out[name].push_back(std::move(row));
  }
  return out;
}

/// A search may read a disk, and take long: it must not hold up the respondent.
node_subject looked_up(const std::shared_ptr<clerk>& desk, std::function<json(const json&)> search,
                       const char* name, const char* nothing) {
  if (!search)
    return [nothing](const json&, const node_reply& then) {
      then({}, {refusal::invalid_request, nothing, {}});
    };
  return [desk, search = std::move(search), name](const json& query, const node_reply& then) {
    const bool taken = desk->give([search, query, name, then] {
      try {
        then(rows_found(search, query, name), {});
      } catch (const std::exception& e) {
        then({}, {refusal::internal, e.what(), {}});
      }
    });
    if (!taken)
      then({}, {refusal::busy, "too many searches wait already", {}});
  };
}

} // namespace

node_subjects subjects_of(client& node, node_archives archives) {
  node_subjects out;
  out["tree"] = [&node](const json&, const node_reply& then) { tell_tree(node, then); };
  out["agents"] = [&node](const json& query, const node_reply& then) {
    then(agents_here(node, query.value("within", domain_scope{})), {});
  };
  out["order"] = [&node](const json& query, const node_reply& then) {
    give_order(node, query, then);
  };
  out["shards"] = [&node](const json& query, const node_reply& then) {
    then(shards_here(node, query), {});
  };
  out["drain"] = [&node](const json& query, const node_reply& then) {
    drain_this(node, query, then);
  };
  const auto desk = std::make_shared<clerk>(searches_waiting);
  out["logs"] = looked_up(desk, std::move(archives.search_logs), "lines",
                          "this node keeps no logs that could be searched");
  out["recorder"] = looked_up(desk, std::move(archives.last_messages), "messages",
                              "this node records no messages");
  return out;
}

node_subject certificate_subject(std::function<timestamp()> ends) {
  return [ends = std::move(ends)](const json&, const node_reply& then) {
    then(ends ? json{{"ends", time_text(ends())}} : json::object(), {});
  };
}

} // namespace troupe
