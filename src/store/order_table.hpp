#pragma once

#include <troupe/standing_order.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Standing orders by whom they were given to. What is said of an agent replaces all that was said
/// of its replicas; that a whole agent serves needs no row.
class order_table {
 public:
  void note(const standing_order& x) {
    if (x.agent.find('#') != std::string::npos) {
      rows_.insert_or_assign(x.agent, x);
      return;
    }
    const auto replicas = x.agent + "#";
    for (auto i = rows_.lower_bound(replicas); i != rows_.end() && i->first.starts_with(replicas);)
      i = rows_.erase(i);
    if (x.wanted == agent_duty::serving)
      rows_.erase(x.agent);
    else
      rows_.insert_or_assign(x.agent, x);
  }
  /// What stands for this agent or replica; null: nobody has said anything.
  [[nodiscard]] const standing_order* of(std::string_view who) const {
    if (const auto* said = as_named(who))
      return said;
    // What people call an agent means it in whichever version: `desk/clerk@3#1` is `desk/clerk#1`.
    const auto at = who.find('@');
    if (at == std::string_view::npos)
      return nullptr;
    const auto number = std::min(who.find('#', at), who.size());
    return as_named(std::string{who.substr(0, at)} + std::string{who.substr(number)});
  }
  [[nodiscard]] std::vector<standing_order> all() const {
    std::vector<standing_order> out;
    for (const auto& [who, x] : rows_)
      out.push_back(x);
    return out;
  }
  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }

 private:
  [[nodiscard]] const standing_order* as_named(std::string_view who) const {
    auto hit = rows_.find(who);
    if (hit == rows_.end())
      if (const auto number = who.find('#'); number != std::string_view::npos)
        hit = rows_.find(who.substr(0, number));
    return hit == rows_.end() ? nullptr : &hit->second;
  }
  std::map<std::string, standing_order, std::less<>> rows_;
};

} // namespace troupe
