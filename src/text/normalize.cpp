#include "src/text/normalize.hpp"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>

namespace troupe::text {

namespace {

using utf8proc_buffer = std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)>;

// The length of the well-formed character at `at`, or 0 if the bytes there are none.
std::size_t character_at(std::string_view text, std::size_t at) {
  utf8proc_int32_t code = 0;
  auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at;
  auto size = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size() - at), &code);
  return size > 0 ? static_cast<std::size_t>(size) : 0;
}

// Typographic marks that NFKC leaves alone, as the plain ones people type.
utf8proc_int32_t plain(utf8proc_int32_t code, void*) {
  switch (code) {
  case 0x2018:
  case 0x2019:
  case 0x201A:
  case 0x201B:
  case 0x2032:
  case 0x00B4:
  case 0x02BC:
  case 0x0060:
    return '\'';
  case 0x201C:
  case 0x201D:
  case 0x201E:
  case 0x201F:
  case 0x2033:
  case 0x00AB:
  case 0x00BB:
    return '"';
  case 0x2010:
  case 0x2011:
  case 0x2012:
  case 0x2013:
  case 0x2014:
  case 0x2015:
  case 0x2212:
    return '-';
  default:
    break;
  }
  auto category = utf8proc_category(code);
  bool blank = category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_ZS ||
               category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
  return blank ? ' ' : code;
}

// Folding can bring such marks forth from other characters, so what comes out of it is looked at
// again.
std::string plain_all(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    utf8proc_int32_t code = 0;
    auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at,
                                 static_cast<utf8proc_ssize_t>(text.size() - at), &code);
    if (size <= 0) // cannot be: the folding gives well-formed text
      break;
    utf8proc_uint8_t bytes[4];
    auto length = utf8proc_encode_char(plain(code, nullptr), bytes);
    out.append(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(length));
    at += static_cast<std::size_t>(size);
  }
  return out;
}

std::string fold_blanks(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if (c != ' ')
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  if (!out.empty() && out.back() == ' ')
    out.pop_back();
  return out;
}

bool ascii_only(std::string_view text) {
  for (char c : text)
    if (static_cast<unsigned char>(c) >= 0x80)
      return false;
  return true;
}

// The common case needs none of Unicode's tables; it gives what they would give.
std::string fold_ascii(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
    else if (c == '`')
      c = '\'';
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      c = ' ';
  }
  return fold_blanks(text);
}

} // namespace

bool valid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    auto size = static_cast<unsigned char>(text[at]) < 0x80 ? 1 : character_at(text, at);
    if (size == 0)
      return false;
    at += size;
  }
  return true;
}

normalized normalize(std::string_view text, std::size_t max_bytes) {
  normalized out;
  if (text.size() > max_bytes) {
    out.truncated = true;
    // A character is at most four bytes, so its first byte is at most three back.
    auto cut = max_bytes;
    for (int step = 0;
         step < 3 && cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80; ++step)
      --cut;
    text = text.substr(0, cut);
  }
  if (ascii_only(text)) {
    out.text = fold_ascii(std::string(text));
    return out;
  }
  std::string sound;
  sound.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    auto size = character_at(text, at);
    if (size == 0) {
      out.repaired = true;
      if (!sound.empty() && sound.back() != ' ')
        sound += ' ';
      ++at;
      continue;
    }
    sound.append(text, at, size);
    at += size;
  }
  utf8proc_uint8_t* mapped = nullptr;
  auto options = static_cast<utf8proc_option_t>(
      UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
  auto size = utf8proc_map_custom(reinterpret_cast<const utf8proc_uint8_t*>(sound.data()),
                                  static_cast<utf8proc_ssize_t>(sound.size()), &mapped, options,
                                  plain, nullptr);
  utf8proc_buffer keep(mapped, &std::free);
  // Only a lack of memory can fail here; the unmapped text is still a usable answer.
  if (size >= 0)
    sound = plain_all({reinterpret_cast<char*>(mapped), static_cast<std::size_t>(size)});
  out.text = fold_blanks(sound);
  return out;
}

std::vector<std::string> words_of(std::string_view text, std::size_t max_words) {
  std::vector<std::string> words;
  std::string word;
  auto flush = [&] {
    if (!word.empty() && words.size() < max_words)
      words.push_back(word);
    word.clear();
  };
  for (char c : text) {
    if (words.size() >= max_words)
      return words;
    auto byte = static_cast<unsigned char>(c);
    if (c >= '0' && c <= '9')
      word += '0';
    else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || byte >= 0x80)
      word += c;
    else if (c != '\'') {
      flush();
      if (c == '?' || c == '!' || c == '%' || c == '$') {
        word = c;
        flush();
      }
    }
  }
  flush();
  return words;
}

} // namespace troupe::text
