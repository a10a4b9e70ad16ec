#include "policies/screens/disguise.hpp"
#include "policies/screens/fold.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace troupe::screens {

namespace {

constexpr std::size_t runs_max = 32;  ///< that are decoded of one text
constexpr std::size_t least_text = 6; ///< bytes that a decoded text must have

bool is_alnum(char c) noexcept {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}
bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
int hex_value(char c) noexcept {
  if (is_digit(c))
    return c - '0';
  const int low = c | 0x20;
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/// Whether bytes are something that a person could read.
bool is_text(std::string_view x) {
  if (x.size() < least_text)
    return false;
  std::size_t good = 0;
  std::string valid;
  for (const auto c : code_points(x))
    append_utf8(valid, c);
  if (valid != x)
    return false;
  for (const auto c : code_points(x)) {
    if ((c < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == 0x7F || (c >= 0x80 && c < 0xA0))
      return false;
    good += std::isalpha(static_cast<int>(c < 0x80 ? c : 'a')) != 0 || c == ' ' ? 1 : 0;
  }
  return good * 10 >= code_points(x).size() * 7;
}

int value_64(char c) noexcept {
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (is_digit(c))
    return c - '0' + 52;
  if (c == '+' || c == '-')
    return 62;
  return c == '/' || c == '_' ? 63 : -1;
}

std::string from_bits_of(std::string_view run, int bits_each, int (*value)(char)) {
  std::string out;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char c : run) {
    const int v = value(c);
    if (v < 0)
      continue;
    held = held << bits_each | static_cast<std::uint32_t>(v);
    bits += bits_each;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>(held >> bits & 0xFF);
    }
  }
  return out;
}

int value_32(char c) noexcept {
  const int low = c | 0x20;
  if (low >= 'a' && low <= 'z' && !is_digit(c))
    return low - 'a';
  return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

class run_finder {
 public:
  explicit run_finder(std::string_view text)
      : text_(text) {}

  std::vector<decoded> all() {
    base64();
    hexadecimal();
    numbers();
    escapes();
    morse();
    return std::move(out_);
  }

 private:
  void found(std::string what, const char* how) {
    if (out_.size() < runs_max && is_text(what))
      out_.push_back({std::move(what), how});
  }

  void base64() {
    for (std::size_t i = 0; i < text_.size();) {
      auto end = i;
      bool upper = false, lower = false, other = false;
      // Lines of a longer run belong together.
      while (end < text_.size() && (value_64(text_[end]) >= 0 ||
                                    (text_[end] == '\n' && end - i >= 16 &&
                                     end + 1 < text_.size() && value_64(text_[end + 1]) >= 0))) {
        const char c = text_[end++];
        upper = upper || (c >= 'A' && c <= 'Z');
        lower = lower || (c >= 'a' && c <= 'z');
        other = other || is_digit(c) || c == '+' || c == '/';
      }
      const auto run = text_.substr(i, end - i);
      if (run.size() >= 12 && upper && lower)
        found(from_bits_of(run, 6, value_64), "base64");
      if (run.size() >= 16 && upper != lower && other && !has_blank_words(run))
        found(from_bits_of(run, 5, value_32), "base32");
      i = end == i ? i + 1 : end;
    }
  }

  static bool has_blank_words(std::string_view run) {
    return run.find_first_of("+/-_\n") != run.npos;
  }

  /// Digits in pairs, with or without 0x, \x, blanks, colons and commas between them.
  void hexadecimal() {
    std::string bytes;
    std::size_t pairs = 0;
    const auto close = [&] {
      if (pairs >= least_text)
        found(bytes, "hexadecimal");
      bytes.clear();
      pairs = 0;
    };
    for (std::size_t i = 0; i < text_.size();) {
      if ((text_[i] == '0' || text_[i] == '\\') && i + 3 < text_.size() &&
          (text_[i + 1] | 0x20) == 'x' && hex_value(text_[i + 2]) >= 0) {
        i += 2;
        continue;
      }
      if (i + 1 < text_.size() && hex_value(text_[i]) >= 0 && hex_value(text_[i + 1]) >= 0) {
        bytes += static_cast<char>(hex_value(text_[i]) * 16 + hex_value(text_[i + 1]));
        ++pairs;
        i += 2;
        continue;
      }
      const bool between = text_[i] == ' ' || text_[i] == ':' || text_[i] == ',' ||
                           text_[i] == '\n' || text_[i] == '-';
      if (!between || pairs == 0)
        close();
      ++i;
    }
    close();
  }

  /// Characters as numbers: eight binary digits each, or decimal ones with blanks or commas.
  void numbers() {
    std::string binary, decimal, octal;
    const auto close = [&](std::string& which, const char* how) {
      if (which.size() >= least_text)
        found(which, how);
      which.clear();
    };
    for (std::size_t i = 0; i < text_.size();) {
      if (!is_digit(text_[i])) {
        if (std::string_view{" ,;\n\t[]"}.find(text_[i]) == std::string_view::npos) {
          close(binary, "binary");
          close(decimal, "character numbers");
        }
        ++i;
        continue;
      }
      auto end = i;
      while (end < text_.size() && is_digit(text_[end]))
        ++end;
      const auto run = text_.substr(i, end - i);
      if (run.size() >= 8 && run.size() % 8 == 0 &&
          run.find_first_not_of("01") == std::string_view::npos) {
        for (std::size_t k = 0; k < run.size(); k += 8) {
          int v = 0;
          for (const char c : run.substr(k, 8))
            v = v * 2 + (c - '0');
          binary += static_cast<char>(v);
        }
      } else {
        close(binary, "binary");
      }
      const int v = run.size() <= 3 ? std::stoi(std::string{run}) : 0;
      if ((v >= 32 && v < 127) || v == 10)
        decimal += static_cast<char>(v);
      else
        close(decimal, "character numbers");
      i = end;
    }
    close(binary, "binary");
    close(decimal, "character numbers");
  }

  /// %41, \u0041, \101, &#65;, &#x41;, &lt; in place.
  void escapes() {
    std::string out;
    std::size_t undone = 0;
    for (std::size_t i = 0; i < text_.size();) {
      const auto rest = text_.substr(i);
      if (rest[0] == '%' && rest.size() >= 3 && hex_value(rest[1]) >= 0 &&
          hex_value(rest[2]) >= 0) {
        out += static_cast<char>(hex_value(rest[1]) * 16 + hex_value(rest[2]));
        i += 3;
        ++undone;
      } else if (const auto [size, c] = entity(rest); size > 0) {
        append_utf8(out, c);
        i += size;
        ++undone;
      } else {
        out += rest[0];
        ++i;
      }
    }
    if (undone >= 3)
      found(std::move(out), "escapes");
  }

  static std::pair<std::size_t, char32_t> entity(std::string_view rest) {
    if (rest[0] != '&' && rest[0] != '\\' && (rest[0] | 0x20) != 'u')
      return {0, 0};
    const auto number = [&](std::size_t from, std::size_t most, int base) {
      std::pair<std::size_t, char32_t> x{from, 0};
      while (x.first < rest.size() && x.first < from + most) {
        const int v = hex_value(rest[x.first]);
        if (v < 0 || v >= base)
          break;
        x.second = x.second * static_cast<char32_t>(base) + static_cast<char32_t>(v);
        ++x.first;
      }
      const bool good = x.first > from && x.second >= 9 && x.second < 0x110000 &&
                        (x.second < 0xD800 || x.second > 0xDFFF);
      return good ? x : std::pair<std::size_t, char32_t>{0, 0};
    };
    if (rest.starts_with("&#")) {
      const bool hex = rest.size() > 2 && (rest[2] | 0x20) == 'x';
      auto x = number(hex ? 3 : 2, 7, hex ? 16 : 10);
      if (x.first > 0 && x.first < rest.size() && rest[x.first] == ';')
        ++x.first;
      return x;
    }
    if (rest.starts_with("\\u{"))
      if (auto x = number(3, 6, 16); x.first > 0 && x.first < rest.size() && rest[x.first] == '}')
        return {x.first + 1, x.second};
    if (rest.starts_with("\\u") || rest.starts_with("\\U"))
      if (const auto x = number(2, rest[1] == 'u' ? 4 : 8, 16); x.first >= 6)
        return x;
    if (rest.starts_with("\\x"))
      if (const auto x = number(2, 2, 16); x.first == 4)
        return x;
    if (rest.starts_with("U+") || rest.starts_with("u+"))
      if (auto x = number(2, 5, 16); x.first >= 6) {
        if (x.first < rest.size() && rest[x.first] == ' ')
          ++x.first;
        return x;
      }
    for (const auto& [name, c] : {std::pair<std::string_view, char32_t>{"&lt;", '<'},
                                  {"&gt;", '>'},
                                  {"&amp;", '&'},
                                  {"&quot;", '"'},
                                  {"&nbsp;", ' '},
                                  {"&apos;", '\''}})
      if (rest.starts_with(name))
        return {name.size(), c};
    return {0, 0};
  }

  void morse() {
    static constexpr std::array<std::string_view, 36> signs{
        ".-",    "-...",  "-.-.",  "-..",   ".",     "..-.",  "--.",   "....",  "..",
        ".---",  "-.-",   ".-..",  "--",    "-.",    "---",   ".--.",  "--.-",  ".-.",
        "...",   "-",     "..-",   "...-",  ".--",   "-..-",  "-.--",  "--..",  "-----",
        ".----", "..---", "...--", "....-", ".....", "-....", "--...", "---..", "----."};
    std::string out;
    std::size_t letters = 0;
    for (std::size_t i = 0; i < text_.size();) {
      if (text_[i] != '.' && text_[i] != '-') {
        if (text_[i] == '/' || (text_[i] == ' ' && i > 0 && text_[i - 1] == ' '))
          out += ' ';
        else if (text_[i] != ' ' && text_[i] != '\n' && letters > 0)
          break;
        ++i;
        continue;
      }
      auto end = i;
      while (end < text_.size() && (text_[end] == '.' || text_[end] == '-'))
        ++end;
      const auto hit = std::find(signs.begin(), signs.end(), text_.substr(i, end - i));
      if (hit != signs.end()) {
        const auto n = hit - signs.begin();
        out += static_cast<char>(n < 26 ? 'a' + n : '0' + n - 26);
        ++letters;
      }
      i = end;
    }
    if (letters >= 10)
      found(std::move(out), "morse");
  }

  std::string_view text_;
  std::vector<decoded> out_;
};

} // namespace

std::vector<decoded> decode_runs(std::string_view text) {
  // Without any of these there is nothing encoded in it.
  const bool worth =
      std::any_of(text.begin(), text.end(),
                  [](char c) {
                    return is_digit(c) || c == '%' || c == '&' || c == '\\' || c == '+' || c == '=';
                  }) ||
      text.find("..") != text.npos || text.find("--") != text.npos || [&] {
        std::size_t run = 0;
        for (const char c : text) {
          run = is_alnum(c) ? run + 1 : 0;
          if (run >= 16)
            return true;
        }
        return false;
      }();
  return worth ? run_finder{text}.all() : std::vector<decoded>{};
}

} // namespace troupe::screens
