#pragma once

#include "src/links/carrier.hpp"

#include <cstddef>
#include <deque>
#include <mutex>
#include <string>

namespace troupe::links {

/// What waits to be written on one link. Envelopes are encoded by whoever offers them, so the
/// thread that writes all links only hands finished frames to the system; what gathers while it
/// writes is the next frame. Thread safe; `take` and `written` belong to the writer.
class outbox {
 public:
  struct limits {
    std::size_t bytes = 0;  ///< taken and not yet written
    std::size_t frame = 0;  ///< of a frame's body
    std::size_t gather = 0; ///< a frame is not added to beyond this
  };
  explicit outbox(limits most)
      : most_(most) {}

  /// Takes an envelope unless it would not fit. An envelope that is larger than a frame may be is
  /// refused here: at the receiver it would cost the whole link.
  [[nodiscard]] offered offer(const envelope& x);
  /// Takes nothing more and lets go of what waits.
  void close();

  /// The next frame with its header, or an empty text. One at a time: the next one when `written`
  /// has been called for it.
  [[nodiscard]] std::string take();
  void written(std::size_t bytes);

  /// Taken and not yet written.
  [[nodiscard]] std::size_t bytes() const;

 private:
  const limits most_;
  mutable std::mutex guard_;
  struct waiting {
    std::string bytes; ///< with space for the header in front
    std::size_t envelopes = 0;
  };
  std::deque<waiting> frames_;
  std::size_t bytes_ = 0;
  bool closed_ = false;
};

} // namespace troupe::links
