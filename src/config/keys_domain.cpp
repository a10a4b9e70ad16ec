#include "src/config/make_shape.hpp"

#include <troupe/fleet.hpp>

namespace troupe::config {

namespace {

using namespace make;

const record& retry_keys() {
  static const record r{
      "retry",
      "How often, and how far apart, a failed attempt is repeated.",
      {{"max_retries", integer(0, 100), "repetitions after the first attempt", "3"},
       {"min_backoff", duration(0), "wait before the first repetition", "1s"},
       {"max_backoff", duration(0), "the longest wait", "30s"},
       {"factor", number(1, 100), "by which the wait grows", "2"},
       {"random_factor", number(0, 1), "by how much a wait may be longer at random", "0.2"}}};
  return r;
}

const record& tier_keys() {
  static const record r{
      "tier",
      "What the tier of a customer changes.",
      {{"raise", integer(-3, 3), "steps of priority up (negative: down)", "0"},
       {"strategy", word<route_strategy>(), "instead of the domain's", "the domain's"},
       {"min_quality", number(0, 1), "candidates below it are passed over", "0"}}};
  return r;
}

const record& learning_keys() {
  static const record r{
      "learning",
      "What a call is worth to the strategy `learned`, and how long it is remembered. The worth of "
      "a "
      "call is the mean of four marks from 0 to 1 by their weights; a call that fails is worth 0.",
      {{"success", number(0, 1000), "weight of whether calls succeed", "1"},
       {"quality", number(0, 1000),
        "weight of how good answers are: their confidence, or what a judge says", "1"},
       {"cost", number(0, 1000), "weight of how little calls cost", "0.5"},
       {"latency", number(0, 1000), "weight of how soon calls are answered", "0.5"},
       {"half_cost", number(0, 1e9), "a call that costs so much gets half a mark for its cost",
        "0.05"},
       {"half_latency", duration(), "a call that takes so long gets half a mark for its latency",
        "2s"},
       {"half_life", number(10, 1e9),
        "after so many further calls for the same intent, on all nodes together, a call counts "
        "half",
        "500"},
       {"explore", number(0, 0.5),
        "share of decisions that go to anybody who can take them, whatever is known", "0.02"}}};
  return r;
}

const record& routing_keys() {
  static const record r{
      "routing",
      "Who among several agents with a skill gets a step.",
      {{"strategy", word<route_strategy>(), "how candidates are compared", "least_loaded"},
       {"min_quality", number(0, 1), "candidates below it are passed over", "0"},
       {"learn", fields(learning_keys), "what `learned` goes by", "{}"},
       {"tiers", map(text_rule::filled, fields(tier_keys)), "by tier of the customer", "{}"}}};
  return r;
}

const record& intent_keys() {
  static const record r{
      "intent",
      "What a wish that was understood leads to: a skill of this domain, or another domain.",
      {{"skill", text(text_rule::name), "asked of this domain, or of `domain` when that is set"},
       {"domain", text(text_rule::path),
        "path of another domain; without `skill` it finds out itself"},
       {"priority", word<priority>(), "urgency of the step", "medium"},
       {"after", list(text(text_rule::filled)),
        "intents that are done first when they occur in the same message", "[]"},
       {"fallback", list(text(text_rule::fallback)), "tried in order when everything else failed",
        "[]"},
       {"alone", truth(),
        "passed over in a message that wants anything else as well, as a greeting is", "false"}},
      {},
      {"skill", "domain"}};
  return r;
}

const record& understand_keys() {
  static const record r{"understand",
                        "How the domain finds out what a message wants.",
                        {{"agent", text(text_rule::word), "agent of kind triage", {}, true},
                         {"unclear", text(text_rule::unclear),
                          "skill of this domain, or `human:QUEUE`, for what stays unclear"},
                         {"intents", map(text_rule::filled, fields(intent_keys)),
                          "what each intent leads to", "{}"}}};
  return r;
}

const record& sessions_keys() {
  static const record r{
      "sessions",
      "Conversations.",
      {{"busy", word<when_busy>(), "what happens to a message while the one before is worked on",
        "queue"},
       {"queue", integer(0, 10000), "waiting messages per session", "16"},
       {"history", integer(0, 10000), "turns that are kept", "20"},
       {"idle", duration(),
        "time without messages after which a session leaves memory; before that only when it can "
        "come back from the store, or nothing of it is needed",
        "24h"}}};
  return r;
}

shape context_type() {
  return one_of({"string", "number", "integer", "boolean", "object", "array"});
}

const record& context_keys() {
  static const record r{
      "context field",
      "A field of the typed context. `NAME: string` is short for `NAME: {type: string}`.",
      {{"type", context_type(), "type of the value", "string"},
       {"merge", word<state_merge>(),
        "what becomes of it when a step sets it that another has set since the step began; `none`: "
        "two values are a contradiction, and the later step fails",
        "none"},
       {"ephemeral", truth(),
        "known while the task runs; neither its session nor its caller sees it", "false"},
       {"fact", truth(), "once it is set, an answer that says otherwise is a contradiction",
        "false"},
       {"said_as", list(text(text_rule::pointer)),
        "where answers say the fact in their `data`, beside `context`", "[]"},
       {"description", text(), "what it means", "empty"}}};
  return r;
}

const record& sanitize_keys() {
  static const record r{
      "sanitize rule",
      "Something that is taken out of the texts of agents that name the rule.",
      {{"name", text(text_rule::name), "how agents name it", {}, true},
       {"pattern", text(text_rule::filled), "regular expression (RE2)", {}, true},
       {"replacement", text(), "put in its place; `\\1` is the first group", "nothing"}}};
  return r;
}

const record& supervision_keys() {
  static const record r{"supervision",
                        "What happens when agents crash.",
                        {{"strategy", word<supervision>(),
                          "who is restarted with an agent that crashed", "one_for_one"},
                         {"max_restarts", integer(0, 1000),
                          "more than these within `period` and the supervisor gives up", "5"},
                         {"period", duration(), "see `max_restarts`", "10s"},
                         {"min_backoff", duration(0), "wait before the second restart", "50ms"},
                         {"max_backoff", duration(0), "the longest wait before a restart", "5s"}}};
  return r;
}

} // namespace

const record& domain_keys() {
  static const record r{
      "domain.yaml",
      "A domain: what one team owns.",
      {{"domain", text(text_rule::word), "name of the domain: that of its folder", {}, true},
       {"description", text(), "what it is for", "empty"},
       {"durability", word<durability>(), "how much of a task survives the death of its node",
        "step"},
       {"timeout", duration(), "for a task", "2m"},
       {"step_timeout", duration(), "for one attempt of a step", "30s"},
       {"retry", fields(retry_keys), "repetition of failed attempts", "{}"},
       {"routing", fields(routing_keys), "choice among agents", "{}"},
       {"understand", fields(understand_keys), "how free text is understood", "not at all"},
       {"plan", fields(plan_keys), "run for every task that names no skill", "none"},
       {"plans", map(text_rule::name, fields(plan_keys)),
        "composite skills: plans by the skill they offer", "{}"},
       {"synthesiser", text(text_rule::name),
        "skill of this domain that makes one answer of several, for `answer: synthesis`", "none"},
       {"answer", word<join>(), "how the results of several intents become one answer",
        "concatenate"},
       {"sessions", fields(sessions_keys), "conversations", "{}"},
       {"context", map(text_rule::name, fields_or(context_keys, context_type())),
        "the typed context", "{}"},
       {"knowledge",
        map(text_rule::name, fields_or(collection_keys, list(text(text_rule::filled), 1))),
        "documents that its agents answer from, by the name of the collection", "{}"},
       {"cache", fields(cache_keys), "answers of its agents' models that are given again",
        "the fleet's"},
       {"sanitize", list(fields(sanitize_keys)), "rules that its agents may name", "[]"},
       {"screens", fields(screens_keys), "of its agents, where they say nothing else", "{}"},
       {"supervision", fields(supervision_keys), "restarts of agents", "{}"},
       {"on_failure", fields(on_failure_keys), "changes of the failure table", "{}"},
       {"human_queue", text(text_rule::name), "the queue of people that `ask_human` asks", "none"},
       {"max_failed_agents", integer(0, 1000),
        "after so many different agents failed in one task a person is asked; 0: never", "0"},
       {"breaker", fields(breaker_keys), "circuit breaker of each agent", "{}"},
       {"provider_breaker", fields(breaker_keys), "circuit breaker of each provider of agents",
        "{}"},
       {"overload", fields(overload_keys), "what is spared when there is too much to do", "{}"},
       {"callers", list(text(text_rule::path)),
        "domains that may delegate to it, each with those within it; it and the domains that it "
        "lies in always may",
        "all"},
       {"exports", list(text(text_rule::name)),
        "skills that other domains may ask for; without it also free text", "all"},
       {"budgets", fields(budgets_keys),
        "limits on what is spent on models in it and in the domains within it", "none"},
       {"client_tools", truth(),
        "clients of the OpenAI API may bring tools, which its agents with models then ask them to "
        "use",
        "false"},
       {"max_tasks", integer(1, 10000000), "open tasks per shard; above it new ones are refused",
        "100000"},
       {"max_tasks_size", size(1024, 1e15),
        "about how much memory the texts and data of a shard's open tasks take, with sessions at "
        "work and what only memory knows of others; above it new tasks are refused",
        "256MiB"}}};
  return r;
}

} // namespace troupe::config
