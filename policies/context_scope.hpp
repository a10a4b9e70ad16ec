#pragma once

#include <troupe/fleet.hpp>
#include <troupe/json.hpp>
#include <troupe/reason.hpp>
#include <troupe/task.hpp>

#include <string>
#include <vector>

namespace troupe {

/// The typed context that a task begins with: what the session knows, then what the request brings
/// along in `data.context`, then `customer_id` and `tier` of the customer. Only fields that the
/// domain declares get in, and only with values of their declared type; the names of the others are
/// put into `refused`.
[[nodiscard]] json initial_context(const domain_spec& domain, const task& t, const json& session,
                                   std::vector<std::string>& refused);

/// What is wrong with the fields that a client brings along in `data.context`: the domain declares
/// fields, and not this one, or with another type. Pointers are into the request, `/context/NAME`.
/// A null is none. Nothing is wrong where nothing is declared: such a domain knows of no context.
[[nodiscard]] std::vector<flaw> flaws_of_context(const domain_spec& domain, const json& data);

/// The part of `context` that an agent may read: nothing else ever reaches it. An object, which may
/// be empty; null for agents that read nothing.
[[nodiscard]] json scoped(const json& context, const std::vector<std::string>& reads);

/// Takes over what a step's outcome sets in `data.context`, if its agent may write it and the
/// domain declares it with that type. Returns the names of what was refused.
std::vector<std::string> write_back(json& context, const domain_spec& domain,
                                    const std::vector<std::string>& writes, const json& data);

/// `data` of a step's outcome as other steps may see it: without `context`, and without the values
/// that were contradicted in there. What it sets is in the shared context, and who may read that
/// gets it from there. What is not an object comes back as it is.
[[nodiscard]] json without_context(const json& data);

} // namespace troupe
