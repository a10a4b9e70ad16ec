#pragma once

#include <troupe/clock.hpp>
#include <troupe/domain_path.hpp>
#include <troupe/enum_names.hpp>
#include <troupe/json.hpp>
#include <troupe/task.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace troupe {

/// How much a line matters. The numbers are stored: append only.
enum class log_level : std::uint8_t { trace, debug, info, warning, error, critical };

template <>
struct enum_names<log_level> {
  static constexpr std::array<std::string_view, 6> value{"trace",   "debug", "info",
                                                         "warning", "error", "critical"};
};

/// One line of the log. Texts that do not apply stay empty.
struct log_entry {
  timestamp at{}; ///< the epoch means: when it is written
  log_level level = log_level::info;
  std::string
      event; ///< what kind of line it is, from a small set: `task.ended`; plain lines say `log`
  std::string message;   ///< for people
  std::string session;   ///< context id
  std::string task;      ///< task id
  std::string task_type; ///< skill or intent
  std::string agent;     ///< `domain/name`
  std::string domain;    ///< path
  std::string customer;  ///< id
  json fields;           ///< anything else: an object, or null

  static log_entry of(log_level level, std::string event, std::string message) {
    log_entry out;
    out.level = level;
    out.event = std::move(event);
    out.message = std::move(message);
    return out;
  }
  /// Fills in whose task the line is about.
  log_entry& about(const struct task& t) {
    session = t.context_id;
    task = t.id;
    domain = t.domain;
    customer = t.who.id;
    if (task_type.empty())
      task_type = t.skill;
    return *this;
  }
  friend bool operator==(const log_entry&, const log_entry&) = default;
};

/// Which lines to find. Empty texts and absent values match everything; all that is given must
/// hold.
struct log_filter {
  std::string session;
  std::string task;
  std::string task_type;
  std::string agent;
  std::string domain;
  domain_scope within; ///< only in these domains
  std::string customer;
  std::string event;
  std::optional<log_level> least;    ///< this level or worse
  timestamp from = timestamp::min(); ///< inclusive
  timestamp until =
      timestamp::max(); ///< exclusive: for the next page, the `at` of the last line of this one
  std::string contains; ///< part of the message; upper and lower case of ASCII letters are the same
  std::size_t limit = 100; ///< at most this many; never more than `max_found`
  static constexpr std::size_t max_found = 10000;
};

/// How a search ended.
struct log_search_end {
  bool complete = true; ///< false: it stopped after looking at as many lines as one search may
  timestamp reached{};  ///< then: go on with `until` set to this
};

} // namespace troupe
