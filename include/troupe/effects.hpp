#pragma once

#include <troupe/enum_names.hpp>

#include <cstdint>

namespace troupe {

/// What a repeated call may do to the world outside. The numbers go into the store: append only.
enum class effects : std::uint8_t {
  none,       ///< reads only
  idempotent, ///< takes the idempotency key: a repetition changes nothing
  queryable,  ///< can be asked by key whether it happened
  unsafe,     ///< a repetition would do it twice: never repeated by itself
};

template <>
struct enum_names<effects> {
  static constexpr std::array<std::string_view, 4> value{"none", "idempotent", "queryable",
                                                         "unsafe"};
};

} // namespace troupe
