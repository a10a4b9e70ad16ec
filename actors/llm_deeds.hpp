#pragma once

#include "actors/llm_act.hpp"

#include <troupe/reason.hpp>
#include <troupe/task.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

namespace troupe {

/// What has been done with tools in one call of an agent with a model: which are at work, under
/// which keys they have effects, and what came of them.
class llm_deeds {
 public:
  struct use {
    std::size_t place = 0; ///< of its message in the conversation
    std::string tool;
    effects does = effects::none;
    std::string act; ///< key of its `llm_act`
    std::string key; ///< of the effect; empty: it has none
  };

  /// The key of a use: its deed's, and when the same has been asked for before in this call and was
  /// done, or may yet be, one more behind it. What was tried and may have been done under a key
  /// gets that again.
  [[nodiscard]] std::string key_for(const llm_act& act);

  /// A use that has begun, until `take`.
  void begin(std::uint64_t number, use x) { at_work_[number] = std::move(x); }
  /// False: it is none of this call's; else it is no longer at work, and is put into `to`.
  [[nodiscard]] bool take(std::uint64_t number, use& to);
  [[nodiscard]] const std::unordered_map<std::uint64_t, use>& at_work() const noexcept {
    return at_work_;
  }

  /// What came of a use; null: nothing was said. `blocked`: it must not be told, but has happened.
  void note(const use& of, const outcome_ptr& x, bool blocked);

  /// A tool has had an effect, or may have had one.
  [[nodiscard]] bool acted() const noexcept { return acted_; }
  /// Set: a tool whose effects nobody may repeat may have acted.
  [[nodiscard]] const failure& unsure() const noexcept { return unsure_; }

  /// What the last tool with effects has done.
  outcome_ptr deed;
  /// What the last tool without effects has said.
  outcome_ptr found;

 private:
  std::unordered_map<std::uint64_t, use> at_work_;
  std::map<std::string, std::uint32_t> keys_given_; ///< by act
  /// By act: keys under which it was tried and may have been done. The next use takes them up, so
  /// that what is tried again is not done twice.
  std::multimap<std::string, std::string> open_keys_;
  bool acted_ = false;
  failure unsure_;
};

} // namespace troupe
