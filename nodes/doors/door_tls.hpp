#pragma once

#include <troupe/clock.hpp>

#include <openssl/ssl.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include <sys/stat.h>

namespace troupe {

/// Where a door's certificate (with the chain to its authority, if there is one in between) and its
/// key are, in PEM.
struct door_certificate {
  std::string certificate; ///< empty: the door speaks plain HTTP
  std::string key;
  /// Hears of renewed files, of ones that cannot be used, and of an end that comes near; on the
  /// door's thread.
  std::function<void(bool bad, const std::string& text)> notice;
  [[nodiscard]] bool given() const noexcept { return !certificate.empty(); }
};

/// What handshakes of a door need: TLS 1.3 and nothing older. Taken up anew when the files change;
/// files that cannot be used leave the last good ones in place. One thread at a time.
class door_tls {
 public:
  using steady = std::chrono::steady_clock;

  /// Throws `links::certificate_error` when the files cannot be used.
  explicit door_tls(door_certificate from);

  /// For the next connection. Looks at the files at most once a second.
  [[nodiscard]] std::shared_ptr<SSL_CTX> context();
  static constexpr std::chrono::seconds look_every{1};

 private:
  struct print {
    timespec certificate{}, key{};
    ino_t certificate_number = 0, key_number = 0;
  };
  [[nodiscard]] print now_there() const;
  [[nodiscard]] static bool same(const print& a, const print& b) noexcept;
  [[nodiscard]] std::shared_ptr<SSL_CTX> load();
  void tell(bool bad, const std::string& text) const;

  const door_certificate from_;
  std::shared_ptr<SSL_CTX> context_;
  print used_;
  steady::time_point looked_{};
  std::string error_;
};

/// TLS over one connected socket that does not block. Its owner waits for what a call asks for and
/// calls again.
class tls_session {
 public:
  enum class step { done, wants_read, wants_write, ended, plaintext, failed };

  /// `socket` stays its owner's. Throws `links::certificate_error` for want of memory.
  tls_session(const std::shared_ptr<SSL_CTX>& context, int socket);

  /// `plaintext`: the client speaks HTTP without TLS, and nothing has been written yet.
  [[nodiscard]] step accept();
  /// `done` with at least one byte; `ended` when the client has said that it sends no more.
  [[nodiscard]] step read(char* to, std::size_t most, std::size_t& got);
  /// `done` with at least one byte. After `wants_*` the next call has to begin with the same bytes.
  [[nodiscard]] step write(const char* from, std::size_t size, std::size_t& put);
  /// Says that nothing more is sent, if the socket takes it at once.
  void say_end() noexcept;

 private:
  struct closer {
    void operator()(SSL* x) const noexcept { SSL_free(x); }
  };
  [[nodiscard]] step step_of(int result) const;
  std::unique_ptr<SSL, closer> tls_;
};

} // namespace troupe
