#pragma once

#include "examples/customer-support/backend/calendar.hpp"
#include "examples/customer-support/backend/money.hpp"

#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::support {

/// What can be checked of a text: the things it names.
struct claims {
  std::set<std::string> orders;    ///< `LF-10234`
  std::set<std::string> payments;  ///< `txn_700103`; an invoice, `INV-700103`, names its payment
  std::set<std::string> refunds;   ///< `RF-9001`
  std::set<std::string> customers; ///< `C-1001`
  std::set<std::string> emails;
  std::set<std::string> cards;     ///< the four digits after "ending in" and the like
  std::set<std::string> addressed; ///< names after `Dear`, `Mr`, `Ms`, `Mrs`
  std::set<cents> amounts;         ///< `$49.00`, `49 dollars`
  std::set<day> days;              ///< `2026-11-21`, `21 November 2026`

  void add(const claims& more);
};

[[nodiscard]] claims read_claims(std::string_view text);

/// One sentence of an answer, and how it is meant.
struct sentence {
  std::string text;
  std::string low; ///< the same in lower case
  claims names;
  bool denies = false;  ///< it says that something is not so
  bool depends = false; ///< it says what would be, or what somebody has to do first

  /// Whether any of `words` (lower case) occurs. A word that ends in `*` is the beginning of one.
  [[nodiscard]] bool has(std::initializer_list<std::string_view> words) const;
  /// Neither denied nor dependent: the answer vouches for it.
  [[nodiscard]] bool vouches() const noexcept { return !denies && !depends; }
};

/// The sentences of `text`, of which only the first 16 KiB count.
[[nodiscard]] std::vector<sentence> sentences_of(std::string_view text);

/// As `sentence::has`, for a text in lower case.
[[nodiscard]] bool holds_any(std::string_view low, std::initializer_list<std::string_view> words);

[[nodiscard]] std::string lower_case(std::string_view text);

} // namespace troupe::support
