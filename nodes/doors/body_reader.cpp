#include "nodes/doors/body_reader.hpp"

#include "nodes/doors/uri.hpp"

#include <troupe/json_read.hpp>

#include <algorithm>
#include <set>
#include <vector>

namespace troupe {

namespace {

bool is_json(std::string_view type) noexcept {
  type = type.substr(0, type.find(';'));
  while (!type.empty() && type.back() == ' ')
    type.remove_suffix(1);
  std::string lower{type};
  for (auto& c : lower)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return lower == "application/json" ||
         (lower.starts_with("application/") && lower.ends_with("+json"));
}

problem malformed(std::string detail) {
  auto p = bad_request(std::move(detail));
  p.word = "malformed_json";
  p.title = "Malformed JSON";
  return p;
}

/// How many members the objects in a text have that is JSON: one for every colon outside of
/// strings.
std::size_t members_written(std::string_view text) noexcept {
  std::size_t out = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\')
      ++i;
    else if (c == '"')
      quoted = !quoted;
    else if (c == ':' && !quoted)
      ++out;
  }
  return out;
}

std::size_t members_of(const json& x) {
  std::size_t out = x.is_object() ? x.size() : 0;
  if (x.is_structured())
    for (const auto& part : x)
      out += members_of(part);
  return out;
}

/// The first name that an object in `text` has twice. Only for what is known to have one.
std::string doubled_member(std::string_view text) {
  std::string out;
  std::vector<std::set<std::string>> open;
  const auto look = [&](int, json::parse_event_t what, json& x) {
    if (what == json::parse_event_t::object_start)
      open.emplace_back();
    else if (what == json::parse_event_t::object_end)
      open.pop_back();
    else if (what == json::parse_event_t::key && out.empty() &&
             !open.back().insert(x.get<std::string>()).second)
      out = x.get<std::string>();
    return true;
  };
  [[maybe_unused]] const auto all = json::parse(text, look);
  return out;
}

} // namespace

std::optional<json> read_object(const http_request& from, problem& why, bool may_lack) {
  if (from.body.empty() && may_lack)
    return json::object();
  if (!is_json(from.header("content-type"))) {
    why = bad_request("the body must be application/json, and Content-Type must say so");
    why.status = 415;
    why.word = "unsupported_media_type";
    why.title = "Unsupported media type";
    return std::nullopt;
  }
  if (const auto at = find_bad_utf8(from.body); at != std::string::npos) {
    why = malformed("the body is not UTF-8 at byte " + std::to_string(at));
    return std::nullopt;
  }
  if (const auto at = too_deep_at(from.body); at != std::string::npos) {
    why = malformed("the body nests deeper than " + std::to_string(json_depth_max) +
                    " levels at byte " + std::to_string(at));
    return std::nullopt;
  }
  json out;
  try {
    out = json::parse(from.body);
  } catch (const json::parse_error& e) {
    // The library counts from one and points behind the last byte it read; people count from zero.
    const auto at = e.byte == 0 ? 0 : std::min<std::size_t>(e.byte - 1, from.body.size());
    why = malformed("the body is not JSON at byte " + std::to_string(at));
    return std::nullopt;
  } catch (const json::exception&) {
    why = malformed("the body holds a number that is out of range");
    return std::nullopt;
  }
  // Which of two counts would be the reader's choice, and others may choose otherwise.
  if (members_written(from.body) != members_of(out)) {
    why = bad_request("the body has the member \"" + doubled_member(from.body) + "\" twice");
    return std::nullopt;
  }
  if (!out.is_object()) {
    why = bad_request("the body must be an object", {{"", "must be an object"}});
    return std::nullopt;
  }
  return out;
}

std::string member_reader::pointer(std::string_view name) const {
  std::string out = at_ + "/";
  for (const char c : name) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

void member_reader::fail(std::string_view name, std::string detail) {
  errors_.push_back({pointer(name), std::move(detail)});
}

const json* member_reader::find(std::string_view name) {
  known_.emplace(name);
  const auto hit = object_.find(name);
  return hit == object_.end() || hit->is_null() ? nullptr : &*hit;
}

std::string member_reader::text(std::string_view name, std::size_t most) {
  const auto* x = find(name);
  if (!x)
    return {};
  if (!x->is_string()) {
    fail(name, "must be a string");
    return {};
  }
  const auto& out = x->get_ref<const std::string&>();
  if (out.size() > most) {
    fail(name, "must not be longer than " + std::to_string(most) + " bytes");
    return {};
  }
  return out;
}

bool member_reader::boolean(std::string_view name) {
  const auto* x = find(name);
  if (x && !x->is_boolean())
    fail(name, "must be true or false");
  return x && x->is_boolean() && x->get<bool>();
}

std::optional<std::int64_t> member_reader::integer(std::string_view name, std::int64_t least,
                                                   std::int64_t most) {
  const auto* x = find(name);
  if (!x)
    return std::nullopt;
  const bool fits = x->is_number_unsigned()
                        ? x->get<std::uint64_t>() <= static_cast<std::uint64_t>(most) &&
                              x->get<std::int64_t>() >= least
                        : x->is_number_integer() && x->get<std::int64_t>() >= least &&
                              x->get<std::int64_t>() <= most;
  if (!fits) {
    fail(name,
         "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return std::nullopt;
  }
  return x->get<std::int64_t>();
}

json member_reader::object(std::string_view name) {
  const auto* x = find(name);
  if (!x)
    return nullptr;
  if (!x->is_object()) {
    fail(name, "must be an object");
    return nullptr;
  }
  return *x;
}

void member_reader::end() {
  for (const auto& [name, value] : object_.items())
    if (!known_.contains(name))
      fail(name, "is not known here");
}

query_reader::query_reader(std::string_view query)
    : given_(parse_query(query, problem_)) {}

std::string query_reader::text(std::string_view name) {
  known_.emplace(name);
  for (const auto& [given, value] : given_)
    if (given == name)
      return value;
  return {};
}

std::size_t query_reader::count(std::string_view name, std::size_t usual, std::size_t most) {
  const auto given = text(name);
  if (given.empty())
    return usual;
  const auto n = parse_count(given, 1, most);
  if (!n)
    fail(std::string{name} + " must be a whole number from 1 to " + std::to_string(most));
  return n ? static_cast<std::size_t>(*n) : usual;
}

void query_reader::fail(std::string detail) {
  if (problem_.empty())
    problem_ = std::move(detail);
}

std::optional<problem> query_reader::end() {
  std::set<std::string_view> seen;
  for (const auto& [name, value] : given_) {
    if (!known_.contains(name))
      fail("the query parameter " + name + " is not known here");
    if (!seen.insert(name).second)
      fail("the query parameter " + name + " is given twice");
  }
  return problem_.empty() ? std::nullopt : std::optional{bad_request(problem_)};
}

} // namespace troupe
