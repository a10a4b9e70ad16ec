// The quota desk and the owners of its limits.
#include "actors/node_messages.hpp"
#include "actors/quota_desk.hpp"

#include "actors/quota_leaves_json.hpp"
#include "policies/deadline.hpp"
#include "policies/dice.hpp"
#include "policies/rendezvous.hpp"
#include "src/wire/json_text.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

constexpr std::size_t flows_told = 200;
constexpr milliseconds lease_most{std::chrono::hours{2}};
/// Of what was in use earlier nothing is any more.
constexpr milliseconds told_for = quota_leaves::step * static_cast<int>(quota_leaves::most);

milliseconds span_of(const json& x, const char* name, milliseconds most) {
  const auto hit = x.find(name);
  if (hit == x.end() || !hit->is_number_integer())
    return milliseconds{0};
  return std::clamp(milliseconds{hit->get<std::int64_t>()}, milliseconds{0}, most);
}

} // namespace

json quota_json(const quota_amount& x) {
  json out = json::object();
  for (std::size_t i = 0; i < x.of.size(); ++i)
    out[std::string{enum_names<quota_kind>::value[i]}] = x.of[i];
  return out;
}

quota_amount quota_amount_of(const json& x, const char* name) {
  quota_amount out;
  const auto hit = x.is_object() ? x.find(name) : x.end();
  if (!x.is_object() || hit == x.end() || !hit->is_object())
    return out;
  for (std::size_t i = 0; i < out.of.size(); ++i) {
    const auto one = hit->find(std::string{enum_names<quota_kind>::value[i]});
    if (one != hit->end() && one->is_number_unsigned())
      out.of[i] = std::min(one->get<std::uint64_t>(), std::uint64_t{1} << 50);
  }
  return out;
}

std::string quota_owner(const node_parts& parts, const std::string& limit) {
  if (!parts.cluster)
    return parts.fleet.node_id;
  const auto table = parts.cluster->seen();
  std::vector<const member*> up;
  std::vector<rendezvous_candidate> candidates;
  for (const auto& row : table.rows)
    if (row.state == member_state::up) {
      up.push_back(&row);
      candidates.push_back({stable_hash(row.node), 1});
    }
  const auto who = rendezvous_pick(stable_hash("quota/" + limit), candidates);
  return who == no_candidate ? std::string{} : up[who]->node;
}

void quota_desk_state::want_more(limit_state& l, timestamp now) {
  l.next = std::min(l.next, std::max(now, later(l.asked_at, l.busy)));
}

void quota_desk_state::look_after(std::size_t limit, timestamp now) {
  auto& l = limits_[limit];
  if (l.slice.lapse(now)) {
    parts_->log->warn("the owner of the limit {} cannot be reached: nothing is sent until it can",
                      l.is.name);
    l.next = std::min(l.next, now);
  }
  if (l.slice.forget(now)) {
    // For the owner we are somebody new: it must not take what we had for given back.
    l.life = dice_.draw() | 1;
    ++l.asked;
    l.asking = false;
    l.next = now;
  }
  if (l.asking || now < l.next)
    return;
  if (auto owner = quota_owner(*parts_, l.is.name); owner != l.owner) {
    l.owner = std::move(owner);
    l.answer = 0;
  }
  ask(limit, now);
}

json quota_desk_state::question(std::size_t limit, timestamp now) {
  auto& l = limits_[limit];
  // An owner that has not answered yet knows nothing of what we have, unless our lease is over:
  // then the one before takes it back.
  const bool unknown = l.answer == 0 && now < l.slice.lent_until();
  json flows = json::array();
  for (const auto& f : l.flows.list(flows_told, now))
    flows.push_back({{"urgency", static_cast<unsigned>(f.urgency)},
                     {"tenant", f.tenant},
                     {"weight", f.weight},
                     {"need", quota_json(f.need)}});
  quota_amount largest;
  auto first = now;
  for (const auto& line : lines_)
    line.queue.for_each([&](const quota_wish& x) {
      const auto& of = waiting_.at(x.id).which->lane.limits;
      if (std::find(of.begin(), of.end(), limit) == of.end())
        return;
      largest = most(largest, {{1, x.tokens, 1}});
      first = std::min(first, x.since);
    });
  json out{{"limit", l.is.name},
           {"node", parts_->fleet.node_id},
           {"life", l.life},
           {"has", quota_json(unknown ? l.slice.has() : l.slice.give_back(now))},
           {"used", quota_json(l.slice.used(now))},
           {"leaves", leaves_json(l.slice.leaves(now))},
           {"after", l.answer},
           {"knew", parts_->quota->knows_owner(limit)},
           {"flows", std::move(flows)},
           {"largest", quota_json(largest)},
           {"longest_ms", left(now, first).count()},
           {"frozen_ms", left(l.slice.frozen(), now).count()}};
  const auto& before = l.last.by == l.owner ? l.former : l.last;
  if (!before.by.empty() && left(now, before.what.since) < told_for)
    out["left"] = {{"by", before.by}, {"of", leaves_json(before.what, now)}};
  return out;
}

void quota_desk_state::ask(std::size_t limit, timestamp now) {
  auto& l = limits_[limit];
  l.next = later(now, try_again);
  l.asked_at = now;
  const auto place = l.owner.empty()
                         ? nullptr
                         : parts_->places->find({address_kind::node, l.owner + "/respondent"});
  const auto who = place ? place->now().handle : caf::actor{};
  if (!who)
    return;
  l.asking = true;
  const auto number = ++l.asked;
  const auto had = l.slice.has();
  auto about = question(limit, now);
  const auto given = had - l.slice.has();
  const auto heard = [this, limit, number](const json* x) {
    const auto then = parts_->now(self_);
    auto& of = limits_[limit];
    // To what was said before the owner changed nobody listens: he does not count on it.
    if (of.asked != number)
      return;
    of.asking = false;
    if (x)
      on_answer(limit, *x, then);
    else
      of.next = later(then, try_again);
    pump_all(then);
    arm(then);
  };
  self_->request(who, answer_within, ask_node{"quota", json_text(about), 0, 0})
      .then(
          [this, limit, given, heard](const node_answered& x) {
            std::string bad;
            const auto said =
                x.why.why == refusal::none ? json_of_text(x.part, bad) : std::optional<json>{};
            // Who refuses as it is no owner has not noted that it was given back.
            if (auto& slice = limits_[limit].slice;
                x.why.why == refusal::conflict && parts_->now(self_) < slice.lent_until())
              slice.add(given);
            heard(said && said->is_object() ? &*said : nullptr);
          },
          [heard](const caf::error&) { heard(nullptr); });
}

void quota_desk_state::on_answer(std::size_t limit, const json& x, timestamp now) {
  auto& l = limits_[limit];
  const auto has = least(quota_amount_of(x, "has"), l.slice.limit());
  // The lease counts from the question: the owner counts from when it heard it, which is later.
  l.slice.lend(has, quota_amount_of(x, "target"),
               later(l.asked_at, span_of(x, "lease_ms", lease_most)));
  if (l.last.by != l.owner)
    l.former = std::exchange(l.last, {l.owner, {}});
  // It was said after we had asked and before now, and counts from when it can have been said last.
  const auto waited = left(now, l.asked_at) + milliseconds{1};
  if (auto own = leaves_of(x, "own", now); !own.steps.empty() && waited <= answer_within) {
    own.sooner += waited;
    l.last.what = std::move(own);
  }
  const auto number = x.find("number");
  l.answer = number != x.end() && number->is_number_unsigned() ? number->get<std::uint64_t>() : 0;
  const auto settled = x.find("settled");
  if ((settled != x.end() && *settled == true) || !has.none())
    parts_->quota->note_owner(limit);
  if (const auto frozen = span_of(x, "frozen_ms", freeze_most); frozen.count() > 0)
    freeze(l, frozen, now);
  l.busy = std::max(milliseconds{1}, span_of(x, "busy_ms", lease_most));
  const bool owes = l.slice.kept(now) != has;
  l.next = later(l.asked_at, owes ? l.busy : std::max(l.busy, span_of(x, "again_ms", lease_most)));
}

void quota_desk_state::on_handed(const quota_handed& x) {
  const auto now = parts_->now(self_);
  for (auto& l : limits_) {
    if (l.is.name != x.limit || now >= l.slice.lent_until())
      continue;
    l.slice.add(x.what);
    ++l.asked; // What is on its way was said without it.
    l.asking = false;
    l.next = now;
  }
  arm(now);
}

} // namespace troupe
