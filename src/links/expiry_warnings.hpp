#pragma once

#include "src/links/certificates.hpp"

#include <chrono>
#include <string>

namespace troupe::links {

/// When to say that a certificate ends: once a day, every hour on its last day, and at its end. A
/// value; not thread safe.
class expiry_warnings {
 public:
  using steady = std::chrono::steady_clock;

  /// What to say now of a certificate that is good for `left`; empty: nothing.
  [[nodiscard]] std::string look(steady::time_point now, std::chrono::system_clock::duration left) {
    using std::chrono::hours;
    const auto none = std::chrono::system_clock::duration::zero();
    if (left > expiry_warning)
      return {};
    const auto kind = left <= none        ? stage::over
                      : left <= hours{24} ? stage::last_day
                                          : stage::soon;
    const auto gap = kind == stage::last_day ? hours{1} : hours{24};
    if (kind == said_ && now - at_ < gap)
      return {};
    said_ = kind;
    at_ = now;
    if (kind == stage::over)
      return " has expired: no new link can be made";
    const auto left_hours = std::chrono::duration_cast<hours>(left).count();
    return kind == stage::soon ? in(left_hours / 24, " day") : in(left_hours, " hour");
  }
  /// There is another certificate.
  void reset() { said_ = stage::none; }

 private:
  enum class stage { none, soon, last_day, over };
  static std::string in(long long n, const char* what) {
    return " expires in " + std::to_string(n) + what + (n == 1 ? "" : "s");
  }

  stage said_ = stage::none;
  steady::time_point at_{};
};

} // namespace troupe::links
