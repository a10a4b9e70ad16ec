#pragma once

#include "actors/node_messages.hpp"
#include "actors/node_parts.hpp"
#include "actors/node_subject.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace troupe {

/// The RESPONDENT: answers what any node asks about this one (`ask_node`). Whoever asks all of them
/// is a `survey`. A long answer crosses in parts, which are kept here for a while; how many
/// questions are open and how much is kept is bounded, and refused beyond.
struct respondent_state {
  static constexpr std::size_t most_open = 64;
  static constexpr std::size_t most_kept = 8;
  static constexpr std::size_t part_bytes = std::size_t{256} << 10;
  static constexpr std::size_t whole_bytes = std::size_t{4} << 20;
  static constexpr milliseconds keep_for{10000}; ///< parts, and the place of an open question

  respondent_state() = default;
  respondent_state(const respondent_state&) = delete;
  respondent_state& operator=(const respondent_state&) = delete;
  /// Whoever waits for a subject's answer hears of the end.
  ~respondent_state();
  void init(caf::event_based_actor* self, parts_ptr parts, node_subjects subjects);
  caf::response_promise on_ask(const ask_node& x);
  void on_done(std::uint64_t number, std::string text, refused why);
  void on_tick();

  static inline const char* name = "respondent";

 private:
  struct open_question {
    caf::response_promise promise;
    timestamp until{};
  };
  struct kept_answer {
    std::string text;
    timestamp until{};
  };
  void expire();
  /// Comes back when the first of what is open or kept has had its time.
  void arm();
  [[nodiscard]] static node_answered part_of(std::string_view text, std::uint64_t from,
                                             std::uint64_t number);

  caf::event_based_actor* self_ = nullptr;
  parts_ptr parts_;
  node_subjects subjects_;
  std::uint64_t next_ = 0;
  std::map<std::uint64_t, open_question> open_;
  std::map<std::uint64_t, kept_answer> kept_;
  timestamp armed_ = no_deadline;
};

/// INTERNAL: a subject has its answer.
struct subject_done {
  std::uint64_t number = 0;
  std::string text;
  refused why;
};

caf::behavior respondent(caf::stateful_actor<respondent_state>* self, parts_ptr parts,
                         node_subjects subjects);

} // namespace troupe

TROUPE_BEGIN_MESSAGES(troupe_respondent, TROUPE_FIRST_TYPE_ID + 110)
TROUPE_MESSAGE(troupe_respondent, troupe::subject_done)
TROUPE_END_MESSAGES(troupe_respondent)
