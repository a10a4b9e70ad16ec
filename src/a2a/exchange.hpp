#pragma once

#include <troupe/json.hpp>
#include <troupe/reason.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace troupe::a2a {

// What a client of A2A 1.0 says and hears. Pure; any thread.

/// How an agent is spoken to, as its card says.
struct endpoint {
  std::string url;    ///< without a slash at its end
  std::string tenant; ///< that the card names for this interface
  bool rpc = true;    ///< JSON-RPC; else HTTP+JSON
};

/// Where the card of an agent is: `url` itself when it names a document, else the well-known place.
[[nodiscard]] std::string card_url(std::string_view url);

/// The interface to use: the first that speaks 1.0 over a binding we know, at the host of `from`.
/// The card must not send us, and the keys that we carry, elsewhere. Nothing, with a sentence in
/// `why`, when there is none.
[[nodiscard]] std::optional<endpoint> pick_endpoint(std::string_view card, std::string_view from,
                                                    std::string& why);

/// One request as it goes over the wire.
struct wire_request {
  std::string method;
  std::string url;
  std::string body; ///< empty: none
};

struct message {
  std::string id;
  std::string text;
  json data;         ///< an object, or null
  std::string skill; ///< put into the message's metadata; empty: none
};

[[nodiscard]] wire_request send_request(const endpoint& to, const message& what,
                                        std::string_view tenant);
[[nodiscard]] wire_request get_request(const endpoint& to, const std::string& task,
                                       std::string_view tenant);
[[nodiscard]] wire_request cancel_request(const endpoint& to, const std::string& task,
                                          std::string_view tenant);

/// What an agent answered.
struct reply {
  bool over = false; ///< nothing more will come; else `task` goes on
  /// A task is there that the agent has not rejected: it may have acted, whatever it ends with.
  bool begun = false;
  bool settled = false; ///< the task has ended there: it need not be cancelled
  bool passing = false; ///< the question could not be answered just now, and may be asked again
  std::string task;     ///< as far as it is known
  std::string text;
  json data; ///< an object, or null
  failure failed;
};

/// Reads the answer to `send_request` (`wrapped`) or `get_request`. Whatever breaks the protocol is
/// `invalid_output`.
[[nodiscard]] reply read_reply(const endpoint& from, int status, std::string_view body,
                               bool wrapped);

} // namespace troupe::a2a
