#include "nodes/cli/text_layout.hpp"

#include <algorithm>
#include <cstdio>

namespace troupe::cli {

namespace {

const json* find(const json& from, std::string_view name) {
  if (!from.is_object())
    return nullptr;
  const auto hit = from.find(name);
  return hit == from.end() ? nullptr : &*hit;
}

bool continues(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

std::string printed(const char* format, double x) {
  char out[64];
  std::snprintf(out, sizeof out, format, x);
  return out;
}

} // namespace

std::string plain(std::string_view x, bool one_line) {
  std::string out;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto c = static_cast<unsigned char>(x[i]);
    // U+0080 to U+009F are control characters too, written in two bytes.
    if (c == 0xC2 && i + 1 < x.size() && static_cast<unsigned char>(x[i + 1]) < 0xA0)
      ++i;
    else if (c == '\n' || c == '\t')
      out += one_line ? ' ' : x[i];
    else if (c >= 0x20 && c != 0x7F)
      out += x[i];
  }
  while (one_line && out.ends_with(' '))
    out.pop_back();
  return out;
}

std::string brief(std::string_view x, std::size_t most) {
  const auto whole = plain(x);
  std::size_t seen = 0;
  for (std::size_t i = 0; i < whole.size(); ++i)
    if (!continues(whole[i]) && ++seen > most)
      return whole.substr(0, i) + "…";
  return whole;
}

std::size_t width_of(std::string_view x) noexcept {
  return static_cast<std::size_t>(
      std::count_if(x.begin(), x.end(), [](char c) { return !continues(c); }));
}

std::string padded(std::string_view x, std::size_t width) {
  std::string out{x};
  const auto has = width_of(x);
  out.append(width > has ? width - has : 0, ' ');
  return out;
}

std::string table(const std::vector<std::string>& headings,
                  const std::vector<std::vector<std::string>>& rows, const std::string& none) {
  if (rows.empty())
    return none;
  std::vector<std::size_t> widths;
  for (const auto& h : headings)
    widths.push_back(width_of(h));
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i)
      widths[i] = std::max(widths[i], width_of(row[i]));
  std::string out;
  const auto write = [&](const std::vector<std::string>& row) {
    for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i)
      out += i + 1 < row.size() ? padded(row[i], widths[i]) + "  " : row[i];
    while (out.ends_with(' '))
      out.pop_back();
    out += '\n';
  };
  write(headings);
  for (const auto& row : rows)
    write(row);
  return out;
}

std::string duration_words(double ms) {
  if (ms < 10)
    return printed("%.1f ms", ms);
  if (ms < 1000)
    return printed("%.0f ms", ms);
  if (ms < 60000)
    return printed("%.1f s", ms / 1000);
  const auto seconds = static_cast<long long>(ms / 1000);
  return std::to_string(seconds / 60) + " min " + std::to_string(seconds % 60) + " s";
}

std::string number_words(double x) {
  auto out = printed("%.2f", x);
  while (out.ends_with('0'))
    out.pop_back();
  if (out.ends_with('.'))
    out.pop_back();
  return out;
}

std::string member(const json& from, std::string_view name) {
  const auto* x = find(from, name);
  if (!x || x->is_null())
    return {};
  if (x->is_string())
    return plain(x->get_ref<const std::string&>());
  if (x->is_number_float())
    return number_words(x->get<double>());
  return plain(as_text(*x));
}

double number(const json& from, std::string_view name) {
  const auto* x = find(from, name);
  return x && x->is_number() ? x->get<double>() : 0;
}

const json& list(const json& from, std::string_view name) {
  static const json none = json::array();
  const auto* x = find(from, name);
  return x && x->is_array() ? *x : none;
}

const json& object(const json& from, std::string_view name) {
  static const json none = json::object();
  const auto* x = find(from, name);
  return x && x->is_object() ? *x : none;
}

} // namespace troupe::cli
