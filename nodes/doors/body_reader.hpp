#pragma once

#include "nodes/doors/http_message.hpp"
#include "nodes/doors/problem.hpp"

#include <troupe/enum_names.hpp>
#include <troupe/json.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe {

/// The body as a JSON object, or nothing with `why` filled in: another media type, bad UTF-8,
/// malformed JSON (the detail names the byte), nesting deeper than 64, or no object. With
/// `may_lack`, no body at all is an empty object.
[[nodiscard]] std::optional<json> read_object(const http_request& from, problem& why,
                                              bool may_lack = false);

/// The longest name of anybody or anything that a request may hold, in bytes.
inline constexpr std::size_t name_max = 256;

/// Reads the members of an object strictly: every defect is kept with its JSON pointer, and members
/// that nobody asked for are defects too.
class member_reader {
 public:
  member_reader(const json& object, std::string at, std::vector<body_error>& errors)
      : object_(object)
      , at_(std::move(at))
      , errors_(errors) {}

  [[nodiscard]] const json* find(std::string_view name);
  [[nodiscard]] std::string text(std::string_view name, std::size_t most = 1u << 20);
  [[nodiscard]] bool boolean(std::string_view name);
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name, std::int64_t least,
                                                    std::int64_t most);
  /// An object, or null when it was not given.
  [[nodiscard]] json object(std::string_view name);
  template <named_enum E>
  [[nodiscard]] std::optional<E> word(std::string_view name) {
    const auto given = text(name);
    if (given.empty())
      return std::nullopt;
    const auto out = parse_enum<E>(given);
    if (!out)
      fail(name, "must be one of " + words_of<E>());
    return out;
  }
  void fail(std::string_view name, std::string detail);
  /// Refuses what has not been asked for.
  void end();
  [[nodiscard]] std::string pointer(std::string_view name) const;

 private:
  const json& object_;
  std::string at_;
  std::vector<body_error>& errors_;
  std::set<std::string, std::less<>> known_;
};

/// The parameters of a query, read as strictly.
class query_reader {
 public:
  explicit query_reader(std::string_view query);
  [[nodiscard]] std::string text(std::string_view name);
  [[nodiscard]] std::size_t count(std::string_view name, std::size_t usual, std::size_t most);
  void fail(std::string detail);
  /// What is wrong with the query, unknown and repeated names included; nothing if all is well.
  [[nodiscard]] std::optional<problem> end();

 private:
  std::vector<std::pair<std::string, std::string>> given_;
  std::set<std::string, std::less<>> known_;
  std::string problem_;
};

} // namespace troupe
