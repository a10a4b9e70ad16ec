#include "src/links/tls_context.hpp"

#include "src/links/certificate_pem.hpp"

#include <algorithm>
#include <tuple>

namespace troupe::links {

namespace {

int no_password(char*, int, int, void*) {
  return -1;
}

/// What every peer would find: better said once at the start than by every handshake.
void expect_acceptable(SSL_CTX& context, X509& own, const link_settings& s) {
  const auto names = names_of(own);
  if (std::find(names.begin(), names.end(), s.node) == names.end())
    throw certificate_error{s.certificate + " is not the certificate of node " + s.node};
  openssl_ptr<X509_STORE_CTX> check{must(X509_STORE_CTX_new(), "no memory")};
  STACK_OF(X509)* between = nullptr;
  SSL_CTX_get0_chain_certs(&context, &between);
  for (const auto purpose : {X509_PURPOSE_SSL_SERVER, X509_PURPOSE_SSL_CLIENT}) {
    must(X509_STORE_CTX_init(check.get(), SSL_CTX_get_cert_store(&context), &own, between),
         "no memory");
    X509_STORE_CTX_set_purpose(check.get(), purpose);
    if (X509_verify_cert(check.get()) != 1)
      throw certificate_error{s.certificate + " is refused under " + s.authority + ": " +
                              X509_verify_cert_error_string(X509_STORE_CTX_get_error(check.get()))};
    X509_STORE_CTX_cleanup(check.get());
  }
}

} // namespace

tls_context_ptr make_tls_context(const link_settings& from, certificate_facts& facts) {
  const tls_context_ptr out{must(SSL_CTX_new(TLS_method()), "no TLS"), SSL_CTX_free};
  auto* c = out.get();
  SSL_CTX_set_default_passwd_cb(c, no_password);
  must(static_cast<int>(SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION)), "no TLS 1.3");
  must(static_cast<int>(SSL_CTX_set_max_proto_version(c, TLS1_3_VERSION)), "no TLS 1.3");
  SSL_CTX_set_num_tickets(c, 0);
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(c, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                          SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  if (SSL_CTX_load_verify_locations(c, from.authority.c_str(), nullptr) != 1)
    fail_openssl(from.authority + ": no certificates of an authority");
  if (SSL_CTX_use_certificate_chain_file(c, from.certificate.c_str()) != 1)
    fail_openssl(from.certificate + ": no certificate");
  if (SSL_CTX_use_PrivateKey_file(c, from.key.c_str(), SSL_FILETYPE_PEM) != 1)
    fail_openssl(from.key + ": no key for " + from.certificate);
  if (SSL_CTX_check_private_key(c) != 1)
    fail_openssl(from.key + " does not belong to " + from.certificate);
  auto* own = SSL_CTX_get0_certificate(c);
  expect_acceptable(*c, *own, from);
  facts = facts_of(*own);
  return out;
}

tls_keeper::print tls_keeper::of(const std::string& file) {
  struct stat there {};
  if (::stat(file.c_str(), &there) != 0)
    return {};
  return {there.st_mtim, there.st_size, there.st_ino};
}

tls_keeper::prints tls_keeper::now_there() const {
  return {of(from_.certificate), of(from_.key), of(from_.authority)};
}

tls_keeper::tls_keeper(const link_settings& from)
    : from_(from) {
  // First the prints, then the files: what changes in between is seen at the next look.
  try {
    take_up(now_there());
  } catch (const certificate_error&) {
    // Why they cannot be used is told at the first look.
    if (from_.kept)
      std::tie(context_, facts_) = from_.kept->last();
    if (!context_)
      throw;
  }
}

void tls_keeper::take_up(const prints& there) {
  certificate_facts facts;
  context_ = make_tls_context(from_, facts);
  facts_ = std::move(facts);
  used_ = there;
  if (from_.kept)
    from_.kept->put(context_, facts_);
}

tls_keeper::found tls_keeper::look() {
  const auto there = now_there();
  if (used_ == there) {
    error_.clear();
    return found::same;
  }
  try {
    take_up(there);
    error_.clear();
    return found::renewed;
  } catch (const certificate_error& e) {
    // The files may be whole the next time, or there may be descriptors again: it is tried anew at
    // every look, and told when the reason is another one.
    const bool told = error_ == e.what();
    error_ = e.what();
    return told ? found::same : found::unusable;
  }
}

} // namespace troupe::links
