#pragma once

#include <troupe/json.hpp>
#include <troupe/plan.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// One clause of a message as a triage agent reads it.
struct understood_clause {
  std::string text;            ///< the clause in the person's own words
  std::string intent;          ///< may be empty when nothing fits
  double confidence = 0;       ///< 0 to 1
  bool accepted = false;       ///< the triage agent stands by the intent
  bool after_previous = false; ///< the person wants it done after the clause before ("then")
  std::string skill = {};      ///< accepted without an intent: asked of this domain, or of `domain`
  std::string domain = {};
  std::vector<std::uint32_t> after = {}; ///< numbers of the clauses, from 0, that are done before
  /// What it may be about, `intent` included; empty: nothing more is known than `confidence`.
  std::vector<intent_score> scores = {};
  friend bool operator==(const understood_clause&, const understood_clause&) = default;
};

/// A whole message as a triage agent reads it.
struct understanding {
  std::vector<understood_clause> clauses; ///< in the order of the message
  json entities = json::array();          ///< objects with "type" and "value"
  static constexpr std::size_t max_clauses = 32;
  static constexpr std::size_t max_entities = 256;
  static constexpr std::size_t max_scores = 16; ///< of a clause
};

/// Reads the contract of a triage agent's `outcome.data`:
///
///     {"clauses": [{"text", "intent", "confidence", "accepted", "after_previous"}...],
///      "entities": [{"type", "value"}...], "complexity": "simple" | "compound"}
///
/// Every member of a clause is required and has to have its type; there is at least one clause. A
/// clause may also have `skill`, `domain`, `scores`, an object of intents with numbers from 0 to 1,
/// and `after`, a list of the numbers of other clauses; no clause may wait for itself, however far
/// around. Entities and complexity may be left out. Members
/// that are not named here are ignored, so that an agent may say more. Nothing is returned when the
/// contract is broken; `problem` then names the place.
[[nodiscard]] std::optional<understanding> read_understanding(const json& data,
                                                              std::string& problem);

} // namespace troupe
