#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace troupe::cli {

/// One server-sent event.
struct stream_event {
  std::string id;
  std::string name;
  std::string data;
};

/// Takes a stream of server-sent events apart, in whatever pieces it arrives. Comments and unknown
/// fields are passed over, as the format demands. Not for several threads at a time.
class event_reader {
 public:
  explicit event_reader(std::function<void(const stream_event&)> tell)
      : tell_(std::move(tell)) {}

  /// False when a line is longer than `line_max_bytes`: the stream cannot be followed any more.
  [[nodiscard]] bool feed(std::string_view piece);
  static constexpr std::size_t line_max_bytes = 16u << 20;

 private:
  void line(std::string_view x);

  std::function<void(const stream_event&)> tell_;
  std::string rest_;
  stream_event now_;
};

} // namespace troupe::cli
