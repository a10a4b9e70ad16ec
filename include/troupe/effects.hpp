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

/// What a whole task has done to the world outside and not taken back, as far as is known. The
/// numbers go into the store: append only; the greater one counts where two are to be said in one.
enum class deeds : std::uint8_t {
  none,
  possible, ///< nobody knows
  done,
};

template <>
struct enum_names<deeds> {
  static constexpr std::array<std::string_view, 3> value{"none", "possible", "done"};
};

} // namespace troupe
