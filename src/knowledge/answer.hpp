#pragma once

#include "src/knowledge/base.hpp"

#include <troupe/knowledge.hpp>
#include <troupe/task.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace troupe::knowledge {

/// How a passage is cited: `policies/returns.md#How long you have`.
[[nodiscard]] std::string cite(const passage& x);

/// Of what was found, what an agent may answer from: nothing that is less to the point than it
/// wants, and at most as many as it wants.
[[nodiscard]] std::vector<hit> findings(std::vector<hit> found, const knowledge_use& use);

/// An answer in the documents' own words, each passage with its source, also in `data.sources`.
/// When there is no finding it says so, with a confidence of 0.1, and `data.found` is false.
[[nodiscard]] outcome answer_from(const knowledge_base& base, const std::vector<hit>& found,
                                  const std::string& question, const knowledge_use& use);

/// The findings as a model is shown them: [{"source", "text"}].
[[nodiscard]] json shown_to_model(const std::vector<hit>& found);

/// `text` with the sources behind it, those that it does not name itself.
[[nodiscard]] std::string with_sources(std::string text, const std::vector<std::string>& sources);

inline constexpr std::size_t answer_bytes = 700; ///< of one passage in an answer

} // namespace troupe::knowledge
