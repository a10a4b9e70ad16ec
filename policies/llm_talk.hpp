#pragma once

#include "policies/context_forward.hpp"

#include <troupe/agent.hpp>
#include <troupe/model.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// What every model is told besides the instructions of its agent: what is data, and how to answer.
/// `canary`: a word that it is never to say; empty: there is none.
[[nodiscard]] std::string house_rules(bool with_tools, std::string_view canary);

/// A document as data: `<data of="SOURCE">`, the document as JSON, `</data>`, each on lines of
/// their own. Within it stand neither < nor >, which JSON can say otherwise, so that nothing in it
/// ends it or begins another.
[[nodiscard]] std::string as_data(const json& document, std::string_view source);
/// Another document in the mark that `marked` has; without one, the document alone.
[[nodiscard]] std::string in_place_of(std::string_view marked, const json& document);
/// The JSON text within such a mark; a text without one as it is.
[[nodiscard]] std::string_view inside_data(std::string_view text) noexcept;

/// The conversation that a call begins with: the agent's instructions with the house rules, and the
/// call as data: request, skill, input, and of the context the fields that the agent may read.
/// `knowledge`: passages of documents, [{"source", "text"}]; null: the agent has none. `canary`:
/// see `house_rules`.
[[nodiscard]] std::vector<chat_message> opening(const std::string& instructions,
                                                const agent_call& what, const forward_rules& rules,
                                                bool with_tools, const json& knowledge = {},
                                                std::string_view canary = {});

/// The schema of {"text", "data", "confidence"} that the model is given: the agent's own, with what
/// is missing in it.
[[nodiscard]] json answer_schema(const json& gives);

/// The JSON object that a model has answered with, also one within a Markdown fence; discarded:
/// there is none, or it is nested too deep to be worked with.
[[nodiscard]] json object_in(std::string_view text);

/// The sources that an answer names in its data, those that are texts.
[[nodiscard]] std::vector<std::string> sources_of(const outcome& x);

/// A model's answer, read: an outcome, or what is wrong with it.
struct read_reply {
  outcome what;
  std::vector<flaw> flaws;
};
/// Takes a JSON object, also one within a Markdown fence, and nothing else around it.
[[nodiscard]] read_reply read_answer(std::string_view text);

/// What a model is told when its answer breaks what was agreed on.
[[nodiscard]] std::string repair_order(const std::vector<flaw>& flaws);

/// What a tool said, as the model gets it: {"text", "data"} or {"error"} as data, cut to what a
/// model should read.
[[nodiscard]] std::string tool_words(const outcome& x, std::string_view tool);
inline constexpr std::size_t tool_words_max = 16u << 10;

} // namespace troupe
