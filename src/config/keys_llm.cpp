#include "src/config/make_shape.hpp"

#include <troupe/effects.hpp>
#include <troupe/forwarding.hpp>

namespace troupe::config {

namespace {

using namespace make;

const record& llm_tool_keys() {
  static const record r{
      "tool",
      "Something that the model may use: a function, a program or a service that takes the same "
      "calls as an agent of that kind does. The arguments are the call's `input`.",
      {{"description", text(text_rule::filled), "what it does, for the model", {}, true},
       {"takes", any(),
        "JSON Schema of the arguments, an object; or a file within the fleet's folder",
        "no arguments"},
       {"skill", text(text_rule::name), "what it is asked for", "what the agent is asked for"},
       {"effects", word<effects>(), "what a repeated call may do to the world outside", "none"},
       {"once_per", list(text(text_rule::filled)),
        "arguments that say what is done: uses that agree in them are done once within a step; "
        "`[]`: whatever its arguments are, it does what the step asks for, once",
        "every use is a deed of its own, told apart by all arguments"},
       {"timeout", duration(), "for one use", "10s"},
       {"native", fields(native_keys), "a function"},
       {"subprocess", fields(subprocess_keys), "a program"},
       {"http", fields(http_keys), "a service"}},
      {"native", "subprocess", "http"}};
  return r;
}

const record& simple_keys() {
  static const record r{
      "simple",
      "A cheaper model for requests that look simple. Its answer is taken when it follows what was "
      "agreed on and is sure; else the agent's own model is asked. Where it does badly it is asked "
      "less.",
      {{"model", text(text_rule::name), "one of the fleet's models", {}, true},
       {"below", number(0, 1),
        "complexity below which a request looks simple: by its length, wishes, questions, "
        "conditions and numbers",
        "0.4"},
       {"sure_at", number(0, 1), "the confidence that its answer needs", "0.7"}}};
  return r;
}

} // namespace

const record& llm_keys() {
  static const record r{
      "llm",
      "An agent that thinks with a language model and acts with tools.",
      {{"model", text(text_rule::name), "one of the fleet's models", {}, true},
       {"fallback_models", list(text(text_rule::name)), "asked in order when it fails", "[]"},
       {"simple", fields(simple_keys), "requests that look simple go to a cheaper model first",
        "none"},
       {"cheaper_model", text(text_rule::name),
        "of `model` and `fallback_models` the one that is asked when a limit is nearly used up",
        "the cheapest"},
       {"prompt",
        list(text(text_rule::filled), 1),
        "files with its instructions, relative to the domain's folder",
        {},
        true},
       {"tools", map(text_rule::word, fields(llm_tool_keys)), "what it may use, by name", "{}"},
       {"servers", list(text(text_rule::name)),
        "MCP servers of the fleet whose tools it may use besides; those that do more to the world "
        "than its `effects` say are left out",
        "[]"},
       {"resources", list(text(text_rule::name)),
        "MCP servers of the fleet whose resources it may read, with the tools `list_resources` and "
        "`read_resource`",
        "[]"},
       {"knowledge", fields_or(knowledge_keys, list(text(text_rule::name), 1)),
        "documents of its domain that it is shown passages of", "none"},
       {"many_tools", truth(), "more than 15 tools are meant", "false"},
       {"max_steps", integer(1, 100), "answers with tools within a call", "8"},
       {"max_output", integer(1, 1e7), "tokens of one answer", "the model's"},
       {"temperature", number(0, 2), "how freely it speaks", "the server's"},
       {"forward", word<forwarding>(), "what it is shown of the steps before", "full"},
       {"forward_from", map(text_rule::name, word<forwarding>()), "the same, by the step's name",
        "{}"},
       {"grounded", truth(),
        "numbers of three digits or more in its answer must stand in what it was given or what its "
        "tools said",
        "false"}}};
  return r;
}

} // namespace troupe::config
