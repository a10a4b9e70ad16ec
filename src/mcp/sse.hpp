#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::mcp {

/// Reads server-sent events out of pieces of a stream, and what they say of coming back: the id of
/// the last event and the time to wait.
class event_reader {
 public:
  /// Gets the data of each event that has some.
  using take_fn = std::function<void(std::string_view data)>;

  /// False when an event is too large: the stream cannot be read on.
  bool feed(std::string_view piece, const take_fn& take);

  /// Another connection takes the stream up: what was not finished is forgotten.
  void restart();

  [[nodiscard]] const std::string& last_id() const noexcept { return last_id_; }
  [[nodiscard]] std::optional<std::chrono::milliseconds> retry() const noexcept { return retry_; }

  static constexpr std::size_t event_max = 4u << 20;

 private:
  void line(std::string_view text, const take_fn& take);

  std::string line_;
  std::string data_;
  std::string last_id_;
  std::optional<std::chrono::milliseconds> retry_;
  bool has_data_ = false;
  bool after_cr_ = false;
};

} // namespace troupe::mcp
