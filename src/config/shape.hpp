#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::config {

struct record;

enum class value_kind : std::uint8_t {
  text,     ///< as `rule` says
  word,     ///< one of `words`
  truth,    ///< true or false; with `least` 1 only true
  integer,  ///< from `least` to `most`
  number,   ///< from `least` to `most`
  duration, ///< `30s`; `least` and `most` in milliseconds
  size,     ///< `64KiB` or a number of bytes; `least` and `most` in bytes
  any,      ///< whatever JSON can say
  object,   ///< any map: free structured data
  list,     ///< of `item`, at least `least` of them
  map,      ///< of `item` by keys that follow `rule`
  fields,   ///< a map with the keys of `keys()`
};

/// What a text must look like. One row of a table (text_rules.cpp) holds for each a pattern for
/// editors, a check and the words for a message.
enum class text_rule : std::uint8_t {
  free,     ///< anything
  filled,   ///< anything but nothing
  name,     ///< letters, digits, `_`, `-`, `.`
  word,     ///< letters, digits, `_`, `-`: names that are parts of paths
  path,     ///< words with `/` between them
  pointer,  ///< a JSON pointer
  fallback, ///< `agent:...`, `skill:...` or `human:...`
  unclear,  ///< a skill, or `human:...`
  url,      ///< http:// or https://
  header,   ///< the value of an HTTP header
  label,    ///< a name, or a name, `=` and a name
};

/// What a value may be. The loader, the JSON Schemas for editors and the reference read the same
/// shapes.
struct shape {
  value_kind kind = value_kind::text;
  text_rule rule = text_rule::free;
  double least = 0;
  double most = 0;
  std::vector<std::string_view> words;
  const record& (*keys)() = nullptr; ///< a function, because plans hold plans
  std::shared_ptr<const shape> item;
  std::shared_ptr<const shape> short_form; ///< fields: what may stand there instead of a map
};

/// One key of a map.
struct field {
  std::string_view name;
  shape of;
  std::string_view meaning;
  std::string_view standard = {}; ///< what holds when the key is absent, for people
  bool required = false;
};

/// One way of filling a record whose other keys depend on a word: `kind: http` needs the block
/// `http`.
struct variant {
  std::string_view word;
  std::vector<std::string_view> required;
};

/// The keys of a map.
struct record {
  std::string_view name; ///< of the map, for the reference
  std::string_view about;
  std::vector<field> fields;
  std::vector<std::string_view> exactly_one = {};  ///< of these keys
  std::vector<std::string_view> at_least_one = {}; ///< of these keys
  std::string_view selector =
      {}; ///< the key whose word chooses the variant; the first one is the default
  std::vector<variant> variants =
      {}; ///< the blocks named like the other variants' words are refused

  [[nodiscard]] const field* find(std::string_view key) const noexcept {
    for (const auto& f : fields)
      if (f.name == key)
        return &f;
    return nullptr;
  }
};

/// The three files of a fleet, and everything that they hold.
const record& fleet_keys();
const record& domain_keys();
const record& agent_keys();
const record& plan_keys();      ///< a node of a plan
const record& condition_keys(); ///< what a rule asks for
const record& on_failure_keys();
const record& breaker_keys();
const record& overload_keys();
const record& provider_keys(); ///< a server of language models
const record& model_keys();
const record& budgets_keys();       ///< limits of a domain
const record& fleet_budgets_keys(); ///< limits of the fleet
const record& llm_keys();           ///< an agent with a model
const record& screens_keys();
const record& collection_keys(); ///< documents of a domain
const record& knowledge_keys();  ///< what an agent has of them
const record& cache_keys();
const record& vectors_keys();
const record& native_keys();
const record& subprocess_keys();
const record& http_keys();

} // namespace troupe::config
