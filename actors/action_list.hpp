#pragma once

#include "policies/plan_run.hpp"

#include <utility>
#include <vector>

namespace troupe {

/// A list of what a plan wants done, with the memory of an earlier one: handlers need one each, and
/// may nest.
class action_list {
 public:
  using actions = std::vector<plan_action>;
  /// What no list uses at present; outlives the lists.
  using memory = std::vector<actions>;

  explicit action_list(memory& spare)
      : spare_(spare) {
    if (!spare_.empty()) {
      list_ = std::move(spare_.back());
      spare_.pop_back();
    }
  }
  ~action_list() {
    list_.clear();
    spare_.push_back(std::move(list_));
  }
  action_list(const action_list&) = delete;
  action_list& operator=(const action_list&) = delete;
  operator actions&() noexcept { return list_; }

 private:
  memory& spare_;
  actions list_;
};

} // namespace troupe
