#pragma once

#include <troupe/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe {

/// Writes JSON straight into a text: what hot answers are rendered with, without building a tree
/// first. Appends `text` in quotes; what is not UTF-8 becomes U+FFFD.
void append_quoted(std::string& out, std::string_view text);
void append_integer(std::string& out, std::int64_t n);
/// The shortest text that reads back as the same number; 0 for what JSON cannot say.
void append_real(std::string& out, double x);
void append_json(std::string& out, const json& x);

/// The members of one object, one after the other. Names are written as they are: plain words only.
class object_text {
 public:
  explicit object_text(std::string& out)
      : out_(out) {
    out_ += '{';
  }
  void text(std::string_view name, std::string_view value) { append_quoted(key(name), value); }
  /// Leaves the member out when it is empty.
  void text_if(std::string_view name, std::string_view value) {
    if (!value.empty())
      text(name, value);
  }
  void integer(std::string_view name, std::int64_t value) { append_integer(key(name), value); }
  void real(std::string_view name, double value) { append_real(key(name), value); }
  void boolean(std::string_view name, bool value) { key(name) += value ? "true" : "false"; }
  void value(std::string_view name, const json& x) { append_json(key(name), x); }
  /// Begins a member whose value the caller appends.
  std::string& key(std::string_view name) {
    if (!first_)
      out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += name;
    out_ += "\":";
    return out_;
  }
  void end() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

} // namespace troupe
