#include "policies/deadline.hpp"
#include "policies/membership.hpp"

#include <algorithm>

namespace troupe {

member_write membership::put(member row) const {
  return {member_write::kind::put, table_ ? table_->version : 0, std::move(row), {}, {}};
}

witness membership::eyes(timestamp now) const {
  const auto grace = settings_.votes.lease + settings_.renew_every;
  return {*table_, self_.node, store_since_ && now >= later(*store_since_, grace),
          [this](const member& m) { return linked_to(m); }};
}

std::optional<membership::suspicion> membership::suspicion_of(const member& m) const {
  if (!takes_part(m) || m.node == self_.node || linked_to(m))
    return std::nullopt;
  auto row = rows_.find(m.node);
  if (row == rows_.end())
    return std::nullopt;
  auto link = links_.find(m.node);
  const bool before = link != links_.end() && link->second.incarnation == m.incarnation;
  if (row->second.refused && (!before || *row->second.refused >= link->second.since)) {
    // Whoever has said goodbye may be opening its door again: only its links were restarted.
    const bool bye = before && link->second.how == link_loss::goodbye;
    return suspicion{bye ? later(link->second.since, settings_.relink_wait) : *row->second.refused,
                     link_loss::refused, before};
  }
  if (!before)
    return suspicion{later(row->second.seen, settings_.join_wait), link_loss::silent, false};
  const auto& l = link->second;
  switch (l.how) {
  case link_loss::refused:
    return suspicion{l.since, l.how, true};
  case link_loss::silent:
    return suspicion{later(l.since, settings_.silence_wait), l.how, true};
  case link_loss::closed:
    return suspicion{later(l.since, settings_.relink_wait), l.how, true};
  case link_loss::goodbye:
    break;
  }
  // Its row should say by then that it leaves.
  return suspicion{later(l.since, settings_.votes.lease), l.how, true};
}

std::optional<timestamp> membership::first_suspicion() const {
  std::optional<timestamp> first;
  if (!table_ || phase_ == phase::starting)
    return first;
  for (const auto& m : table_->rows)
    if (const auto s = suspicion_of(m); s && (!first || s->due < *first))
      first = s->due;
  return first;
}

bool membership::linked_to_enough(timestamp now) const {
  const auto by = eyes(now);
  std::size_t others = 0;
  std::size_t linked = 0;
  for (const auto& m : table_->rows) {
    if (m.node == self_.node || !living(m, settings_.votes, by))
      continue;
    ++others;
    if (linked_to(m))
      ++linked;
  }
  return linked == others ||
         (now >= later(joined_at_, settings_.join_wait) && 2 * linked >= others && linked > 0);
}

std::optional<member_write> membership::joining_write(timestamp now, actions& todo) {
  const auto* old = table_->find(self_.node);
  if (old && old->state != member_state::down && old->unrenewed < settings_.votes.lease) {
    // It may be our own former life, killed a moment ago: its lease runs out soon.
    if (!waiting_since_)
      waiting_since_ = now;
    const auto patience = settings_.votes.lease + 2 * settings_.renew_every;
    if (now >= later(*waiting_since_, patience))
      end("another process lives under the id " + self_.node + " (incarnation " +
              std::to_string(old->incarnation) + ", renewed " +
              std::to_string(old->unrenewed.count()) + " ms ago)",
          membership_action::kind::refuse, todo);
    return std::nullopt;
  }
  // The seconds keep it growing also when the row of a former life has been forgotten.
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  // It is not ours before the table has it: a later try may need another one, and links that were
  // made under this one would lead to nobody.
  auto row = self_;
  row.incarnation = std::max<std::uint64_t>(
      old ? old->incarnation + 1 : 1,
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, seconds.count())));
  return put(std::move(row));
}

std::optional<member_write> membership::own_write(timestamp now) const {
  auto own = *table_->find(self_.node);
  if (left_wanted_) {
    own.state = member_state::down;
    own.why = "left";
    return put(std::move(own));
  }
  if (leave_wanted_ && own.state != member_state::leaving) {
    own.state = member_state::leaving;
    return put(std::move(own));
  }
  // Not before a renewal has got through: the others would only say it again.
  if (own.cut_off && own.unrenewed < settings_.cut_off_after) {
    own.cut_off = false;
    return put(std::move(own));
  }
  if (own.weight != self_.weight || (own.why != self_.why && !leave_wanted_)) {
    own.weight = self_.weight;
    own.why = self_.why;
    return put(std::move(own));
  }
  if (own.state == member_state::joining && linked_to_enough(now)) {
    own.state = member_state::up;
    return put(std::move(own));
  }
  return std::nullopt;
}

std::optional<member_write> membership::write_about(const member& m, timestamp now) const {
  const auto by = eyes(now);
  const bool long_enough = store_since_ && now >= later(*store_since_, settings_.cut_off_after);
  if (m.state == member_state::down) {
    // One of them is enough.
    const auto first = std::find_if(table_->rows.begin(), table_->rows.end(), takes_part);
    if (m.unrenewed < settings_.forget_after || first->node != self_.node)
      return std::nullopt;
    auto out = put(m);
    out.what = member_write::kind::remove;
    return out;
  }
  if (const auto s = suspicion_of(m)) {
    if (s->due <= now && !isolated(m, settings_.votes, by)) {
      const std::string how{to_string(s->how)};
      auto row = accused_row(m, s->linked_before ? "link " + how : "no link (" + how + ")",
                             settings_.votes, by);
      // What has been said need not be said again, unless it is enough by now: the living may have
      // become fewer.
      if (row.state == member_state::down || !has_accused(m, settings_.votes, by))
        return put(std::move(row));
    }
  } else if (std::any_of(m.accused.begin(), m.accused.end(),
                         [&](const accusation& a) { return a.by == self_.node; })) {
    auto row = m;
    std::erase_if(row.accused, [&](const accusation& a) { return a.by == self_.node; });
    return put(std::move(row));
  }
  if (long_enough && m.unrenewed >= settings_.cut_off_after) {
    auto row = m;
    if (m.state == member_state::joining) {
      row.state = member_state::down;
      row.why = "ended before it had joined";
      return put(std::move(row));
    }
    if (!m.cut_off) {
      row.cut_off = true;
      return put(std::move(row));
    }
  }
  return std::nullopt;
}

std::optional<member_write> membership::next_write(timestamp now, actions& todo) {
  if (phase_ == phase::starting)
    return joining_write(now, todo);
  if (auto own = own_write(now))
    return own;
  // Only whoever has a vote judges.
  if (phase_ != phase::up && phase_ != phase::leaving)
    return std::nullopt;
  for (const auto& m : table_->rows)
    if (m.node != self_.node)
      if (auto write = write_about(m, now))
        return write;
  if (proposed_)
    return member_write{member_write::kind::duty, table_->version, {}, *proposed_, {}};
  if (proposed_placement_)
    return member_write{member_write::kind::place, table_->version, {}, {}, *proposed_placement_};
  return std::nullopt;
}

} // namespace troupe
