#pragma once

#include <troupe/fleet.hpp>

#include <spdlog/logger.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace troupe {

namespace text {
class classifier;
}

/// Loads the classifier of every triage agent of the fleet, by `domain/agent`. A model that lies
/// beside the examples is used as it is; one that is missing or older than its examples is trained
/// from them, which takes seconds and is said in the log. Throws
/// `std::runtime_error` naming the agent and the file. `dir`: where trained models are kept;
/// `known`: gives that of an agent for which there is one already, or null.
[[nodiscard]] std::map<std::string, std::shared_ptr<const text::classifier>, std::less<>>
load_models(const fleet_spec& fleet, const std::string& dir, spdlog::logger& log,
            const std::function<std::shared_ptr<const text::classifier>(const agent_spec&)>& known);

} // namespace troupe
