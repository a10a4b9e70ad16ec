#include "nodes/cli/event_reader.hpp"

namespace troupe::cli {

bool event_reader::feed(std::string_view piece) {
  while (!piece.empty()) {
    const auto end = piece.find('\n');
    if (rest_.size() + std::min(end, piece.size()) > line_max_bytes)
      return false;
    if (end == std::string_view::npos) {
      rest_ += piece;
      return true;
    }
    rest_ += piece.substr(0, end);
    piece.remove_prefix(end + 1);
    if (rest_.ends_with('\r'))
      rest_.pop_back();
    line(rest_);
    rest_.clear();
  }
  return true;
}

void event_reader::line(std::string_view x) {
  if (x.empty()) {
    if (!now_.data.empty() || !now_.name.empty())
      tell_(now_);
    now_.name.clear();
    now_.data.clear(); // The id stays: it is that of the last event seen.
    return;
  }
  const auto colon = x.find(':');
  const auto field = x.substr(0, colon);
  auto value = colon == std::string_view::npos ? std::string_view{} : x.substr(colon + 1);
  if (value.starts_with(' '))
    value.remove_prefix(1);
  if (field == "event")
    now_.name = value;
  else if (field == "id")
    now_.id = value;
  else if (field == "data")
    (now_.data += now_.data.empty() ? "" : "\n") += value;
}

} // namespace troupe::cli
