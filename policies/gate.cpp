#include "policies/gate.hpp"

#include <algorithm>

namespace troupe {

namespace {

/// Null for what is not there, and for a pointer that is none: a condition may come from outside.
const json* find(const json& document, const std::string& pointer) {
  try {
    const auto at = json::json_pointer{pointer};
    return document.contains(at) ? &document.at(at) : nullptr;
  } catch (const json::exception&) {
    return nullptr;
  }
}

} // namespace

bool holds(const condition& rule, const json& document) {
  const json* found = find(document, rule.pointer);
  if (!found)
    return false;
  switch (rule.test) {
  case gate_test::exists:
    return !found->is_null();
  case gate_test::equals:
    return *found == rule.value;
  case gate_test::at_least:
    return found->is_number() && rule.value.is_number() && *found >= rule.value;
  case gate_test::at_most:
    return found->is_number() && rule.value.is_number() && *found <= rule.value;
  case gate_test::one_of:
    return rule.value.is_array() &&
           std::find(rule.value.begin(), rule.value.end(), *found) != rule.value.end();
  }
  return false;
}

reason why_closed(const condition& rule) noexcept {
  return rule.pointer == "/confidence" ? reason::low_confidence : reason::policy_denied;
}

json as_document(const outcome& x) {
  return json{{"text", x.text}, {"data", x.data}, {"confidence", x.confidence}};
}

std::string explain(const condition& rule, const json& document) {
  const json* found = find(document, rule.pointer);
  std::string out = "needs " + rule.pointer + " " + std::string{to_string(rule.test)};
  if (rule.test != gate_test::exists)
    out += " " + as_text(rule.value);
  out += found ? ", found " + as_text(*found) : ", found nothing";
  return out;
}

} // namespace troupe
