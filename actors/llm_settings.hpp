#pragma once

#include "actors/llm_act.hpp"
#include "policies/context_forward.hpp"

#include <troupe/agent.hpp>
#include <troupe/tool.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// A tool that an agent with a model brings along itself: a function, a program or a service that
/// takes the same calls as an agent does.
struct own_tool {
  tool_card card;
  std::string skill; ///< what it is asked for; empty: what the agent is asked for
  deed_names once_per;
  agent_kind kind = agent_kind::native;
  json settings; ///< as an agent of that kind has them
  milliseconds timeout{10000};
};

/// The block `llm` of an agent, read.
struct llm_settings {
  std::vector<std::string> models; ///< in the order in which they are asked
  std::string cheaper_model;   ///< of them: the one for when money is tight; empty: the cheapest
  std::string simple_model;    ///< the one for requests that look simple; empty: none
  double simple_below = 0.4;   ///< the complexity from which on they do not
  double sure_at = 0.7;        ///< confidence below which the simple model's answer is not taken
  std::string instructions;    ///< the prompt files, one after the other
  std::vector<own_tool> tools; ///< with the one that searches documents, if it has it
  std::vector<std::string> servers;   ///< MCP servers of the fleet whose tools it may use
  std::vector<std::string> resources; ///< MCP servers whose resources it may list and read
  bool many_tools = false;            ///< more than a model tells apart are meant
  std::uint32_t max_steps = 8;        ///< answers of the model within a call
  std::uint32_t max_output = 0;       ///< tokens of one answer; 0: as the model allows
  std::optional<double> temperature;
  forward_rules forward;
  bool grounded = false;

  static constexpr const char* search_tool = "search_knowledge";
  static llm_settings of(const agent_spec& spec);
};

} // namespace troupe
