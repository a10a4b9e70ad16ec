#include "src/telemetry/log.hpp"

#include "src/telemetry/log_format.hpp"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <filesystem>
#include <mutex>
#include <utility>

namespace troupe {

namespace {

class book_sink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  book_sink(std::shared_ptr<log_book> book, redactor_ptr redact)
      : book_(std::move(book))
      , redact_(std::move(redact)) {}

 private:
  // The book has a lock of its own, hence no mutex here.
  void sink_it_(const spdlog::details::log_msg& msg) override {
    if (line_in_passing())
      return;
    auto entry = log_entry::of(level_of(msg.level), "log",
                               std::string{msg.payload.data(), msg.payload.size()});
    entry.at = std::chrono::time_point_cast<microseconds>(msg.time);
    if (msg.logger_name.size() > 0)
      entry.fields = {{"logger", std::string_view{msg.logger_name.data(), msg.logger_name.size()}}};
    if (redact_)
      redact_->apply(entry);
    book_->append(std::move(entry));
  }
  void flush_() override {}

  std::shared_ptr<log_book> book_;
  redactor_ptr redact_;
};

/// Shows a line to formatters and sinks for as long as the logger is busy with it.
class passing {
 public:
  explicit passing(const log_entry& line) noexcept
      : before_(std::exchange(line_in_passing(), &line)) {}
  ~passing() { line_in_passing() = before_; }
  passing(const passing&) = delete;
  passing& operator=(const passing&) = delete;

 private:
  const log_entry* before_;
};

constexpr std::array levels{spdlog::level::trace, spdlog::level::debug, spdlog::level::info,
                            spdlog::level::warn,  spdlog::level::err,   spdlog::level::critical};

} // namespace

std::optional<log_level> parse_log_level(std::string_view word) noexcept {
  if (word == "warn")
    return log_level::warning;
  if (word == "err")
    return log_level::error;
  return parse_enum<log_level>(word);
}

spdlog::level::level_enum spdlog_level(log_level level) noexcept {
  const auto i = static_cast<std::size_t>(level);
  return i < levels.size() ? levels[i] : spdlog::level::critical;
}

log_level level_of(spdlog::level::level_enum level) noexcept {
  for (std::size_t i = 0; i < levels.size(); ++i)
    if (levels[i] == level)
      return static_cast<log_level>(i);
  return log_level::critical;
}

std::shared_ptr<spdlog::sinks::sink> make_book_sink(std::shared_ptr<log_book> book,
                                                    redactor_ptr redact) {
  return std::make_shared<book_sink>(std::move(book), std::move(redact));
}

std::shared_ptr<spdlog::logger> make_logger(const log_settings& settings) {
  std::shared_ptr<spdlog::sinks::sink> shown;
  if (settings.file.empty()) {
    shown = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  } else {
    try {
      shown = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
          settings.file, settings.file_max_bytes, settings.files_max);
    } catch (const spdlog::spdlog_ex& e) {
      throw log_error(settings.file + ": " + e.what());
    }
  }
  shown->set_formatter(make_formatter(settings.format, settings.redact));
  auto out = std::make_shared<spdlog::logger>("troupe", std::move(shown));
  if (settings.book)
    out->sinks().push_back(make_book_sink(settings.book, settings.redact));
  out->set_level(spdlog_level(settings.level));
  out->flush_on(spdlog::level::warn);
  if (settings.make_default)
    spdlog::set_default_logger(out);
  return out;
}

event_log::event_log(std::shared_ptr<spdlog::logger> out, std::shared_ptr<log_book> book,
                     redactor_ptr redact)
    : out_(std::move(out))
    , book_(std::move(book))
    , redact_(std::move(redact)) {}

bool event_log::wants(log_level level) const noexcept {
  return out_ ? out_->should_log(spdlog_level(level)) : book_ != nullptr;
}

void event_log::write(log_entry entry) const noexcept {
  if (!wants(entry.level))
    return;
  try {
    if (redact_)
      redact_->apply(entry);
    if (entry.at == timestamp{})
      entry.at = std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
    if (out_) {
      const passing now{entry};
      out_->log(entry.at, spdlog::source_loc{}, spdlog_level(entry.level), plain_text(entry));
    }
    if (book_)
      book_->append(std::move(entry));
  } catch (...) {
    // Only memory can be lacking here. Whoever logs must go on.
  }
}

} // namespace troupe
