#pragma once

#include <troupe/enum_names.hpp>
#include <troupe/envelope.hpp>
#include <troupe/link_loss.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::links {

/// A node that a link leads to, as its hello said and its certificate proved.
struct peer {
  std::string node;              ///< its id
  std::uint64_t incarnation = 0; ///< grows with every start of the node
  std::string region;
  std::string version; ///< of the program, for people
};

/// A node to have a link with.
struct endpoint {
  std::string node;
  std::vector<std::string> reached_at; ///< `host:port`, tried in this order
};

enum class offered : std::uint8_t {
  taken,     ///< it will be written, unless the link goes down first
  busy,      ///< the peer's outbox is full: offer it again later
  unlinked,  ///< there is no link with that node now
  too_large, ///< no frame may be as long as this: it will never be taken
};

/// What a carrier reports, from threads of its own: receivers hand it to an actor and return. For
/// one node, calls come one at a time, and in the order in which things happened.
struct carrier_events {
  std::function<void(const peer&)> up;
  /// The link with this incarnation is gone; what was taken and not acknowledged by the peer's post
  /// may or may not have arrived. `why` is for people.
  std::function<void(const peer&, link_loss how, const std::string& why)> down;
  std::function<void(const peer&, envelope_batch_ptr)> arrived;
  /// A node that is to be reached is not: all of its addresses answer that nobody listens there.
  /// Told once for each round of attempts, while there is no link with it.
  std::function<void(const std::string& node)> refused = {};
};

/// What carries envelopes between nodes: TLS links, or a simulation's fake network. At most one
/// link per pair of nodes; within one link, envelopes arrive in the order in which they were
/// taken, or the link goes down. Repeats, acknowledgements and duplicates are the post's matter.
/// Thread safe.
class carrier {
 public:
  carrier() = default;
  carrier(const carrier&) = delete;
  carrier& operator=(const carrier&) = delete;
  virtual ~carrier() = default;

  /// Begins to listen and to call back. Throws `std::runtime_error` with a sentence when it cannot.
  virtual void start(carrier_events events) = 0;
  /// The nodes to keep links with, in place of those said before: links with all others end.
  virtual void reach(std::vector<endpoint> nodes) = 0;
  /// Puts an envelope into the outbox of `node`. It is not written before `flush`, or before the
  /// link's writer comes round by itself.
  virtual offered offer(std::string_view node, const envelope& what) = 0;
  /// Writes what has gathered for all nodes.
  virtual void flush() = 0;
  /// So many batches that `arrived` handed over from `node` are dealt with. A carrier stops reading
  /// from a link while too many are not: the peer's outbox then fills, and its callers hear `busy`.
  virtual void consumed(std::string_view node, std::size_t batches) = 0;
  /// Ends the link with `node`, telling the peer why. It is made again while `reach` names the
  /// node.
  virtual void cut(std::string_view node, std::string_view why) = 0;
  /// Ends all links with a goodbye and calls back no more once it has returned.
  virtual void stop() = 0;
};

} // namespace troupe::links

template <>
struct troupe::enum_names<troupe::links::offered> {
  static constexpr std::array<std::string_view, 4> value{"taken", "busy", "unlinked", "too_large"};
};
