#include "policies/membership.hpp"

#include "policies/deadline.hpp"

#include <algorithm>

namespace troupe {

using membership_act = membership_action::kind;

membership::membership(member self, const membership_settings& settings)
    : self_(std::move(self))
    , settings_(settings) {
  self_.state = member_state::joining;
  self_.cut_off = false;
  self_.accused.clear();
  self_.unrenewed = {};
  self_.why.clear();
}

void membership::start(timestamp now, actions& todo) {
  pump(now, todo);
}

void membership::tick(timestamp now, actions& todo) {
  if (phase_ == phase::over)
    return;
  const auto late = [&](timestamp sent) { return now >= later(sent, settings_.answer_wait); };
  if (op_ != 0 && late(op_sent_))
    on_store_failed(op_, now, todo);
  if (renew_op_ != 0 && late(renew_sent_))
    on_store_failed(renew_op_, now, todo);
  pump(now, todo);
}

void membership::on_table(std::uint64_t op, member_table table, timestamp now, actions& todo) {
  if (!current_op(op))
    return;
  store_ok(now);
  table_asked_ = op_sent_;
  table_ = std::move(table);
  use(op, now, todo);
  pump(now, todo);
}

void membership::on_written(std::uint64_t op, bool taken, timestamp now, actions& todo) {
  if (!writing_ || !current_op(op))
    return;
  store_ok(now);
  const auto write = std::move(*writing_);
  writing_.reset();
  if (write.what == member_write::kind::duty)
    proposed_.reset();
  if (write.what == member_write::kind::place)
    proposed_placement_.reset();
  if (!taken) {
    want_read_ = true;
  } else {
    apply(write);
    todo.push_back({membership_act::tell, 0, {}, table_->version, {}});
    use(op, now, todo);
  }
  pump(now, todo);
}

void membership::on_renewed(std::uint64_t op, std::optional<std::uint64_t> version, timestamp now,
                            actions& todo) {
  if (phase_ == phase::over || op == 0 || op != renew_op_)
    return;
  renew_op_ = 0;
  store_ok(now);
  if (!version) {
    leased_until_ = now;
    want_read_ = true;
  } else if (table_ && *version <= table_->version) {
    leased_until_ = std::max(leased_until_, later(renew_sent_, settings_.votes.lease));
  } else {
    renewed_ahead_ = {renew_sent_, *version};
    want_read_ = true;
  }
  pump(now, todo);
}

void membership::on_store_failed(std::uint64_t op, timestamp now, actions& todo) {
  if (phase_ == phase::over || op == 0 || (op != op_ && op != renew_op_))
    return;
  if (op == op_) {
    op_ = 0;
    // It may have been written all the same.
    writing_.reset();
    want_read_ = true;
  } else {
    renew_op_ = 0;
  }
  store_since_.reset();
  retry_at_ = later(now, settings_.renew_every);
  pump(now, todo);
}

void membership::on_link_up(std::string_view node, std::uint64_t incarnation, timestamp now,
                            actions& todo) {
  auto& link = links_[std::string{node}];
  if (incarnation < link.incarnation)
    return;
  link = {incarnation, true, link_loss::closed, now};
  const auto* row = table_ ? table_->find(node) : nullptr;
  if (!row || row->incarnation < incarnation)
    want_read_ = true;
  pump(now, todo);
}

void membership::on_link_down(std::string_view node, std::uint64_t incarnation, link_loss how,
                              timestamp now, actions& todo) {
  if (auto row = rows_.find(node); row != rows_.end() && how == link_loss::refused)
    row->second.refused = now;
  if (auto hit = links_.find(node); hit != links_.end()) {
    auto& link = hit->second;
    if (link.up && incarnation == link.incarnation) {
      link.up = false;
      link.how = how;
      link.since = now;
    } else if (!link.up && how == link_loss::refused && link.how != link_loss::goodbye) {
      link.how = how;
    }
  }
  pump(now, todo);
}

void membership::on_links_gone(timestamp now, actions& todo) {
  for (auto& [node, link] : links_)
    if (link.up) {
      link.up = false;
      link.how = link_loss::goodbye;
      link.since = now;
    }
  pump(now, todo);
}

void membership::on_version_heard(std::uint64_t version, timestamp now, actions& todo) {
  if (!table_ || version > table_->version) {
    want_read_ = true;
    heard_ = std::max(heard_, version);
    heard_after_ = last_op_;
  }
  pump(now, todo);
}

void membership::leave(timestamp now, actions& todo) {
  leave_wanted_ = true;
  pump(now, todo);
}

void membership::left(timestamp now, actions& todo) {
  leave_wanted_ = true;
  left_wanted_ = true;
  pump(now, todo);
}

void membership::weigh(std::uint32_t weight, std::string why, timestamp now, actions& todo) {
  self_.weight = weight;
  self_.why = std::move(why);
  pump(now, todo);
}

void membership::propose(const region_duty& duty, timestamp now, actions& todo) {
  proposed_ = duty;
  proposed_by_ = table_ ? table_->version : 0;
  pump(now, todo);
}

void membership::propose(const domain_placement& placement, timestamp now, actions& todo) {
  proposed_placement_ = placement;
  proposed_by_ = table_ ? table_->version : 0;
  pump(now, todo);
}

bool membership::linked_to(const member& m) const {
  auto hit = links_.find(m.node);
  return hit != links_.end() && hit->second.up && hit->second.incarnation == m.incarnation;
}

bool membership::current_op(std::uint64_t op) noexcept {
  if (phase_ == phase::over || op == 0 || op != op_)
    return false;
  op_ = 0;
  return true;
}

void membership::store_ok(timestamp now) {
  if (!store_since_)
    store_since_ = now;
  retry_at_ = now;
}

void membership::use(std::uint64_t op, timestamp now, actions& todo) {
  // What was under way when somebody told of a newer version may have been too early for it. Once
  // is enough: whoever told of a version that does not exist must not keep us reading.
  want_read_ = heard_ > table_->version && op <= heard_after_;
  if (table_->version != proposed_by_) {
    // What was decided on an older table is decided anew.
    proposed_.reset();
    proposed_placement_.reset();
  }
  if (renewed_ahead_ && renewed_ahead_->second <= table_->version) {
    leased_until_ = std::max(leased_until_, later(renewed_ahead_->first, settings_.votes.lease));
    renewed_ahead_.reset();
  }
  learn_rows(now);
  look_at_own_row(now, todo);
  if (phase_ == phase::over)
    return;
  // Also when nothing has changed: somebody who was fenced waits for the newest table.
  todo.push_back({membership_act::view, 0, {}, table_->version, {}});
}

void membership::apply(const member_write& write) {
  auto& rows = table_->rows;
  table_->version = write.expected + 1;
  if (write.what == member_write::kind::duty) {
    auto hit = std::find_if(table_->duties.begin(), table_->duties.end(),
                            [&](const region_duty& d) { return d.home == write.duty.home; });
    if (hit == table_->duties.end())
      table_->duties.push_back(write.duty);
    else
      *hit = write.duty;
    return;
  }
  if (write.what == member_write::kind::place) {
    auto& all = table_->placements;
    auto hit = std::lower_bound(
        all.begin(), all.end(), write.placement.domain,
        [](const domain_placement& p, const std::string& domain) { return p.domain < domain; });
    if (hit != all.end() && hit->domain == write.placement.domain)
      *hit = write.placement;
    else
      all.insert(hit, write.placement);
    return;
  }
  auto at = std::lower_bound(rows.begin(), rows.end(), write.row.node,
                             [](const member& m, const std::string& id) { return m.node < id; });
  const bool there = at != rows.end() && at->node == write.row.node;
  if (write.what == member_write::kind::remove) {
    if (there)
      rows.erase(at);
  } else if (there) {
    *at = write.row;
  } else {
    rows.insert(at, write.row);
  }
}

void membership::learn_rows(timestamp now) {
  std::erase_if(rows_, [&](const auto& known) { return !table_->find(known.first); });
  // Of nodes that the table does not know yet, only those that have a link now are remembered.
  std::erase_if(links_,
                [&](const auto& link) { return !link.second.up && !table_->find(link.first); });
  for (const auto& row : table_->rows) {
    auto& known = rows_[row.node];
    if (known.incarnation != row.incarnation)
      known = {row.incarnation, now, {}};
  }
}

void membership::look_at_own_row(timestamp now, actions& todo) {
  const auto* own = table_->find(self_.node);
  const bool mine = own && own->token == self_.token;
  if (phase_ == phase::starting) {
    if (mine && own->state != member_state::down) {
      self_.incarnation = own->incarnation;
      phase_ = phase::joining;
      joined_at_ = now;
      renew_due_ = now;
    } else if (mine) {
      end(own->why, membership_act::stop, todo);
    }
    return;
  }
  if (!own)
    return end("its row is gone from the member table", membership_act::stop, todo);
  if (!mine)
    return end("incarnation " + std::to_string(own->incarnation) + " has taken its place",
               membership_act::stop, todo);
  if (own->state == member_state::down)
    return end(own->why, membership_act::stop, todo);
  if (own->state == member_state::up)
    phase_ = phase::up;
  else if (own->state == member_state::leaving)
    phase_ = phase::leaving;
}

void membership::end(std::string why, membership_action::kind how, actions& todo) {
  phase_ = phase::over;
  leased_until_ = timestamp{};
  next_ = no_deadline;
  todo.push_back({how, 0, {}, table_ ? table_->version : 0, std::move(why)});
}

void membership::begin(membership_action::kind what, member_write write, timestamp now,
                       actions& todo) {
  membership_action a{what, ++last_op_, std::move(write), 0, {}};
  if (what == membership_act::renew) {
    renew_op_ = a.op;
    renew_sent_ = now;
  } else {
    op_ = a.op;
    op_sent_ = now;
    if (what == membership_act::write)
      writing_ = a.write;
  }
  todo.push_back(std::move(a));
}

void membership::renew(timestamp now, actions& todo) {
  if (phase_ == phase::starting || renew_op_ != 0 || now < renew_due_ || now < retry_at_)
    return;
  renew_due_ = later(now, settings_.renew_every);
  begin(membership_act::renew, put(self_), now, todo);
}

void membership::pump(timestamp now, actions& todo) {
  if (phase_ == phase::over)
    return;
  renew(now, todo);
  if (op_ == 0 && now >= retry_at_) {
    const auto suspected = first_suspicion();
    // Whoever is judged is judged by a table that was read after the suspicion.
    const bool stale =
        !table_ || want_read_ || now >= later(table_asked_, settings_.table_every) ||
        (suspected && *suspected <= now &&
         (table_asked_ < *suspected || now >= later(table_asked_, settings_.renew_every))) ||
        (phase_ == phase::starting && now >= later(table_asked_, settings_.renew_every));
    if (stale) {
      begin(membership_act::read, {}, now, todo);
    } else if (auto write = next_write(now, todo)) {
      begin(membership_act::write, *std::move(write), now, todo);
    }
  }
  if (phase_ != phase::over)
    arm(now);
}

void membership::arm(timestamp now) {
  next_ = later(now, settings_.renew_every);
  const auto at = [&](timestamp t) {
    if (t > now)
      next_ = std::min(next_, t);
  };
  // What is overdue has to be looked at, however often something else happens meanwhile.
  const auto due = [&](timestamp t) { next_ = std::min(next_, std::max(t, now)); };
  if (op_ != 0)
    due(later(op_sent_, settings_.answer_wait));
  if (renew_op_ != 0)
    due(later(renew_sent_, settings_.answer_wait));
  at(renew_due_);
  at(retry_at_);
  at(later(table_asked_, settings_.renew_every));
  if (const auto suspected = first_suspicion())
    at(*suspected);
}

} // namespace troupe
