#include "src/links/certificate_watch.hpp"

namespace troupe::links {

namespace {

constexpr std::chrono::seconds look_every{10};
constexpr std::chrono::hours day{24};

} // namespace

certificate_watch::certificate_watch(const link_settings& from, notice_gate& notices)
    : file_(from.certificate)
    , notices_(notices)
    , keeper_(from)
    , status_{keeper_.facts().ends, {}} {}

tls_context_ptr certificate_watch::context() {
  look();
  return keeper_.context();
}

void certificate_watch::tick(steady::time_point now) {
  if (looked_ != steady::time_point{} && now - looked_ < look_every)
    return;
  looked_ = now;
  look();
  warn_of_end();
}

void certificate_watch::look() {
  const auto found = keeper_.look();
  {
    const std::lock_guard lock{guard_};
    status_ = {keeper_.facts().ends, keeper_.error()};
  }
  if (found == tls_keeper::found::renewed) {
    notices_.tell(notice_kind::certificate_renewed,
                  file_ + " has been read anew; new links use it");
    warned_ = {};
    warn_of_end();
  } else if (found == tls_keeper::found::unusable) {
    notices_.tell(notice_kind::certificate_unusable,
                  "the certificate in use stays: " + keeper_.error());
  }
}

void certificate_watch::warn_of_end() {
  const auto now = steady::now();
  if (warned_ != steady::time_point{} && now - warned_ < day)
    return;
  const auto left = keeper_.facts().ends - std::chrono::system_clock::now();
  if (left > expiry_warning)
    return;
  warned_ = now;
  const auto days = std::chrono::duration_cast<std::chrono::hours>(left) / day;
  notices_.tell(notice_kind::certificate_expires,
                left.count() <= 0 ? file_ + " has expired: no new link can be made"
                                  : file_ + " expires in " + std::to_string(days) +
                                        (days == 1 ? " day" : " days"));
}

certificate_status certificate_watch::status() const {
  const std::lock_guard lock{guard_};
  return status_;
}

} // namespace troupe::links
