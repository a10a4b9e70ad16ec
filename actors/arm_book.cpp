#include "actors/arm_book.hpp"

#include <algorithm>
#include <cmath>

namespace troupe {

namespace {

json share_text(const bandit::share& x) {
  json out{{"trials", x.trials}, {"as_of", x.as_of}, {"arms", json::object()}};
  for (const auto& [name, t] : x.arms)
    out["arms"][name] = {t.trials, t.success, t.quality, t.thrift, t.haste, t.cost, t.seconds};
  return out;
}

/// Nothing of it counts unless all of it can be read.
bool read_share(const std::string& text, bandit::share& out) {
  const auto from = json::parse(text, nullptr, false);
  if (!from.is_object() || !from.contains("arms") || !from["arms"].is_object() ||
      !from.contains("trials") || !from["trials"].is_number_unsigned() || !from.contains("as_of") ||
      !from["as_of"].is_number_unsigned() || from["arms"].size() > bandit::arms_max)
    return false;
  out.trials = from["trials"].get<std::uint64_t>();
  out.as_of = from["as_of"].get<std::uint64_t>();
  for (const auto& [name, sums] : from["arms"].items()) {
    if (!sums.is_array() || sums.size() != 7)
      return false;
    auto& t = out.arms[name];
    double* const into[] = {&t.trials, &t.success, &t.quality, &t.thrift,
                            &t.haste,  &t.cost,    &t.seconds};
    for (std::size_t i = 0; i < 7; ++i) {
      if (!sums[i].is_number() || !(sums[i].get<double>() >= 0))
        return false;
      *into[i] = sums[i].get<double>();
    }
  }
  return true;
}

/// For people, who read no more digits than that.
double rounded(double x) {
  return std::round(x * 1e4) / 1e4;
}

json arm_json(const std::string& agent, const arm_belief& b) {
  json out{{"agent", agent},
           {"trials", rounded(b.from.trials)},
           {"mean", rounded(b.mean())},
           {"spread", rounded(b.spread())}};
  if (b.from.trials > 0) {
    out["success"] = rounded(b.from.success / b.from.trials);
    out["quality"] = rounded(b.from.quality / b.from.trials);
    out["cost"] = rounded(b.from.cost / b.from.trials);
    out["seconds"] = rounded(b.from.seconds / b.from.trials);
  }
  return out;
}

} // namespace

bandit* arm_book::open(std::string_view domain, std::string_view intent) {
  key which{std::string{domain}, std::string{intent}};
  auto hit = intents_.find(which);
  if (hit == intents_.end()) {
    if (intents_.size() >= intents_max)
      return nullptr;
    hit = intents_.emplace(std::move(which), bandit{}).first;
  }
  return &hit->second;
}

bool arm_book::changed(const key& of) {
  unsaved_.try_emplace(of, 0);
  return !std::exchange(told_, true);
}

std::vector<arm_belief> arm_book::look(std::string_view domain, std::string_view intent,
                                       const std::vector<std::string_view>& agents,
                                       const learning_spec& by) const {
  std::vector<arm_belief> out(agents.size());
  std::lock_guard hold{mutex_};
  const auto hit = intents_.find(key{domain, intent});
  if (hit != intents_.end())
    for (std::size_t i = 0; i < agents.size(); ++i)
      out[i] = hit->second.belief(agents[i], by);
  return out;
}

bool arm_book::note(std::string_view domain, std::string_view intent, std::string_view agent,
                    const arm_mark& how, const learning_spec& by) {
  std::lock_guard hold{mutex_};
  auto* of = open(domain, intent);
  if (!of)
    return false;
  of->note(node_, agent, how, by);
  return changed({std::string{domain}, std::string{intent}});
}

bool arm_book::correct(std::string_view domain, std::string_view intent, std::string_view agent,
                       double quality, const learning_spec& by) {
  std::lock_guard hold{mutex_};
  auto* of = open(domain, intent);
  if (!of)
    return false;
  of->correct(node_, agent, quality, by);
  return changed({std::string{domain}, std::string{intent}});
}

std::vector<learned_row> arm_book::unsaved() {
  std::vector<learned_row> out;
  std::lock_guard hold{mutex_};
  told_ = false;
  for (auto& [which, handed_out] : unsaved_) {
    const auto& share = intents_.at(which).shares().at(node_);
    handed_out = share.changes;
    out.push_back({which.first, which.second, node_, share.changes, as_text(share_text(share))});
  }
  return out;
}

void arm_book::saved(const std::vector<learned_row>& rows) {
  std::lock_guard hold{mutex_};
  for (const auto& x : rows) {
    const auto which = key{x.domain, x.intent};
    const auto hit = unsaved_.find(which);
    // What has changed since is still to be stored.
    if (hit != unsaved_.end() && intents_.at(which).shares().at(node_).changes == x.changes)
      unsaved_.erase(hit);
  }
}

void arm_book::take(const learned_row& x) {
  bandit::share share;
  if (!read_share(x.body, share))
    return;
  share.changes = x.changes;
  std::lock_guard hold{mutex_};
  if (auto* of = open(x.domain, x.intent))
    of->merge(x.node, std::move(share));
}

json arm_book::view(std::string_view domain, const learning_spec& by) const {
  auto out = json::array();
  std::lock_guard hold{mutex_};
  for (const auto& [which, of] : intents_) {
    if (which.first != domain)
      continue;
    std::map<std::string, arm_belief> arms;
    for (const auto& [node, share] : of.shares())
      for (const auto& [agent, tally] : share.arms)
        arms.try_emplace(agent, of.belief(agent, by));
    std::vector<std::pair<std::string, arm_belief>> sorted{arms.begin(), arms.end()};
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
      return a.second.mean() > b.second.mean();
    });
    json shown{{"intent", which.second}, {"calls", of.trials()}, {"arms", json::array()}};
    for (const auto& [agent, belief] : sorted)
      shown["arms"].push_back(arm_json(agent, belief));
    out.push_back(std::move(shown));
  }
  return out;
}

} // namespace troupe
