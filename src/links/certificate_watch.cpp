#include "src/links/certificate_watch.hpp"

namespace troupe::links {

namespace {

constexpr std::chrono::seconds look_every{10};

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
    warnings_.reset();
    warn_of_end();
  } else if (found == tls_keeper::found::unusable) {
    notices_.tell(notice_kind::certificate_unusable,
                  "the certificate in use stays: " + keeper_.error());
  }
}

void certificate_watch::warn_of_end() {
  const auto left = keeper_.facts().ends - std::chrono::system_clock::now();
  if (const auto what = warnings_.look(steady::now(), left); !what.empty())
    notices_.tell(notice_kind::certificate_expires, file_ + what);
}

certificate_status certificate_watch::status() const {
  const std::lock_guard lock{guard_};
  return status_;
}

} // namespace troupe::links
