#pragma once

#include "actors/question_messages.hpp"
#include "nodes/sim/machine.hpp"
#include "nodes/sim/simulation.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace troupe::sim {

/// The people and programs that use a simulated fleet: they send their requests, come back after
/// the node was away, repeat what they have a key for, give up, and answer questions.
class callers {
 public:
  struct caller {
    order what;
    std::string accepted;         ///< the id that they were told; empty: not yet
    task_record_ptr ended;        ///< the first end that they were told
    bool kept = true;             ///< it outlives its process
    bool sent = false;            ///< at least once
    bool listening = false;       ///< the process that runs now has a callback of theirs
    bool refused = false;         ///< and they will not try again
    bool lost = false;            ///< kept in memory only, by a process that is gone
    refusal told = refusal::none; ///< why they were refused, at the last time
    std::string told_more{};      ///< the same in words
    std::size_t door = 0;         ///< that they used last
    std::uint32_t attempts = 0;
    timestamp sent_at{};
    [[nodiscard]] bool done() const noexcept { return ended || refused || lost; }
  };

  callers(world& w, std::vector<order> orders);

  /// A process has started, and they find it at this door. Null: it is gone.
  void meet(machine* now, std::size_t door = 0);
  /// Everybody has heard how it ended.
  [[nodiscard]] bool done() const;
  /// Answers some of the questions that wait for people; `all` when nobody may stay silent.
  void look_at_questions(bool all);

  /// Somebody saw a question of this task, or of one that belongs to the same work.
  [[nodiscard]] bool saw_question_of(const std::string& task) const {
    return questioned_.contains(task.substr(0, task.find('.')));
  }
  [[nodiscard]] const std::vector<caller>& all() const noexcept { return callers_; }
  [[nodiscard]] const std::vector<std::string>& complaints() const noexcept { return complaints_; }

 private:
  /// A process behind each door, and how many there were before: what a former one says is not
  /// heard.
  struct entrance {
    machine* now = nullptr;
    std::uint64_t process = 0;
  };

  /// A door that is open, any of them; null: none is.
  [[nodiscard]] machine* choose(std::size_t& door);
  [[nodiscard]] bool hears(std::size_t door, std::uint64_t process) const {
    return doors_[door].now != nullptr && doors_[door].process == process;
  }
  void send(std::size_t i);
  void come_back(std::size_t i);
  void listen(std::size_t i);
  [[nodiscard]] task_handlers handlers(std::size_t i);
  void heard_end(std::size_t i, const task_record_ptr& record);
  void heard_refusal(std::size_t i, const refused& why);
  void answer(const question_ptr& q);

  world& world_;
  std::vector<entrance> doors_{1};
  std::vector<caller> callers_;
  std::map<std::string, std::string> keys_; ///< domain and idempotency key to the id it gave
  std::set<std::string> questioned_;        ///< tasks without a parent
  std::vector<std::string> complaints_;
};

} // namespace troupe::sim
