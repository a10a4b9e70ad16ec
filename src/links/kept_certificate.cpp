#include "src/links/kept_certificate.hpp"

#include "src/links/tls_context.hpp"

namespace troupe::links {

std::shared_ptr<kept_certificate> keep_certificate(const link_settings& from) {
  auto mine = from;
  mine.kept = std::make_shared<kept_certificate>();
  const tls_keeper first{mine};
  return mine.kept;
}

timestamp end_of(const kept_certificate& x) {
  return x.last().second.ends;
}

} // namespace troupe::links
