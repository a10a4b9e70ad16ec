#pragma once

#include <troupe/enum_names.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// Where a text is looked at on its way through an agent.
enum class screen_place : std::uint8_t {
  request, ///< what the user wrote, before an agent gets it
  results, ///< what tools, documents and the steps before have said, before a model reads it
  actions, ///< what goes outside: the arguments of tools with effects, calls of agents with effects
  answers, ///< what the agent answers: what must not leak
};

template <>
struct enum_names<screen_place> {
  static constexpr std::array<std::string_view, 4> value{"request", "results", "actions",
                                                         "answers"};
};

/// What becomes of a text, by rising severity.
enum class screen_action : std::uint8_t {
  allow, ///< nothing
  flag,  ///< it goes on, and the trace says what was seen
  strip, ///< it goes on without the parts in question
  block, ///< it does not go on: the call, the use of the tool or the answer is denied by policy
};

template <>
struct enum_names<screen_action> {
  static constexpr std::array<std::string_view, 4> value{"allow", "flag", "strip", "block"};
};

/// What is done about texts of one place that score at least `threshold` (0 to 1).
struct screen_rule {
  screen_action action = screen_action::allow;
  double threshold = 0.7;
  friend bool operator==(const screen_rule&, const screen_rule&) = default;
};

/// What a domain or an agent declares of its screens. What an agent leaves out is its domain's, and
/// what both leave out is `default_screens`.
struct screen_spec {
  std::array<std::optional<screen_rule>, enum_names<screen_place>::value.size()> rules;
  /// Hosts that links in answers and in outgoing texts may lead to, with those below them.
  std::optional<std::vector<std::string>> hosts;

  [[nodiscard]] std::optional<screen_rule>& at(screen_place x) {
    return rules[static_cast<std::size_t>(x)];
  }
  [[nodiscard]] const std::optional<screen_rule>& at(screen_place x) const {
    return rules[static_cast<std::size_t>(x)];
  }
  [[nodiscard]] bool any() const noexcept {
    for (const auto& r : rules)
      if (r)
        return true;
    return hosts.has_value();
  }
  friend bool operator==(const screen_spec&, const screen_spec&) = default;
};

/// For agents that think with a model, unless somebody says otherwise: a request that tries to take
/// the agent over is refused, what a tool says of that kind is taken out, nothing goes outside that
/// was planted, and answers are masked. Other kinds have no screens unless they are declared.
[[nodiscard]] constexpr screen_rule default_screens(screen_place where) noexcept {
  switch (where) {
  case screen_place::request:
    return {screen_action::block, 0.7};
  case screen_place::results:
    return {screen_action::strip, 0.6};
  case screen_place::actions:
    return {screen_action::block, 0.7};
  case screen_place::answers:
    break;
  }
  return {screen_action::strip, 0.6};
}

} // namespace troupe
