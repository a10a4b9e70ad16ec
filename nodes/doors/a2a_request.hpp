#pragma once

#include "nodes/client.hpp"
#include "nodes/doors/a2a_fault.hpp"
#include "nodes/doors/a2a_task.hpp"
#include "nodes/doors/offers.hpp"

#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// What a message asks for. Members that are not known are ignored, as the protocol wants it.
struct a2a_message {
  task_request what;     ///< `context_id` is never empty
  std::string continues; ///< the task that the message belongs to; empty: a new one
  bool at_once = false;  ///< answer when the task has been taken
  a2a_shape shape;
  json push; ///< where its sender wants to hear of the task; null: nowhere
};

/// Reads the parameters of SendMessage. `tenant` names the domain, `message.metadata.skill` one of
/// the offers; else the fleet's entry finds out. The same message sent again gives the same task:
/// `whose` keeps the senders apart.
[[nodiscard]] std::optional<a2a_message> read_a2a_message(const json& parameters,
                                                          const std::vector<skill_offer>& offers,
                                                          const std::string& whose, a2a_fault& why);

/// `historyLength` of a request; nothing, with `why` filled in, when it is no number.
[[nodiscard]] std::optional<std::size_t> read_history(const json& parameters, std::size_t usual,
                                                      a2a_fault& why);
/// A member that is text and not longer than a name; nothing, with `why` filled in, otherwise.
[[nodiscard]] std::optional<std::string> read_a2a_text(const json& from, const char* member,
                                                       a2a_fault& why);

} // namespace troupe
