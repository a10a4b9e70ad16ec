#include "nodes/fleet_json.hpp"

#include "nodes/time_text.hpp"

namespace troupe {

namespace {

json breaker_view(const shared_breaker::view& x) {
  json out{{"state", to_string(x.state)}};
  if (!x.why.empty())
    out["why"] = x.why;
  if (x.reopens != no_deadline)
    out["probe_from"] = time_text(x.reopens);
  return out;
}

} // namespace

json agent_json(const agent_view& x) {
  json out{{"name", x.name},
           {"state", to_string(x.state)},
           {"load", x.load},
           {"served", x.served},
           {"failed", x.failed},
           {"success_rate", x.success_rate},
           {"incarnation", x.incarnation},
           {"breaker", breaker_view(x.breaker)}};
  if (!x.node.empty())
    out["node"] = x.node;
  if (!x.why.empty())
    out["why"] = x.why;
  if (x.paused_until != timestamp{})
    out["paused"] = {{"until", time_text(x.paused_until)}, {"by", x.paused_by}};
  if (x.ordered)
    out["ordered"] = {{"duty", to_string(x.ordered->wanted)}, {"since", time_text(x.ordered->at)}};
  if (!x.spec)
    return out;
  const auto& card = x.spec->card;
  out["domain"] = card.domain;
  out["description"] = card.description;
  out["kind"] = to_string(card.kind);
  out["skills"] = card.skills;
  out["labels"] = card.labels;
  out["cost"] = card.cost;
  out["quality"] = card.quality;
  out["effects"] = to_string(card.does);
  out["slots"] = x.spec->slots;
  out["queue_limit"] = x.spec->queue_limit;
  if (!x.spec->provider.empty()) {
    out["provider"] = breaker_view(x.provider);
    out["provider"]["name"] = x.spec->provider;
  }
  return out;
}

json tree_json(const tree_node& x, std::size_t& rows) {
  json out{{"id", x.id},
           {"kind", x.kind},
           {"state", x.state},
           {"restarts", x.restarts},
           {"children", json::array()}};
  if (!x.detail.empty())
    out["detail"] = x.detail;
  rows -= rows > 0 ? 1 : 0;
  std::size_t shown = 0;
  for (const auto& c : x.children) {
    if (rows == 0)
      break;
    out["children"].push_back(tree_json(c, rows));
    ++shown;
  }
  if (shown < x.children.size())
    out["left_out"] = x.children.size() - shown;
  return out;
}

} // namespace troupe
