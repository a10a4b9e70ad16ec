#include "src/store/membership_table.hpp"

#include <utility>

namespace troupe {

namespace {

class memory_membership final : public membership_table {
 public:
  explicit memory_membership(std::function<timestamp()> now)
      : now_(std::move(now)) {}

  membership_view read() override {
    membership_view out;
    out.version = version_;
    out.now = now_();
    for (const auto& [node, row] : rows_)
      out.members.push_back(row);
    return out;
  }

  membership_write write(const member_row& row, std::uint64_t version,
                         std::optional<milliseconds> lease) override {
    const auto now = now_();
    const auto old = rows_.find(row.node);
    const auto etag = old == rows_.end() ? 0 : old->second.etag;
    if (version != version_ || row.etag != etag)
      return {};
    auto next = row;
    next.lease_until = lease                ? now + *lease
                       : old == rows_.end() ? timestamp{}
                                            : old->second.lease_until;
    next.changed = now;
    for (auto& v : next.votes)
      if (v.at == timestamp{})
        v.at = now;
    // The table's version never repeats, also when a row was forgotten and comes back.
    next.etag = ++version_;
    const membership_write done{true, version_, next.etag, now, next.lease_until};
    rows_.insert_or_assign(row.node, std::move(next));
    return done;
  }

  membership_write renew(std::string_view node, std::uint64_t incarnation,
                         milliseconds lease) override {
    const auto now = now_();
    const auto hit = rows_.find(node);
    if (hit == rows_.end() || hit->second.incarnation != incarnation ||
        hit->second.state == member_state::down)
      return {};
    hit->second.lease_until = now + lease;
    return {true, version_, hit->second.etag, now, hit->second.lease_until};
  }

  std::size_t forget_dead(milliseconds older_than) override {
    const auto limit = now_() - older_than;
    const auto gone = std::erase_if(rows_, [&](const auto& x) {
      return x.second.state == member_state::down && x.second.changed < limit;
    });
    if (gone != 0)
      ++version_;
    return gone;
  }

 private:
  std::function<timestamp()> now_;
  std::uint64_t version_ = 0;
  std::map<std::string, member_row, std::less<>> rows_;
};

} // namespace

std::unique_ptr<membership_table> make_memory_membership(std::function<timestamp()> now) {
  return std::make_unique<memory_membership>(std::move(now));
}

} // namespace troupe
