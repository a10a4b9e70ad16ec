#pragma once

#include "src/mcp/server.hpp"
#include "src/tools/tool.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace troupe::mcp {

/// What one use of the tools below says at most, in bytes; the rest is told where it goes on.
inline constexpr std::size_t resource_words_max = 8000;

/// The resources of some servers, as two tools of a model: `list_resources` and `read_resource`.
/// They reach the servers that are given and no others. Thread safe.
class resource_tools final : public tools::tool_source {
 public:
  using servers = std::map<std::string, std::shared_ptr<tool_server>, std::less<>>;

  /// There is at least one server.
  explicit resource_tools(servers from);
  [[nodiscard]] std::vector<tools::tool_ptr> tools() const override { return both_; }

 private:
  std::vector<tools::tool_ptr> both_;
};

} // namespace troupe::mcp
