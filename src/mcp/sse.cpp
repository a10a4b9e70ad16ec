#include "src/mcp/sse.hpp"

#include <algorithm>
#include <charconv>

namespace troupe::mcp {

bool event_reader::feed(std::string_view piece, const take_fn& take) {
  for (const char c : piece) {
    const bool pair = after_cr_ && c == '\n';
    after_cr_ = c == '\r';
    if (pair)
      continue;
    if (c != '\n' && c != '\r') {
      line_ += c;
      if (line_.size() + data_.size() > event_max)
        return false;
      continue;
    }
    line(line_, take);
    line_.clear();
  }
  return true;
}

void event_reader::restart() {
  line_.clear();
  data_.clear();
  has_data_ = after_cr_ = false;
}

void event_reader::line(std::string_view text, const take_fn& take) {
  if (text.empty()) {
    if (has_data_ && !data_.empty())
      take(data_);
    data_.clear();
    has_data_ = false;
    return;
  }
  const auto colon = text.find(':');
  const auto field = text.substr(0, colon);
  auto value = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
  if (value.starts_with(' '))
    value.remove_prefix(1);
  if (field == "data") {
    if (has_data_)
      data_ += '\n';
    data_ += value;
    has_data_ = true;
  } else if (field == "id" && value.size() <= 1024) {
    last_id_ = value;
  } else if (field == "retry") {
    unsigned ms = 0;
    const auto [end, bad] = std::from_chars(value.data(), value.data() + value.size(), ms);
    if (bad == std::errc{} && end == value.data() + value.size())
      retry_ = std::chrono::milliseconds{std::min(ms, 60000u)};
  }
}

} // namespace troupe::mcp
