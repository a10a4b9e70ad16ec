#include "nodes/local/cluster_parent.hpp"

#include <algorithm>

namespace troupe::local {

namespace {

/// So long a fault may last that was asked for.
constexpr std::int64_t fault_max_ms = 10 * 60 * 1000;

json refusal_of(const std::string& why) {
  return {{"ok", false}, {"why", why}};
}

std::string word(const json& order, const char* name) {
  const auto at = order.find(name);
  return at != order.end() && at->is_string() ? at->get<std::string>() : std::string{};
}

milliseconds time_in(const json& order, const char* name) {
  const auto at = order.find(name);
  if (at == order.end() || !at->is_number_integer())
    return milliseconds{0};
  return milliseconds{std::clamp(at->get<std::int64_t>(), std::int64_t{0}, fault_max_ms)};
}

} // namespace

cluster_parent::child* cluster_parent::find(const std::string& id) {
  const auto at = std::find_if(children_.begin(), children_.end(),
                               [&](const auto& x) { return x.who.id == id; });
  return at == children_.end() ? nullptr : &*at;
}

json cluster_parent::answer(const json& order) {
  const auto what = word(order, "do");
  if (what == "state") {
    auto out = state();
    out["ok"] = true;
    // Only the owner of the folder can ask, and the password is in a file of his as well.
    out["storeAddress"] = address_;
    out["ownStore"] = server_ != nullptr;
    out["cut"] = links_->cut_now();
    const auto [far, near] = links_->carried();
    out["carried"] = {{"betweenRegions", far}, {"withinRegions", near}};
    return out;
  }
  if (stopping_)
    return refusal_of("the cluster is stopping");
  return strike(what, order);
}

json cluster_parent::strike(const std::string& what, const json& order) {
  const auto so_long = time_in(order, "for_ms");
  if (what == "kill_store") {
    if (!server_ || !server_->running())
      return refusal_of(server_ ? "the store is down already" : "the store is not the cluster's");
    kill_store(so_long);
    return {{"ok", true}};
  }
  if (what == "kill" || what == "freeze") {
    auto* x = find(word(order, "node"));
    if (!x)
      return refusal_of("there is no node " + word(order, "node"));
    const bool done = what == "kill" ? x->process->kill(so_long) : x->process->freeze(so_long);
    if (!done)
      return refusal_of(x->who.id + " is " + std::string{to_string(x->process->state())});
    return {{"ok", true}};
  }
  if (what == "cut" || what == "slow") {
    const auto a = word(order, "node");
    const auto b = word(order, "from");
    const bool done = what == "cut" ? links_->cut(a, b, so_long)
                                    : links_->slow(a, b, time_in(order, "delay_ms"), so_long);
    if (!done)
      return refusal_of("there is no link between " + a + " and " + b);
    say("the link between " + a + " and " + b + (what == "cut" ? " is cut" : " is slow") + " for " +
        std::to_string(so_long.count()) + " ms");
    return {{"ok", true}};
  }
  return refusal_of("an order is one of state, kill, freeze, cut, slow, kill_store");
}

void cluster_parent::kill_store(milliseconds down_for) {
  say("the store is killed");
  store_down_until_ = std::chrono::steady_clock::now() + down_for;
  server_->kill();
  store_timer_.expires_after(down_for);
  store_timer_.async_wait([this](const auto& e) {
    if (!e)
      guard_store();
  });
}

} // namespace troupe::local
