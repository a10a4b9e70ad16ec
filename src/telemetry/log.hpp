#pragma once

#include "src/telemetry/log_book.hpp"
#include "src/telemetry/log_entry.hpp"

#include <spdlog/logger.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Masks secret values, also as they stand in JSON and in what Python shows of a text: what is no
/// answer is quoted as it came. Immutable; any thread.
class redactor {
 public:
  redactor()
      : redactor(std::vector<std::string>{}) {}
  /// Values shorter than `shortest` are left out: masking them would garble every line and hide
  /// nothing.
  explicit redactor(std::vector<std::string> secrets);
  redactor(const redactor&) = delete;
  redactor& operator=(const redactor&) = delete;
  ~redactor();
  /// Masks these as well from here on. Any thread, while others mask.
  void add(const std::vector<std::string>& more);
  static constexpr std::size_t shortest = 4;
  static constexpr std::string_view mask = "[redacted]";

  [[nodiscard]] bool empty() const noexcept { return known().forms.empty(); }
  /// Whether there is anything to mask: what is clean need not be copied.
  [[nodiscard]] bool finds(std::string_view text) const noexcept;
  [[nodiscard]] bool finds_in(const json& value) const;
  /// The first `most` bytes, masked before the cut: half a secret is one too.
  [[nodiscard]] std::string beginning(std::string text, std::size_t most) const;
  void apply(std::string& text) const;
  /// Masks in every string within `value`, keys included. A number that is a secret becomes a text.
  void apply(json& value) const;
  /// Masks in message and fields.
  void apply(log_entry& entry) const;

 private:
  using values = std::vector<std::string>;
  struct what_is_known {
    values secrets;
    /// All that is looked for: of most secrets only themselves. Longest first, so that a secret
    /// within another leaves no rest.
    values forms;
    std::vector<json> numbers; ///< secrets that are numbers
  };
  [[nodiscard]] const what_is_known& known() const noexcept {
    return *now_.load(std::memory_order_acquire);
  }
  [[nodiscard]] bool is_secret(const json& number) const noexcept;
  void use(values secrets);

  std::atomic<const what_is_known*> now_{nullptr};
  std::mutex mutex_;
  /// The newest last. The former ones stay, because somebody may still be reading them.
  std::vector<std::unique_ptr<const what_is_known>> all_;
};

using redactor_ptr = std::shared_ptr<const redactor>;

enum class log_format : std::uint8_t { text, json_lines };

template <>
struct enum_names<log_format> {
  static constexpr std::array<std::string_view, 2> value{"text", "json"};
};

struct log_settings {
  log_level level = log_level::info;
  log_format format = log_format::text;
  std::string file; ///< empty: stderr. Never stdout, which belongs to results.
  std::size_t file_max_bytes = 64u
                               << 20; ///< then it becomes file.1, file.1 becomes file.2 and so on
  std::size_t files_max = 4;          ///< old files that are kept
  redactor_ptr redact;                ///< may be null
  std::shared_ptr<log_book> book;     ///< plain lines land there as well; may be null
  bool make_default =
      false; ///< replace spdlog's default logger, so that lines of others land here too
};

/// Makes the logger "troupe". It is not registered with spdlog, and no global is touched unless
/// `make_default` asks for it. Throws `log_error` when the file cannot be opened.
[[nodiscard]] std::shared_ptr<spdlog::logger> make_logger(const log_settings& settings);

/// A sink that puts every line it gets into the book, with the event `log` and the logger's name in
/// its fields: add it to any synchronous logger, such as an embedding application's own. Lines of
/// an `event_log` pass it by, they are there already.
[[nodiscard]] std::shared_ptr<spdlog::sinks::sink> make_book_sink(std::shared_ptr<log_book> book,
                                                                  redactor_ptr redact = nullptr);

/// Where structured lines go: to the book, and through a logger to whatever its sinks are.
/// Immutable; any thread.
class event_log {
 public:
  /// Either may be null. With a logger that `make_logger` made, all parts of a line are shown;
  /// another one gets `event: message {fields}`. Lines under the logger's level go nowhere.
  event_log(std::shared_ptr<spdlog::logger> out, std::shared_ptr<log_book> book,
            redactor_ptr redact = nullptr);

  /// Writes a line; masks secrets first. Never waits for the book's disk and never throws.
  void write(log_entry entry) const noexcept;

  [[nodiscard]] bool wants(log_level level) const noexcept;
  [[nodiscard]] const std::shared_ptr<spdlog::logger>& out() const noexcept { return out_; }
  [[nodiscard]] const std::shared_ptr<log_book>& book() const noexcept { return book_; }

 private:
  std::shared_ptr<spdlog::logger> out_;
  std::shared_ptr<log_book> book_;
  redactor_ptr redact_;
};

/// troupe's level for a word such as `info` or `warning`; also takes spdlog's short words (`warn`,
/// `err`). Nothing for another word.
[[nodiscard]] std::optional<log_level> parse_log_level(std::string_view word) noexcept;
[[nodiscard]] spdlog::level::level_enum spdlog_level(log_level level) noexcept;
[[nodiscard]] log_level level_of(spdlog::level::level_enum level) noexcept;

} // namespace troupe
