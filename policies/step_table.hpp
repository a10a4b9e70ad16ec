#pragma once

#include <troupe/plan.hpp>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace troupe {

/// The children of a step: those of the plan moved by a distance, or a list of their own.
class step_list {
 public:
  class iterator {
   public:
    using iterator_category = std::random_access_iterator_tag;
    using value_type = std::uint32_t;
    using difference_type = std::ptrdiff_t;
    using pointer = const std::uint32_t*;
    using reference = std::uint32_t;

    iterator() = default;
    iterator(pointer at, std::uint32_t shift) noexcept
        : at_(at)
        , shift_(shift) {}
    std::uint32_t operator*() const noexcept { return *at_ + shift_; }
    std::uint32_t operator[](difference_type n) const noexcept { return at_[n] + shift_; }
    iterator& operator++() noexcept { return ++at_, *this; }
    iterator operator++(int) noexcept { return {at_++, shift_}; }
    iterator& operator--() noexcept { return --at_, *this; }
    iterator operator--(int) noexcept { return {at_--, shift_}; }
    iterator& operator+=(difference_type n) noexcept { return at_ += n, *this; }
    iterator& operator-=(difference_type n) noexcept { return at_ -= n, *this; }
    friend iterator operator+(iterator i, difference_type n) noexcept { return i += n; }
    friend iterator operator-(iterator i, difference_type n) noexcept { return i -= n; }
    friend difference_type operator-(iterator a, iterator b) noexcept { return a.at_ - b.at_; }
    friend bool operator==(iterator a, iterator b) noexcept { return a.at_ == b.at_; }
    friend auto operator<=>(iterator a, iterator b) noexcept { return a.at_ <=> b.at_; }

   private:
    pointer at_ = nullptr;
    std::uint32_t shift_ = 0;
  };

  step_list(const std::vector<std::uint32_t>& of, std::uint32_t shift) noexcept
      : of_(&of)
      , shift_(shift) {}
  [[nodiscard]] iterator begin() const noexcept { return {of_->data(), shift_}; }
  [[nodiscard]] iterator end() const noexcept { return {of_->data() + of_->size(), shift_}; }
  [[nodiscard]] std::size_t size() const noexcept { return of_->size(); }
  [[nodiscard]] bool empty() const noexcept { return of_->empty(); }
  [[nodiscard]] std::uint32_t front() const noexcept { return of_->front() + shift_; }
  [[nodiscard]] std::uint32_t back() const noexcept { return of_->back() + shift_; }
  [[nodiscard]] std::uint32_t operator[](std::size_t n) const noexcept {
    return (*of_)[n] + shift_;
  }

 private:
  const std::vector<std::uint32_t>* of_;
  std::uint32_t shift_;
};

/// Whether something of the plan is taken back when the rest fails.
[[nodiscard]] bool takes_back(const plan& how);

/// The steps of a run: those of its plan, and behind them the ones that came about while it ran.
///
/// The child of a `map`, `loop` or `judge` is a pattern: the first item or round runs in the steps
/// of the plan itself, every further one in a copy of them that gets the next free indices. The
/// indices depend on the order of the copies alone, so the same events always give the same ones.
/// An index is never given twice, and what is built on it (ids of sub-tasks, idempotency keys) is
/// unique.
///
/// Requires a plan whose steps are numbered from the root down and from left to right, each step's
/// `undo` after its children: what `plan::of` makes.
class step_table {
 public:
  /// Steps that one run may come to; more are not made.
  static constexpr std::uint32_t max_steps = 250000;

  explicit step_table(plan_ptr how)
      : how_(std::move(how))
      , planned_(static_cast<std::uint32_t>(how_->steps.size())) {}

  [[nodiscard]] const plan& how() const noexcept { return *how_; }
  /// How many steps there are by now.
  [[nodiscard]] std::uint32_t size() const noexcept {
    return planned_ + static_cast<std::uint32_t>(copies_.size());
  }
  /// The step of the plan that `i` is, or is a copy of.
  [[nodiscard]] std::uint32_t pattern(std::uint32_t i) const noexcept {
    return i < planned_ ? i : copies_[i - planned_].pattern;
  }
  [[nodiscard]] const plan_node& node(std::uint32_t i) const noexcept {
    return how_->steps[pattern(i)].node;
  }
  /// The root's is itself; that of an undo is the step it takes back.
  [[nodiscard]] std::uint32_t parent(std::uint32_t i) const noexcept {
    return i < planned_ ? how_->steps[i].parent : copies_[i - planned_].parent;
  }
  /// Of a `map`, `loop` or `judge`: the items or rounds so far, or its pattern if there are none.
  /// Good until the next `copy`.
  [[nodiscard]] step_list children(std::uint32_t i) const noexcept {
    if (!expanded_.empty())
      if (const auto hit = expanded_.find(i); hit != expanded_.end())
        return {hit->second, 0};
    return {how_->steps[pattern(i)].children, i - pattern(i)};
  }
  /// The step that takes `i` back; 0: there is none.
  [[nodiscard]] std::uint32_t undo(std::uint32_t i) const noexcept {
    const auto undo = how_->steps[pattern(i)].undo;
    return undo == 0 ? 0 : undo + (i - pattern(i));
  }
  [[nodiscard]] bool is_undo(std::uint32_t i) const noexcept {
    return i != 0 && undo(parent(i)) == i;
  }
  /// Which item or round of its parent `i` begins, from 0; 0 for every other step.
  [[nodiscard]] std::uint32_t number(std::uint32_t i) const noexcept {
    return i < planned_ ? 0 : copies_[i - planned_].number;
  }
  /// The items or rounds of `i` that have begun.
  [[nodiscard]] std::uint32_t begun(std::uint32_t i) const noexcept {
    const auto hit = expanded_.find(i);
    return hit == expanded_.end() ? 0 : static_cast<std::uint32_t>(hit->second.size());
  }
  /// The name in the plan, with `[n]` for items of a map (from 0) and `#n` for the second and
  /// further rounds: `check[12]`, `draft#2`. Unique within the run.
  [[nodiscard]] std::string name(std::uint32_t i) const;

  /// The next item or round of `group`: child `which` of its pattern, in place the first time and
  /// copied from then on; 0 when there are `max_steps` already. `number` is what it counts as.
  std::uint32_t copy(std::uint32_t group, std::size_t which, std::uint32_t number);

 private:
  struct copied {
    std::uint32_t pattern = 0;
    std::uint32_t parent = 0;
    std::uint32_t number = 0;
  };
  [[nodiscard]] std::uint32_t last_below(std::uint32_t pattern) const noexcept;

  plan_ptr how_;
  std::uint32_t planned_;
  std::vector<copied> copies_;
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> expanded_;
};

} // namespace troupe
