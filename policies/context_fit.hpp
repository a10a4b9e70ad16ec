#pragma once

#include <troupe/model.hpp>

#include <cstddef>
#include <vector>

namespace troupe {

/// What was done so that a conversation fits.
struct context_fit {
  std::size_t before = 0;    ///< bytes
  std::size_t after = 0;     ///< bytes
  std::size_t shortened = 0; ///< messages
};

/// Makes a conversation fit into `most` bytes of text, as far as it can be made to: first what
/// tools said before the model's last wishes, the oldest first; then what they said last; then the
/// long texts of the call's own document, those of earlier steps before the others. What is
/// shortened keeps its beginning and the plain values of its data, and says that it was shortened.
/// Instructions, the request and what the model itself wrote stay as they are.
context_fit fit_context(std::vector<chat_message>& messages, std::size_t most);

/// The text of all messages, with what their calls of tools say, in bytes.
[[nodiscard]] std::size_t context_bytes(const std::vector<chat_message>& messages);

} // namespace troupe
