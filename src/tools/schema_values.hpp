#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace troupe::tools {

/// The bit of schema_type that a value belongs to; a number without a fraction is integer and
/// number.
unsigned types_of(const nlohmann::json& value);

/// The names of a set of types, for a message: "string or null".
std::string type_names(unsigned types);

/// Whether a number is a multiple of another that is greater than 0. Exact for integers; for
/// fractions the rounding of binary numbers is allowed for, so that 4.35 is a multiple of 0.01.
bool is_multiple(const nlohmann::json& value, const nlohmann::json& of);

/// The length of a UTF-8 text in code points.
std::size_t code_points(std::string_view text);

/// Whether no two elements of an array are equal (1 and 1.0 are). `steps` counts down by the size
/// of what had to be looked at; it stops, with an answer that means nothing, when that is below 0.
bool all_different(const nlohmann::json& array, long& steps);

/// A value as JSON text for a message, cut short.
std::string shown(const nlohmann::json& value);
std::string shown(long double number);

} // namespace troupe::tools
