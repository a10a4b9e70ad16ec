#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>
#include <string>

/// OpenSSL's objects with an owner, and its errors as sentences.
namespace troupe::links {

struct openssl_deleter {
  void operator()(BIO* x) const noexcept { BIO_free_all(x); }
  void operator()(EVP_PKEY* x) const noexcept { EVP_PKEY_free(x); }
  void operator()(X509* x) const noexcept { X509_free(x); }
  void operator()(X509_EXTENSION* x) const noexcept { X509_EXTENSION_free(x); }
  void operator()(X509_STORE* x) const noexcept { X509_STORE_free(x); }
  void operator()(X509_STORE_CTX* x) const noexcept { X509_STORE_CTX_free(x); }
  void operator()(BIGNUM* x) const noexcept { BN_free(x); }
  void operator()(GENERAL_NAMES* x) const noexcept { GENERAL_NAMES_free(x); }
  void operator()(SSL_CTX* x) const noexcept { SSL_CTX_free(x); }
};

template <class T>
using openssl_ptr = std::unique_ptr<T, openssl_deleter>;

/// Something about a certificate, a key or TLS failed: a sentence for people, without secrets.
class certificate_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Ends what was begun with what OpenSSL says about it, and empties this thread's queue of errors.
[[noreturn]] void fail_openssl(const std::string& what);

/// Returns `x` unless it is null.
template <class T>
T* must(T* x, const char* what) {
  if (!x)
    fail_openssl(what);
  return x;
}
inline void must(int ok, const char* what) {
  if (ok <= 0)
    fail_openssl(what);
}

} // namespace troupe::links
