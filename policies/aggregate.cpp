#include "policies/aggregate.hpp"

#include "policies/context_scope.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace troupe {

namespace {

constexpr const char* missing_key = "missing";
constexpr const char* contradictions_key = "contradictions";

/// Merges objects key by key, and objects under the same key one level further down, so that two
/// agents may each fill a part of the same thing.
class merger {
 public:
  void add(const contribution& part) {
    for (const auto& [key, value] : part.what->data.items()) {
      if (key == contradictions_key && value.is_object())
        adopt(value);
      else if (key != missing_key || !value.is_array())
        add_top(std::string{part.name}, key, value);
    }
  }

  json take() { return std::move(merged_); }
  json take_contradictions() { return std::move(contradictions_); }

 private:
  void add_top(const std::string& who, const std::string& key, const json& value) {
    const auto known = merged_.find(key);
    if (known != merged_.end() && known->is_object() && value.is_object()) {
      for (const auto& [inner, x] : value.items()) {
        auto path = key + ".";
        path += inner;
        add_at(*known, who, path, inner, x);
      }
      return;
    }
    if (known == merged_.end() && value.is_object())
      for (const auto& item : value.items())
        said_by_[key + "." + item.key()] = who;
    add_at(merged_, who, key, key, value);
  }

  void add_at(json& into, const std::string& who, const std::string& path, const std::string& key,
              const json& value) {
    // What has been contradicted once stays so: a third voice is heard, but settles nothing.
    if (const auto disputed = contradictions_.find(path); disputed != contradictions_.end()) {
      (*disputed)[who] = value;
      return;
    }
    const auto known = into.find(key);
    if (known == into.end()) {
      into[key] = value;
      said_by_[path] = who;
    } else if (*known != value) {
      contradictions_[path] = {{said_by_[path], *known}, {who, value}};
      into.erase(known);
    }
  }

  /// Contradictions that a part found within itself.
  void adopt(const json& inner) {
    for (const auto& [path, voices] : inner.items()) {
      merged_.erase(path);
      auto& mine = contradictions_[path];
      if (mine.is_object() && voices.is_object())
        mine.update(voices);
      else
        mine = voices;
    }
  }

  json merged_ = json::object();
  json contradictions_ = json::object();
  std::map<std::string, std::string, std::less<>> said_by_;
};

void add_missing(json& missing, const contribution& part) {
  const auto& f = part.what->failed;
  missing.push_back({{"step", part.name}, {"reason", to_string(f.why)}, {"detail", f.detail}});
}

} // namespace

outcome aggregate(join how, std::span<const contribution> parts) {
  if (parts.size() == 1)
    return *parts[0].what;
  const auto more_urgent_first = [](const contribution& a, const contribution& b) {
    return a.urgency < b.urgency;
  };
  std::vector<contribution> sorted;
  if (!std::is_sorted(parts.begin(), parts.end(), more_urgent_first)) {
    sorted.assign(parts.begin(), parts.end());
    std::stable_sort(sorted.begin(), sorted.end(), more_urgent_first);
    parts = sorted;
  }
  outcome out;
  out.data = json::object();
  json missing; // An array as soon as something is in it.
  std::optional<merger> merged;
  if (how == join::merge)
    merged.emplace();
  std::set<std::string_view> said;
  const contribution* first_failed = nullptr;
  bool any = false;
  for (const auto& part : parts) {
    const auto& x = *part.what;
    out.used += x.used;
    if (!x.ok()) {
      first_failed = first_failed ? first_failed : &part;
      add_missing(missing, part);
      continue;
    }
    any = true;
    out.confidence = std::min(out.confidence, x.confidence);
    out.partial = out.partial || x.partial;
    if (!x.text.empty() && (how == join::merge || said.insert(x.text).second)) {
      if (!out.text.empty())
        out.text += how == join::merge ? " " : "\n\n";
      out.text += x.text;
    }
    if (how != join::merge) {
      out.data[std::string{part.name}] = without_context(x.data);
    } else if (x.data.is_object()) {
      merged->add(part);
      if (const auto inner = x.data.find(missing_key); inner != x.data.end() && inner->is_array())
        for (const auto& one : *inner)
          missing.push_back(one);
    }
  }
  if (how == join::merge) {
    out.data = merged->take();
    if (auto contradictions = merged->take_contradictions(); !contradictions.empty()) {
      out.data[contradictions_key] = std::move(contradictions);
      out.partial = true;
    }
  }
  if (!missing.empty()) {
    out.data[missing_key] = std::move(missing);
    out.partial = any;
  }
  if (!any && first_failed) {
    out.confidence = 0;
    out.failed = first_failed->what->failed;
    out.failed.detail =
        "every branch failed; first " + std::string{first_failed->name} + ": " + out.failed.detail;
  }
  return out;
}

} // namespace troupe
