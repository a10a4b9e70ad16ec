#include "src/config/make_shape.hpp"

#include <troupe/model.hpp>

namespace troupe::config {

using namespace make;

namespace {

const record& limits_keys() {
  static const record r{
      "model limits",
      "What the provider allows. All nodes of the cluster together keep to it.",
      {{"requests_per_minute", integer(1, 1e9), "requests in any 60 seconds", "no limit"},
       {"tokens_per_minute", integer(1, 1e12),
        "tokens of requests and answers together, in any 60 seconds", "no limit"},
       {"concurrent", integer(1, 1e6), "requests under way at the same time", "no limit"}}};
  return r;
}

} // namespace

const record& provider_keys() {
  static const record r{
      "model provider",
      "A server of language models.",
      {{"api", word<model_api>(),
        "the protocol that it speaks: chat completions or Anthropic's messages", "openai"},
       {"url",
        text(text_rule::url),
        "what comes before `/chat/completions` or `/messages`",
        {},
        true},
       {"key", text(text_rule::header), "`${secret:NAME}` or `${file:PATH}`, nothing else", "none"},
       {"headers", map(text_rule::name, text(text_rule::header)), "sent with each request", "{}"},
       {"connect_timeout", duration(1 * ms, 10 * minute), "until there is a connection", "2s"},
       {"first_byte_timeout", duration(1 * ms, 1 * hour), "until the answer begins", "30s"},
       {"timeout", duration(1 * ms, 1 * hour), "for a whole answer", "2m"},
       {"breaker", fields(breaker_keys), "its circuit breaker, for all models behind it", "{}"},
       {"limits", fields(limits_keys), "of the key, for all its models together", "{}"},
       {"queue_limit", integer(1, 100000), "requests of one node that may wait for the limits",
        "1000"},
       {"tiers", map(text_rule::name, number(0.01, 100)),
        "shares of customers by their tier, when more wait than may go; whoever is in none of them "
        "has 1",
        "{}"}}};
  return r;
}

const record& model_keys() {
  static const record r{
      "language model",
      "A language model: its limits and its prices.",
      {{"provider", text(text_rule::name), "one of `providers`", {}, true},
       {"model", text(text_rule::filled), "by which its provider knows it", {}, true},
       {"context", integer(256, 1e8), "tokens of a request and its answer together", "128000"},
       {"max_output", integer(1, 1e7), "tokens of one answer", "4096"},
       {"input_price", number(0, 1e6), "of a million tokens, in the fleet's currency", "0"},
       {"output_price", number(0, 1e6), "of a million tokens, in the fleet's currency", "0"},
       {"cached_input_price", number(0, 1e6),
        "of a million tokens that the provider reads from its own cache", "that of input"},
       {"cache_write_price", number(0, 1e6),
        "of a million tokens that the provider writes to its own cache", "that of input"},
       {"extra", object(),
        "merged into each request (RFC 7396): what the server wants besides; `null` takes a member "
        "out",
        "{}"},
       {"limits", fields(limits_keys), "of this model, beside those of its provider", "{}"}}};
  return r;
}

} // namespace troupe::config
