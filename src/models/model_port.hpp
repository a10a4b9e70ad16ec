#pragma once

#include "src/tools/http.hpp"

#include <troupe/model.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace troupe::models {

/// Language models, by the names that the fleet gives them. Every call is safe from any thread,
/// callbacks included. It neither repeats nor falls back: that is for whoever asks to decide.
class model_port {
 public:
  using done_fn = std::function<void(model_reply)>;

  virtual ~model_port() = default;
  /// Asks; `done` is called exactly once, on the I/O thread of the HTTP port, or before `send`
  /// returns when the request cannot be made at all. The id is never 0.
  virtual std::uint64_t send(const model_request& what, done_fn done) = 0;
  /// Gives a request up: its callback gets `cancelled`. An id that is unknown or over is ignored.
  virtual void cancel(std::uint64_t id) = 0;
};

/// Models over HTTP. The answers are read as they come in, on the port's own thread, and are
/// bounded; keys appear in no reply and no log.
[[nodiscard]] std::shared_ptr<model_port> make_model_port(std::shared_ptr<tools::http_port> http,
                                                          std::vector<provider_spec> providers,
                                                          std::vector<model_spec> models);

/// About how many tokens a text is, where nobody counted them: a token is some four bytes of
/// English.
[[nodiscard]] constexpr std::uint64_t tokens_of(std::size_t bytes) noexcept {
  return (bytes + 3) / 4;
}

inline constexpr std::size_t reply_max_bytes = 8u << 20; ///< of a response

} // namespace troupe::models
