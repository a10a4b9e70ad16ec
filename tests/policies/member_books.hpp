#pragma once

#include <troupe/member.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace troupe::testing {

/// The member table as a store keeps it: one clock, compare and set on the version.
class member_books {
 public:
  [[nodiscard]] member_table read(timestamp now) const {
    auto out = table_;
    for (auto& row : out.rows) {
      row.unrenewed = age(renewed_.at(row.node), now);
      for (auto& a : row.accused)
        a.age = age(accused_.at({row.node, a.by}), now);
    }
    return out;
  }

  bool apply(const member_write& w, timestamp now) {
    if (w.expected != table_.version)
      return false;
    ++table_.version;
    if (w.what == member_write::kind::duty) {
      std::erase_if(table_.duties, [&](const auto& d) { return d.home == w.duty.home; });
      table_.duties.push_back(w.duty);
      return true;
    }
    auto before = std::find_if(table_.rows.begin(), table_.rows.end(),
                               [&](const auto& m) { return m.node == w.row.node; });
    if (before == table_.rows.end() || before->token != w.row.token)
      renewed_[w.row.node] = now;
    for (const auto& a : w.row.accused) {
      const bool known =
          before != table_.rows.end() &&
          std::find(before->accused.begin(), before->accused.end(), a) != before->accused.end();
      if (a.age == milliseconds{0} || !known)
        accused_.try_emplace({w.row.node, a.by}, now);
      if (a.age == milliseconds{0})
        accused_[{w.row.node, a.by}] = now;
    }
    if (before != table_.rows.end())
      table_.rows.erase(before);
    if (w.what == member_write::kind::put)
      table_.rows.push_back(w.row);
    std::sort(table_.rows.begin(), table_.rows.end(),
              [](const auto& a, const auto& b) { return a.node < b.node; });
    return true;
  }

  std::optional<std::uint64_t> renew(const member& who, timestamp now) {
    const auto* row = table_.find(who.node);
    if (!row || row->token != who.token || row->state == member_state::down)
      return std::nullopt;
    renewed_[who.node] = now;
    return table_.version;
  }

  [[nodiscard]] const member_table& now() const { return table_; }

 private:
  static milliseconds age(timestamp since, timestamp now) {
    return std::chrono::duration_cast<milliseconds>(now - since);
  }
  member_table table_;
  std::map<std::string, timestamp> renewed_;
  std::map<std::pair<std::string, std::string>, timestamp> accused_;
};

} // namespace troupe::testing
