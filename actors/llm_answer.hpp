#pragma once

#include "actors/llm_call.hpp"
#include "policies/llm_talk.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

class boundary;

/// What the answers of an agent with a model are held against: what it has agreed on with those who
/// call it, and what it has been told. Immutable.
class llm_answer {
 public:
  /// `agreed`: null: nothing is. It outlives this. `grounded`: no number may stand in an answer
  /// that the call has not been told.
  llm_answer(const boundary* agreed, bool grounded)
      : agreed_(agreed)
      , grounded_(grounded) {}

  /// The model's words as an outcome, with its sources named in it; or what is wrong with them.
  [[nodiscard]] read_reply read(const llm_call& t, std::string_view text) const;
  /// What there is instead of an answer when the call has failed for `why`: what was done, in the
  /// words of the tool that did it, or, when the money has run out, what was found so far. Each is
  /// given once.
  [[nodiscard]] std::optional<outcome> instead(llm_call& t, const failure& why) const;

 private:
  [[nodiscard]] std::vector<flaw> flaws_of(const llm_call& t, const outcome& x) const;

  const boundary* agreed_;
  bool grounded_;
};

/// The failure of a call whose answers break what was agreed on, with the first of the flaws.
[[nodiscard]] failure broken_agreement(std::vector<flaw> flaws);

/// The failure as the ledger has to see it: nothing may be taken for undone that may have been
/// done.
[[nodiscard]] failure after_deeds(const llm_call& t, failure why);

/// What the trace says of a call that ends at this model: which models have answered how often.
[[nodiscard]] std::string note_of(const llm_call& t, const model_spec& model);

} // namespace troupe
