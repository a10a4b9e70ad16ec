#include "policies/quota_flows.hpp"

#include "policies/deadline.hpp"

#include <algorithm>
#include <array>

namespace troupe {

void quota_flows::change(const whose& x, const quota_amount& more, const quota_amount& less) {
  const std::pair key{x.urgency, x.tenant};
  auto& f = all_[key];
  f.urgency = x.urgency;
  f.tenant = x.tenant;
  f.weight = x.weight;
  f.need += more;
  f.need -= less;
  if (f.need.none())
    all_.erase(key);
}

std::uint64_t quota_flows::sent(const whose& x, std::uint64_t tokens, timestamp now) {
  uses_.push_back({x, tokens, later(now, quota_minute + quota_on_its_way)});
  return first_ + uses_.size() - 1;
}

void quota_flows::ended(std::uint64_t number, const whose& x, std::uint64_t tokens) {
  quota_amount more, less{{0, 0, 1}};
  if (tokens > 0 && number >= first_ && number < first_ + uses_.size()) {
    auto& u = uses_[number - first_];
    more[quota_kind::tokens] = tokens;
    less[quota_kind::tokens] = u.tokens;
    u.tokens = tokens;
  }
  change(x, more, less);
}

std::vector<quota_flow> quota_flows::list(std::size_t most, timestamp now) {
  while (!uses_.empty() && uses_.front().until <= now) {
    change(uses_.front().by, {}, {{1, uses_.front().tokens, 0}});
    uses_.pop_front();
    ++first_;
  }
  std::vector<quota_flow> out;
  for (const auto& [key, f] : all_)
    out.push_back(f);
  if (out.size() <= most)
    return out;
  std::nth_element(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(most), out.end(),
                   [](const quota_flow& a, const quota_flow& b) { return a.need.of > b.need.of; });
  std::array<quota_flow, enum_names<priority>::value.size()> rest{};
  for (auto i = most; i < out.size(); ++i) {
    auto& r = rest[static_cast<std::size_t>(out[i].urgency)];
    // As many tenants as are in it.
    r.weight = r.need.none() ? out[i].weight : r.weight + out[i].weight;
    r.urgency = out[i].urgency;
    r.need += out[i].need;
  }
  out.resize(most);
  for (const auto& r : rest)
    if (!r.need.none())
      out.push_back(r);
  return out;
}

} // namespace troupe
