// What people and metrics see of the quota desk.
#include "actors/quota_desk.hpp"

#include "actors/quota_report.hpp"
#include "policies/deadline.hpp"

#include <prometheus/gauge.h>

#include <algorithm>
#include <utility>

namespace troupe {

void quota_desk_state::report(timestamp now) {
  for (std::size_t i = 0; i < limits_.size(); ++i) {
    auto& l = limits_[i];
    const auto used = l.slice.used(now);
    const auto& to = counters_->limits[i];
    for (std::size_t k = 0; k < used.of.size(); ++k) {
      if (to.used[k])
        to.used[k]->Set(static_cast<double>(used.of[k]));
      if (to.lent[k])
        to.lent[k]->Set(static_cast<double>(l.slice.has().of[k]));
    }
    if (to.frozen)
      to.frozen->Set(l.slice.frozen() > now ? 1 : 0);
  }
  for (std::size_t i = 0; i < lines_.size(); ++i)
    if (auto* to = counters_->lines[i].waiting)
      to->Set(static_cast<double>(lines_[i].queue.size()));
}

void quota_desk_state::on_view(const quota_view& x) {
  const auto now = parts_->now(self_);
  json out{{"limits", json::array()}};
  for (std::size_t i = 0; i < limits_.size(); ++i) {
    auto& l = limits_[i];
    std::uint64_t waiting = 0;
    for (const auto& [id, w] : waiting_) {
      const auto& of = w.which->lane.limits;
      waiting += std::find(of.begin(), of.end(), i) != of.end() ? 1 : 0;
    }
    out["limits"].push_back({{"name", l.is.name},
                             {"provider", l.is.provider},
                             {"model", l.is.model},
                             {"limit", quota_json(l.slice.limit())},
                             {"lent", quota_json(l.slice.has())},
                             {"used", quota_json(l.slice.used(now))},
                             {"waiting", waiting},
                             {"frozen_ms", left(l.slice.frozen(), now).count()},
                             {"owner", l.owner}});
  }
  x.then(std::move(out), {});
}

node_subject quota_view_subject(parts_ptr parts) {
  return [parts = std::move(parts)](const json& query, const node_reply& then) {
    const auto place =
        parts->places->find({address_kind::node, parts->fleet.node_id + "/quota_desk"});
    const auto desk = place ? place->now().handle : caf::actor{};
    if (query.is_object() && query.contains("freeze")) {
      if (desk)
        caf::anon_send(desk, quota_frozen{query.at("freeze").get<std::string>(),
                                          milliseconds{query.at("ms").get<std::int64_t>()}});
      return then(json::object(), {});
    }
    if (desk)
      return caf::anon_send(desk, quota_view{then});
    then({{"limits", json::array()}}, {}); // The fleet has none.
  };
}

} // namespace troupe
