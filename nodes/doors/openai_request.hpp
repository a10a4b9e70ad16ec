#pragma once

#include "nodes/client.hpp"
#include "nodes/doors/http_message.hpp"
#include "nodes/doors/problem.hpp"

#include <optional>

namespace troupe {

/// A chat completion as a client asks for it.
struct chat_request {
  task_request what;
  bool stream = false;
  bool stream_usage = false; ///< a last chunk with the usage
  bool brings_tools = false; ///< that the client runs himself: `what.data.client` holds them
};

/// Reads the body of `POST /v1/chat/completions`, or nothing with `why` filled in. The model is the
/// domain, the last message of the user is the text. Without a session the messages go along as
/// `data.messages`, because the task knows nothing else of the conversation; with one (the header
/// X-Troupe-Session, else `user`) the session knows it. Tools of the client, and what they have
/// said since the user's last message, go along as `data.client` (policies/client_tools.hpp).
/// `metadata` may name the `customer` and its `tier`. What would change the form of the answer and
/// cannot be had is refused; what only tunes a model (temperature and so on) is the domain's own
/// affair and ignored, as are members that this door does not know: clients send new ones with
/// every release.
[[nodiscard]] std::optional<chat_request> read_chat(const http_request& from, problem& why);

} // namespace troupe
