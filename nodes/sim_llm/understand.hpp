#pragma once

#include "nodes/sim_llm/chat.hpp"

#include <optional>
#include <string>

namespace troupe::sim_llm {

/// The answer to who asks what a message wants (`triage_talk`), as a model gives it that goes by
/// the words which a message shares with the names and meanings of intents. Nothing: something else
/// is asked.
[[nodiscard]] std::optional<json> clauses_for(const chat& asked);

/// One text of the answers of several steps, for who is asked to join them: what the steps said,
/// one after the other. Empty: there are no several answers in what was asked.
[[nodiscard]] std::string joined_answers(const std::string& wish);

} // namespace troupe::sim_llm
