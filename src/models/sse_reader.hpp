#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace troupe::models {

/// Reads server-sent events (WHATWG HTML, 9.2) out of bytes as they come in. An event that the
/// stream breaks off in is dropped, as the standard says.
class sse_reader {
 public:
  /// Gets an event's name, empty when it has none, and its data. False stops the reading.
  using event_fn = std::function<bool(std::string_view name, std::string_view data)>;

  /// False when the reading was stopped, or an event is larger than `event_max`.
  bool feed(std::string_view bytes, const event_fn& take);

  static constexpr std::size_t event_max = 4u << 20; ///< bytes of one event

 private:
  bool take_line(std::string_view line, const event_fn& take);

  std::string line_;
  std::string name_;
  std::string data_;
  bool has_data_ = false;
  bool after_cr_ = false;
  bool first_ = true;
};

} // namespace troupe::models
