#include "nodes/node_client.hpp"

#include "actors/arm_book.hpp"
#include "actors/audit.hpp"
#include "actors/cluster_messages.hpp"
#include "actors/node_parts.hpp"
#include "nodes/agent_orders.hpp"
#include "nodes/node_tree.hpp"

#include <algorithm>

namespace troupe {

// What is said to the node itself, to its agents, and to all nodes of the cluster.

void node_client::order(std::string agent, agent_order what, reply<std::vector<agent_view>> then,
                        std::string told_by) {
  if (!root_->now().handle) {
    then({}, nobody_there());
    return;
  }
  const auto at = now();
  const auto go = [parts = parts_, sys = &system_, agent, what, then] {
    carry_out_order(parts, *sys, agent, what, then,
                    [parts, sys] { return parts->time.at(sys->clock().now()); });
  };
  if (!told_by.empty() && told_by != parts_->fleet.node_id)
    return go();
  recorded(audit_write("order/" + agent + "/" + std::to_string(at.time_since_epoch().count()), at,
                       "agent.ordered", {{"agent", agent}, {"order", to_string(what)}}),
           [go, then](const refused& lost) {
             if (lost.why != refusal::none)
               return then({}, lost);
             go();
           });
}

void node_client::ask_nodes(survey_question what, reply<survey_answers> then) {
  survey(system_, parts_, std::move(what), std::move(then));
}

void node_client::drain(bool on, reply<drain_state> then, std::string told_by) {
  const auto place =
      parts_->places->find({address_kind::node, parts_->fleet.node_id + "/cluster_keeper"});
  const auto keeper = place ? place->now().handle : caf::actor{};
  if (!keeper)
    return then({}, {refusal::conflict, "this node is no member of a cluster now", {}});
  const auto at = now();
  const auto& node = parts_->fleet.node_id;
  recorded(audit_write("drain/" + node + "/" + std::to_string(at.time_since_epoch().count()), at,
                       on ? "node.drained" : "node.undrained",
                       {{"node", node}, {"told_by", told_by}}),
           [keeper, on, then, sys = &system_, parts = parts_](const refused& lost) {
             if (lost.why != refusal::none)
               return then({}, lost);
             sys->spawn([keeper, on, then, parts](caf::event_based_actor* self) {
               guard(self, parts, "whoever asks for a drain");
               self->request(keeper, request_timeout, drain_node{on})
                   .then(
                       [then](const drain_state& x) {
                         then(x, x.refused.empty() ? refused{}
                                                   : refused{refusal::conflict, x.refused, {}});
                       },
                       [then](const caf::error&) {
                         then({}, {refusal::timeout, "the cluster keeper does not answer", {}});
                       });
             });
           });
}

void node_client::reload(reload_fleet what, reply<fleet_reloaded> then) {
  const auto place =
      parts_->places->find({address_kind::node, parts_->fleet.node_id + "/fleet_keeper"});
  const auto keeper = place ? place->now().handle : caf::actor{};
  if (!keeper)
    return then({},
                {refusal::conflict,
                 "this node's fleet cannot be reloaded: it came from no folder, or from one that "
                 "is too large to be kept",
                 {}});
  const auto at = now();
  json record{{"by", what.by}, {"node", parts_->fleet.node_id}};
  if (!what.domain.empty())
    record["domain"] = what.domain;
  recorded(
      audit_write("reload/" + parts_->fleet.node_id + "/" +
                      std::to_string(at.time_since_epoch().count()),
                  at, "fleet.reload", std::move(record)),
      [keeper, what = std::move(what), then, sys = &system_, parts = parts_](const refused& lost) {
        if (lost.why != refusal::none)
          return then({}, lost);
        sys->spawn([keeper, what, then, parts](caf::event_based_actor* self) {
          guard(self, parts, "whoever asks for a reload");
          self->request(keeper, reload_timeout, what)
              .then([then](const fleet_reloaded& x) { then(x, {}); },
                    [then](const caf::error&) {
                      then({}, {refusal::timeout, "the fleet keeper does not answer", {}});
                    });
        });
      });
}

void node_client::versions(reply<versions_viewed> then) {
  const auto place =
      parts_->places->find({address_kind::node, parts_->fleet.node_id + "/fleet_keeper"});
  const auto keeper = place ? place->now().handle : caf::actor{};
  if (!keeper)
    return client::versions(std::move(then));
  system_.spawn([keeper, then, parts = parts_](caf::event_based_actor* self) {
    guard(self, parts, "whoever asks for the fleet's versions");
    self->request(keeper, request_timeout, view_versions{})
        .then([then](const versions_viewed& x) { then(x, {}); },
              [then](const caf::error&) {
                then({}, {refusal::timeout, "the fleet keeper does not answer", {}});
              });
  });
}

std::vector<agent_view> node_client::agents() const {
  std::vector<agent_view> out;
  const auto now_is = now();
  for (const auto& place : parts_->places->all(address_kind::agent))
    if (place->spec() && place->state.load() != health::spare)
      out.push_back(view_of(*parts_, *place, now_is));
  return out;
}

json node_client::learned(const domain_spec& domain) const {
  return parts_->arms->view(domain.path, domain.routing.learning);
}

std::vector<shard_view> node_client::shards() const {
  std::vector<shard_view> out;
  for (const auto& [path, shards] : parts_->versions->orchestrators())
    for (std::uint32_t i = 0; i < shards.size(); ++i) {
      const auto& place = *shards[i];
      const auto who = place.now();
      if (who.handle && place.elsewhere().empty())
        out.push_back({path, i, who.incarnation, place.since()});
    }
  return out;
}

member_table node_client::nodes() const {
  if (parts_->cluster)
    return parts_->cluster->seen();
  return {0, {own_row(*parts_)}, {}, {}};
}

std::vector<region_traffic> node_client::traffic() const {
  return parts_->cluster ? parts_->cluster->traffic() : std::vector<region_traffic>{};
}

void node_client::return_region(std::string home, reply<member_table> then) {
  const auto& regions = parts_->layout.regions;
  if (std::find(regions.begin(), regions.end(), home) == regions.end())
    return then({}, {refusal::invalid_request, "there is no region '" + home + "'", {}});
  const auto keeper =
      parts_->places->resolve({address_kind::node, parts_->fleet.node_id + "/cluster_keeper"});
  if (!keeper)
    return then({}, {refusal::conflict, "this node is alone, and works on all sessions", {}});
  const auto at = now();
  send_audit(*parts_,
             audit_write("region/" + home + "/" + std::to_string(at.time_since_epoch().count()), at,
                         "region.returned", {{"region", home}}));
  system_.spawn([keeper, home, then, parts = parts_](caf::event_based_actor* self) {
    guard(self, parts, "whoever returns a region");
    self->request(keeper, request_timeout, troupe::return_region{home})
        .then(
            [then, parts](const std::string& why_not) {
              then(parts->cluster->seen(),
                   why_not.empty() ? refused{} : refused{refusal::conflict, why_not, {}});
            },
            [then](const caf::error&) {
              then({}, {refusal::timeout, "the node's keeper does not answer", {}});
            });
  });
}

} // namespace troupe
