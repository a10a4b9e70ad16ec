#pragma once

#include "actors/post_codec.hpp"
#include "actors/post_intake.hpp"

#include <troupe/address.hpp>
#include <troupe/caf.hpp>
#include <troupe/clock.hpp>
#include <troupe/task.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace troupe {

class proxy;

/// Where the actor lives that a proxy stands for. Only the post's thread touches it.
struct proxy_home {
  std::string node;
  std::uint64_t incarnation = 0; ///< of the actor there; 0: its address names it alone
  bool moving = false;           ///< between two nodes: what it gets is held back
};

/// What a proxy hands to its post: a message, packed on the sender's own thread.
struct carry {
  caf::strong_actor_ptr via; ///< the proxy
  caf::strong_actor_ptr sender;
  caf::message_id id;
  packed what;         ///< of an empty kind: it could not be packed
  std::string problem; ///< why; or why there is less in it than was sent
  bool ends_call = false;
  std::uint64_t call = 0; ///< that ends with this message, if one does
  timestamp deadline = no_deadline;
  priority urgency = priority::medium;
  std::string trace;
  std::uint64_t epoch = 0;
  bool taken = false;   ///< by the post, which answers for it from then on
  std::size_t cost = 0; ///< in bytes, taken from `from` until it goes
  std::shared_ptr<post_intake> from;

  carry() = default;
  carry(const carry&) = delete;
  carry& operator=(const carry&) = delete;
  /// What never came to the post, because that had ended or ended first, is answered here: a
  /// mailbox that is closed answers the requests in it, but not those inside of other messages.
  ~carry();
};
using carry_ptr = std::shared_ptr<carry>;

/// The PROXY: an actor that stands for one on another node. It has no mailbox and no thread: what
/// is sent to it goes to the post, packed by whoever sends it. `request`, `monitor` and `link` work
/// as on the actor itself; the post ends it with the reason of what it stands for. Made and owned
/// by the post alone.
///
/// While too much waits for the post, whoever asks for work is told at once to come back later, and
/// that it is too large when no frame takes it. What answers or tells crosses with less in it then.
///
/// Written against CAF 0.17.6, where it does what CAF's own `forwarding_actor_proxy` does for BASP.
class proxy final : public caf::monitorable_actor {
 public:
  proxy(caf::actor_config& cfg, troupe::address where, caf::actor_addr post,
        std::shared_ptr<post_intake> intake)
      : caf::monitorable_actor(cfg)
      , where_(std::move(where))
      , post_(std::move(post))
      , intake_(std::move(intake)) {}

  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* host) override;
  using caf::abstract_actor::enqueue;
  const char* name() const override { return "proxy"; }

  [[nodiscard]] const troupe::address& where() const noexcept { return where_; }
  [[nodiscard]] bool ended() const { return getf(is_terminated_flag); }
  /// Ends it: whoever monitors it or is linked to it hears `why`.
  void end(caf::error why, caf::execution_unit* host) { cleanup(std::move(why), host); }

  proxy_home home;

 private:
  const troupe::address where_;
  const caf::actor_addr post_;
  const std::shared_ptr<post_intake> intake_;
};

/// The node of the actor that a proxy stands for, as that node's certificate has proved; empty: `x`
/// is an actor of this node. For actors that were given by the post as senders of a message.
[[nodiscard]] std::string node_behind(const caf::strong_actor_ptr& x);

/// A strong reference to a proxy.
class proxy_ptr {
 public:
  proxy_ptr() = default;
  /// Makes one that hands to `post`, as far as `intake` lets it.
  static proxy_ptr make(caf::actor_system& sys, address where, const caf::actor& post,
                        std::shared_ptr<post_intake> intake, proxy_home home);
  /// The proxy that `x` is known to be.
  explicit proxy_ptr(caf::strong_actor_ptr x)
      : held_(std::move(x)) {}

  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(held_); }
  [[nodiscard]] proxy* operator->() const noexcept { return static_cast<proxy*>(held_->get()); }
  [[nodiscard]] const caf::strong_actor_ptr& actor() const noexcept { return held_; }
  [[nodiscard]] caf::actor handle() const { return caf::actor_cast<caf::actor>(held_); }

 private:
  caf::strong_actor_ptr held_;
};

} // namespace troupe

TROUPE_ALLOW_LOCAL_MESSAGE(troupe::carry_ptr)
