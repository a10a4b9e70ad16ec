#include "src/models/sse_reader.hpp"

namespace troupe::models {

bool sse_reader::feed(std::string_view bytes, const event_fn& take) {
  while (!bytes.empty()) {
    // A line feed after a carriage return ends no second line, also when they come apart.
    if (after_cr_ && bytes.front() == '\n')
      bytes.remove_prefix(1);
    after_cr_ = false;
    const auto end = bytes.find_first_of("\r\n");
    line_.append(bytes.substr(0, end));
    if (line_.size() + data_.size() > event_max)
      return false;
    if (end == std::string_view::npos)
      return true;
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    std::string line;
    line.swap(line_);
    if (!take_line(line, take))
      return false;
  }
  return true;
}

bool sse_reader::take_line(std::string_view line, const event_fn& take) {
  if (first_ && line.starts_with("\xEF\xBB\xBF"))
    line.remove_prefix(3);
  first_ = false;
  if (line.empty()) {
    const bool whole = has_data_;
    std::string name, data;
    name.swap(name_);
    data.swap(data_);
    has_data_ = false;
    return !whole || take(name, data);
  }
  const auto colon = line.find(':');
  const auto field = line.substr(0, colon);
  auto value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
  if (value.starts_with(' '))
    value.remove_prefix(1);
  if (field == "event") {
    name_ = value;
  } else if (field == "data") {
    if (has_data_)
      data_ += '\n';
    data_ += value;
    has_data_ = true;
  }
  return true;
}

} // namespace troupe::models
