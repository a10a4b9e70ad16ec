#pragma once

#include <troupe/enum_names.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace troupe {

/// What of an earlier step's outcome reaches an agent that works on.
enum class forwarding : std::uint8_t {
  full,       ///< text, data and confidence
  structured, ///< what matters of the data; of an outcome without data the beginning of its text
  summary,    ///< the first sentence and the plain values of the data, cut
};

template <>
struct enum_names<forwarding> {
  static constexpr std::array<std::string_view, 3> value{"full", "structured", "summary"};
};

} // namespace troupe
