#include "nodes/doors/json_text.hpp"

#include "nodes/doors/uri.hpp"

#include <charconv>
#include <cmath>

namespace troupe {

namespace {

void append_escaped(std::string& out, unsigned char c) {
  constexpr char digits[] = "0123456789abcdef";
  switch (c) {
  case '"':
    out += "\\\"";
    return;
  case '\\':
    out += "\\\\";
    return;
  case '\n':
    out += "\\n";
    return;
  case '\r':
    out += "\\r";
    return;
  case '\t':
    out += "\\t";
    return;
  default:
    out += "\\u00";
    out += digits[c >> 4];
    out += digits[c & 15];
  }
}

} // namespace

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  std::size_t from = 0;
  auto bad = find_bad_utf8(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (i == bad) {
      out.append(text, from, i - from);
      out += "\xEF\xBF\xBD";
      from = i + 1;
      const auto next = find_bad_utf8(text.substr(from));
      bad = next == std::string_view::npos ? next : from + next;
    } else if (c < 0x20 || c == '"' || c == '\\') {
      out.append(text, from, i - from);
      append_escaped(out, c);
      from = i + 1;
    }
  }
  out.append(text, from);
  out += '"';
}

void append_integer(std::string& out, std::int64_t n) {
  char text[24];
  out.append(text, std::to_chars(text, text + sizeof text, n).ptr);
}

void append_real(std::string& out, double x) {
  if (!std::isfinite(x)) {
    out += '0';
    return;
  }
  char text[40];
  out.append(text, std::to_chars(text, text + sizeof text, x).ptr);
}

void append_json(std::string& out, const json& x) {
  out += as_text(x);
}

} // namespace troupe
