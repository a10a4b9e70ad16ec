#pragma once

#include "nodes/sim_llm/settings.hpp"

#include <cstdint>
#include <memory>

namespace troupe::sim_llm {

/// A simulated provider of language models: an HTTP server that speaks chat completions
/// (`/v1/chat/completions`), Anthropic's messages (`/v1/messages`) and `/v1/models`, both whole and
/// streamed. `/stats` tells how many requests it has had and what went wrong with them, as JSON.
///
/// What it answers and what goes wrong follows from the seed, the request and how often it has come
/// before, and from nothing else: not from time, nor from the order in which requests come.
class server {
 public:
  explicit server(settings with);
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Listens and returns. Throws `std::runtime_error` when the port is taken.
  void start();
  [[nodiscard]] std::uint16_t port() const noexcept;
  /// Any thread but the server's own; a second call does nothing.
  void stop();
  /// What `/stats` says.
  [[nodiscard]] json stats() const;

 private:
  class impl;
  std::shared_ptr<impl> impl_;
};

} // namespace troupe::sim_llm
