#pragma once

#include "policies/restart_window.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// How a child ended.
enum class exit_kind : std::uint8_t {
  normal,   ///< it was done
  shutdown, ///< it was told to stop
  abnormal, ///< anything else
};

/// What a supervisor knows about a child (OTP: child_spec, without the start function).
struct child_rules {
  std::string id;
  restart_type restart = restart_type::permanent;
  milliseconds shutdown{5000}; ///< how long it may take to stop before it is killed
};

/// What a supervisor has to do next.
struct supervision_step {
  enum class kind : std::uint8_t {
    start,   ///< start this child
    stop,    ///< ask this child to stop, kill it after its shutdown time
    give_up, ///< every child has ended: fail upwards
    ended,   ///< every child has ended, as asked
  };
  kind what;
  std::uint32_t child = 0;
  friend bool operator==(const supervision_step&, const supervision_step&) = default;
};

/// OTP's supervisor as a value. Children are numbered in start order and keep their number. The
/// actor around it reports what happened and does what it is told; nothing here knows actors or
/// clocks.
///
/// - one_for_one: the child that ended is restarted. one_for_all: all others are stopped in reverse
/// order, then all are
///   started in order. rest_for_one: the same for those started after it. One child is stopped at a
///   time: the next `stop` comes when the one before has ended.
/// - permanent children are always restarted, transient ones only after an abnormal end, temporary
/// ones never. As in
///   OTP, a transient child that had ended by itself comes back with its group, and a temporary one
///   that is stopped with its group is gone; an end while the group is being stopped is no failure
///   and is not counted.
/// - over the intensity, all children are stopped in reverse order and the supervisor itself fails.
/// - beyond OTP: with `isolate`, a one_for_one supervisor gives each child an intensity of its own;
/// a child that exceeds it is
///   left down and tried again after `isolate`, and neither its siblings nor its supervisor suffer.
/// - beyond OTP: a child that fails again within the period waits before it is started, see
/// `restart_delay`; and a child
///   that was stopped by `stop_child` stays so until `start_child`, whatever happens to its group.
class supervision_run {
 public:
  using steps = std::vector<supervision_step>;

  /// `isolate`: how long a child stays down that fails too often by itself; zero: OTP's rule.
  supervision_run(supervision strategy, restart_intensity limits, milliseconds isolate = {});

  /// From the next failure on; a group that is being restarted is restarted as it was begun.
  void use(supervision strategy, const restart_intensity& limits);

  /// Adds a child after the others. It runs only once `start` has been asked for it.
  std::uint32_t add(child_rules rules);

  /// Starts what has not been started yet, in order.
  void start_all(steps& todo);
  /// Starts this one child (a dynamic child, or one that has ended for good). One that is still
  /// stopping is started as soon as it has ended.
  void start_child(std::uint32_t child, steps& todo);
  /// Stops this one child; it is not restarted.
  void stop_child(std::uint32_t child, steps& todo);
  /// It was told to start and is not to: as if it had been stopped by `stop_child`.
  void withhold(std::uint32_t child);
  /// Child `child` has ended. A child that could not be started has ended abnormally.
  void down(std::uint32_t child, exit_kind how, timestamp now, steps& todo);
  /// Time has passed; call it at `next_timer`.
  void tick(timestamp now, steps& todo);
  /// Somebody says that it has failed: stops everything in reverse order and ends with `give_up`.
  void fail(steps& todo);
  /// Stops everything in reverse order; ends with `ended`.
  void shut_down(steps& todo);

  [[nodiscard]] timestamp next_timer() const noexcept;
  [[nodiscard]] std::uint32_t restarts(std::uint32_t child) const noexcept {
    return children_[child].restarts;
  }
  [[nodiscard]] bool running(std::uint32_t child) const noexcept {
    return children_[child].now == status::running;
  }
  /// It failed too often and is left down for a while.
  [[nodiscard]] bool isolated(std::uint32_t child) const noexcept {
    return children_[child].isolated;
  }
  [[nodiscard]] const child_rules& rules(std::uint32_t child) const noexcept {
    return children_[child].rules;
  }
  [[nodiscard]] std::size_t size() const noexcept { return children_.size(); }
  [[nodiscard]] bool stopping() const noexcept { return mode_ != mode::serving; }

 private:
  enum class status : std::uint8_t {
    fresh, ///< never started
    running,
    stopping, ///< with its group or with everything
    leaving,  ///< stopping by `stop_child`
    down,     ///< will be started with its group
    waiting,  ///< will be started at `due`
    done,     ///< ended by itself, for good unless its group is restarted
    retired,  ///< stopped by `stop_child`, or temporary and gone with its group
  };
  enum class mode : std::uint8_t { serving, shutting_down, giving_up, over };
  struct entry {
    child_rules rules;
    status now = status::fresh;
    bool again = false; ///< leaving, and wanted back
    bool isolated = false;
    std::optional<restart_window> own; ///< with `isolate`, once it has failed
    std::uint32_t restarts = 0;
    std::uint32_t streak = 0;
    timestamp last_restart{};
    timestamp due = no_deadline;
  };

  [[nodiscard]] static bool alive(const entry& c) noexcept {
    return c.now == status::running || c.now == status::stopping || c.now == status::leaving;
  }
  [[nodiscard]] bool in_group(std::uint32_t i) const noexcept { return i >= group_from_; }
  [[nodiscard]] bool wants_restart(const entry& c, exit_kind how) const noexcept;
  void start(std::uint32_t i, steps& todo);
  void end_of_leaving(std::uint32_t i, steps& todo);
  void failed(std::uint32_t i, timestamp now, steps& todo);
  void continue_group(timestamp now, steps& todo);
  void continue_end(steps& todo);
  [[nodiscard]] bool all_ended_from(std::uint32_t from, steps& todo);

  static constexpr std::uint32_t nobody = 0xFFFFFFFF;
  supervision strategy_;
  restart_intensity limits_;
  milliseconds wanted_isolation_;
  milliseconds isolate_;
  restart_window window_;
  std::vector<entry> children_;
  mode mode_ = mode::serving;
  std::uint32_t group_from_ =
      nobody; ///< a group restart is under way for this child and all after it
  timestamp group_due_{};
};

} // namespace troupe
