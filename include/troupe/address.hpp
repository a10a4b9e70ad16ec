#pragma once

#include <troupe/enum_names.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

enum class address_kind : std::uint8_t { agent, domain, session, task, topic, node };

template <>
struct enum_names<address_kind> {
  static constexpr std::array<std::string_view, 6> value{"agent", "domain", "session",
                                                         "task",  "topic",  "node"};
};

/// Where something lives, independent of node and incarnation: `agent:support/billing`,
/// `domain:support`, `task:<id>`. Callers only ever hold addresses; moving, restarting or failing
/// over changes nothing for them.
struct address {
  address_kind kind = address_kind::agent;
  std::string name;

  /// Reads `kind:name`. Nothing for an unknown kind or an empty name.
  static std::optional<address> parse(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || colon + 1 == text.size())
      return std::nullopt;
    const auto kind = parse_enum<address_kind>(text.substr(0, colon));
    if (!kind)
      return std::nullopt;
    return address{*kind, std::string{text.substr(colon + 1)}};
  }

  [[nodiscard]] std::string str() const {
    std::string out{to_string(kind)};
    out += ':';
    out += name;
    return out;
  }

  friend bool operator==(const address&, const address&) = default;
};

} // namespace troupe

template <>
struct std::hash<troupe::address> {
  std::size_t operator()(const troupe::address& a) const noexcept {
    return std::hash<std::string>{}(a.name) * 31 + static_cast<std::size_t>(a.kind);
  }
};
