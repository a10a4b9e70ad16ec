#include "src/links/certificate_pem.hpp"

#include <openssl/pem.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::links {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t pem_max_bytes = 1u << 20;

std::string text_of(BIO& from) {
  char* at = nullptr;
  const auto size = BIO_get_mem_data(&from, &at);
  return {at, static_cast<std::size_t>(std::max(size, 0L))};
}

openssl_ptr<BIO> memory() {
  return openssl_ptr<BIO>{must(BIO_new(BIO_s_mem()), "no memory")};
}

[[noreturn]] void fail_file(const fs::path& file) {
  throw certificate_error{file.string() + ": " + std::strerror(errno)};
}

/// A key that asks for a password would otherwise ask the terminal.
int no_password(char*, int, int, void*) {
  return -1;
}

timestamp time_of(const ASN1_TIME* t, const char* what) {
  std::tm parts{};
  must(ASN1_TIME_to_tm(t, &parts), what);
  return timestamp{std::chrono::seconds{::timegm(&parts)}};
}

std::string line_of(const X509_NAME* name) {
  const auto out = memory();
  must(X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253) >= 0 ? 1 : 0, "an unreadable name");
  return text_of(*out);
}

std::string hex(const unsigned char* bytes, std::size_t n) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < n; ++i) {
    out += digits[bytes[i] >> 4];
    out += digits[bytes[i] & 15];
  }
  return out;
}

} // namespace

std::string read_pem(const fs::path& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    fail_file(file);
  std::string out;
  char piece[8192];
  ssize_t n = 0;
  while ((n = ::read(fd, piece, sizeof piece)) > 0 && out.size() <= pem_max_bytes)
    out.append(piece, static_cast<std::size_t>(n));
  const int why = errno;
  ::close(fd);
  errno = why;
  if (n < 0)
    fail_file(file);
  if (out.size() > pem_max_bytes)
    throw certificate_error{file.string() + ": too large"};
  return out;
}

std::string pem_of(X509& certificate) {
  const auto out = memory();
  must(PEM_write_bio_X509(out.get(), &certificate), "cannot write the certificate");
  return text_of(*out);
}

std::string pem_of(EVP_PKEY& key) {
  const auto out = memory();
  must(PEM_write_bio_PrivateKey(out.get(), &key, nullptr, nullptr, 0, nullptr, nullptr),
       "cannot write the key");
  return text_of(*out);
}

openssl_ptr<X509> load_certificate(const fs::path& file) {
  const auto text = read_pem(file);
  openssl_ptr<BIO> in{
      must(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), "no memory")};
  auto* out = PEM_read_bio_X509(in.get(), nullptr, no_password, nullptr);
  if (!out)
    fail_openssl(file.string() + ": no certificate");
  return openssl_ptr<X509>{out};
}

openssl_ptr<EVP_PKEY> load_key(const fs::path& file) {
  const auto text = read_pem(file);
  openssl_ptr<BIO> in{
      must(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), "no memory")};
  auto* out = PEM_read_bio_PrivateKey(in.get(), nullptr, no_password, nullptr);
  if (!out)
    fail_openssl(file.string() + ": no private key without a password");
  return openssl_ptr<EVP_PKEY>{out};
}

void write_new_file(const fs::path& file, const std::string& text, mode_t mode) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) {
    if (errno == EEXIST)
      throw certificate_error{file.string() + " is already there"};
    fail_file(file);
  }
  std::size_t done = 0;
  bool whole = true;
  while (whole && done < text.size()) {
    const auto n = ::write(fd, text.data() + done, text.size() - done);
    if (n > 0)
      done += static_cast<std::size_t>(n);
    else
      whole = n < 0 && errno == EINTR;
  }
  // The user's mask may have taken rights away that are meant to be there.
  whole = whole && ::fchmod(fd, mode) == 0 && ::fsync(fd) == 0;
  const int why = errno;
  ::close(fd);
  if (whole)
    return;
  ::unlink(file.c_str());
  errno = why;
  fail_file(file);
}

std::vector<std::string> names_of(X509& certificate) {
  std::vector<std::string> out;
  openssl_ptr<GENERAL_NAMES> names{static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr))};
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const auto* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS)
      continue;
    const auto* text = name->d.dNSName;
    out.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                     static_cast<std::size_t>(ASN1_STRING_length(text)));
  }
  return out;
}

certificate_facts facts_of(X509& x) {
  certificate_facts out;
  out.subject = line_of(X509_get_subject_name(&x));
  out.issuer = line_of(X509_get_issuer_name(&x));
  out.names = names_of(x);
  out.authority = X509_check_ca(&x) > 0;
  out.begins = time_of(X509_get0_notBefore(&x), "an unreadable time");
  out.ends = time_of(X509_get0_notAfter(&x), "an unreadable time");
  openssl_ptr<BIGNUM> serial{
      must(ASN1_INTEGER_to_BN(X509_get0_serialNumber(&x), nullptr), "no serial number")};
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(serial.get())), '\0');
  BN_bn2bin(serial.get(), reinterpret_cast<unsigned char*>(bytes.data()));
  out.serial = hex(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  must(X509_digest(&x, EVP_sha256(), digest, &size), "no fingerprint");
  out.fingerprint = hex(digest, size);
  return out;
}

certificate_facts read_certificate(const fs::path& file) {
  return facts_of(*load_certificate(file));
}

} // namespace troupe::links
