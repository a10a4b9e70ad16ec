#pragma once

#include "actors/domain_view.hpp"
#include "actors/node_parts.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace troupe {

/// The versions of its domain that an orchestrator works by: the current one, by which new tasks
/// go, and former ones for as long as some go by them.
class domain_views {
 public:
  /// `domain`: its path.
  void begin(parts_ptr parts, std::string domain);

  /// False: no version has come or gone since. True: `current` may be another one. Throws
  /// `std::runtime_error` when no version has the domain.
  bool look();
  /// Forgets the versions that are gone and that no task here goes by.
  void sweep();
  /// Requires that `look` was called.
  [[nodiscard]] domain_view& current() { return *current_; }
  /// What a task goes by; the current one for those that name none or one that is not here.
  [[nodiscard]] domain_view& of(const task& what);

  /// The agents of the domain, of all versions.
  void use(routing_table_ptr all);
  [[nodiscard]] bool has_routes() const noexcept { return has_routes_; }
  /// All of them spare agents as this stage of overload says, and so do those to come.
  void spare_from(std::uint32_t stage);

 private:
  domain_view& view_of(const fleet_version_ptr& version, const domain_spec& in);

  parts_ptr parts_;
  std::string domain_;
  /// By number: those that tasks here go by.
  std::map<std::uint64_t, std::unique_ptr<domain_view>> views_;
  domain_view* current_ = nullptr;
  std::uint64_t seen_ = ~std::uint64_t{0};
  routing_table_ptr all_routes_ = std::make_shared<const routing_table>();
  bool has_routes_ = false;
  std::uint32_t stage_ = 0;
};

} // namespace troupe
