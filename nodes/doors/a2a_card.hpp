#pragma once

#include "nodes/doors/http_message.hpp"
#include "nodes/doors/offers.hpp"

#include <troupe/fleet.hpp>
#include <troupe/json.hpp>

#include <string>
#include <vector>

namespace troupe {

/// The fleet as an agent that speaks A2A 1.0: `base` is the URL of the door that was asked,
/// `with_keys` whether it asks for keys.
[[nodiscard]] json a2a_card(const fleet_spec& fleet, const std::vector<skill_offer>& offers,
                            const std::string& base, bool with_keys, bool pushes);

/// The URL under which the sender of a request reached this door, without a path. A Host that is
/// none is not repeated.
[[nodiscard]] std::string door_url(const http_request& what, bool tls);

} // namespace troupe
