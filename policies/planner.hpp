#pragma once

#include "policies/understanding.hpp"

#include <troupe/fleet.hpp>
#include <troupe/plan.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

/// For whom and where a plan is made.
struct plan_wish {
  /// Whose intents, composite skills and tiers count; never null.
  const domain_spec* domain = nullptr;
  std::string_view text;               ///< the whole message
  std::string_view tier;               ///< of the customer, as in `standing`
  std::uint32_t former_failures = 0;   ///< turns in a row that ended badly
  priority urgency = priority::medium; ///< of the task
};

/// Makes a plan of what a message was understood to want. Pure: the same arguments give the same
/// plan.
///
/// - An accepted clause whose intent the domain knows becomes a step: its skill here, or in the
///   domain that the intent names. The step is called like the intent (`_2`, `_3`... when it is
///   there already) and its text is the clause. A skill that is one of the domain's composite
///   skills becomes that skill's own tree.
/// - An accepted clause without an intent that names a skill becomes a step of that skill,
///   called like it, if `why_not_by_skill` has nothing against it.
/// - Neighbouring clauses with the same intent are one step.
/// - Any other clause goes to the domain's `unclear` target, as a step called `unclear`. A
///   message in which nothing is clear becomes one such step with the whole of its text.
/// - A step waits for the intents in its intent's `after`, wherever they stand in the message,
///   for the clauses in its own `after`, and for the step before it if the person said so.
///   Steps that wait for each other run in the order of the message. Steps that have nothing to
///   do with each other run at the same time.
/// - Urgency: the intent's, or the task's if that is above medium and more urgent; then raised
///   by the customer's tier, and by one when the turns before ended badly (`raise_for`).
/// - Entities come in `input.entities`: to each step those that its text mentions and those
///   that no clause mentions; to one whose text leans back ("cancel it") also those that are the
///   only ones of their type in the message.
/// - Where the domain answers by synthesis, what joins several steps gets its synthesiser's
///   step behind them.
/// - Where steps are routed by `classifier`, a step has the intents that its text may be about,
///   each with the best score that one of its clauses has for it.
/// - `note` says for each step in words where it comes from.
///
/// Nothing is returned when a clause is unclear and the domain names nobody for it, or when an
/// intent leads nowhere; `problem` then says so in a sentence.
[[nodiscard]] std::optional<plan_node> make_plan(const plan_wish& wish, const understanding& what,
                                                 std::string& problem);

/// Why a clause may not ask for `skill` of `in`, or, if `elsewhere` is not empty, of the domain of
/// that path; empty: it may. What nobody declared an intent for may be asked of this domain, and
/// only as far as it has no effects: of its agents without any, and of none of its composite
/// skills. Other domains are asked for what some intent asks them for.
[[nodiscard]] std::string why_not_by_skill(const domain_spec& in, std::string_view skill,
                                           std::string_view elsewhere);

/// `root` laid out, with what its domain sets for all of its plans. Throws as `plan::of`.
[[nodiscard]] plan_ptr lay_out(plan_node&& root, const domain_spec& domain);

/// The plan by which a domain has a message understood: one call of its triage agent. It is not
/// stored with a task, so that whoever replays one makes it again.
[[nodiscard]] plan_ptr plan_of_triage(const domain_spec& domain);

} // namespace troupe
