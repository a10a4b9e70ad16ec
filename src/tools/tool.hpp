#pragma once

#include <troupe/tool.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace troupe::tools {

/// Something that a model may use: one tool of an MCP server, of a program, of a service. Every
/// call is safe from any thread, callbacks included.
class tool {
 public:
  using done_fn = std::function<void(tool_result)>;

  virtual ~tool() = default;
  [[nodiscard]] virtual tool_card card() const = 0;
  /// Uses it; `done` is called exactly once, on whatever thread, and within the request's deadline.
  /// The id is never 0.
  virtual std::uint64_t call(tool_request what, done_fn done) = 0;
  /// Gives a use up: its callback gets `cancelled`. An id that is unknown or over is ignored.
  virtual void cancel(std::uint64_t id) = 0;
};

using tool_ptr = std::shared_ptr<tool>;

/// Where tools come from: an MCP server, for example. Thread safe.
class tool_source {
 public:
  virtual ~tool_source() = default;
  /// What it offers at this moment; empty while it is out of reach.
  [[nodiscard]] virtual std::vector<tool_ptr> tools() const = 0;
};

using tool_source_ptr = std::shared_ptr<tool_source>;

} // namespace troupe::tools
