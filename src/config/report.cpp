#include "src/config/report.hpp"

#include "src/config/load_fleet.hpp"
#include "src/config/text.hpp"

#include <algorithm>
#include <tuple>

namespace troupe::config {

namespace {

void add(std::vector<diagnostic>& list, diagnostic d) {
  if (list.size() >= load_limits::diagnostics)
    return;
  d.file = printable(d.file);
  d.key = printable(d.key);
  d.message = printable(d.message);
  list.push_back(std::move(d));
}

std::vector<diagnostic> sorted(std::vector<diagnostic> list) {
  std::stable_sort(list.begin(), list.end(), [](const diagnostic& a, const diagnostic& b) {
    return std::tie(a.file, a.line, a.column) < std::tie(b.file, b.line, b.column);
  });
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return list;
}

} // namespace

void report::error(diagnostic d) {
  ++errors_;
  add(error_list_, std::move(d));
}

void report::warn(diagnostic d) {
  add(warning_list_, std::move(d));
}

void report::missing(const yaml_node& map, std::string_view key, std::string message) {
  auto d = place(map, std::move(message));
  d.key = join_path(d.key, key);
  error(std::move(d));
}

std::string report::quoted(std::string_view name) const {
  const auto i = hidden_.find(name);
  return in_quotes(i == hidden_.end() ? name : std::string_view{i->second});
}

std::string report::quoted(const yaml_node& scalar) {
  return in_quotes(scalar.shown()) +
         (scalar.from_environment ? " (with its variables filled in)" : "");
}

std::string report::did_you_mean(const yaml_node& scalar, std::string_view word,
                                 std::vector<std::string_view> known) const {
  // A near miss of a secret would tell most of it.
  if (scalar.from_environment)
    return {};
  std::erase_if(known, [this](std::string_view k) { return is_hidden(k); });
  const auto best = nearest(word, known);
  return best.empty() ? std::string{} : "; did you mean " + in_quotes(best) + "?";
}

diagnostic report::place(const yaml_node& at, std::string message) {
  return {*at.file, at.line, at.column, at.path(), std::move(message)};
}

std::vector<diagnostic> report::take_errors() {
  const auto over = errors_ > error_list_.size() ? errors_ - error_list_.size() : 0;
  auto out = sorted(std::move(error_list_));
  if (over > 0)
    out.push_back({"fleet.yaml", 0, 0, {}, "and " + std::to_string(over) + " more errors"});
  return out;
}

std::vector<diagnostic> report::take_warnings() {
  return sorted(std::move(warning_list_));
}

} // namespace troupe::config
