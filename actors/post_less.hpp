#pragma once

#include "actors/post_codec.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace troupe {

/// Why a message of so many bytes does not cross, in words.
[[nodiscard]] std::string too_many_bytes(std::size_t bytes);

/// What crosses in place of a message that no frame takes or that cannot be written: the same with
/// less in it, so that whoever waits for it hears something, and hears that some of it is missing.
///
/// What an agent or a person answered becomes the failure `invalid_output`. A task's record loses
/// its events, then its plan, then what was asked, and its result last, and is marked as `cut`; a
/// session loses its oldest turns, a question its context, an explanation its end. Any other answer
/// to a request becomes an error.
///
/// `why` says what is wrong with `x`. Nothing for what asks for work, whose sender is told instead
/// (`refusal_of`), and when even the least of it takes more than `most` bytes. Any thread.
[[nodiscard]] std::optional<packed> pack_less(const parcel& x, std::size_t most,
                                              const std::string& why);

} // namespace troupe
