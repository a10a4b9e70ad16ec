#include "actors/breaker_desk.hpp"

#include "actors/breaker_report.hpp"
#include "actors/node_messages.hpp"
#include "actors/tick.hpp"
#include "policies/deadline.hpp"
#include "policies/dice.hpp"
#include "src/wire/json_text.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace troupe {

namespace {

constexpr std::string_view respondents = "/respondent";
constexpr milliseconds answer_within{2000};
constexpr std::size_t told_at_once = 1000;
constexpr std::uint64_t counts_most = 1000000;
constexpr std::size_t why_most = 500;
constexpr milliseconds open_most{std::chrono::hours{24}};

/// The other nodes whose respondent can be reached.
std::vector<std::string> others(const node_parts& parts) {
  std::vector<std::string> out;
  for (const auto& place : parts.places->all(address_kind::node)) {
    const auto& name = place->where().name;
    if (!name.ends_with(respondents) || !place->now().handle)
      continue;
    auto node = name.substr(0, name.size() - respondents.size());
    if (node != parts.fleet.node_id)
      out.push_back(std::move(node));
  }
  return out;
}

std::int64_t in_ms(timestamp at, timestamp now) {
  return at == timestamp{} ? 0 : std::max<std::int64_t>(1, left(at, now).count());
}

/// A time that far from now; nothing for zero and for what makes no sense.
timestamp from_ms(const json& x, const char* name, timestamp now) {
  const auto ms = x.value(name, std::int64_t{0});
  return ms <= 0 ? timestamp{} : later(now, std::min(milliseconds{ms}, open_most));
}

} // namespace

void breaker_desk_state::init(caf::event_based_actor* self, parts_ptr parts) {
  self_ = self;
  parts_ = std::move(parts);
  // Whoever was at this desk before may have left something open.
  const auto take_up = [this](breaker_stirred x) {
    if (x.which->closed())
      return;
    x.heard = true;
    on_stirred(x);
  };
  for (const auto& place : parts_->places->all(address_kind::agent))
    take_up(stirred(place));
  for (const auto& provider : parts_->places->providers())
    take_up(stirred(provider));
}

breaker_stirred stirred(const seat_ptr& agent) {
  return {"agent", agent->where().name, {agent, &agent->breaker}, false};
}

breaker_stirred stirred(const provider_ptr& provider) {
  return {"provider", provider->name, {provider, &provider->breaker}, false};
}

void breaker_desk_state::on_stirred(const breaker_stirred& x) {
  const key of{x.kind, x.name};
  breakers_[of] = x.which;
  if (x.heard)
    note(of, x.which->seen(parts_->now(self_)).state != breaker_state::closed);
  else
    stirred_.insert(of);
  if (!std::exchange(flushing_, true))
    self_->delayed_send(self_, gather, flush{});
}

void breaker_desk_state::note(const key& of, bool open) {
  if (open)
    lately_[of] = no_deadline;
  else if (const auto hit = lately_.find(of); hit != lately_.end() && hit->second == no_deadline)
    hit->second = later(parts_->now(self_), remember);
}

json breaker_desk_state::told(const key& of, const breaker_news& x) {
  const auto now = parts_->now(self_);
  note(of, x.open);
  json out{{"kind", of.first}, {"name", of.second}, {"version", x.version}, {"open", x.open}};
  if (x.good + x.bad > 0) {
    out["good"] = x.good;
    out["bad"] = x.bad;
  }
  if (x.open) {
    out["why"] = x.why;
    // As spans of time: no two clocks are compared.
    out["reopens_in_ms"] = in_ms(x.reopens, now);
    out["probing_for_ms"] = in_ms(x.probing, now);
  }
  return out;
}

void breaker_desk_state::on_flush() {
  flushing_ = false;
  auto changes = json::array();
  for (const auto& of : std::exchange(stirred_, {}))
    changes.push_back(told(of, breakers_.at(of)->take_news(parts_->now(self_))));
  forget();
  take_turns();
  for (const auto& node : others(*parts_))
    tell(node, changes);
  if (!lately_.empty() && !std::exchange(ticking_, true))
    self_->delayed_send(self_, again, tick{});
}

void breaker_desk_state::on_tick() {
  ticking_ = false;
  const auto now = parts_->now(self_);
  std::erase_if(lately_, [&](const auto& x) { return x.second <= now; });
  forget();
  if (lately_.empty())
    return;
  take_turns();
  const auto nodes = others(*parts_);
  std::erase_if(alike_, [&](const auto& node) {
    return std::find(nodes.begin(), nodes.end(), node) == nodes.end();
  });
  auto all = json::array();
  if (std::any_of(nodes.begin(), nodes.end(),
                  [this](const auto& node) { return !alike_.contains(node); }))
    for (const auto& [of, until] : lately_)
      all.push_back(told(of, breakers_.at(of)->standing(now)));
  for (const auto& node : nodes)
    if (!alike_.contains(node)) {
      alike_.insert(node); // Until it turns out that it has not taken them.
      tell(node, all);
    }
  ticking_ = true;
  self_->delayed_send(self_, again, tick{});
}

void breaker_desk_state::forget() {
  std::erase_if(breakers_, [this](const auto& x) {
    return !lately_.contains(x.first) && !stirred_.contains(x.first);
  });
}

void breaker_desk_state::tell(const std::string& node, const json& changes) {
  if (changes.empty())
    return;
  const auto place = parts_->places->find({address_kind::node, node + std::string{respondents}});
  const auto who = place ? place->now().handle : caf::actor{};
  if (!who) {
    alike_.erase(node);
    return;
  }
  for (std::size_t from = 0; from < changes.size(); from += told_at_once) {
    auto some = json::array();
    for (auto i = from; i < std::min(changes.size(), from + told_at_once); ++i)
      some.push_back(changes[i]);
    self_
        ->request(who, answer_within,
                  ask_node{"breakers", json_text({{"changes", std::move(some)}}), 0, 0})
        .then(
            [this, node](const node_answered& x) {
              if (x.why.why != refusal::none)
                alike_.erase(node);
            },
            [this, node](const caf::error&) { alike_.erase(node); });
  }
}

void breaker_desk_state::take_turns() {
  auto nodes = others(*parts_);
  nodes.push_back(parts_->fleet.node_id);
  for (const auto& [of, until] : lately_) {
    // Another order for each breaker, the same at all nodes.
    const auto place_of = [&of = of](const std::string& node) {
      return std::pair{stable_hash(of.second + "@" + node), node};
    };
    const auto mine = place_of(parts_->fleet.node_id);
    const auto before = std::count_if(
        nodes.begin(), nodes.end(), [&](const std::string& node) { return place_of(node) < mine; });
    breakers_.at(of)->take_turns(static_cast<std::uint32_t>(before),
                                 static_cast<std::uint32_t>(nodes.size()));
  }
}

caf::behavior breaker_desk(caf::stateful_actor<breaker_desk_state>* self, parts_ptr parts) {
  guard(self, parts, "breaker desk");
  state_of(self).init(self, std::move(parts));
  return {
      [self](const breaker_stirred& x) { state_of(self).on_stirred(x); },
      [self](flush) { state_of(self).on_flush(); },
      [self](tick) { state_of(self).on_tick(); },
  };
}

node_subject breaker_subject(parts_ptr parts, caf::actor_system& sys) {
  return [parts = std::move(parts), &sys](const json& query, const node_reply& then) {
    const auto now = parts->time.at(sys.clock().now());
    const auto desk =
        parts->places->find({address_kind::node, parts->fleet.node_id + "/breaker_desk"});
    const auto changes = query.value("changes", json::array());
    if (changes.size() > told_at_once)
      return then({}, {refusal::too_large, "too many breakers at once", {}});
    for (const auto& c : changes) {
      const auto kind = c.value("kind", "");
      const auto name = c.value("name", "");
      seat_ptr place;
      provider_ptr provider;
      if (kind == "agent")
        place = parts->places->find({address_kind::agent, name});
      for (const auto& p : parts->places->providers())
        if (kind == "provider" && p->name == name)
          provider = p;
      if (!place && !provider)
        continue;
      auto& breaker = place ? place->breaker : provider->breaker;
      breaker_news x;
      x.good = static_cast<std::uint32_t>(std::min(c.value("good", std::uint64_t{0}), counts_most));
      x.bad = static_cast<std::uint32_t>(std::min(c.value("bad", std::uint64_t{0}), counts_most));
      x.version = c.value("version", std::uint64_t{0});
      x.open = c.value("open", false);
      x.why = c.value("why", "").substr(0, why_most);
      x.reopens = from_ms(c, "reopens_in_ms", now);
      x.probing = from_ms(c, "probing_for_ms", now);
      if (x.reopens == timestamp{})
        x.reopens = now;
      const auto turned = breaker.learn(x, now);
      // Good calls alone are no news. But who counts failures has to know of how many calls.
      if (!turned && (x.bad == 0 || !breaker.has_news()))
        continue;
      if (turned)
        report_breaker(*parts, kind, name, *turned);
      if (turned && place && turned->to == breaker_state::closed)
        place->end_probation();
      // Our own desk says whose turn it is with a probe. If nobody has said that it is open, then
      // what all have counted together was too much, which is news.
      auto to_desk = place ? stirred(place) : stirred(provider);
      to_desk.heard = turned && (turned->to == breaker_state::closed || x.open);
      if (desk)
        if (auto to = desk->now().handle)
          caf::anon_send(to, std::move(to_desk));
    }
    then(json::object(), {});
  };
}

} // namespace troupe
