#pragma once

#include <troupe/fleet.hpp>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// What differs between two versions of a fleet. Names are sorted; agents are `domain/agent`, and
/// those of domains that come or go are listed too.
struct fleet_change {
  std::vector<std::string> domains_added;
  std::vector<std::string> domains_removed;
  std::vector<std::string> domains_changed; ///< their own settings, not their agents
  std::vector<std::string> agents_added;
  std::vector<std::string> agents_removed;
  std::vector<std::string> agents_changed; ///< replaced: the old one goes when nobody needs it
  bool entry_changed = false;
  bool humans_changed = false;  ///< the queues of people
  bool budgets_changed = false; ///< the limits of the whole fleet; those of a domain are its own

  /// A key whose value every node has gone by since it was started.
  struct fixed {
    std::string file; ///< within the fleet's folder
    std::string key;  ///< dotted path
    std::string why;
  };
  std::vector<fixed> needs_restart; ///< not empty: `after` cannot take the place of `before`

  [[nodiscard]] bool nothing() const noexcept {
    return domains_added.empty() && domains_removed.empty() && domains_changed.empty() &&
           agents_added.empty() && agents_removed.empty() && agents_changed.empty() &&
           !entry_changed && !humans_changed && !budgets_changed && needs_restart.empty();
  }
};

/// Compares two versions. `touched`: agents that are declared as before and are others all the
/// same, because a file that they work with has changed. What an agent takes from its domain
/// (breakers, rules of cleaning) is part of it, and so are the MCP servers of the fleet that it
/// uses; `agent_spec::since` is not.
[[nodiscard]] fleet_change compare_fleets(const fleet_spec& before, const fleet_spec& after,
                                          const std::set<std::string>& touched = {});

/// The agents (`domain/agent`) that work with one of these files of the fleet's folder: a model or
/// its examples, or a program of the folder, their own or an MCP server's, which counts with all
/// that lies beside it. Paths are relative to the folder.
[[nodiscard]] std::set<std::string> agents_working_with(const fleet_spec& fleet,
                                                        const std::set<std::string>& files);

/// Those that files have made others: of `agents_working_with` all but agents whose replicas come
/// and go by load, which no running fleet can replace, when files were only `added` beside their
/// programs and they name none of them.
[[nodiscard]] std::set<std::string> agents_touched_by(const fleet_spec& fleet,
                                                      const std::set<std::string>& files,
                                                      const std::set<std::string>& added);

/// The program that `command` starts from the fleet's folder is the same in both contents (digests
/// by path), with all that lies beside it; so is one that is none of the folder.
[[nodiscard]] bool same_program(const std::vector<std::string>& command,
                                const std::map<std::string, std::string>& a,
                                const std::map<std::string, std::string>& b);

/// Says of each agent of `after` since which version it is what it is: as in `before`, unless
/// `change` has it as new or changed: then since version `number`.
void number_agents(const fleet_spec& before, fleet_spec& after, const fleet_change& change,
                   std::uint64_t number);

/// Since which version each agent is what it is, those since the first left out: what is kept of it
/// with a version, and how it is put back.
using agents_since = std::map<std::string, std::uint64_t, std::less<>>;
[[nodiscard]] agents_since numbers_of(const fleet_spec& fleet);
void use_numbers(fleet_spec& fleet, const agents_since& since);

/// A version of which somebody may still need something.
struct version_use {
  std::uint64_t number = 0;
  bool has_tasks = false; ///< some node works on a task of it, or the store holds an open one
};

/// Which versions nobody needs any more: those older than the active one without tasks, once the
/// active one has been active for `settle`, because until then a task may be on its way to its
/// orchestrator.
[[nodiscard]] std::vector<std::uint64_t> versions_to_retire(const std::vector<version_use>& known,
                                                            std::uint64_t active,
                                                            milliseconds active_for,
                                                            milliseconds settle);

/// What a node says of a version that has been proposed.
struct version_answer {
  std::string node;
  bool ready = false;
  std::string refused; ///< why it cannot be used there; empty: it can, or nothing is known yet
};

enum class proposal_verdict : std::uint8_t { wait, activate, refuse };

struct proposal_decision {
  proposal_verdict what = proposal_verdict::wait;
  std::string why; ///< of a refusal
};

/// Whether a proposed version is to be used: when all of `members` are ready for it; one that
/// refuses it does so for all; and so does one that says nothing in time. `members`: the nodes that
/// are up or joining. Answers of others do not count.
[[nodiscard]] proposal_decision decide_proposal(const std::vector<std::string>& members,
                                                const std::vector<version_answer>& answers,
                                                milliseconds waited, milliseconds most);

} // namespace troupe
