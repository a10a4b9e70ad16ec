#pragma once

#include <troupe/clock.hpp>
#include <troupe/model.hpp>

#include <cstddef>
#include <cstdint>

namespace troupe {

/// Where an agent stands on its list of models: the one that it asks, and how often that one has
/// failed.
struct model_rung {
  std::size_t model = 0;
  std::uint32_t failed = 0;
  friend bool operator==(const model_rung&, const model_rung&) = default;
};

/// What is done after a model has failed.
struct model_move {
  bool give_up = false;
  model_rung to;
  milliseconds wait{0};
};

inline constexpr std::uint32_t model_tries = 3; ///< of one model, in a row
inline constexpr milliseconds model_backoff{250};

/// The same model again after a wait, the next one, or the end. A model is asked again for what
/// passes by itself: a limit, too much to do, a connection that broke, an answer that broke off. It
/// is not for what would come out the same: a refusal, a key, a conversation too long; nor when the
/// wait would take a third of the time that is left, `left`, while there is another model. `draw`
/// is a number in [0, 1).
[[nodiscard]] model_move after_failure(model_rung at, const model_reply& failed, std::size_t models,
                                       milliseconds left, double draw) noexcept;

} // namespace troupe
