#pragma once

#include "examples/customer-support/backend/books.hpp"
#include "examples/customer-support/backend/claims.hpp"
#include "examples/customer-support/backend/desk.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::support {

/// answer.review: holds another desk's answer (`input.candidate`) against the request, the records
/// and the steps before it. No model: it knows the wordings that it has rules for. `input.asked` is
/// the skill that was to answer. The verdict is `data.fits`, with the reasons in `data.objections`
/// and as text. What a person has answered passes: people are not judged here.
[[nodiscard]] outcome review_answer(const counter& at);

/// An answer under review.
struct reviewed {
  std::string asked;   ///< the skill that was to answer
  std::string request; ///< in lower case
  claims wanted;       ///< what the request names
  std::string low;     ///< the answer's text in lower case
  json data;
  std::string status; ///< `data.status`
  std::vector<sentence> said;
  claims names;      ///< of text and data
  claims data_only;  ///< of data
  std::string order; ///< that the data is about; empty if none
  /// Orders that the request, its input, the steps before or the conversation bring along.
  std::set<std::string> brought;
  bool after_failure = false; ///< a step before this one did not do what it was asked
};

/// Why an answer does not pass.
struct objection {
  std::string kind; ///< such as `wrong_amount`
  std::string says; ///< a sentence for people, and for whoever answers again
  double sure = 0.95;
};
using objections = std::vector<objection>;

/// Orders, payments, refunds, people, mail addresses and cards that are unknown or somebody else's.
void check_names(const reviewed& x, const books& known, objections& out);
/// Amounts, dates and spans of time that no record explains, or that do not belong together.
void check_figures(const reviewed& x, const books& known, objections& out);
/// What it says has happened, has not happened, or is so.
void check_statements(const reviewed& x, const books& known, objections& out);
/// Whether it answers what was asked, and all of it.
void check_fit(const reviewed& x, const books& known, objections& out);

} // namespace troupe::support
