#include "src/links/openssl.hpp"

#include <openssl/err.h>

namespace troupe::links {

void fail_openssl(const std::string& what) {
  // The oldest error says what went wrong first; what follows are its consequences.
  const auto code = ERR_get_error();
  ERR_clear_error();
  const char* why = code != 0 ? ERR_reason_error_string(code) : nullptr;
  throw certificate_error{why ? what + ": " + why : what};
}

} // namespace troupe::links
