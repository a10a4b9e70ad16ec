#pragma once

#include <troupe/clock.hpp>
#include <troupe/enum_names.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

enum class version_state : std::uint8_t {
  proposed, ///< the nodes are asked whether they can use it
  active,   ///< new tasks are worked on by it: one at most
  former,   ///< tasks that began with it may still be under way
  refused,  ///< it was never used; `why` says whose fault that is
};

template <>
struct enum_names<version_state> {
  static constexpr std::array<std::string_view, 4> value{"proposed", "active", "former", "refused"};
};

/// A version of the fleet, without its content.
struct stored_version {
  std::uint64_t number = 0; ///< from 1
  version_state state = version_state::proposed;
  timestamp at{};     ///< when it came into its state, by the clock of whoever wrote it
  std::string digest; ///< of its content
  std::string node;   ///< that proposed it
  std::string about;  ///< JSON text of the node's
  std::string why;    ///< refused: why
};

/// What a node says of versions; its newest word counts.
struct node_versions {
  std::string node;
  std::uint64_t active = 0;            ///< that it goes by
  std::uint64_t answered = 0;          ///< the proposal that the next two are about; 0: none
  bool ready = false;                  ///< it can use it
  std::string refused;                 ///< it cannot, and why
  std::vector<std::uint64_t> works_on; ///< versions of tasks that it works on
};

/// The versions of the fleet, as all nodes see them. Every call may throw `store_error`, and blocks
/// on the store. One thread at a time.
class version_table {
 public:
  version_table() = default;
  version_table(const version_table&) = delete;
  version_table& operator=(const version_table&) = delete;
  virtual ~version_table() = default;

  /// By number. Of refused ones the newest alone is kept.
  virtual std::vector<stored_version> versions() = 0;
  /// Of a version that is not refused; empty: there is no such version.
  virtual std::string content(std::uint64_t number) = 0;
  /// Writes a version down as proposed. False: its number is not the next one, or another one is
  /// proposed.
  virtual bool propose(const stored_version& x, std::string_view content) = 0;
  /// Ends a proposal: it becomes active, and the active one former, or it is refused. False: it is
  /// none any more, because somebody else has ended it.
  virtual bool decide(std::uint64_t number, bool use, std::string_view why, timestamp at) = 0;
  /// A former version is not needed any more.
  virtual void forget(std::uint64_t number) = 0;
  /// Versions of which the store holds open tasks.
  virtual std::vector<std::uint64_t> used() = 0;

  virtual void say(const node_versions& x) = 0;
  /// By node: of all that have ever said something.
  virtual std::vector<node_versions> said() = 0;
};

/// A table that ends with its process: for nodes that store nothing.
[[nodiscard]] std::unique_ptr<version_table> make_memory_versions();

/// What a node says as text for a store, and back; a text that cannot be read says nothing.
[[nodiscard]] std::string text_of(const node_versions& x);
[[nodiscard]] node_versions node_versions_of(std::string_view node, std::string_view text);

} // namespace troupe
