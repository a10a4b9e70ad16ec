#pragma once

#include "policies/aggregate.hpp"

#include <troupe/json.hpp>
#include <troupe/task.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Whether somebody is to make one text of what these steps said, and why not.
struct synthesis_choice {
  std::string why_not;                  ///< empty: he is
  json contradictions = json::object(); ///< where the steps disagree: path → {step: value}
};

/// There have to be at least two answers, and they may not contradict each other: what two steps
/// say differently is shown as it is, and not smoothed over by whoever writes well. `agree_on`: the
/// members of `data` about which nobody may say two things; no array: all that two steps have in
/// common.
[[nodiscard]] synthesis_choice may_synthesise(std::span<const contribution> parts,
                                              const json& agree_on);

/// `joined`, the answers one after the other, with `said` as its text, if that can stand: it was
/// made, finds no contradictions itself (`data.contradictions`), and speaks of no number that
/// neither an answer nor what was asked for (`asked`) has. `data.synthesis` says whether it stands
/// or why not.
[[nodiscard]] outcome synthesised(outcome joined, std::span<const contribution> parts,
                                  const outcome& said, const std::vector<std::string_view>& asked);

/// `joined` as it is, since nobody was asked, with the reason.
[[nodiscard]] outcome not_synthesised(outcome joined, synthesis_choice why);

} // namespace troupe
