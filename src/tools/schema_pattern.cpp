// GCC 12 takes parts of <regex> for uninitialised when it is compiled with a sanitizer. The code it
// complains about is the library's own, but it is inlined into this file, so the file is where to
// say so.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

#include "src/tools/schema_pattern.hpp"

#include <algorithm>
#include <regex>
#include <stdexcept>
#include <utility>
#include <vector>

namespace troupe::tools {
namespace {

/// Estimates the states of the automaton: one for each atom, times its repetitions, group by group.
/// It only has to be right for well-formed patterns; the others are refused by the parser anyway.
class size_estimate {
 public:
  explicit size_estimate(std::string_view pattern)
      : rest_{pattern} {}

  std::size_t run() {
    std::vector<std::size_t> groups{0};
    std::size_t last = 0; // The cost of the atom that a repetition would apply to.
    while (!rest_.empty()) {
      switch (const char c = take()) {
      case '(':
        groups.push_back(0);
        last = 0;
        break;
      case ')':
        if (groups.size() > 1) {
          last = groups.back() + 2;
          groups.pop_back();
          groups.back() = cut(groups.back() + last);
        }
        break;
      case '{': {
        const auto times = repetitions();
        groups.back() = cut(groups.back() + last * (std::max<std::size_t>(times, 1) - 1));
        break;
      }
      default:
        if (c == '\\' && !rest_.empty())
          take();
        else if (c == '[')
          skip_class();
        last = 1;
        groups.back() = cut(groups.back() + last);
      }
    }
    std::size_t all = 0;
    for (const auto one : groups)
      all = cut(all + one);
    return all;
  }

 private:
  // Keeps the products far from overflow: what is over the limit only has to stay over it.
  static std::size_t cut(std::size_t cost) { return std::min<std::size_t>(cost, 1'000'000); }

  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  void skip_class() {
    while (!rest_.empty()) {
      const char c = take();
      if (c == ']')
        return;
      if (c == '\\' && !rest_.empty())
        take();
    }
  }

  /// The larger number in {n}, {n,} or {n,m}, up to a bound.
  std::size_t repetitions() {
    std::size_t most = 0;
    std::size_t number = 0;
    while (!rest_.empty()) {
      const char c = take();
      if (c >= '0' && c <= '9')
        number = std::min<std::size_t>(number * 10 + static_cast<std::size_t>(c - '0'), 100'000);
      else
        most = std::max(most, std::exchange(number, 0));
      if (c == '}')
        break;
    }
    return most;
  }

  std::string_view rest_;
};

} // namespace

struct schema_pattern::automaton {
  std::regex regex;
};

schema_pattern::schema_pattern(const std::string& text)
    : text_{text} {
  if (text.size() > pattern_max_bytes)
    throw std::invalid_argument{"the pattern is longer than " + std::to_string(pattern_max_bytes) +
                                " bytes"};
  states_ = size_estimate{text}.run() + 3;
  if (states_ > states_max)
    throw std::invalid_argument{
        "the pattern is too complex: its repetitions multiply to more than " +
        std::to_string(states_max) + " states"};
  // The flag is libstdc++'s own. It rules back references out, and selects the matcher that goes
  // through the text once with all alternatives side by side and does not recurse over the text.
  constexpr auto flags = std::regex_constants::ECMAScript | std::regex_constants::__polynomial;
  try {
    // By itself first: put into a larger one, "a)(b" would pass.
    const std::regex by_itself{text, flags};
    // A search would start anew at every byte, so instead the whole text is matched, with anything
    // around.
    automaton_ = std::make_unique<automaton>(automaton{
        std::regex{"[\\s\\S]*(?:" + text + ")[\\s\\S]*", flags | std::regex_constants::nosubs}});
  } catch (const std::regex_error& e) {
    if (e.code() == std::regex_constants::error_complexity)
      throw std::invalid_argument{
          "the pattern uses back references, which cannot be matched in bounded time"};
    throw std::invalid_argument{std::string{"the pattern is no regular expression: "} + e.what()};
  }
}

schema_pattern::schema_pattern(schema_pattern&&) noexcept = default;
schema_pattern& schema_pattern::operator=(schema_pattern&&) noexcept = default;
schema_pattern::~schema_pattern() = default;

bool schema_pattern::found_in(std::string_view text) const {
  return std::regex_match(text.begin(), text.end(), automaton_->regex);
}

} // namespace troupe::tools
