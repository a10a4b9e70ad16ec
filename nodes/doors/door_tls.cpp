#include "nodes/doors/door_tls.hpp"

#include "src/links/certificates.hpp"

#include <openssl/err.h>
#include <openssl/sslerr.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace troupe {

namespace {

using links::certificate_error;
using links::fail_openssl;
using links::must;

int no_passphrase(char*, int, int, void*) {
  return -1; // A node that starts by itself has nobody to ask.
}

int bounded_size(std::size_t x) noexcept {
  return static_cast<int>(std::min<std::size_t>(x, std::numeric_limits<int>::max()));
}

} // namespace

door_tls::door_tls(door_certificate from)
    : from_(std::move(from)) {
  // First the prints, then the files: what changes in between is seen at the next look.
  used_ = now_there();
  context_ = load();
  looked_ = steady::now();
}

door_tls::print door_tls::now_there() const {
  print out;
  struct stat there {};
  if (::stat(from_.certificate.c_str(), &there) == 0) {
    out.certificate = there.st_mtim;
    out.certificate_number = there.st_ino;
  }
  if (::stat(from_.key.c_str(), &there) == 0) {
    out.key = there.st_mtim;
    out.key_number = there.st_ino;
  }
  return out;
}

bool door_tls::same(const print& a, const print& b) noexcept {
  const auto at = [](const timespec& x) { return std::pair{x.tv_sec, x.tv_nsec}; };
  return at(a.certificate) == at(b.certificate) && at(a.key) == at(b.key) &&
         a.certificate_number == b.certificate_number && a.key_number == b.key_number;
}

void door_tls::tell(bool bad, const std::string& text) const {
  if (from_.notice)
    from_.notice(bad, text);
}

std::shared_ptr<SSL_CTX> door_tls::load() {
  const std::shared_ptr<SSL_CTX> out{must(SSL_CTX_new(TLS_server_method()), "no TLS"),
                                     SSL_CTX_free};
  auto* c = out.get();
  SSL_CTX_set_default_passwd_cb(c, no_passphrase);
  must(static_cast<int>(SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION)), "no TLS 1.3");
  SSL_CTX_set_num_tickets(c, 0);
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(c, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  // The door's buffer of what is to be sent grows and moves between two tries.
  SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                          SSL_MODE_RELEASE_BUFFERS);
  if (SSL_CTX_use_certificate_chain_file(c, from_.certificate.c_str()) != 1)
    fail_openssl(from_.certificate + ": no certificate");
  if (SSL_CTX_use_PrivateKey_file(c, from_.key.c_str(), SSL_FILETYPE_PEM) != 1)
    fail_openssl(from_.key + ": no key for " + from_.certificate);
  if (SSL_CTX_check_private_key(c) != 1)
    fail_openssl(from_.key + " does not belong to " + from_.certificate);
  const auto ends = links::facts_of(*SSL_CTX_get0_certificate(c)).ends;
  const auto left = ends - std::chrono::system_clock::now();
  if (left.count() <= 0)
    throw certificate_error{from_.certificate + " has expired"};
  if (left < links::expiry_warning)
    tell(true,
         from_.certificate + " expires in " +
             std::to_string(std::chrono::duration_cast<std::chrono::hours>(left).count() / 24) +
             " days");
  return out;
}

std::shared_ptr<SSL_CTX> door_tls::context() {
  const auto now = steady::now();
  if (now - looked_ < look_every)
    return context_;
  looked_ = now;
  const auto there = now_there();
  if (same(there, used_))
    return context_;
  try {
    context_ = load();
    used_ = there;
    error_.clear();
    tell(false, from_.certificate + " has been read anew; new connections use it");
  } catch (const certificate_error& e) {
    // The two files may be in the middle of being replaced: tried again at the next look, and told
    // when the reason is another one.
    if (error_ != e.what())
      tell(true, std::string{"the door's certificate in use stays: "} + e.what());
    error_ = e.what();
  }
  return context_;
}

tls_session::tls_session(const std::shared_ptr<SSL_CTX>& context, int socket)
    : tls_(must(SSL_new(context.get()), "no memory")) {
  must(SSL_set_fd(tls_.get(), socket), "no memory");
  SSL_set_accept_state(tls_.get());
}

tls_session::step tls_session::step_of(int result) const {
  switch (SSL_get_error(tls_.get(), result)) {
  case SSL_ERROR_NONE:
    return step::done;
  case SSL_ERROR_WANT_READ:
    return step::wants_read;
  case SSL_ERROR_WANT_WRITE:
    return step::wants_write;
  case SSL_ERROR_ZERO_RETURN:
    return step::ended;
  default:
    return step::failed;
  }
}

tls_session::step tls_session::accept() {
  ERR_clear_error();
  const auto out = step_of(SSL_do_handshake(tls_.get()));
  if (out == step::failed && ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST) {
    ERR_clear_error();
    return step::plaintext;
  }
  ERR_clear_error();
  return out == step::ended ? step::failed : out;
}

tls_session::step tls_session::read(char* to, std::size_t most, std::size_t& got) {
  ERR_clear_error();
  const int n = SSL_read(tls_.get(), to, bounded_size(most));
  got = n > 0 ? static_cast<std::size_t>(n) : 0;
  return n > 0 ? step::done : step_of(n);
}

tls_session::step tls_session::write(const char* from, std::size_t size, std::size_t& put) {
  ERR_clear_error();
  const int n = SSL_write(tls_.get(), from, bounded_size(size));
  put = n > 0 ? static_cast<std::size_t>(n) : 0;
  return n > 0 ? step::done : step_of(n);
}

void tls_session::say_end() noexcept {
  ERR_clear_error();
  SSL_shutdown(tls_.get());
  ERR_clear_error();
}

} // namespace troupe
