#pragma once

#include "src/links/certificates.hpp"
#include "src/links/settings.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <sys/stat.h>

namespace troupe::links {

using tls_context_ptr = std::shared_ptr<SSL_CTX>;

/// Builds what a handshake needs from a node's files: TLS 1.3 and nothing older, no resumption
/// (each link proves both sides anew), and a peer without a certificate of the authority is
/// refused. Throws `certificate_error` when a file cannot be read, when they do not belong
/// together, or when no peer would accept this node with them: another name, another authority,
/// expired.
[[nodiscard]] tls_context_ptr make_tls_context(const link_settings& from, certificate_facts& facts);

/// See `keep_certificate`.
class kept_certificate {
 public:
  void put(tls_context_ptr context, certificate_facts facts) {
    const std::lock_guard hold{mutex_};
    last_ = {std::move(context), std::move(facts)};
  }
  /// The context is null while none could be used yet.
  [[nodiscard]] std::pair<tls_context_ptr, certificate_facts> last() const {
    const std::lock_guard hold{mutex_};
    return last_;
  }

 private:
  mutable std::mutex mutex_;
  std::pair<tls_context_ptr, certificate_facts> last_;
};

/// Keeps the context for new connections and builds it anew when the files change. One that cannot
/// be built leaves the last good one in place: files are often replaced one after the other. One
/// thread at a time.
class tls_keeper {
 public:
  /// Throws `certificate_error` as `make_tls_context` does, unless there is one in `from.kept`.
  explicit tls_keeper(const link_settings& from);

  enum class found { same, renewed, unusable };
  /// Looks whether the files have changed: cheap beside a handshake, before which it belongs.
  found look();
  [[nodiscard]] const tls_context_ptr& context() const noexcept { return context_; }
  /// Of the node's certificate in use.
  [[nodiscard]] const certificate_facts& facts() const noexcept { return facts_; }
  /// Why the files as they are now could not be used; empty when they are in use.
  [[nodiscard]] const std::string& error() const noexcept { return error_; }

 private:
  /// What tells whether a file is another one now.
  struct print {
    timespec changed{};
    off_t size = -1;
    ino_t number = 0;
    friend bool operator==(const print& a, const print& b) noexcept {
      return a.changed.tv_sec == b.changed.tv_sec && a.changed.tv_nsec == b.changed.tv_nsec &&
             a.size == b.size && a.number == b.number;
    }
  };
  struct prints {
    print certificate, key, authority;
    friend bool operator==(const prints&, const prints&) = default;
  };
  static print of(const std::string& file);
  [[nodiscard]] prints now_there() const;

  void take_up(const prints& there);

  const link_settings from_;
  tls_context_ptr context_;
  certificate_facts facts_;
  std::optional<prints> used_; ///< nothing: files that were there before
  std::string error_;
};

} // namespace troupe::links
