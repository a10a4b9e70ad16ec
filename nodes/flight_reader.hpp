#pragma once

#include <troupe/clock.hpp>
#include <troupe/json.hpp>

#include <functional>
#include <memory>

namespace troupe {

class flight_recorder;

/// Reads a node's flight recorder as the subject `recorder` wants it (`subjects_of`): the last
/// messages, the latest first. `now` is the clock by which they were noted. Any thread.
[[nodiscard]] std::function<json(const json&)>
flight_reader(std::shared_ptr<const flight_recorder> flights, std::function<timestamp()> now);

} // namespace troupe
