#pragma once

#include <troupe/task.hpp>

#include <cstddef>

namespace troupe {

/// About how many bytes of memory `x` takes. Looks at every value within it and allocates nothing.
[[nodiscard]] std::size_t body_size(const json& x) noexcept;

/// About how many bytes the text and the data of a task take. Without data that is one addition.
[[nodiscard]] inline std::size_t body_size(const task& x) noexcept {
  return x.text.size() + (x.data.is_null() ? 0 : body_size(x.data));
}

} // namespace troupe
