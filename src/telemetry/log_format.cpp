#include "src/telemetry/log_format.hpp"

#include <spdlog/details/log_msg.h>

#include <chrono>
#include <ctime>
#include <fmt/format.h>
#include <utility>

namespace troupe {

namespace {

/// RFC 3339 in UTC, with milliseconds: what every collector reads.
std::string time_text(std::chrono::system_clock::time_point at) {
  using namespace std::chrono;
  const auto whole = floor<seconds>(at);
  const auto seconds_since = system_clock::to_time_t(whole);
  std::tm parts{};
  gmtime_r(&seconds_since, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     duration_cast<milliseconds>(at - whole).count());
}

/// One line stays one line: whoever reads the log line by line must not be shown lines that a
/// message made up, nor a terminal be steered by it.
std::string one_line(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if (c == '\n')
      out += "\\n";
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      out += c == '\t' ? ' ' : '?';
    else
      out += c;
  }
  return out;
}

using named = std::pair<const char*, const std::string*>;

class line_formatter final : public spdlog::formatter {
 public:
  line_formatter(log_format format, redactor_ptr redact)
      : format_(format)
      , redact_(std::move(redact)) {}

  void format(const spdlog::details::log_msg& msg, spdlog::memory_buf_t& out) override {
    log_entry plain;
    const log_entry* entry = line_in_passing();
    if (!entry) {
      plain.level = level_of(msg.level);
      plain.event = "log";
      plain.message.assign(msg.payload.data(), msg.payload.size());
      if (redact_)
        redact_->apply(plain.message);
      entry = &plain;
    }
    const std::string_view logger{msg.logger_name.data(), msg.logger_name.size()};
    const auto line = format_ == log_format::json_lines ? as_json(*entry, msg.time, logger)
                                                        : line_text(*entry, msg.time);
    out.append(line.data(), line.data() + line.size());
    out.push_back('\n');
  }

  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<line_formatter>(format_, redact_);
  }

 private:
  static std::string as_json(const log_entry& e, std::chrono::system_clock::time_point at,
                             std::string_view logger) {
    json out{{"at", time_text(at)},
             {"level", to_string(e.level)},
             {"event", e.event},
             {"message", e.message},
             {"logger", logger}};
    for (auto [name, value] :
         {named{"session", &e.session}, named{"task", &e.task}, named{"task_type", &e.task_type},
          named{"agent", &e.agent}, named{"domain", &e.domain}, named{"customer", &e.customer}})
      if (!value->empty())
        out[name] = *value;
    if (!e.fields.is_null())
      out["fields"] = e.fields;
    return as_text(out);
  }

  static std::string line_text(const log_entry& e, std::chrono::system_clock::time_point at) {
    auto out = fmt::format("{} {:<8} {} {}", time_text(at), to_string(e.level), one_line(e.event),
                           one_line(e.message));
    for (auto [name, value] :
         {named{"agent", &e.agent}, named{"task", &e.task}, named{"session", &e.session},
          named{"type", &e.task_type}, named{"domain", &e.domain}, named{"customer", &e.customer}})
      if (!value->empty())
        out += fmt::format(" {}={}", name, one_line(*value));
    if (!e.fields.is_null())
      out += ' ' + as_text(e.fields);
    return out;
  }

  log_format format_;
  redactor_ptr redact_;
};

} // namespace

const log_entry*& line_in_passing() noexcept {
  thread_local const log_entry* line = nullptr;
  return line;
}

std::unique_ptr<spdlog::formatter> make_formatter(log_format format, redactor_ptr redact) {
  return std::make_unique<line_formatter>(format, std::move(redact));
}

std::string plain_text(const log_entry& entry) {
  auto out = entry.event + ": " + entry.message;
  if (!entry.fields.is_null())
    out += ' ' + as_text(entry.fields);
  return out;
}

} // namespace troupe
