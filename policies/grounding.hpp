#pragma once

#include <troupe/json.hpp>
#include <troupe/reason.hpp>

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// The numbers that an answer may speak of: those that stand in what its agent was given or has
/// found out. Numbers of less than three digits are everybody's, unless it is said
/// otherwise, and no proof of anything.
/// Separators do not count, so that 4900 cents are $49.00, and 10200 is order LF-10200.
class known_numbers {
 public:
  /// `digits`: numbers of fewer are everybody's, unless a sign of money stands before them.
  explicit known_numbers(std::size_t digits = 3)
      : digits_(digits) {}

  void add(std::string_view text);
  void add_all(const json& value);

  /// What an answer, {"text", "data"}, says beyond that: a flaw for each place with a number that
  /// stands nowhere else.
  [[nodiscard]] std::vector<flaw> flaws_in(const json& answer) const;

 private:
  void look(const json& value, const std::string& pointer, std::vector<flaw>& out) const;

  std::size_t digits_;
  std::set<std::string, std::less<>> known_;
};

} // namespace troupe
