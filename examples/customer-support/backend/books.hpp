#pragma once

#include "examples/customer-support/backend/database.hpp"
#include "examples/customer-support/backend/money.hpp"
#include "examples/customer-support/backend/request.hpp"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "examples/customer-support/backend/calendar.hpp"

namespace troupe::support {

/// A row of payments.
struct paid {
  std::string id;
  std::string reference; ///< an order, or the plan of a subscription
  cents amount = 0;
  std::int64_t at = 0; ///< seconds since the Unix epoch
  std::string status;  ///< captured, declined, refunded or pending
};

/// A row of refunds.
struct returned {
  std::string id; ///< `RF-9001`
  std::string payment;
  std::string reference; ///< of that payment
  cents amount = 0;
  std::string cause;
  day made_on;
  std::string status; ///< issued or awaiting_return
};

/// A row of orders.
struct ordered {
  std::string id;
  std::string status;
  cents total = 0;
  std::set<day> days;              ///< placed, shipped, delivered
  std::optional<day> return_until; ///< of a delivered one
};

/// All that the back end knows of one customer, as it stands on a day: what an answer to this
/// customer can be held against. Also answers whose a record is that is not theirs.
class books {
 public:
  books(database& db, const client& who, day today);

  [[nodiscard]] const client& who() const noexcept { return who_; }
  [[nodiscard]] day today() const noexcept { return today_; }
  [[nodiscard]] const std::vector<paid>& payments() const noexcept { return payments_; }
  [[nodiscard]] const std::vector<returned>& refunds() const noexcept { return refunds_; }
  [[nodiscard]] const ordered* order(const std::string& id) const;
  [[nodiscard]] const paid* payment(const std::string& id) const;
  [[nodiscard]] const returned* refund(const std::string& id) const;

  /// The customer whom a record (`LF-`, `txn_`, `RF-`, `C-`), a mail address or a card belongs to;
  /// this customer if it is theirs too, empty if nobody's.
  [[nodiscard]] std::string owner_of(const std::string& record) const;
  /// The first other customer whose full name stands in `text`; empty if none.
  [[nodiscard]] std::string stranger_in(std::string_view text) const;

  /// Why it is open whether something was taken twice: a payment that is pending, or one like
  /// another (same reference and amount, within two days) of which neither went back. Only of
  /// `references`, if there are any. Empty if it is clear.
  [[nodiscard]] std::string open_question(const std::set<std::string>& references) const;
  /// Payments that were taken, refunded ones included.
  [[nodiscard]] bool has_paid(const std::string& reference = {}) const;
  /// The last payment that the bank declined; null if none.
  [[nodiscard]] const paid* last_declined() const;
  /// Whether a payment for the same came through after `declined`.
  [[nodiscard]] bool settled_later(const paid& declined) const;
  [[nodiscard]] bool was_mailed(const std::string& payment) const;

  [[nodiscard]] std::optional<cents> fee() const noexcept { return fee_; }
  [[nodiscard]] std::optional<cents> next_bill() const noexcept { return next_bill_; }

  /// Amounts that belong to a record: of a payment what it was and what went back of it, of an
  /// order its total and all payments and refunds for it. Empty for what is not theirs.
  [[nodiscard]] std::set<cents> amounts_of(const std::string& record) const;
  /// All amounts that an answer to this customer may name. `low`: the answer in lower case; prices
  /// of plans count when it names the plan.
  [[nodiscard]] std::set<cents> amounts(std::string_view low) const;
  [[nodiscard]] const std::set<day>& days() const noexcept { return days_; }

 private:
  void read_payments();
  void read_orders();
  void read_subscription();

  database& db_;
  const client& who_;
  day today_;
  std::vector<paid> payments_;
  std::vector<returned> refunds_;
  std::vector<ordered> orders_;
  std::set<cents> other_amounts_; ///< of the subscription, quotes and adjustments
  std::set<day> days_;
  std::optional<cents> fee_, next_bill_;
};

} // namespace troupe::support
