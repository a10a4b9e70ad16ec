#pragma once

#include "src/links/expiry_warnings.hpp"
#include "src/links/notices.hpp"
#include "src/links/tls_context.hpp"

#include <chrono>
#include <mutex>

namespace troupe::links {

/// The node's certificate over the node's life: takes up new files, and says when they cannot be
/// used and when the certificate ends soon. Lives on the I/O thread but for `status`.
class certificate_watch {
 public:
  using steady = std::chrono::steady_clock;

  /// Throws `certificate_error` when no peer would accept this node with its certificate, and none
  /// is kept.
  certificate_watch(const link_settings& from, notice_gate& notices);

  /// What the next connection uses: the files as they are now, if they can be used.
  [[nodiscard]] tls_context_ptr context();
  /// To be called every now and then; looks every ten seconds.
  void tick(steady::time_point now);

  /// Any thread.
  [[nodiscard]] certificate_status status() const;

 private:
  void look();
  void warn_of_end();

  const std::string file_;
  notice_gate& notices_;
  tls_keeper keeper_;
  steady::time_point looked_{};
  expiry_warnings warnings_;
  mutable std::mutex guard_;
  certificate_status status_;
};

} // namespace troupe::links
