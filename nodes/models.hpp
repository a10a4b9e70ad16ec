#pragma once

#include <troupe/fleet.hpp>

#include <spdlog/logger.h>

#include <map>
#include <memory>
#include <string>

namespace troupe {

namespace text {
class classifier;
}

/// Loads the classifier of every triage agent of the fleet, by `domain/agent`. A model that lies
/// beside the examples is used as it is; one that is missing or older than its examples is trained
/// from them into the data folder, which takes seconds and is said in the log. Throws
/// `std::runtime_error` naming the agent and the file.
[[nodiscard]] std::map<std::string, std::shared_ptr<const text::classifier>, std::less<>>
load_models(const fleet_spec& fleet, spdlog::logger& log);

} // namespace troupe
