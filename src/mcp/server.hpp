#pragma once

#include "src/mcp/client.hpp"
#include "src/tools/tool.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace troupe::mcp {

/// What a team says of the tools of a server.
struct tool_rules {
  std::set<std::string, std::less<>> only; ///< names of the tools that are used; empty: all
  effects does = effects::unsafe;          ///< of tools that are not named in `each`
  std::map<std::string, effects, std::less<>> each;
};

/// A server's tools as agents use them. Thread safe.
class tool_server final : public tools::tool_source {
 public:
  tool_server(std::shared_ptr<client> to, tool_rules rules);
  [[nodiscard]] std::vector<tools::tool_ptr> tools() const override;
  /// The tool that the server calls so; it may not be there yet, then using it waits for it.
  /// `does`: what whoever uses it has told the fleet that it does.
  [[nodiscard]] tools::tool_ptr tool_named(std::string name, effects does) const;
  /// Nobody says which of its tools are used: it brings all that it has.
  [[nodiscard]] bool is_whole() const noexcept { return rules_.only.empty(); }
  [[nodiscard]] client& server() const noexcept { return *client_; }

 private:
  std::shared_ptr<client> client_;
  tool_rules rules_;
};

} // namespace troupe::mcp
