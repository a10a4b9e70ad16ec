#pragma once

#include "actors/node_parts.hpp"
#include "policies/circuit_breaker.hpp"

#include <string>
#include <string_view>

namespace troupe {

/// What a breaker did, for people: "the breaker of agent d/a opened: 5 failures in 120 s". `kind`
/// is agent or provider.
[[nodiscard]] std::string breaker_words(std::string_view kind, const std::string& name,
                                        const breaker_change& x);

/// Writes the change to the log and to the metrics `troupe_breaker_open` and
/// `troupe_breaker_opened_total`. Any thread; changes are rare.
void report_breaker(const node_parts& parts, std::string_view kind, const std::string& name,
                    const breaker_change& x);

} // namespace troupe
