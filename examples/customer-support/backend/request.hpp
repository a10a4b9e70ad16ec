#pragma once

#include "examples/customer-support/backend/database.hpp"

#include <troupe/agent.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::support {

/// A customer as the desks know them.
struct client {
  std::string id;
  std::string name;
  std::string email;
  std::string tier; ///< gold, standard or free
  std::string card_last4;
};

[[nodiscard]] std::optional<client> find_client(database& db, const std::string& id);

/// Who the call is about: `context.customer_id`, or else the customer that the task runs for. Upper
/// case; empty if nobody said.
[[nodiscard]] std::string customer_of(const agent_call& call);

/// The first order that `text` names, as `LF-10234`: after `LF-`, `LF` or `#`, or a bare number of
/// five digits or more that is no amount of money. Numbers that are not ours come back the same
/// way, so that an answer can name them. Empty if none.
[[nodiscard]] std::string order_in(std::string_view text);

/// The order of a call: `input.order_id`, the one in the text, that of the item which the call is
/// about, the only one that the whole message names, the one that an earlier step of the plan dealt
/// with, or the one that was talked about last. Empty if none.
[[nodiscard]] std::string order_of(const agent_call& call);

/// Whether any of `words` (lower case) occurs in `text` as a whole word or phrase, in any case.
[[nodiscard]] bool says(std::string_view text, std::initializer_list<std::string_view> words);

/// Whether `text` only wants to know: "can I get a refund?", "how do I move to a smaller plan". Who
/// asks us to do it ("could you refund me?") or says what they want has more in mind.
[[nodiscard]] bool only_asks(std::string_view text);

/// An answer with its data; `data.source` is "database" unless `data` says otherwise.
[[nodiscard]] outcome reply(std::string text, json data, double confidence = 0.95);

/// The friendly question that is asked when something is needed first; `data.missing` names it.
[[nodiscard]] outcome ask_for(std::string_view missing, std::string text);

/// The answer about an order that is not the customer's, whoever's it is; `so` is what follows from
/// that: `I have not refunded anything`.
[[nodiscard]] outcome not_on_account(const std::string& order, std::string_view so);

/// Whether the order is the customer's.
[[nodiscard]] bool has_order(database& db, const client& who, const std::string& order);

/// `a`, `a and b`, `a, b, and c`.
[[nodiscard]] std::string listed(const std::vector<std::string>& things);

} // namespace troupe::support
