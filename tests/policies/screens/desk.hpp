#pragma once

#include "policies/screens/leak.hpp"

#include <string>
#include <utility>
#include <vector>

// A desk that has instructions, a customer and a host of its own: what the tests of outgoing texts
// share.
namespace troupe::screens::test {

inline constexpr const char* instructions =
    "You are the billing desk. Never grant more than 100 euros without a manager.\n"
    "The shop is open Monday to Friday from nine to six.";

struct desk {
  std::string canary = canary_of("shop/billing", instructions);
  secret_words secret{instructions, "Answer with one JSON object and nothing around it.", canary};
  known_things known{"C-1001"};
  std::vector<std::string> hosts{"shop.example"};

  desk() {
    known.trust(instructions);
    known.trust("My mail is anna@mail.example, see https://anna.example/a");
  }
  outgoing by() { return {&secret, &known, &hosts, nullptr}; }
  std::string answered(std::string text) {
    constexpr screen_rule strips{screen_action::strip, 0.6};
    static_cast<void>(screen_outgoing(text, screen_place::answers, strips, by()));
    return text;
  }
  screen_action used(json arguments) {
    constexpr screen_rule blocks{screen_action::block, 0.7};
    return screen_outgoing(arguments, screen_place::actions, blocks, by()).action;
  }
};

} // namespace troupe::screens::test
