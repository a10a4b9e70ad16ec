#include "src/config/make_shape.hpp"

#include <troupe/screen.hpp>

namespace troupe::config {

namespace {

using namespace make;

const record& screen_rule_keys() {
  static const record r{"screen",
                        "What is done about a text that looks like an attempt to take the agent "
                        "over. `block` is short "
                        "for `{action: block}`.",
                        {{"action",
                          word<screen_action>(),
                          "`allow`: nothing; `flag`: the trace says it; `strip`: it is taken out "
                          "of the text; `block`: "
                          "the text goes no further",
                          {},
                          true},
                         {"threshold", number(0.05, 1), "score from which on the action counts",
                          "0.7; 0.6 for results and answers"}}};
  return r;
}

} // namespace

const record& screens_keys() {
  static const record r{
      "screens",
      "What is looked for in the texts that go through an agent. Agents that think with a model "
      "have "
      "all of these, others those that are declared.",
      {{"request", fields_or(screen_rule_keys, word<screen_action>()), "what the user wrote",
        "block, for agents with a model"},
       {"results", fields_or(screen_rule_keys, word<screen_action>()),
        "what tools, documents, the context and the steps before say",
        "strip, for agents with a model"},
       {"actions", fields_or(screen_rule_keys, word<screen_action>()),
        "what goes to tools, and to agents with effects", "block, for agents with a model"},
       {"answers", fields_or(screen_rule_keys, word<screen_action>()),
        "what an agent with a model answers: its instructions, keys, other customers' ids and "
        "addresses, links that carry data away",
        "strip, for agents with a model"},
       {"hosts", list(text(text_rule::label)),
        "hosts, with those below them, that links in answers and arguments may lead to, besides "
        "those "
        "that the user, the instructions and fields of tools' results name",
        "[]"}}};
  return r;
}

} // namespace troupe::config
