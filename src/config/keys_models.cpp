#include "src/config/make_shape.hpp"

#include <troupe/model.hpp>

namespace troupe::config {

using namespace make;

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
       {"breaker", fields(breaker_keys), "its circuit breaker, for all models behind it", "{}"}}};
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
       {"extra", object(),
        "merged into each request (RFC 7396): what the server wants besides; `null` takes a member "
        "out",
        "{}"}}};
  return r;
}

} // namespace troupe::config
