#pragma once

#include "policies/screens/known_things.hpp"
#include "policies/screens/screen.hpp"
#include "policies/screens/secret_words.hpp"

#include <troupe/agent.hpp>

#include <functional>
#include <string>
#include <vector>

namespace troupe::screens {

/// What is held against a text that goes out.
struct outgoing {
  const secret_words* secret = nullptr;              ///< null: there is nothing
  const known_things* known = nullptr;               ///< null: nobody knows what is known
  const std::vector<std::string>* hosts = nullptr;   ///< that links may lead to; null: none
  std::function<bool(const std::string&)> holds_key; ///< whether a text holds a secret of the fleet
};

/// Screens a text that leaves an agent (`answers`), or goes to a tool that acts (`actions`): the
/// model's instructions, keys in another form, other customers' ids and addresses, images and links
/// that carry data away, addresses that nobody gave. With `strip` they are masked in place; a
/// member of a document whose name is at fault is taken out.
[[nodiscard]] verdict screen_outgoing(std::string& text, screen_place where, screen_rule rule,
                                      const outgoing& by);
[[nodiscard]] verdict screen_outgoing(json& document, screen_place where, screen_rule rule,
                                      const outgoing& by);

} // namespace troupe::screens
