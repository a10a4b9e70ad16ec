#pragma once

#include "nodes/client.hpp"
#include "nodes/doors/http_message.hpp"
#include "nodes/doors/problem.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe {

// How answers look to clients of the OpenAI API. Pure; any thread.

/// What all parts of one answer say of it.
struct chat_head {
  std::string task;
  std::string model;        ///< the domain
  std::int64_t created = 0; ///< seconds since 1970
  bool with_tools = false;  ///< the client brought tools: it may be asked to use them
};

/// The whole answer to a task that has ended well.
[[nodiscard]] std::string completion_text(const chat_head& head, const outcome& x);

/// The same as server-sent events: the beginning, the answer with its end (and its usage if that
/// was asked for), and what stands at the end of every stream.
[[nodiscard]] std::string chunk_of_role(const chat_head& head);
[[nodiscard]] std::string chunks_of(const chat_head& head, const outcome& x, bool with_usage);

/// A refusal in the form of this API. It stands for requests that no task came of: clients may try
/// again by themselves, unless nobody knows whether there is a task (an answer that did not come in
/// time), which the header `x-should-retry` tells them.
[[nodiscard]] http_reply to_openai_reply(const problem& p, std::string_view path = {});
[[nodiscard]] std::string openai_error_text(const problem& p);

/// A task that has ended otherwise than well, as a problem. Nobody should repeat it by himself,
/// since it has had its effects.
[[nodiscard]] problem problem_of_end(const task_record& x);
/// `to_openai_reply` of that.
[[nodiscard]] http_reply ended_badly(const task_record& x);
/// The wait ended before the task.
[[nodiscard]] http_reply not_ended_yet(const std::string& task);

} // namespace troupe
