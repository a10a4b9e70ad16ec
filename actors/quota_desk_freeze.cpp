// What a provider says of its limits, and who else hears of it.
#include "actors/quota_desk.hpp"

#include "actors/node_messages.hpp"
#include "policies/deadline.hpp"
#include "src/wire/json_text.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

constexpr milliseconds worth_telling{100};

} // namespace

timestamp quota_desk_state::frozen(const quota_plan::lane& lane) const {
  timestamp out{};
  for (const auto i : lane.limits)
    out = std::max(out, limits_[i].slice.frozen());
  return out;
}

bool quota_desk_state::freeze(limit_state& l, milliseconds how_long, timestamp now) {
  const auto until = later(now, std::clamp(how_long, milliseconds{0}, freeze_most));
  if (until <= later(std::max(l.slice.frozen(), now), worth_telling))
    return false;
  l.slice.freeze(until, now);
  parts_->log->warn("nothing is sent to {} for {} ms: the provider has said so", l.is.name,
                    left(until, now).count());
  // Who cannot wait that long can still ask somebody else.
  std::vector<std::pair<std::size_t, std::uint64_t>> late;
  for (std::size_t i = 0; i < lines_.size(); ++i)
    lines_[i].queue.for_each([&](const quota_wish& x) {
      if (x.deadline <= frozen(waiting_.at(x.id).which->lane))
        late.emplace_back(i, x.id);
    });
  for (const auto& [line, id] : late) {
    lines_[line].queue.erase(id);
    refuse(id, "no requests are wanted now by ", now);
  }
  return true;
}

void quota_desk_state::tell_frozen(const std::string& limit, milliseconds how_long) {
  if (!parts_->cluster)
    return;
  const auto text = json_text({{"freeze", limit}, {"ms", how_long.count()}});
  for (const auto& row : parts_->cluster->seen().rows) {
    if (row.node == parts_->fleet.node_id || row.state == member_state::down)
      continue;
    const auto place = parts_->places->find({address_kind::node, row.node + "/respondent"});
    if (const auto who = place ? place->now().handle : caf::actor{})
      self_->request(who, answer_within, ask_node{"limits", text, 0, 0})
          .then([](const node_answered&) {},
                [](const caf::error&) {}); // The owner tells it as well, when it is asked next.
  }
}

void quota_desk_state::on_frozen(const quota_frozen& x) {
  const auto now = parts_->now(self_);
  for (auto& l : limits_)
    if (l.is.name == x.limit)
      freeze(l, x.how_long, now);
  pump_all(now);
  arm(now);
}

} // namespace troupe
