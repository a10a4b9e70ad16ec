#pragma once

#include "src/links/carrier.hpp"
#include "src/links/certificates.hpp"
#include "src/links/settings.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace troupe::links {

enum class notice_kind : std::uint8_t {
  /// A connection that was accepted ended before its peer was welcome; told once a minute for each
  /// host and reason.
  refused,
  unreachable,          ///< a node could not be linked with; told once per reason
  accept_failed,        ///< connections cannot be accepted, for want of descriptors or memory
  certificate_renewed,  ///< new connections use the files as they are now
  certificate_unusable, ///< the files have changed and cannot be used; the last good ones are
  certificate_expires,  ///< this node's certificate ends soon, or has ended; told at the start too
  internal_error,       ///< something was thrown on the I/O thread, as by a receiver of events
};

/// Something that the people who run the node should read in its log.
struct link_notice {
  notice_kind kind = notice_kind::refused;
  std::string text;
};

struct mesh_counts {
  std::uint64_t links = 0;    ///< up now
  std::uint64_t unproven = 0; ///< accepted connections whose peer has not said a valid hello
  std::uint64_t accepted = 0; ///< all from here on since the start
  std::uint64_t refused = 0;  ///< accepted connections that never became a link
  std::uint64_t dialled = 0;
  std::uint64_t accept_errors = 0;
  std::uint64_t notices_left_out = 0; ///< they come too fast for a log, or again and again
};

/// The node's certificate as it is in use.
struct certificate_status {
  timestamp ends = timestamp::max(); ///< never, with plaintext
  std::string error;                 ///< why newer files could not be used; empty: none are there
};

/// Links over TCP: one connection per pair of nodes, which the node with the lower id dials;
/// TLS 1.3 with certificates on both sides, whose names must be the nodes' ids. All of it runs on
/// one thread of its own. What a stranger can do to it is bounded: `link_settings` has the limits.
class mesh final : public carrier {
 public:
  using tell = std::function<void(const link_notice&)>;

  /// `told` is called on the I/O thread, at most a few times a second. Throws
  /// `std::invalid_argument` with what is wrong with the settings.
  explicit mesh(link_settings settings, tell told = {});
  /// Stops.
  ~mesh() override;

  /// Throws `std::runtime_error` when the port is taken, and `certificate_error` (which is one)
  /// when no peer would accept this node with its certificate.
  void start(carrier_events events) override;
  void reach(std::vector<endpoint> nodes) override;
  offered offer(std::string_view node, const envelope& what) override;
  void flush() override;
  void consumed(std::string_view node, std::size_t batches) override;
  void cut(std::string_view node, std::string_view why) override;
  /// Waits at most `link_settings::farewell` for goodbyes. Not from within a callback.
  void stop() override;

  // Any thread.
  /// The port it listens on; 0 before `start`.
  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] mesh_counts counts() const noexcept;
  [[nodiscard]] certificate_status certificate() const;
  /// Bytes taken for a node and not yet written.
  [[nodiscard]] std::size_t waiting(std::string_view node) const;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

} // namespace troupe::links

template <>
struct troupe::enum_names<troupe::links::notice_kind> {
  static constexpr std::array<std::string_view, 7> value{"refused",
                                                         "unreachable",
                                                         "accept_failed",
                                                         "certificate_renewed",
                                                         "certificate_unusable",
                                                         "certificate_expires",
                                                         "internal_error"};
};
