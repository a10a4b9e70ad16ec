#pragma once

#include <troupe/json.hpp>
#include <troupe/reason.hpp>

#include <functional>
#include <map>
#include <string>

namespace troupe {

/// Takes the answer to a question about a node, once, on any thread.
using node_reply = std::function<void(json, const refused&)>;
/// Answers questions of one subject about its node. Runs on the respondent's thread: what takes
/// long is handed elsewhere.
using node_subject = std::function<void(const json& query, node_reply)>;
using node_subjects = std::map<std::string, node_subject, std::less<>>;

} // namespace troupe
