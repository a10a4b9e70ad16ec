#pragma once

#include <troupe/json.hpp>
#include <troupe/model.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe {

/// What can be seen of a request without understanding it.
struct request_signs {
  std::size_t words = 0;
  std::size_t clauses = 0; ///< sentences, and parts of sentences that are joined by words
  std::size_t questions = 0;
  std::size_t entities = 0;  ///< numbers, amounts, dates, ids, addresses
  std::size_t reasoning = 0; ///< words that ask for more than looking up: why, compare, if, unless
  std::size_t before = 0;    ///< results of former steps that it builds on
};

/// Reads the signs off a request: its text, and the step's input with the results before it.
[[nodiscard]] request_signs signs_of(std::string_view text, const json& input);

/// How hard a request looks, from 0 to 1: a logistic function of its signs. About 0.1 for "Where is
/// my parcel?", over 0.5 for several wishes, conditions and numbers in one message.
[[nodiscard]] double complexity_of(const request_signs& x) noexcept;

/// What an agent has learned of its simple model: how often it did well with requests as hard as
/// this, by tenths of complexity. A value: whoever counts keeps it.
class model_record {
 public:
  /// The simple model has answered a request of this complexity, well or not.
  void note(double complexity, bool well) noexcept;
  /// The share of requests of this complexity that it is expected to do well with: the mean of a
  /// Beta distribution that begins with what `threshold` says (likely below it, unlikely above) and
  /// weighs eight requests.
  [[nodiscard]] double expected(double complexity, double threshold) const noexcept;

 private:
  static std::size_t tenth_of(double complexity) noexcept;
  struct tally {
    double good = 0;
    double bad = 0;
  };
  std::array<tally, 10> tenths_{};
};

/// The simple model is asked when it is expected to do well so often; else the agent's own.
inline constexpr double simple_enough = 0.9;
/// Old answers count for less: of this many in a tenth, both counts are halved.
inline constexpr double record_remembers = 200;

[[nodiscard]] bool asks_simple_model(double complexity, double threshold,
                                     const model_record& learned) noexcept;

} // namespace troupe
