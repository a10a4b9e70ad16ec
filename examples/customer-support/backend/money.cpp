#include "examples/customer-support/backend/money.hpp"

namespace troupe::support {

std::string dollars(cents amount) {
  const bool negative = amount < 0;
  const auto size = negative ? -amount : amount;
  auto whole = std::to_string(size / 100);
  for (auto i = static_cast<std::ptrdiff_t>(whole.size()) - 3; i > 0; i -= 3)
    whole.insert(static_cast<std::size_t>(i), 1, ',');
  const auto rest = size % 100;
  return (negative ? "-$" : "$") + whole + (rest < 10 ? ".0" : ".") + std::to_string(rest);
}

cents prorated(cents amount, int part, int whole) {
  if (whole <= 0)
    return 0;
  return (2 * amount * part + whole) / (2 * whole);
}

} // namespace troupe::support
