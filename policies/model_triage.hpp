#pragma once

#include "policies/understanding.hpp"

#include <troupe/fleet.hpp>
#include <troupe/model.hpp>
#include <troupe/reason.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// When and for what a triage agent asks a model. Read from its settings by whoever runs it.
struct model_triage_rules {
  bool plans = false;          ///< it may split what the agent's own rules did not
  std::size_t max_steps = 8;   ///< clauses of a plan; without one they are as many as there were
  std::size_t plan_words = 10; ///< a message with fewer words is not taken for several wishes
  double min_confidence = 0.5; ///< an intent that the model is less sure of is not accepted
};

/// Why a model is to be asked; empty: it is not. Whatever the rules are sure of stands: a model is
/// asked when a clause was not accepted, unless it is taken to be out of scope, or, where it may
/// plan, when one clause reads as if it were several.
[[nodiscard]] std::string why_ask_model(const std::vector<understood_clause>& clauses,
                                        std::string_view out_of_scope,
                                        const model_triage_rules& by);

/// The intent that a model names for what the domain is not there for.
inline constexpr std::string_view model_out_of_scope = "out_of_scope";

/// The conversation: what the domain can do, the message and how the rules have read it, as data.
[[nodiscard]] std::vector<chat_message> triage_talk(const domain_spec& in, std::string_view message,
                                                    const std::vector<understood_clause>& read,
                                                    const model_triage_rules& by);
/// Of the answer: {"clauses": [{"text", "intent", "skill", "confidence", "after"}...]}.
[[nodiscard]] json triage_schema(const domain_spec& in, const model_triage_rules& by);

/// A model's answer, checked. With flaws, nothing else of it counts.
struct model_triage {
  std::vector<understood_clause> clauses;
  std::vector<flaw> flaws;
};

/// Reads and checks an answer:
/// - it has the form of `triage_schema`, with at most `max_steps` clauses, or as many as there were
///   if it may not plan;
/// - intents are the domain's, or out of scope; skills are its own without effects, as
///   `why_not_by_skill` has it;
/// - clauses come after others that are there, and not in circles;
/// - nothing is dropped: of each rough clause of the message, and of each that the rules have
///   found, half of the words that matter and every number stand in the clauses;
/// - nothing is added: three quarters of a clause's words that matter, and all its numbers, are the
///   message's.
[[nodiscard]] model_triage read_triage(std::string_view answer, const domain_spec& in,
                                       std::string_view message,
                                       const std::vector<understood_clause>& read,
                                       const model_triage_rules& by);

} // namespace troupe
