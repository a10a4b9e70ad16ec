#pragma once

#include <troupe/clock.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::links {

class kept_certificate;

/// How a node listens for links, who it is, and the limits of all its links. Whatever a peer could
/// make grow or wait has a limit here.
struct link_settings {
  std::string node; ///< this node's id: what the certificate's name must be
  std::string region;
  std::uint64_t incarnation = 0;        ///< grows with every start of the node
  std::string version = TROUPE_VERSION; ///< of the program, for people
  std::string host = "127.0.0.1";       ///< a numeric address, or `localhost`
  std::uint16_t port = 0;               ///< 0: any free one
  /// `host:port` by which a node is dialled, by its id, in place of what it says itself.
  std::map<std::string, std::string, std::less<>> ways;

  // PEM files. They are read again when they change, for the links that are made afterwards.
  std::string certificate; ///< this node's, followed by those between it and the authority, if any
  std::string key;         ///< that belongs to it
  std::string authority;   ///< certificates that all nodes' certificates must lead to
  /// No TLS and no proof of who a peer is: only between nodes on one machine's loopback addresses.
  bool plaintext = false;
  /// What is used while the files cannot be; null: then links cannot be begun.
  std::shared_ptr<kept_certificate> kept;

  std::size_t frame_max_bytes = 4u << 20;  ///< an envelope, encoded, is never longer
  std::size_t gather_bytes = 256u << 10;   ///< what gathers becomes a frame of about so many
  std::size_t outbox_max_bytes = 8u << 20; ///< per peer: taken and not yet written
  std::size_t unhandled_max = 8; ///< batches handed over and not `consumed`, then reading pauses
  std::size_t unproven_max = 64; ///< accepted connections that have not said a valid hello

  milliseconds hello_timeout{2000}; ///< from the connection's begin to the peer's hello
  milliseconds heartbeat{250};      ///< said when nothing else has been written for so long
  unsigned heartbeats_missed = 4;   ///< after that many of silence a link is down
  milliseconds min_backoff{50};     ///< between two attempts to link
  milliseconds max_backoff{500};
  milliseconds farewell{300}; ///< for a goodbye to be written and read

  /// Bytes that the system buffers per connection in each direction; 0: the system's default.
  int socket_buffer_bytes = 0;

  /// What is wrong, a sentence each that names the setting; empty when nothing is.
  [[nodiscard]] std::vector<std::string> validate() const;
};

/// Letters, digits, `_`, `-` and `.`, at most 64 of them, the first a letter or a digit: a node's
/// id is a name in certificates, in files' names and in addresses.
[[nodiscard]] bool is_node_id(std::string_view text) noexcept;

/// Whether `host` is a numeric loopback address or `localhost`.
[[nodiscard]] bool is_loopback(const std::string& host);

/// The two halves of `host:port` or `[v6]:port`; the host is empty when it is neither.
struct host_and_port {
  std::string host;
  std::uint16_t port = 0;
};
[[nodiscard]] host_and_port split_address(std::string_view text);

} // namespace troupe::links
