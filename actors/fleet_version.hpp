#pragma once

#include "actors/seat.hpp"

#include <troupe/fleet.hpp>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace troupe {

class boundary;
namespace text {
class classifier;
class sentence_vectors;
} // namespace text
namespace knowledge {
class knowledge_base;
}
namespace mcp {
class tool_server;
}

/// A version of the fleet as this node runs it, with all that was made of it beforehand. Immutable:
/// a task goes by one of them from its beginning to its end.
struct fleet_version {
  std::uint64_t number = 0; ///< 0: the fleet has no versions, because it came from no folder
  std::string digest;       ///< of its content
  fleet_spec fleet;
  /// What each agent that declares something lets in and out, by `domain/agent`.
  std::map<std::string, std::shared_ptr<const boundary>, std::less<>> boundaries;
  /// The classifier of each triage agent, by `domain/agent`.
  std::map<std::string, std::shared_ptr<const text::classifier>, std::less<>> classifiers;
  /// The MCP servers of the fleet, by name. Versions share those that are the same in both.
  std::map<std::string, std::shared_ptr<mcp::tool_server>, std::less<>> mcp_servers;
  /// What each domain that has documents knows, by its path.
  std::map<std::string, std::shared_ptr<const knowledge::knowledge_base>, std::less<>> knowledge;
  /// By which each domain tells what messages mean, by its path; not there: by nothing.
  std::map<std::string, std::shared_ptr<const text::sentence_vectors>, std::less<>> vectors;
  /// A domain and the seats of its orchestrators, by shard.
  struct domain_place {
    const domain_spec* spec = nullptr;
    std::vector<seat_ptr> shards;
  };
  /// Every domain by its path, however deep.
  std::map<std::string, domain_place, std::less<>> domains;
  /// By `domain/agent`; of `fleet`.
  std::unordered_map<std::string, const agent_spec*> agents;
  std::map<std::string, std::string> files; ///< digests of its content, by path
  std::shared_ptr<void> folder;             ///< goes away with the last who uses the version

  /// Tasks that this node works on by it.
  mutable std::atomic<std::uint32_t> tasks{0};

  /// Null: it has none there.
  [[nodiscard]] const domain_spec* domain(std::string_view path) const {
    const auto hit = domains.find(path);
    return hit == domains.end() ? nullptr : hit->second.spec;
  }
  [[nodiscard]] const agent_spec* agent(const std::string& domain_path,
                                        const std::string& name) const {
    const auto hit = agents.find(domain_path + "/" + name);
    return hit == agents.end() ? nullptr : hit->second;
  }
  /// This very agent belongs to it, not one that was called so before or after.
  [[nodiscard]] bool has(const agent_spec& who) const {
    const auto* mine = agent(who.card.domain, who.card.name);
    return mine && mine->since == who.since;
  }
  /// What an agent lets in and out; null: it declares nothing of the kind. Made anew for one that
  /// does not belong to it, as the application may have added. Throws as `boundary::of` does.
  [[nodiscard]] std::shared_ptr<const boundary> boundary_of(const agent_spec& who) const;
};

using fleet_version_ptr = std::shared_ptr<const fleet_version>;

/// Counts a task of a version for as long as it lives.
class version_hold {
 public:
  version_hold() = default;
  explicit version_hold(fleet_version_ptr of)
      : of_(std::move(of)) {
    if (of_)
      of_->tasks.fetch_add(1, std::memory_order_relaxed);
  }
  version_hold(version_hold&& x) noexcept
      : of_(std::move(x.of_)) {}
  version_hold& operator=(version_hold&& x) noexcept {
    std::swap(of_, x.of_);
    return *this;
  }
  ~version_hold() {
    if (of_)
      of_->tasks.fetch_sub(1, std::memory_order_relaxed);
  }

 private:
  fleet_version_ptr of_;
};

/// The versions of the fleet that this node can work by: the current one, those that tasks still go
/// by, and one that has been proposed. Any thread.
class fleet_versions {
 public:
  fleet_versions()
      : current_(std::make_shared<const fleet_version>()) {}

  /// Never null: before there is one, it is a version without anything in it.
  [[nodiscard]] fleet_version_ptr current() const;
  /// Null: it is not here.
  [[nodiscard]] fleet_version_ptr find(std::uint64_t number) const;
  [[nodiscard]] std::vector<fleet_version_ptr> all() const; ///< by number
  /// The newest that this agent belongs to; null: none.
  [[nodiscard]] fleet_version_ptr of(const agent_spec& who) const;
  /// The seats of all orchestrators, by domain, of all versions.
  [[nodiscard]] std::map<std::string, std::vector<seat_ptr>> orchestrators() const;
  /// Changes whenever one of the above does.
  [[nodiscard]] std::uint64_t changes() const noexcept {
    return changes_.load(std::memory_order_acquire);
  }

  /// In place of another one with its number. The first one is the current one.
  void put(fleet_version_ptr x);
  /// False: it is not here.
  bool use(std::uint64_t number);
  /// The current one stays.
  void drop(std::uint64_t number);

  /// Which version each node goes by, as far as is known.
  void show_nodes(std::map<std::string, std::uint64_t> x);
  [[nodiscard]] std::map<std::string, std::uint64_t> nodes() const;

  /// An agent that the application has added: it belongs to every version.
  void note_added(std::string agent);
  [[nodiscard]] bool was_added(std::string_view agent) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::uint64_t, fleet_version_ptr> all_;
  fleet_version_ptr current_;
  std::set<std::string, std::less<>> added_;
  std::map<std::string, std::uint64_t> nodes_;
  std::atomic<std::uint64_t> changes_{0};
};

} // namespace troupe
