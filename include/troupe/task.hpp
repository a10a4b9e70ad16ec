#pragma once

#include <troupe/clock.hpp>
#include <troupe/effects.hpp>
#include <troupe/enum_names.hpp>
#include <troupe/json.hpp>
#include <troupe/reason.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// The states of a task as A2A names them.
enum class task_state : std::uint8_t {
  submitted,
  working,
  input_required,
  auth_required,
  completed,
  failed,
  canceled,
  rejected,
};

template <>
struct enum_names<task_state> {
  static constexpr std::array<std::string_view, 8> value{
      "submitted", "working", "input_required", "auth_required",
      "completed", "failed",  "canceled",       "rejected"};
};

[[nodiscard]] constexpr bool is_final(task_state s) noexcept {
  return s >= task_state::completed;
}

/// What the orchestrator is doing for a working task.
enum class task_phase : std::uint8_t { planning, delegating, monitoring, synthesising, ended };

template <>
struct enum_names<task_phase> {
  static constexpr std::array<std::string_view, 5> value{"planning", "delegating", "monitoring",
                                                         "synthesising", "ended"};
};

/// Earlier values overtake later ones wherever there is a queue.
enum class priority : std::uint8_t { urgent, high, medium, low };

template <>
struct enum_names<priority> {
  static constexpr std::array<std::string_view, 4> value{"urgent", "high", "medium", "low"};
};

/// How much of a task survives the death of its node.
enum class durability : std::uint8_t {
  none, ///< nothing: it lives in memory, and its answer says so
  task, ///< start and end are stored; a resumed task runs again from its start
  step, ///< each finished step is stored and never run again
};

template <>
struct enum_names<durability> {
  static constexpr std::array<std::string_view, 3> value{"none", "task", "step"};
};

/// On whose behalf a task runs, as far as routing and priority need to know.
struct customer {
  std::string id;
  std::string tier;
  friend bool operator==(const customer&, const customer&) = default;
};

/// A request to the fleet. Immutable once it has been accepted; shared between actors as
/// `task_ptr`.
struct task {
  std::string id;         ///< unique; its last two characters name the shard (see `make_task_id`)
  std::string context_id; ///< the session; empty when the task belongs to none
  std::string domain;     ///< path of the domain that takes it
  std::string skill;      ///< asks for this skill directly; empty lets the domain find out
  std::string text;       ///< what the person or the parent wrote
  json data;              ///< structured input: an object, or null
  customer who;
  priority urgency = priority::medium;
  durability keep = durability::step;
  timestamp created{};
  timestamp deadline = no_deadline; ///< finite once accepted
  /// Whoever asked has set the deadline: it holds while people are asked as well. That of a domain
  /// stands still meanwhile.
  bool firm = false;
  std::string idempotency_key; ///< chosen by the client; the same key gives the same task
  std::string trace_id;        ///< 32 hexadecimal digits, as W3C trace context writes it; empty: it
                               ///< follows from the id
  std::string parent;          ///< id of the task that delegated this one
  std::uint32_t parent_step = 0;
  /// The version of the fleet that it is worked on by, whatever comes after; 0: there are none.
  std::uint64_t fleet = 0;
  std::vector<std::string>
      path; ///< the domains it came through, outermost first: the guard against loops
};

using task_ptr = std::shared_ptr<const task>;

/// What an agent call, a step or a whole task used up.
struct usage {
  std::uint64_t input_tokens = 0;
  std::uint64_t output_tokens = 0;
  std::uint64_t cost_micros = 0; ///< millionths of the fleet's currency
  std::uint32_t calls = 0;
  std::uint64_t cached_tokens = 0;      ///< of the input: read from the provider's cache
  std::uint64_t cache_write_tokens = 0; ///< of the input: written to it

  usage& operator+=(const usage& x) noexcept {
    input_tokens += x.input_tokens;
    output_tokens += x.output_tokens;
    cost_micros += x.cost_micros;
    calls += x.calls;
    cached_tokens += x.cached_tokens;
    cache_write_tokens += x.cache_write_tokens;
    return *this;
  }
  friend bool operator==(const usage&, const usage&) = default;
};

/// What came out of a step or of a task. With `failed` set, text and data hold what there is all
/// the same.
struct outcome {
  std::string text;
  json data;               ///< an object, or null
  double confidence = 1.0; ///< 0 to 1, as the agent sees it
  bool partial = false;    ///< some branches are missing; `data.missing` names them
  usage used;
  failure failed;
  deeds acted = deeds::none; ///< of a whole task: its orchestrator says it, not its agents

  [[nodiscard]] bool ok() const noexcept { return !failed; }
  static outcome of(failure f) {
    outcome out;
    out.confidence = 0;
    out.failed = std::move(f);
    return out;
  }
};

using outcome_ptr = std::shared_ptr<const outcome>;

/// The shard in a task's id, or nothing if the id was not made by `make_task_id`.
[[nodiscard]] std::optional<std::uint32_t> shard_of_task_id(std::string_view id) noexcept;

/// A new id: 12 hexadecimal digits of milliseconds, 14 of chance, 2 of shard. Ids grow with time,
/// so that a store keyed by them appends; the shard at the end lets anybody find the owner of a
/// task.
[[nodiscard]] std::string make_task_id(timestamp now, std::uint64_t dice, std::uint32_t shard);

/// The id of the sub-task that step `step` of `parent` delegates: always the same, so that a
/// resumed parent finds its child.
[[nodiscard]] std::string child_task_id(std::string_view parent, std::uint32_t step);

} // namespace troupe
