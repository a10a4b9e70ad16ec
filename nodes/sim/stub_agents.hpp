#pragma once

#include "nodes/sim/fault_plan.hpp"
#include "nodes/sim/world.hpp"

#include <troupe/agent.hpp>
#include <troupe/fleet.hpp>

#include <algorithm>
#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace troupe::sim {

/// What a stub answers for an agent when nothing goes wrong; the number is its chance.
using stub_answer =
    std::function<outcome(const agent_spec&, const agent_call&, std::uint64_t dice)>;

/// The world that agents act upon: which effects have really happened, by idempotency key, and what
/// they were told that they work on.
struct outside_world {
  struct deed {
    std::string agent;
    effects kind = effects::none;
    std::uint32_t asked = 0;   ///< how often somebody asked for it
    std::uint32_t carried = 0; ///< how often it was carried out
    std::uint64_t order = 0;   ///< its place among all deeds, by when it was carried out first
    bool kept = false;         ///< its task outlives its process
    bool risen = false;        ///< a machine did it that had just woken
  };
  /// The item of a list, or the round, that a step was about.
  struct part {
    std::string task;
    std::uint32_t step = 0;
    std::optional<std::int64_t> item;  ///< from 0
    std::optional<std::int64_t> round; ///< from 1
    friend auto operator<=>(const part&, const part&) = default;
  };
  std::map<std::string, deed> deeds;
  std::set<std::string> actors; ///< agents of `deeds`
  std::set<part> parts;
  std::uint64_t acts = 0; ///< deeds that were carried out
};

/// Stands in for agents whose work is outside of the runtime: native functions, subprocesses and
/// HTTP services. Rules and triage are the runtime's own and run for real; people are played by the
/// simulation. Outlives the nodes that use it.
class stub_agents {
 public:
  /// Agents of several nodes act upon the same world outside.
  stub_agents(world& w, fault_plan faults, stub_answer answer,
              std::shared_ptr<outside_world> outside = std::make_shared<outside_world>());

  /// Whether agents of this kind are stubs in a simulation.
  [[nodiscard]] static bool stands_in_for(agent_kind kind) noexcept;
  /// The fleet as it is simulated: stubs in place of what is outside, no plugins, no services.
  [[nodiscard]] static fleet_spec prepared(fleet_spec fleet);
  /// Registers the functions that a prepared fleet names.
  void register_in(native_agents& natives);
  /// From now on nothing goes wrong any more, so that a run can come to its end.
  void calm() { faults_ = fault_plan::none(); }
  /// Their machine has stood still: what it was at goes on.
  void sleep() { asleep_ = true; }
  /// Others may declare their machine dead, and it works on until then.
  void part(timestamp until) { parted_until_ = std::max(parted_until_, until); }
  void wake() {
    asleep_ = false;
    awake_since_ = world_.now();
  }

  [[nodiscard]] const outside_world& outside() const noexcept { return *outside_; }
  [[nodiscard]] std::uint64_t calls() const noexcept { return calls_; }
  /// How often what went wrong, by the names of `fault_plan`.
  [[nodiscard]] const std::map<std::string, std::uint64_t>& mishaps() const noexcept {
    return mishaps_;
  }

 private:
  outcome work(const agent_spec& spec, const agent_call& call);
  void act(const agent_spec& spec, const agent_call& call);
  void note_part(const agent_call& call);
  bool goes_wrong(const char* kind, double chance);

  world& world_;
  fault_plan faults_;
  stub_answer answer_;
  std::shared_ptr<outside_world> outside_;
  bool asleep_ = false;
  timestamp parted_until_{};
  timestamp awake_since_{}; ///< its beginning: it never stood still
  std::uint64_t calls_ = 0;
  std::map<std::string, std::uint64_t> mishaps_;
};

/// A value that a JSON Schema allows, as far as it says so with type, enum, const, properties,
/// required, items, minimum, maximum, minLength, maxLength, minItems, examples and default.
[[nodiscard]] json value_for(const json& schema, std::uint64_t dice);

/// What an agent of this kind might say: by its `gives` schema, else its skill's name; sure enough
/// for its own `min_confidence`.
[[nodiscard]] outcome plausible_answer(const agent_spec& spec, const agent_call& call,
                                       std::uint64_t dice);

} // namespace troupe::sim
