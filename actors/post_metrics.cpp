#include "actors/post_metrics.hpp"

#include "src/telemetry/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

namespace troupe {

void post_metrics::show(const node_parts& parts, const std::string& peer,
                        const std::string& region) {
  if (parts.cluster && !region.empty() && sent != carried_) {
    parts.cluster->carried(parts.fleet.region, region, sent - carried_,
                           sent_bytes - carried_bytes_);
    if (parts.counters) {
      const std::map<std::string, std::string> way{
          {"node", parts.fleet.node_id}, {"from", parts.fleet.region}, {"to", region}};
      auto& registry = parts.counters->registry();
      prometheus::BuildCounter()
          .Name("troupe_region_messages_total")
          .Help("Envelopes that this node has sent to nodes of a region.")
          .Register(registry)
          .Add(way)
          .Increment(static_cast<double>(sent - carried_));
      prometheus::BuildCounter()
          .Name("troupe_region_bytes_total")
          .Help("Bytes of what these held.")
          .Register(registry)
          .Add(way)
          .Increment(static_cast<double>(sent_bytes - carried_bytes_));
    }
    carried_ = sent;
    carried_bytes_ = sent_bytes;
  }
  if (!parts.counters)
    return;
  auto& registry = parts.counters->registry();
  const std::map<std::string, std::string> whose{
      {"region", parts.fleet.region}, {"node", parts.fleet.node_id}, {"peer", peer}};
  const auto show_one = [&](series& x, const char* metric, const char* help, std::uint64_t now) {
    if (!x.to)
      x.to = &prometheus::BuildCounter().Name(metric).Help(help).Register(registry).Add(whose);
    x.to->Increment(static_cast<double>(now - x.before));
    x.before = now;
  };
  show_one(sent_, "troupe_post_sent_total",
           "Envelopes written to a peer, without those that were repeated.", sent);
  show_one(sent_bytes_, "troupe_post_sent_bytes_total", "Bytes of what these held.", sent_bytes);
  show_one(resent_, "troupe_post_resent_total",
           "Envelopes written again, because the link had gone before they were acknowledged.",
           resent);
  show_one(received_, "troupe_post_received_total",
           "Envelopes that came from a peer, without duplicates.", received);
  show_one(received_bytes_, "troupe_post_received_bytes_total", "Bytes of what these held.",
           received_bytes);
  show_one(duplicates_, "troupe_post_duplicates_total",
           "Envelopes that came again and were dropped.", duplicates);
  show_one(refused_, "troupe_post_refused_total",
           "Envelopes that were not delivered, with their senders told so.", refused);
  show_one(malformed_, "troupe_post_malformed_total", "Envelopes that could not be read.",
           malformed);
  show_one(losses_, "troupe_post_peer_losses_total",
           "How often a peer was lost with all that was under way.", losses);
  if (!under_way_)
    under_way_ = &prometheus::BuildGauge()
                      .Name("troupe_post_under_way")
                      .Help("Envelopes that a peer has not acknowledged yet.")
                      .Register(registry)
                      .Add(whose);
  under_way_->Set(static_cast<double>(under_way));
}

void intake_metrics::show(const node_parts& parts, const post_intake& intake) {
  if (!parts.counters)
    return;
  if (!turned_away_) {
    auto& registry = parts.counters->registry();
    const std::map<std::string, std::string> whose{{"region", parts.fleet.region},
                                                   {"node", parts.fleet.node_id}};
    turned_away_ = &prometheus::BuildCounter()
                        .Name("troupe_post_turned_away_total")
                        .Help("Messages that ask for work and were refused at once, because too "
                              "much waited for the post itself or no frame takes them.")
                        .Register(registry)
                        .Add(whose);
    waiting_ = &prometheus::BuildGauge()
                    .Name("troupe_post_waiting_bytes")
                    .Help("Bytes of messages that wait for the post itself.")
                    .Register(registry)
                    .Add(whose);
  }
  const auto now = intake.refused();
  turned_away_->Increment(static_cast<double>(now - before_));
  before_ = now;
  waiting_->Set(static_cast<double>(intake.waiting()));
}

} // namespace troupe
