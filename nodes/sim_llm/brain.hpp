#pragma once

#include "nodes/sim_llm/chat.hpp"
#include "nodes/sim_llm/settings.hpp"

#include <cstdint>

namespace troupe::sim_llm {

/// What a simulated model says: from the script where something fits; else it uses the tool that
/// has most words in common with what the user wrote, and answers with what the tool said. The
/// same request and dice give the same answer.
[[nodiscard]] spoken answer_to(const chat& asked, const settings& from, std::uint64_t dice);

/// The same answer gone wrong: `malformed`, `hallucinated`, `refused` or `truncated`; with any
/// other mishap as it was.
[[nodiscard]] spoken spoilt(spoken x, const chat& asked, mishap how, std::uint64_t dice);

/// What goes wrong with a request, drawn by the shares.
[[nodiscard]] mishap draw_mishap(const mishap_shares& shares, std::uint64_t dice);

/// The time to the first token.
[[nodiscard]] milliseconds first_token(const latency_curve& curve, std::uint64_t dice);

/// A value that fits a JSON Schema, as far as the schema says so; words of `text` that match its
/// `pattern` are taken first.
[[nodiscard]] json value_from(const json& schema, const std::string& text, std::uint64_t dice);

} // namespace troupe::sim_llm
