#pragma once

#include "src/config/diagnostic.hpp"

#include <troupe/clock.hpp>
#include <troupe/enum_names.hpp>
#include <troupe/json.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace troupe::sim_llm {

/// What may go wrong with a request.
enum class mishap : std::uint8_t {
  none,
  limited,      ///< 429 with Retry-After
  overloaded,   ///< 503, or 529 as Anthropic has it
  broken,       ///< 500
  silent,       ///< no answer ever
  slow,         ///< ten times as slow
  cut,          ///< the stream breaks in the middle
  malformed,    ///< an answer that is not what was agreed on: no JSON, half of it, other types
  hallucinated, ///< numbers and names that nobody gave, tools that do not exist
  refused,      ///< the model will not answer
  truncated,    ///< cut off at the limit of tokens
};

/// How often each of them, from 0 to 1; together at most 1.
using mishap_shares = std::array<double, 11>;

/// One wish for a tool in a script; texts may hold `${1}` for what the pattern's groups matched.
struct scripted_call {
  std::string tool;
  json arguments = json::object();
};

/// An answer and when it is given. Everything that is said must hold.
struct scripted_answer {
  std::shared_ptr<const re2::RE2> match; ///< found in the last thing the user wrote; null: anything
  std::string after; ///< the conversation ends with a result of this tool; empty: with the user
  std::vector<scripted_call> calls;
  /// May hold `${1}`, `${result}` (the text of the last tool's result) and nothing else.
  std::string text;
  json data; ///< with `text`, where a structured answer is asked for
  double confidence = 0.9;
};

/// How long answers take: the time to the first token is log-normal (as measured of real
/// services), every further token takes the same.
struct latency_curve {
  milliseconds median{0};
  milliseconds p99{0}; ///< at least the median
  milliseconds per_token{0};
};

/// A simulated provider of language models.
struct settings {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0; ///< 0: any free one
  std::uint64_t seed = 1;
  latency_curve latency;
  mishap_shares mishaps{};
  milliseconds retry_after{1000};        ///< what those are told who are limited by chance
  std::uint32_t requests_per_minute = 0; ///< of a key, in a sliding minute; 0: no limit
  std::uint64_t tokens_per_minute = 0;   ///< the same for what requests and their answers have
  double cached = 0; ///< so much of what is read is told as read from a cache, from 0 to 1
  std::vector<std::string> models{"sim-small", "sim-large"}; ///< what it lists
  std::vector<scripted_answer> answers;                      ///< the first that fits
};

/// Everything goes wrong that can: a quarter of all requests is limited or refused outright, and of
/// the answers a good part is slow, cut, malformed or made up.
[[nodiscard]] mishap_shares worst();

/// Reads a script (docs/guide/models.md) over what `into` says. Nothing of it counts when there are
/// errors; they name file, line and key.
void read_script(const std::filesystem::path& file, settings& into,
                 std::vector<config::diagnostic>& errors);

} // namespace troupe::sim_llm

namespace troupe {

template <>
struct enum_names<sim_llm::mishap> {
  static constexpr std::array<std::string_view, 11> value{
      "none", "limited",   "overloaded",   "broken",  "silent",   "slow",
      "cut",  "malformed", "hallucinated", "refused", "truncated"};
};

} // namespace troupe
