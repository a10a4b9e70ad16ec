#pragma once

#include <troupe/agent.hpp>
#include <troupe/tool.hpp>

#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// Which deed the use of a tool is. It follows from what is asked alone, so that an attempt that
/// asks again, in another order or besides other things, finds done what was done.
struct llm_act {
  std::string key;   ///< under which it has its effects; empty: it has none
  bool once = false; ///< a further use is the same deed; else it is one more
};

/// What tells the deeds of a tool apart within a step: the names of arguments. None: each step has
/// one deed. Nothing: all arguments, and each use is a deed of its own.
using deed_names = std::optional<std::vector<std::string>>;

/// The deed that this use of a tool is, in the step of that call. A tool that has one deed a step
/// and does what the step asks for (`skill`: what the tool is asked for) has the step's own key, so
/// that whoever else does the step finds it done. The keys of different deeds differ.
[[nodiscard]] llm_act act_of(const tool_card& card, const std::string& skill,
                             const deed_names& once_per, const json& arguments,
                             const agent_call& what);

} // namespace troupe
