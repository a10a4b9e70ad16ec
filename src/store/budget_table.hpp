#pragma once

#include <troupe/budget.hpp>

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace troupe {

/// The accounts of all limits, as all nodes see them. What has been granted counts against the
/// limit until it is given back, whatever becomes of the node that has it: so nothing is ever spent
/// twice, and what a node that died still had is spent. Every call may throw `store_error`, and
/// blocks on the store. One thread at a time.
class budget_table {
 public:
  budget_table() = default;
  budget_table(const budget_table&) = delete;
  budget_table& operator=(const budget_table&) = delete;
  virtual ~budget_table() = default;

  /// All claims, in order, at once; on disk when it returns. Each names another account. One stand
  /// for each, in the same order.
  virtual std::vector<budget_stand> settle(std::span<const budget_claim> claims, timestamp now) = 0;
  /// The accounts of these names as they stand; one that is not there stands at zero.
  virtual std::vector<budget_stand> stands(std::span<const std::string> accounts) = 0;
};

/// For so long after a refusal an account is pressed.
inline constexpr milliseconds budget_pressed_for{5000};
/// A grant beyond what is needed is at most this part of what is left, so that the last of a limit
/// goes in small pieces to whoever needs it (guided self-scheduling, Polychronopoulos and Kuck
/// 1987).
inline constexpr std::int64_t budget_grant_part = 4;

/// An account as a table keeps it.
struct budget_row {
  budget_amount taken;
  budget_amount spent;
  timestamp pressed{};
  timestamp until{};
};

/// What becomes of an account by a claim: the rule that all tables follow.
inline budget_stand settle_row(budget_row& row, const budget_claim& x, timestamp now) {
  budget_stand out;
  out.account = x.account;
  row.until = std::max(row.until, x.until);
  row.spent += x.spent;
  bool asks = false;
  bool fits = true;
  for (std::size_t i = 0; i < budget_units; ++i) {
    if (x.limit[i] >= no_limit)
      continue;
    row.taken[i] -= x.back[i];
    asks = asks || x.need[i] > 0;
    fits = fits && (x.need[i] <= 0 || x.need[i] <= x.limit[i] - row.taken[i]);
  }
  const auto pressed = [&] {
    return row.pressed != timestamp{} && row.pressed + budget_pressed_for > now;
  };
  if (asks && (fits || x.forced)) {
    for (std::size_t i = 0; i < budget_units; ++i) {
      if (x.limit[i] >= no_limit)
        continue;
      const auto left = x.limit[i] - row.taken[i];
      const auto most = pressed() ? 0 : left / budget_grant_part;
      out.granted[i] = std::max(x.need[i], std::min(x.wish[i], most));
      row.taken[i] += out.granted[i];
    }
  } else if (asks) {
    out.refused = true;
    row.pressed = now;
  }
  out.pressed = pressed();
  out.taken = row.taken;
  out.spent = row.spent;
  return out;
}

/// Accounts that end with their process: for nodes that store nothing.
[[nodiscard]] std::unique_ptr<budget_table> make_memory_budgets();

} // namespace troupe
