#pragma once

#include <troupe/cache.hpp>
#include <troupe/clock.hpp>
#include <troupe/enum_names.hpp>
#include <troupe/failure_rule.hpp>
#include <troupe/json.hpp>
#include <troupe/reason.hpp>
#include <troupe/task.hpp>
#include <troupe/tool.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

namespace text {
class sentence_vectors;
}
struct model_reply;

/// The protocol that a model's server speaks.
enum class model_api : std::uint8_t {
  openai,    ///< chat completions, as OpenAI, vLLM, Ollama, llama.cpp and gateways speak it
  anthropic, ///< messages
};

template <>
struct enum_names<model_api> {
  static constexpr std::array<std::string_view, 2> value{"openai", "anthropic"};
};

/// What a provider allows to one key, or to one model under it. Zero: no such limit.
struct model_limits {
  std::uint64_t requests_per_minute = 0; ///< in any 60 seconds
  std::uint64_t tokens_per_minute = 0;   ///< of requests and answers together, in any 60 seconds
  std::uint64_t concurrent = 0;          ///< requests under way at the same time

  [[nodiscard]] bool any() const noexcept {
    return requests_per_minute + tokens_per_minute + concurrent > 0;
  }
  friend bool operator==(const model_limits&, const model_limits&) = default;
};

/// A server of language models, and how it is reached.
struct provider_spec {
  std::string name;
  model_api api = model_api::openai;
  std::string url; ///< what comes before `/chat/completions` or `/messages`
  std::string key; ///< a secret; empty: it asks for none
  std::map<std::string, std::string> headers; ///< sent with each request
  milliseconds connect_timeout{2000};
  milliseconds first_byte_timeout{30000}; ///< from sending the request to the answer's first byte
  milliseconds timeout{120000};           ///< for a whole answer
  breaker_spec breaker;
  model_limits limits;              ///< of the key, for all its models together
  std::uint32_t queue_limit = 1000; ///< requests of one node that may wait for the limits
  std::map<std::string, double>
      tiers; ///< shares of customers by tier, among those who wait; else 1

  friend bool operator==(const provider_spec&, const provider_spec&) = default;
};

/// A model as the fleet knows it (the model's card): its limits and its prices.
struct model_spec {
  std::string name; ///< by which agents ask for it
  std::string provider;
  std::string model;                     ///< by which its provider knows it
  std::uint32_t context_tokens = 128000; ///< what fits into a request and its answer together
  std::uint32_t max_output = 4096;       ///< tokens of one answer
  double input_price = 0;                ///< of a million tokens, in the fleet's currency
  double output_price = 0;               ///< of a million tokens, in the fleet's currency
  /// Of input that the provider reads from its cache, or writes to it; else as other input.
  std::optional<double> cached_input_price;
  std::optional<double> cache_write_price;
  json extra;          ///< merged into each request (RFC 7396): null takes a member out
  model_limits limits; ///< of the model, beside those of its provider

  /// What the tokens cost, in millionths of the fleet's currency, rounded up.
  [[nodiscard]] std::uint64_t cost_micros(const usage& x) const {
    // Both are parts of the input, whatever a server says.
    const auto cached = std::min(x.cached_tokens, x.input_tokens);
    const auto written = std::min(x.cache_write_tokens, x.input_tokens - cached);
    const auto at = [](std::uint64_t tokens, double price) {
      // A price of one unit per million tokens is a millionth of it per token.
      return static_cast<double>(tokens) * price;
    };
    return static_cast<std::uint64_t>(std::ceil(
        at(x.input_tokens - cached - written, input_price) +
        at(cached, cached_input_price.value_or(input_price)) +
        at(written, cache_write_price.value_or(input_price)) + at(x.output_tokens, output_price)));
  }
  /// What so many tokens cost at most: nobody knows beforehand which of the input is in the
  /// provider's cache, or gets there.
  [[nodiscard]] std::uint64_t most_micros(std::uint64_t input, std::uint64_t output) const {
    std::uint64_t most = 0;
    for (const auto& x : {usage{input, output}, usage{input, output, 0, 0, input},
                          usage{input, output, 0, 0, 0, input}})
      most = std::max(most, cost_micros(x));
    return most;
  }
  friend bool operator==(const model_spec&, const model_spec&) = default;
};

enum class chat_role : std::uint8_t { system, user, assistant, tool };

template <>
struct enum_names<chat_role> {
  static constexpr std::array<std::string_view, 4> value{"system", "user", "assistant", "tool"};
};

/// A model's wish that a tool be used.
struct tool_call {
  std::string id; ///< chosen by the model's server; the result is sent back under it
  std::string name;
  json arguments; ///< an object; null: what the model wrote is no JSON object
  friend bool operator==(const tool_call&, const tool_call&) = default;
};

/// A message of a conversation with a model.
struct chat_message {
  chat_role role = chat_role::user;
  std::string text;
  std::vector<tool_call> calls; ///< assistant: what it wants used
  std::string answers;          ///< tool: the id of the call that this is the result of
  friend bool operator==(const chat_message&, const chat_message&) = default;
};

/// For whom a model is asked: what budgets, quotas, caches and reports go by.
struct model_caller {
  task_ptr about; ///< null: for no task
  std::uint32_t step = 0;
  std::uint32_t attempt = 0;
  std::string domain; ///< of the agent that asks
  std::string agent;  ///< its name within the domain
  priority urgency = priority::medium;
  bool acts = false; ///< the answer may lead to an effect outside: it has to be the model's own
  std::string skill; ///< that the agent is asked for
};

/// How the answer to a request may be had again, by whoever asks. Without a mode nothing is kept.
struct cache_use {
  cache_spec spec;
  /// The words of the request, when the conversation is nothing but them and what `about` says;
  /// empty: only the same conversation is the same request.
  std::string question;
  /// Whatever else the answer depends on: instructions, context, documents. Compared whole.
  std::string about;
  std::shared_ptr<const text::sentence_vectors> vectors; ///< null: no question means the same
  bool fresh = false; ///< the answer that is kept will not do: ask, and keep the new one
  /// Whether an answer may be given again; empty: any that is no error. Any thread.
  std::function<bool(const model_reply&)> keeps;
};

/// What a model is asked.
struct model_request {
  std::string model; ///< a `model_spec::name`
  std::vector<chat_message> messages;
  std::vector<tool_card> tools;
  json schema;                  ///< JSON Schema of the answer, an object; null: free text
  std::uint32_t max_output = 0; ///< tokens; 0: the model's own limit
  std::optional<double> temperature;
  milliseconds deadline{60000}; ///< for the whole of it, from now on
  model_caller by;
  cache_use cache;
};

/// Where an answer came from.
enum class cache_hit : std::uint8_t {
  none,     ///< from the model
  exact,    ///< the same request has been answered
  semantic, ///< a question that means the same has been answered
  shared,   ///< another one who asks the same at the same time has got it
};

template <>
struct enum_names<cache_hit> {
  static constexpr std::array<std::string_view, 4> value{"none", "exact", "semantic", "shared"};
};

/// Why a model gave no usable answer. `reason_of` says it in the words that all agents share.
enum class model_error : std::uint8_t {
  none,
  rate_limited,     ///< too many requests or tokens: `retry_after` says for how long
  overloaded,       ///< the provider has too much to do
  broken,           ///< the provider failed, or the answer broke off
  unreachable,      ///< no connection
  timeout,          ///< no first byte, or no end, in time
  context_too_long, ///< the conversation does not fit into the model
  refused,          ///< the model, or a filter before it, will not answer this
  denied,           ///< the key is missing, unknown or not allowed this
  bad_request,      ///< the provider takes offence at what was sent
  bad_output,       ///< what came breaks the protocol, or was cut off at the limit of tokens
  cancelled,
  over_budget, ///< too little is left of a limit for it: it has not been asked
};

template <>
struct enum_names<model_error> {
  static constexpr std::array<std::string_view, 13> value{
      "none",       "rate_limited",     "overloaded", "broken", "unreachable",
      "timeout",    "context_too_long", "refused",    "denied", "bad_request",
      "bad_output", "cancelled",        "over_budget"};
};

[[nodiscard]] constexpr reason reason_of(model_error x) noexcept {
  switch (x) {
  case model_error::none:
    return reason::none;
  case model_error::rate_limited:
    return reason::rate_limited;
  case model_error::overloaded:
  case model_error::broken:
  case model_error::unreachable:
    return reason::unavailable;
  case model_error::timeout:
    return reason::timeout;
  case model_error::context_too_long:
  case model_error::bad_request:
    return reason::invalid_input;
  case model_error::refused:
  case model_error::denied:
    return reason::policy_denied;
  case model_error::bad_output:
    return reason::invalid_output;
  case model_error::over_budget:
    return reason::budget_exhausted;
  case model_error::cancelled:
    break;
  }
  return reason::cancelled;
}

/// What a model answered. With an error, text and calls hold what had arrived.
struct model_reply {
  std::string text;
  std::vector<tool_call> calls;
  usage used; ///< tokens and their cost; estimated where the provider did not say, see `estimated`
  bool estimated = false;
  model_error error = model_error::none;
  bool unsent = false;                ///< has not reached any provider: it has cost nothing
  std::string detail;                 ///< one sentence for a person; never holds a key
  milliseconds retry_after{0};        ///< what the provider asked for; zero: it named no time
  cache_hit cached = cache_hit::none; ///< anything else: nobody was asked, and `used` is nothing
  bool could_be_cached = false;       ///< the cache was looked into
  double likeness = 0;                ///< semantic: the cosine of the two questions
  usage spared;                       ///< what a cached answer cost when the model gave it

  [[nodiscard]] bool ok() const noexcept { return error == model_error::none; }
  /// The provider may have worked, and nobody knows how much.
  [[nodiscard]] bool uncounted() const noexcept {
    return !unsent && used.input_tokens + used.output_tokens == 0 &&
           (error == model_error::timeout || error == model_error::cancelled ||
            error == model_error::broken);
  }
  [[nodiscard]] failure failed() const { return {reason_of(error), detail, retry_after}; }
};

} // namespace troupe
