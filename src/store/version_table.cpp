#include "src/store/version_table.hpp"

#include "src/store/memory_versions.hpp"

#include <troupe/json.hpp>

namespace troupe {

std::string text_of(const node_versions& x) {
  return json{{"active", x.active},
              {"answered", x.answered},
              {"ready", x.ready},
              {"refused", x.refused},
              {"works_on", x.works_on}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

node_versions node_versions_of(std::string_view node, std::string_view text) {
  node_versions out;
  out.node = node;
  const auto x = json::parse(text, nullptr, false);
  if (!x.is_object())
    return out;
  try {
    out.active = x.value("active", std::uint64_t{0});
    out.answered = x.value("answered", std::uint64_t{0});
    out.ready = x.value("ready", false);
    out.refused = x.value("refused", std::string{});
    out.works_on = x.value("works_on", std::vector<std::uint64_t>{});
  } catch (const json::exception&) {
    return {std::string{node}, 0, 0, false, {}, {}};
  }
  return out;
}

std::vector<stored_version> memory_versions::versions() {
  std::vector<stored_version> out;
  for (const auto& [number, kept] : rows_)
    out.push_back(kept.what);
  return out;
}

std::string memory_versions::content(std::uint64_t number) {
  const auto hit = rows_.find(number);
  return hit == rows_.end() ? std::string{} : hit->second.content;
}

bool memory_versions::propose(const stored_version& x, std::string_view content) {
  for (const auto& [number, kept] : rows_)
    if (kept.what.state == version_state::proposed)
      return false;
  if (x.number != (rows_.empty() ? 0 : rows_.rbegin()->first) + 1)
    return false;
  auto& kept = rows_[x.number];
  kept.what = x;
  kept.what.state = version_state::proposed;
  kept.content = content;
  return true;
}

bool memory_versions::decide(std::uint64_t number, bool use, std::string_view why, timestamp at) {
  const auto hit = rows_.find(number);
  if (hit == rows_.end() || hit->second.what.state != version_state::proposed)
    return false;
  const auto ends = use ? version_state::active : version_state::refused;
  for (auto i = rows_.begin(); i != rows_.end();) {
    auto& what = i->second.what;
    if (what.state == ends && !use) {
      i = rows_.erase(i);
      continue;
    }
    if (what.state == ends) {
      what.state = version_state::former;
      what.at = at;
    }
    ++i;
  }
  auto& kept = hit->second;
  kept.what.state = ends;
  kept.what.at = at;
  kept.what.why = why;
  if (!use)
    kept.content.clear();
  return true;
}

void memory_versions::forget(std::uint64_t number) {
  if (const auto hit = rows_.find(number);
      hit != rows_.end() && hit->second.what.state == version_state::former)
    rows_.erase(hit);
}

std::vector<std::uint64_t> memory_versions::used() {
  std::vector<std::uint64_t> out;
  for (const auto& [number, where] : uses_)
    if (!where.empty())
      out.push_back(number);
  return out;
}

void memory_versions::note_use(std::uint64_t number, std::string_view domain, std::uint32_t shard,
                               bool begins) {
  std::pair<std::string, std::uint32_t> where{domain, shard};
  if (begins)
    uses_[number].insert(std::move(where));
  else if (const auto hit = uses_.find(number); hit != uses_.end())
    hit->second.erase(where);
}

void memory_versions::say(const node_versions& x) {
  said_.insert_or_assign(x.node, x);
}

std::vector<node_versions> memory_versions::said() {
  std::vector<node_versions> out;
  for (const auto& [node, x] : said_)
    out.push_back(x);
  return out;
}

std::unique_ptr<version_table> make_memory_versions() {
  return std::make_unique<memory_versions>();
}

} // namespace troupe
