#pragma once

#include "actors/llm_act.hpp"
#include "actors/llm_settings.hpp"
#include "actors/runner.hpp"
#include "actors/screening.hpp"
#include "src/tools/json_schema.hpp"
#include "src/tools/tool.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe {

/// The tools of one agent with a model: those it brings along, each run as an agent of its kind
/// would be, and those of its sources: the tools of MCP servers, and the two that read what servers
/// have to read. Owned by the agent's runner; what is not done at once ends
/// with a `runner_ended` to the agent.
class llm_tools {
 public:
  /// Throws `std::runtime_error` when a tool's settings cannot work here.
  llm_tools(const parts_ptr& parts, const fleet_version& version, const agent_spec& spec,
            const llm_settings& settings, screening_ptr screens, caf::event_based_actor* self);
  ~llm_tools();

  /// What a model may be told of; sources are asked anew, and a name is given once: the agent's own
  /// tools come first. Unless many
  /// are meant, sources add no more than make up `tools_most`, those that say which are used before
  /// those that bring all they have.
  [[nodiscard]] std::vector<tool_card> cards();
  /// Of others' tools, those that `cards` left out since this was last asked, because their
  /// descriptions give the model orders.
  [[nodiscard]] std::vector<screening::seen> left_out() { return std::exchange(left_out_, {}); }
  /// The card of the tool with that name; null: there is none.
  [[nodiscard]] const tool_card* find(const std::string& name) const;
  /// What is wrong with the arguments, for the model.
  [[nodiscard]] std::vector<flaw> flaws_in(const std::string& name, const json& arguments) const;

  /// Uses the tool `name`, which exists, on behalf of a call. `use` is a number of the runner's
  /// own that is never used again. The outcome if it is there at once; null if `runner_ended` with
  /// this number will follow.
  outcome_ptr start(std::uint64_t use, const std::string& name, const agent_call_ptr& what,
                    const json& arguments, const std::string& key);
  /// Gives a use up. False: the tool cannot be ended, and whoever waits for it has to go.
  bool stop(std::uint64_t use);
  /// `runner_ended` for this use has arrived.
  void ended(std::uint64_t use);

  /// Which deed it is to use the tool `name`, which exists, with these arguments.
  [[nodiscard]] llm_act act(const std::string& name, const json& arguments,
                            const agent_call& what) const;

 private:
  using schema_ptr = std::shared_ptr<const tools::json_schema>;
  struct entry {
    tool_card card;
    std::string skill;
    deed_names once_per;
    milliseconds timeout{10000};
    runner_ptr runner;      ///< of the agent's own tools
    tools::tool_ptr source; ///< of others
    schema_ptr takes;       ///< null: anything
    std::string from;       ///< whose it is, for people; empty: the agent's own
  };
  /// Others' tools, and whose they are, for people.
  struct place {
    std::string name;
    tools::tool_source_ptr tools;
  };

  parts_ptr parts_;
  std::string agent_;
  effects does_;          ///< what the agent says that it does: no tool may do more
  screening_ptr screens_; ///< null: anything may be said
  /// What the tool is asked for: its own skill, or the call's.
  [[nodiscard]] static const std::string& skill_of(const entry& tool,
                                                   const agent_call& what) noexcept;
  std::vector<place> sources_;
  caf::event_based_actor* self_;
  std::map<std::string, entry, std::less<>> own_;
  std::map<std::string, entry, std::less<>> others_;
  [[nodiscard]] const entry* entry_of(const std::string& name) const;
  /// A tool of a source's, looked at once for as long as it says the same of itself.
  struct looked_at {
    std::string description;
    json parameters;
    schema_ptr takes;
    bool good = false;
  };
  [[nodiscard]] const looked_at& look_at(const tool_card& card);
  [[nodiscard]] schema_ptr compiled(const tool_card& card) const;
  std::map<std::string, looked_at, std::less<>> looked_at_;
  std::vector<screening::seen> left_out_;
  bool many_ = false;          ///< the limit on tools is not kept
  std::size_t over_limit_ = 0; ///< how many were left out for it last; told when it changes
  void tell_over_limit(std::size_t count);
  /// Says once that of two tools with one name the model is told of the first only.
  void tell_hidden(const entry& first, const place& second);
  std::set<std::string> hidden_told_;
  struct in_use {
    std::string tool;
    tools::tool_ptr source;
    std::uint64_t id = 0;
  };
  std::unordered_map<std::uint64_t, in_use> uses_;
};

} // namespace troupe
