#pragma once

#include <troupe/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::models {

/// Parses JSON that a stranger sent; a discarded value when it is none, or when it is nested so
/// deep that whoever writes it out again could run out of stack.
[[nodiscard]] json parse_bounded(std::string_view text);

/// The string at `key` of an object; empty when there is none.
[[nodiscard]] std::string text_at(const json& object, const char* key);
/// The object at `key`; a shared null when there is none.
[[nodiscard]] const json& part_of(const json& object, const char* key);
/// The unsigned number at `key`; 0 when there is none.
[[nodiscard]] std::uint64_t count_at(const json& object, const char* key);

} // namespace troupe::models
