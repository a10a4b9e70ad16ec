// Whom the line in the log names when a task has ended.
#include "actors/told_call.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace told_call_cases {

event had(std::uint32_t step, const std::string& agent) {
  auto r = std::make_shared<route>();
  r->agent = agent;
  event e;
  e.kind = event_kind::assigned;
  e.step = step;
  e.body = route_ptr{std::move(r)};
  return e;
}

event ended(event_kind kind, std::uint32_t step, bool ok) {
  event e;
  e.kind = kind;
  e.step = step;
  if (ok)
    e.body = std::make_shared<const outcome>();
  else if (kind == event_kind::step_completed || kind == event_kind::answered)
    e.body = std::make_shared<const outcome>(outcome::of({reason::low_confidence, "no", {}}));
  else
    e.body = std::make_shared<const failure>(failure{reason::crash, "gone", {}});
  return e;
}

event done(std::uint32_t step) {
  return ended(event_kind::step_completed, step, true);
}

event broke(std::uint32_t step) {
  return ended(event_kind::step_failed, step, false);
}

event of(event_kind kind, std::uint32_t step) {
  event e;
  e.kind = kind;
  e.step = step;
  return e;
}

std::string named(const std::vector<event>& history, bool went_well = false) {
  const auto* r = told_call(history, went_well);
  return r ? r->agent : "nobody";
}

TEST(told_call, of_what_went_well_is_the_first_one) {
  EXPECT_EQ(named({had(1, "a"), done(1), had(2, "b"), done(2)}, true), "a");
  EXPECT_EQ(named({}, true), "nobody");
  auto about = had(1, "triage");
  about.triage = true;
  EXPECT_EQ(named({about, had(1, "a"), done(1)}, true), "a");
}

TEST(told_call, of_what_failed_is_who_failed) {
  EXPECT_EQ(named({had(1, "a"), had(2, "b"), done(1), broke(2)}), "b");
  EXPECT_EQ(named({had(1, "a"), broke(1), had(1, "b"), broke(1)}), "b") << "its last attempt";
  // A person is asked about it, and denies it.
  EXPECT_EQ(named({had(1, "a"), done(1), had(2, "b"), ended(event_kind::step_failed, 2, false),
                   of(event_kind::asked, 2), ended(event_kind::answered, 2, false)}),
            "b");
  EXPECT_EQ(named({had(1, "a"), had(2, "b"), done(1), ended(event_kind::step_completed, 2, false)}),
            "b")
      << "its word was refused";
}

TEST(told_call, is_not_one_whose_failure_was_mended) {
  EXPECT_EQ(named({had(1, "a"), broke(1), had(1, "b"), done(1), had(2, "c"), broke(2)}), "c");
  EXPECT_EQ(named({had(1, "a"), broke(1), had(1, "b"), done(1), of(event_kind::unroutable, 2)}),
            "nobody");
}

TEST(told_call, of_a_task_whose_time_was_up_is_who_was_still_at_it) {
  const auto up = of(event_kind::time_up, whole_task);
  EXPECT_EQ(named({had(1, "a"), done(1), had(2, "b"), up}), "b");
  EXPECT_EQ(named({had(1, "a"), done(1), up}), "nobody");
  EXPECT_EQ(named({had(2, "a"), of(event_kind::time_up, 1), up}), "a") << "its group";
  EXPECT_EQ(named({had(1, "a"), done(1), of(event_kind::delegated, 2), of(event_kind::time_up, 2)}),
            "nobody")
      << "another domain had it";
}

} // namespace told_call_cases
} // namespace troupe
