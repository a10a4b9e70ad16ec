#include "src/config/secret_values.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace troupe::config {

bool sounds_secret(std::string_view name) {
  std::string upper;
  for (const char c : name)
    upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  constexpr std::array<std::string_view, 10> signs{
      "KEY",        "TOKEN",  "SECRET", "PASSWORD",   "PASSWD",
      "CREDENTIAL", "COOKIE", "PWD",    "PASSPHRASE", "AUTHORIZATION"};
  return std::any_of(signs.begin(), signs.end(),
                     [&](auto sign) { return upper.find(sign) != std::string::npos; });
}

void secret_values::add(const std::string& value) {
  values_.push_back(value);
  if (value.find('\n') == std::string::npos)
    return;
  for (std::size_t from = 0; from < value.size();) {
    const auto end = std::min(value.find('\n', from), value.size());
    if (end - from >= line_min)
      values_.push_back(value.substr(from, end - from));
    from = end + 1;
  }
}

} // namespace troupe::config
