#include "src/links/certificates.hpp"

#include "src/links/certificate_pem.hpp"
#include "src/links/settings.hpp"

#include <openssl/rand.h>
#include <openssl/x509.h>

#include <algorithm>

namespace troupe::links {

namespace fs = std::filesystem;

namespace {

/// The clocks of two machines differ: a certificate made here must be valid there at once.
constexpr std::chrono::hours backdated{1};

openssl_ptr<EVP_PKEY> new_key() {
  return openssl_ptr<EVP_PKEY>{must(EVP_EC_gen("P-256"), "cannot make a key")};
}

void set_serial(X509& x) {
  // 127 random bits: positive, and never given twice (RFC 5280 asks for at most 20 bytes).
  unsigned char bytes[16];
  must(RAND_bytes(bytes, sizeof bytes), "no random numbers");
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7f) | 0x40);
  openssl_ptr<BIGNUM> number{must(BN_bin2bn(bytes, sizeof bytes, nullptr), "no serial number")};
  must(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(&x)), "no serial number");
}

void set_time(ASN1_TIME* to, timestamp t) {
  must(ASN1_TIME_set(to, std::chrono::system_clock::to_time_t(t)), "no time");
}

void add_name(X509_NAME* to, const char* field, std::string_view text) {
  must(X509_NAME_add_entry_by_txt(to, field, MBSTRING_UTF8,
                                  reinterpret_cast<const unsigned char*>(text.data()),
                                  static_cast<int>(text.size()), -1, 0),
       "the name is refused");
}

void extend(X509& x, X509& issuer, int what, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &issuer, &x, nullptr, nullptr, 0);
  openssl_ptr<X509_EXTENSION> made{
      must(X509V3_EXT_conf_nid(nullptr, &context, what, value), "an extension is refused")};
  must(X509_add_ext(&x, made.get(), -1), "an extension is refused");
}

void add_dns_name(X509& x, std::string_view name) {
  openssl_ptr<GENERAL_NAMES> names{must(sk_GENERAL_NAME_new_null(), "no memory")};
  auto* one = must(GENERAL_NAME_new(), "no memory");
  auto* text = must(ASN1_IA5STRING_new(), "no memory");
  must(ASN1_STRING_set(text, name.data(), static_cast<int>(name.size())), "no memory");
  GENERAL_NAME_set0_value(one, GEN_DNS, text);
  must(sk_GENERAL_NAME_push(names.get(), one), "no memory");
  must(X509_add1_ext_i2d(&x, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT),
       "the name is refused");
}

openssl_ptr<X509> new_certificate(EVP_PKEY& key, timestamp begins, timestamp ends) {
  openssl_ptr<X509> x{must(X509_new(), "no memory")};
  must(X509_set_version(x.get(), X509_VERSION_3), "no memory");
  set_serial(*x);
  set_time(X509_getm_notBefore(x.get()), begins);
  set_time(X509_getm_notAfter(x.get()), ends);
  must(X509_set_pubkey(x.get(), &key), "the key is refused");
  return x;
}

void make_folder(const fs::path& dir) {
  std::error_code e;
  fs::create_directories(dir, e);
  if (e)
    throw certificate_error{dir.string() + ": " + e.message()};
}

/// Both or none.
void write_both(const certificate_files& to, EVP_PKEY& key, X509& certificate) {
  for (const auto& file : {to.certificate, to.key})
    if (fs::exists(fs::symlink_status(file)))
      throw certificate_error{file.string() + " is already there"};
  write_new_file(to.key, pem_of(key), 0600);
  try {
    write_new_file(to.certificate, pem_of(certificate), 0644);
  } catch (const certificate_error&) {
    std::error_code ignored;
    fs::remove(to.key, ignored);
    throw;
  }
}

/// Puts the authority's certificate beside a node's.
void copy_authority(const fs::path& from, const fs::path& to) {
  std::error_code ignored;
  if (fs::equivalent(from, to, ignored))
    return;
  const auto text = read_pem(from);
  if (!fs::exists(fs::symlink_status(to)))
    write_new_file(to, text, 0644);
  else if (read_pem(to) != text)
    throw certificate_error{to.string() + " is there already, and not the authority's certificate"};
}

} // namespace

certificate_files authority_files(const fs::path& dir) {
  return {dir / "ca.pem", dir / "ca.key"};
}

certificate_files node_files(const fs::path& dir, std::string_view node) {
  return {dir / (std::string{node} + ".pem"), dir / (std::string{node} + ".key")};
}

certificate_files make_authority(const fs::path& dir, timestamp now, std::chrono::hours valid) {
  const auto key = new_key();
  const auto x = new_certificate(*key, now - backdated, now + valid);
  auto* name = X509_get_subject_name(x.get());
  add_name(name, "O", "troupe");
  add_name(name, "CN", "troupe cluster authority");
  must(X509_set_issuer_name(x.get(), name), "the name is refused");
  extend(*x, *x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  extend(*x, *x, NID_key_usage, "critical,keyCertSign,cRLSign");
  extend(*x, *x, NID_subject_key_identifier, "hash");
  must(X509_sign(x.get(), key.get(), EVP_sha256()), "cannot sign");
  make_folder(dir);
  const auto files = authority_files(dir);
  write_both(files, *key, *x);
  return files;
}

certificate_files make_node_certificate(const fs::path& authority_dir, std::string_view node,
                                        const fs::path& out, timestamp now,
                                        std::chrono::hours valid) {
  if (!is_node_id(node) || node == "ca")
    throw certificate_error{"a node's id is letters, digits, _, - and ., at most 64 of them, the "
                            "first a letter or a digit, and not ca"};
  const auto from = authority_files(authority_dir);
  const auto authority = load_certificate(from.certificate);
  const auto signer = load_key(from.key);
  if (X509_check_private_key(authority.get(), signer.get()) != 1)
    throw certificate_error{from.key.string() + " does not belong to " + from.certificate.string()};
  const auto limit = facts_of(*authority).ends;
  if (limit <= now)
    throw certificate_error{from.certificate.string() + " has expired"};
  const auto key = new_key();
  const auto x = new_certificate(*key, now - backdated, std::min(now + valid, limit));
  auto* name = X509_get_subject_name(x.get());
  add_name(name, "O", "troupe");
  add_name(name, "CN", node);
  must(X509_set_issuer_name(x.get(), X509_get_subject_name(authority.get())),
       "the name is refused");
  extend(*x, *authority, NID_basic_constraints, "critical,CA:FALSE");
  extend(*x, *authority, NID_key_usage, "critical,digitalSignature");
  extend(*x, *authority, NID_ext_key_usage, "serverAuth,clientAuth");
  extend(*x, *authority, NID_subject_key_identifier, "hash");
  extend(*x, *authority, NID_authority_key_identifier, "keyid:always");
  add_dns_name(*x, node);
  must(X509_sign(x.get(), signer.get(), EVP_sha256()), "cannot sign");
  make_folder(out);
  copy_authority(from.certificate, authority_files(out).certificate);
  const auto files = node_files(out, node);
  write_both(files, *key, *x);
  return files;
}

} // namespace troupe::links
