#pragma once

#include <troupe/enum_names.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace troupe {

/// How a link between two nodes ended, or could not be made.
enum class link_loss : std::uint8_t {
  refused, ///< the host says that nobody listens there: the process has ended
  silent,  ///< no heartbeat came in time
  closed,  ///< the connection broke, or one side gave it up; it may be made again at once
  goodbye, ///< a side said that it ends all its links, and may listen again in a moment
};

template <>
struct enum_names<link_loss> {
  static constexpr std::array<std::string_view, 4> value{"refused", "silent", "closed", "goodbye"};
};

} // namespace troupe
