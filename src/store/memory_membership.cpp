#include "src/store/membership_table.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace troupe {

namespace {

class memory_membership final : public membership_table {
 public:
  explicit memory_membership(std::function<timestamp()> now)
      : now_(std::move(now)) {}

  member_table read() override {
    const auto now = now_();
    const auto age = [&](timestamp since) {
      return std::chrono::duration_cast<milliseconds>(now - since);
    };
    member_table out;
    out.version = version_;
    for (const auto& [node, e] : rows_) {
      auto& row = out.rows.emplace_back(e.row);
      row.unrenewed = age(e.renewed);
      row.accused.clear();
      for (const auto& [who, x] : e.accused) {
        row.accused.push_back(x.what);
        row.accused.back().age = age(x.since);
      }
    }
    for (const auto& [home, served_by] : duties_)
      out.duties.push_back({home, served_by});
    for (const auto& [domain, body] : placements_)
      out.placements.push_back({domain, body});
    return out;
  }

  std::optional<std::uint64_t> write(const member_write& w) override {
    if (w.expected != version_)
      return std::nullopt;
    if (w.what == member_write::kind::duty)
      duties_.insert_or_assign(w.duty.home, w.duty.served_by);
    else if (w.what == member_write::kind::place)
      placements_.insert_or_assign(w.placement.domain, w.placement.body);
    else if (w.what == member_write::kind::remove)
      rows_.erase(w.row.node);
    else
      put(w.row);
    return ++version_;
  }

  std::optional<std::uint64_t> renew(std::string_view node, std::uint64_t token) override {
    const auto hit = rows_.find(node);
    if (hit == rows_.end() || hit->second.row.token != token ||
        hit->second.row.state == member_state::down)
      return std::nullopt;
    hit->second.renewed = now_();
    return version_;
  }

 private:
  struct charge {
    accusation what;
    timestamp since{};
  };
  struct entry {
    member row;
    timestamp renewed{};
    std::map<std::pair<std::string, std::uint64_t>, charge> accused; ///< by accuser
  };

  void put(const member& row) {
    const auto now = now_();
    entry next;
    next.row = row;
    next.renewed = now;
    const auto old = rows_.find(row.node);
    if (old != rows_.end() && old->second.row.token == row.token)
      next.renewed = old->second.renewed;
    for (const auto& a : row.accused) {
      auto since = now;
      if (old != rows_.end() && a.age != milliseconds{0})
        if (const auto x = old->second.accused.find({a.by, a.incarnation});
            x != old->second.accused.end())
          since = x->second.since;
      next.accused.insert_or_assign({a.by, a.incarnation}, charge{a, since});
    }
    rows_.insert_or_assign(row.node, std::move(next));
  }

  std::function<timestamp()> now_;
  std::uint64_t version_ = 0;
  std::map<std::string, entry, std::less<>> rows_;
  std::map<std::string, std::string> duties_;
  std::map<std::string, std::string> placements_;
};

} // namespace

std::unique_ptr<membership_table> make_memory_membership(std::function<timestamp()> now) {
  return std::make_unique<memory_membership>(std::move(now));
}

} // namespace troupe
