#include "src/telemetry/utf8.hpp"

namespace troupe {

std::size_t utf8_sequence(std::string_view text) noexcept {
  if (text.empty())
    return 0;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80)
    return 1;
  // The second byte's range excludes overlong forms, surrogates and what lies beyond U+10FFFF.
  std::size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0)
      low = 0xA0;
    else if (lead == 0xED)
      high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0)
      low = 0x90;
    else if (lead == 0xF4)
      high = 0x8F;
  } else {
    return 0;
  }
  if (text.size() < length || byte(1) < low || byte(1) > high)
    return 0;
  for (std::size_t i = 2; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80)
      return 0;
  return length;
}

std::string clean_utf8(std::string_view text, std::size_t max_bytes) {
  std::string out;
  out.reserve(text.size() < max_bytes ? text.size() : max_bytes);
  while (!text.empty()) {
    const auto length = utf8_sequence(text);
    const auto taken = length == 0 ? std::size_t{1} : length;
    if (out.size() + taken > max_bytes)
      break;
    if (length == 0)
      out += '?';
    else
      out += text.substr(0, length);
    text.remove_prefix(taken);
  }
  return out;
}

void clean_utf8_in_place(std::string& text, std::size_t max_bytes) {
  bool fine = text.size() <= max_bytes;
  for (std::string_view rest{text}; fine && !rest.empty();) {
    const auto length = utf8_sequence(rest);
    fine = length != 0;
    rest.remove_prefix(length);
  }
  if (!fine)
    text = clean_utf8(text, max_bytes);
}

std::string label_value(std::string_view text) {
  constexpr std::size_t max_label = 128;
  return text.empty() ? std::string{"none"} : clean_utf8(text, max_label);
}

} // namespace troupe
