#include "src/config/checks.hpp"
#include "src/config/read_specs.hpp"
#include "src/config/section.hpp"

#include <cmath>
#include <optional>
#include <string_view>

namespace troupe::config {

namespace {

void read_amount(const section& from, budget_amount& out) {
  if (const auto* cost = from.find("cost"))
    if (const auto units = as_number(*cost))
      out[static_cast<std::size_t>(budget_unit::cost)] = std::llround(*units * 1e6);
  from.get("tokens", out[static_cast<std::size_t>(budget_unit::tokens)]);
  from.get("calls", out[static_cast<std::size_t>(budget_unit::calls)]);
}

/// `+01:00`
std::optional<std::chrono::minutes> offset_of(std::string_view x) {
  const auto digit = [&](std::size_t i) { return x[i] >= '0' && x[i] <= '9' ? x[i] - '0' : 99; };
  if (x.size() != 6 || (x[0] != '+' && x[0] != '-') || x[3] != ':')
    return std::nullopt;
  const int hours = digit(1) * 10 + digit(2);
  const int minutes = digit(4) * 10 + digit(5);
  if (hours > 14 || minutes > 59)
    return std::nullopt;
  return std::chrono::minutes{(hours * 60 + minutes) * (x[0] == '-' ? -1 : 1)};
}

} // namespace

void read_budgets(const section& from, budget_limits& out) {
  read_amount(from.in("task"), out.task);
  read_amount(from.in("session"), out.session);
  read_amount(from.in("customer"), out.customer);
  read_amount(from.in("day"), out.day);
  for (const auto* entry : from.entries("customers"))
    read_amount(section{entry}, out.customers[entry->key] = budget_amount::unlimited());
}

void read_budgets(const section& from, budget_rules& out) {
  read_budgets(from, out.limits);
  from.get("tight_at", out.tight_at);
  std::string offset;
  from.get("utc_offset", offset);
  out.utc_offset = offset_of(offset).value_or(std::chrono::minutes{0});
}

void check_budgets(const fleet_draft& fleet, report& problems) {
  const section from = section{fleet.from.root.get()}.in("budgets");
  if (const auto* at = from.find("utc_offset"))
    if (const auto text = as_text(*at); text && !offset_of(*text))
      problems.error(*at, "must be a difference to UTC such as +01:00, not " + report::quoted(*at));
}

} // namespace troupe::config
