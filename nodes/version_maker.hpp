#pragma once

#include "actors/fleet_keeper.hpp"
#include "actors/node_parts.hpp"
#include "src/store/version_table.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace troupe {

/// How the content of a fleet's folder becomes a fleet at this node. All of it blocks.
struct fleet_source {
  /// The node's own folder as it is now, packed. Throws `config::snapshot_error`.
  std::function<std::string()> own_content;
  /// `whole` with the folder of a domain replaced. Throws `config::snapshot_error`.
  std::function<std::string(const std::string& whole, const std::string& domain,
                            const std::string& content)>
      with_domain;
  /// Checks it as the node's own, and puts its files where programs find them.
  std::function<loaded_content(const std::string& content)> load;
  std::function<std::string(const std::string& content)> digest_of;
};

/// The version that a node begins with.
struct first_version {
  std::uint64_t number = 0;
  std::string digest;
  loaded_content content; ///< its agents are numbered
};

/// What a node needs to know of versions of its fleet.
struct version_options {
  fleet_source source;
  std::uint64_t number = 1; ///< of the fleet that the node is made with
  std::string digest;
  std::map<std::string, std::string> files; ///< digests of its content, by path
  std::shared_ptr<void> folder;             ///< as in `fleet_version`
  /// Those that tasks may still go by.
  std::vector<std::pair<stored_version, std::string>> former; ///< with their contents
  std::shared_ptr<version_table> memory;                      ///< when the node stores nothing
};

/// Throws `std::runtime_error` when one of them names a function that is not registered here.
void check_natives(const std::vector<agent_spec>& agents, const node_parts& parts);

/// Makes a version ready to be used by this node: checks its functions, compiles its schemas, loads
/// or trains its models, and claims its seats. Throws `std::runtime_error` with a sentence.
[[nodiscard]] std::shared_ptr<fleet_version> make_version(const node_parts& parts,
                                                          loaded_content from, std::uint64_t number,
                                                          const std::string& digest);

/// Which version a node is to begin with. `own`: its folder, loaded; `alone`: no other node goes by
/// the table, so that the node's own folder decides; otherwise what is active does. Writes the
/// decision down. Throws `store_error`, or `std::runtime_error` with a sentence.
[[nodiscard]] first_version choose_version(version_table& table, const fleet_source& source,
                                           loaded_content own, const std::string& own_content,
                                           const std::string& node, bool alone, timestamp now,
                                           const std::function<void(const std::string&)>& say);

/// Former versions of the table, with their contents.
[[nodiscard]] std::vector<std::pair<stored_version, std::string>>
former_versions(version_table& table);

} // namespace troupe
