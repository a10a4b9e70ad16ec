#pragma once

#include <troupe/fleet.hpp>
#include <troupe/json.hpp>
#include <troupe/plan.hpp>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace troupe {

/// What a step's outcome would change of its task's context.
struct state_change {
  json fields = json::object();     ///< by name: the values from now on
  std::vector<std::string> refused; ///< set without permission, not declared, or of another type
  std::string conflict;             ///< not empty: nothing may be taken over, and why
};

/// Who of a task's steps has seen which version of its context, so that no write is lost: a step
/// that sets a field which another has set since it began must agree with it, or the field's
/// declared merge makes one value of both. A field's version is the number of times it was set.
///
/// Fed with a task's events in their order, so that a resumed task has the same versions. Keeps
/// what open steps have seen and nothing else.
class shared_state {
 public:
  /// `step` begins this attempt, which may set `fields`: what it will set is meant for the context
  /// as it is now. Nothing changes for an attempt that has begun already, and nothing is kept when
  /// there are no fields. `in_doubt`: nobody knows what an attempt before has done, and its answer
  /// may still come, from it or under its key: what that one has seen counts.
  void began(std::uint32_t step, std::uint32_t attempt, const json& context,
             std::span<const std::string> fields, bool in_doubt = false);

  /// Makes `shown`, some fields of the context, say of those that `step` may set what they were
  /// when it began. Between its beginning and its call others may have set them, and whoever adds
  /// to a value has to start from the one that its answer is compared with.
  void rewind(std::uint32_t step, json& shown) const;

  /// The attempt of `step` is over.
  void ended(std::uint32_t step) { seen_.erase(step); }

  /// What taking over `data.context` of the outcome of `step` comes to. `writes` are the fields
  /// that it may set.
  [[nodiscard]] state_change merge(std::uint32_t step, const json& context,
                                   const domain_spec& domain, std::span<const std::string> writes,
                                   const json& data) const;

  /// Takes over a change that is without conflict.
  void take(const state_change& change, json& context);

  [[nodiscard]] std::uint32_t version(std::string_view field) const noexcept {
    const auto hit = versions_.find(field);
    return hit == versions_.end() ? 0 : hit->second;
  }

 private:
  struct seen_field {
    std::string name;
    std::uint32_t version = 0;
    json value; ///< null: not set
  };

  std::map<std::string, std::uint32_t, std::less<>> versions_;
  struct seen_by {
    std::uint32_t attempt = 0;
    std::vector<seen_field> fields;
  };
  std::unordered_map<std::uint32_t, seen_by> seen_;
};

/// Whether a second run of `how` from its start may meet answers that were made for the context of
/// the first one: those of agents that act outside, whose acts are not repeated, and of sub-tasks,
/// which keep their ids. What is done one after the other meets them in the same order; of what is
/// done at once nobody would know which of the values they had seen.
[[nodiscard]] bool meets_old_answers(const domain_spec& domain, const plan& how);

/// The fields of `context` that outlive the task: what its session keeps and its parent may see.
[[nodiscard]] json lasting(const domain_spec& domain, const json& context);

/// The end of a task as others see it: without the ephemeral fields of its `data.context`.
[[nodiscard]] outcome_ptr lasting(const domain_spec& domain, outcome_ptr x);

} // namespace troupe
