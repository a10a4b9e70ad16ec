#include "src/config/make_shape.hpp"

#include <troupe/agent.hpp>

namespace troupe::config {

using namespace make;

const record& native_keys() {
  static const record r{
      "native",
      "A function of a plugin or of the program itself.",
      {{"function", text(text_rule::filled), "the name it is registered under", {}, true},
       {"options", object(), "handed to the function", "{}"}}};
  return r;
}

const record& subprocess_keys() {
  static const record r{
      "subprocess",
      "A program that speaks JSON on its standard input and output.",
      {{"command", list(text(), 1), "program and arguments; runs in the fleet's folder", {}, true},
       {"mode", one_of({"worker", "once"}),
        "`worker`: long-lived, one JSON per line; `once`: one process per call", "worker"},
       {"environment", map(text_rule::filled, text()),
        "variables set for it beside PATH, TROUPE_DATA_DIR and TROUPE_FLEET_DIR; nothing else is "
        "inherited",
        "{}"},
       {"output_max", size(1, 64 << 20), "the largest answer", "1MiB"}}};
  return r;
}

const record& http_keys() {
  static const record r{
      "http",
      "A service that takes the request as JSON in a POST.",
      {{"url", text(text_rule::url), "where it is", {}, true},
       {"headers", map(text_rule::name, text(text_rule::header)), "sent with each request", "{}"}}};
  return r;
}

namespace {

const record& rule_keys() {
  static const record r{
      "rule",
      "An answer and when it is given. Everything that is said must hold.",
      {{"skill", text(text_rule::name), "the call is for this skill", "any"},
       {"any", list(text(text_rule::filled)), "the text holds one of these words", "[]"},
       {"all", list(text(text_rule::filled)), "the text holds all of these words", "[]"},
       {"when", list(fields(condition_keys)), "these conditions hold on the agent's request", "[]"},
       {"text", text(), "the answer; may hold `${...}` templates", "empty"},
       {"data", object(), "structured part of the answer", "none"},
       {"confidence", number(0, 1), "of the answer", "1"}},
      {},
      {"text", "data"}};
  return r;
}

const record& otherwise_keys() {
  static const record r{"otherwise",
                        "The answer when no rule matches.",
                        {{"text", text(), "the answer; may hold `${...}` templates", "empty"},
                         {"data", object(), "structured part of the answer", "none"},
                         {"confidence", number(0, 1), "of the answer", "1"}},
                        {},
                        {"text", "data"}};
  return r;
}

const record& rules_keys() {
  static const record r{
      "rules",
      "Fixed answers; the first rule that matches gives its own.",
      {{"rules", list(fields(rule_keys), 1), "in order", {}, true},
       {"otherwise", fields(otherwise_keys), "when no rule matches", "fails with low_confidence"}}};
  return r;
}

const record& a2a_keys() {
  static const record r{
      "a2a",
      "An agent somewhere else that speaks A2A 1.0.",
      {{"url", text(text_rule::url), "where it or its agent card is", {}, true},
       {"tenant", text(text_rule::filled), "told to it with each request", "as its card says"},
       {"skill", text(text_rule::filled), "told to it in the metadata of each message", "none"},
       {"headers", map(text_rule::name, text(text_rule::header)), "sent with each request", "{}"}}};
  return r;
}

const record& mcp_keys() {
  static const record r{
      "mcp",
      "A tool of one of the fleet's MCP servers.",
      {{"server", text(text_rule::name), "the server", {}, true},
       {"tool", text(text_rule::filled), "the tool, as the server calls it", {}, true},
       {"arguments", object(), "of the tool; texts may hold `${...}` templates",
        "the request's input"}}};
  return r;
}

const record& worker_keys() {
  static const record r{
      "worker",
      "Programs anywhere that ask the node for work.",
      {{"lease", duration(1 * second, 1 * hour),
        "how long a program may be silent before its call counts as crashed", "30s"}}};
  return r;
}

const record& human_agent_keys() {
  static const record r{
      "human",
      "A person.",
      {{"queue", text(text_rule::name), "one of the fleet's queues of people", {}, true},
       {"question", text(), "asked instead of the request's text", "the request"}}};
  return r;
}

const record& ask_model_keys() {
  static const record r{
      "ask_model",
      "A language model that is asked for what the trained model is not sure of. What it says is "
      "checked; when it is of no use, what the trained model found stands.",
      {{"model", text(text_rule::name), "one of the fleet's models", {}, true},
       {"fallback_models", list(text(text_rule::name)), "asked in order when it fails", "[]"},
       {"plan", truth(), "it may also split a message that the rules did not split", "false"},
       {"max_steps", integer(1, 32), "wishes that it may find in a message", "8"},
       {"plan_words", integer(1, 10000),
        "a shorter message, in words, is not taken for several wishes", "10"},
       {"min_confidence", number(0, 1), "intents that it is less sure of are not accepted", "0.5"},
       {"max_output", integer(1, 1e7), "tokens of its answer", "the model's"}}};
  return r;
}

const record& triage_keys() {
  static const record r{
      "triage",
      "Finds out what a message wants. Paths are relative to the domain's folder.",
      {{"model",
        text(text_rule::filled),
        "the trained model; made when it is missing or older than the examples",
        {},
        true},
       {"examples", text(text_rule::filled), "examples to train from", "none"},
       {"extra_examples", list(text(text_rule::filled)), "further ones, those that exist", "[]"},
       {"split", truth(), "whether a message may hold several wishes", "true"},
       {"plans", list(text(text_rule::filled)),
        "words that messages use for plans, found as entities", "[]"},
       {"ids", map(text_rule::name, list(text(text_rule::name))),
        "what the numbers of records begin with, by the type of the entity: with `order: [LF]`, "
        "LF-10234 is an order",
        "{}"},
       {"ask_model", fields(ask_model_keys), "a language model to ask as well", "none"}}};
  return r;
}

const record& placement_keys() {
  static const record r{
      "placement",
      "Which nodes it may run on. Where none will do it is `unplaced`, and starts when one joins.",
      {{"labels", list(text(text_rule::label)), "the node has all of them", "[]"},
       {"amounts", map(text_rule::name, integer(1, 1e15)),
        "the node has so much left of what it offers, for each replica", "{}"},
       {"regions", list(text(text_rule::name)), "the node is in one of these", "any"},
       {"near", text(text_rule::name), "rather in this region", "none"}}};
  return r;
}

const record& replicas_keys() {
  static const record r{
      "replicas",
      "As many replicas as its calls need.",
      {{"min", integer(1, 10000), "at least", "1"},
       {"max", integer(1, 10000), "at most", {}, true},
       {"target", number(0.01, 1000), "calls, working and waiting, for each slot", "1"},
       {"cool_down", duration(100 * ms, 1 * hour), "between two changes upwards", "5s"},
       {"stable", duration(1 * second, 1 * day), "fewer only when as few were enough for so long",
        "1m"}}};
  return r;
}

} // namespace

const record& agent_keys() {
  static const record r{
      "agents/NAME.yaml",
      "An agent.",
      {{"agent", text(text_rule::word), "name of the agent: that of its file", {}, true},
       {"description", text(), "what it does", "empty"},
       {"kind", word<agent_kind>(), "what it is; the block named like it is required", "native"},
       {"skills", list(text(text_rule::name), 1), "what it can do; required unless kind is triage"},
       {"intents", list(text(text_rule::filled)),
        "of its domain's intents, those that it is there for: what the strategy `classifier` "
        "compares by",
        "those that lead to its skills"},
       {"labels", list(text(text_rule::filled)), "free words, shown with it", "[]"},
       {"cost", number(0, 1e9), "per call, in the fleet's currency", "0"},
       {"quality", number(0, 1), "as its team sees it", "1"},
       {"effects", word<effects>(),
        "what a repeated call may do to the world outside; of kind mcp by default what the fleet's "
        "file says of the tool",
        "none"},
       {"replicas", fields_or(replicas_keys, integer(1, 10000)),
        "actors that share its work: a number, or `min` and `max` to follow its calls", "1"},
       {"placement", fields(placement_keys), "which nodes it may run on", "any"},
       {"slots", integer(1, 1024), "calls at the same time, per replica", "1"},
       {"queue", integer(0, 1000000), "waiting calls, per replica", "1000"},
       {"timeout", duration(), "for one call", "30s"},
       {"restart", word<restart_type>(), "when it is started again after it ended", "permanent"},
       {"reads", list(text(text_rule::name)), "context fields that it is shown", "[]"},
       {"writes", list(text(text_rule::name)), "context fields that it may set", "[]"},
       {"min_confidence", number(0, 1), "answers below it fail as low_confidence", "0"},
       {"takes", any(),
        "JSON Schema of its calls, {skill, text, input, context}; or a file beside it", "anything"},
       {"gives", any(), "JSON Schema of its answers, {text, data, confidence}; or a file beside it",
        "anything"},
       {"sanitize", list(text(text_rule::name)),
        "rules that take out of its texts what must not get outside", "[]"},
       {"screens", fields(screens_keys), "against being taken over, and against leaks",
        "the domain's"},
       {"fallback", list(text(text_rule::fallback)), "tried in order when repetitions end", "[]"},
       {"breaker", fields(breaker_keys), "its circuit breaker", "the domain's"},
       {"provider", text(text_rule::name),
        "whom it depends on; agents with the same one share a circuit breaker", "none"},
       {"shed_at", integer(0, 8),
        "stage of the domain's overload from which on it gets no new work; 0: never", "0"},
       {"critical", truth(),
        "goes on asking models when the limit of a day or of a customer's day is used up", "false"},
       {"cache", fields(cache_keys), "kind llm: answers of its models that are given again",
        "the domain's"},
       {"native", fields(native_keys), "for kind native"},
       {"rules", fields(rules_keys), "for kind rules"},
       {"subprocess", fields(subprocess_keys), "for kind subprocess"},
       {"http", fields(http_keys), "for kind http"},
       {"human", fields(human_agent_keys), "for kind human"},
       {"triage", fields(triage_keys), "for kind triage"},
       {"llm", fields(llm_keys), "for kind llm"},
       {"a2a", fields(a2a_keys), "for kind a2a"},
       {"mcp", fields(mcp_keys), "for kind mcp"},
       {"worker", fields(worker_keys), "for kind worker"},
       {"knowledge", fields_or(knowledge_keys, list(text(text_rule::name), 1)),
        "for kind knowledge: the documents that it answers from"}},
      {},
      {},
      "kind",
      {{"native", {"native", "skills"}},
       {"rules", {"rules", "skills"}},
       {"subprocess", {"subprocess", "skills"}},
       {"http", {"http", "skills"}},
       {"human", {"human", "skills"}},
       {"triage", {"triage"}},
       {"llm", {"llm", "skills"}},
       {"a2a", {"a2a", "skills"}},
       {"mcp", {"mcp", "skills"}},
       {"worker", {"skills"}},
       {"knowledge", {"knowledge", "skills"}}}};
  return r;
}

} // namespace troupe::config
