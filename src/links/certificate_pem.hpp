#pragma once

#include "src/links/certificates.hpp"

#include <sys/types.h>

namespace troupe::links {

// Certificates and keys as files. All of these throw `certificate_error`.

[[nodiscard]] std::string pem_of(X509& certificate);
[[nodiscard]] std::string pem_of(EVP_PKEY& key);

/// The text of a file, which may hold several certificates.
[[nodiscard]] std::string read_pem(const std::filesystem::path& file);
/// The first certificate in a file.
[[nodiscard]] openssl_ptr<X509> load_certificate(const std::filesystem::path& file);
/// An unprotected private key.
[[nodiscard]] openssl_ptr<EVP_PKEY> load_key(const std::filesystem::path& file);

/// Writes a file that must not be there yet, down to the disk.
void write_new_file(const std::filesystem::path& file, const std::string& text, mode_t mode);

} // namespace troupe::links
