#pragma once

#include "src/links/openssl.hpp"

#include <troupe/clock.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::links {

/// Before a certificate ends, this long, people should hear of it.
inline constexpr std::chrono::hours expiry_warning{24 * 30};

/// Where an authority's or a node's files are.
struct certificate_files {
  std::filesystem::path certificate;
  std::filesystem::path key;
};

/// `ca.pem` and `ca.key` in `dir`.
[[nodiscard]] certificate_files authority_files(const std::filesystem::path& dir);
/// `<node>.pem` and `<node>.key` in `dir`.
[[nodiscard]] certificate_files node_files(const std::filesystem::path& dir, std::string_view node);

/// What a certificate says.
struct certificate_facts {
  std::string subject;
  std::string issuer;
  std::vector<std::string> names; ///< for DNS: the nodes whose certificate it is
  bool authority = false;         ///< may sign others
  timestamp begins;
  timestamp ends;
  std::string serial;      ///< hexadecimal
  std::string fingerprint; ///< SHA-256 of the whole, hexadecimal
};

// All of these throw `certificate_error`. Keys are on the curve P-256; a key's file is readable by
// its owner only. No file is written over.

/// Makes the authority of a cluster in `dir`, which is made if it is missing. It signs nodes'
/// certificates and nothing below them. Whoever has its key can be any node.
certificate_files make_authority(const std::filesystem::path& dir, timestamp now,
                                 std::chrono::hours valid = std::chrono::hours{24 * 3650});

/// Makes a node's key and certificate in `out`, signed by the authority in `authority_dir`, and
/// puts the authority's certificate beside them: what a node needs is in one folder. The
/// certificate's only name is the node's id, it serves for both ends of a link, and it ends no
/// later than the authority's.
certificate_files make_node_certificate(const std::filesystem::path& authority_dir,
                                        std::string_view node, const std::filesystem::path& out,
                                        timestamp now,
                                        std::chrono::hours valid = std::chrono::hours{24 * 365});

/// The facts of the first certificate in a PEM file.
[[nodiscard]] certificate_facts read_certificate(const std::filesystem::path& file);
[[nodiscard]] certificate_facts facts_of(X509& certificate);
/// The DNS names in a certificate, byte for byte: a name with a zero byte in it equals no node's.
[[nodiscard]] std::vector<std::string> names_of(X509& certificate);

} // namespace troupe::links
