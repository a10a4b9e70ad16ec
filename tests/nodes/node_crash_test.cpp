// The machine stops at every single write to the journal, before and after it reached the disk.
#include "src/wire/codec.hpp"
#include "tests/fixtures/plan_parts.hpp"
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

#include <set>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace node_crash_cases {

/// Two steps at once, then a step in another domain that runs two of its own, then a last one.
fleet_spec workshop() {
  auto inner = a_domain("shop/back", {an_agent("cut"), an_agent("glue")});
  inner.plans["craft"] = around(plan_op::sequence, "craft", {step("cut"), step("glue")});
  auto shop = a_domain("shop", {an_agent("price"), an_agent("stock"), an_agent("wrap")});
  const auto both = around(plan_op::parallel, "both", {step("price"), step("stock")});
  const auto make = to_domain("make", "shop/back", "craft");
  shop.plans["order"] = around(plan_op::sequence, "all", {both, make, step("wrap")});
  shop.context = {{"wish", {}}};
  shop.domains.push_back(inner);
  return a_fleet(shop);
}

task_request an_order(int i) {
  auto r = wants("order", "order " + std::to_string(i));
  r.context_id = i % 2 == 0 ? "session" : "";
  r.idempotency_key = "order-" + std::to_string(i);
  return r;
}

/// Runs three orders with a crash at write `n`, starts again until all are done, and checks what
/// must hold. False once there is no write `n` any more.
bool survives(std::uint64_t n, bool applied) {
  SCOPED_TRACE("write " + std::to_string(n) + (applied ? ", on disk" : ", lost"));
  stage s;
  s.around->disk->crash_at = n;
  s.around->disk->crash_applies = applied;
  s.up(workshop());
  std::vector<heard_ptr> orders;
  for (int i = 0; i < 3; ++i)
    orders.push_back(s->submit(an_order(i)));
  s->advance(30s);
  const bool crashed = s.around->disk->crashed;
  std::set<std::string> accepted;
  for (const auto& t : orders)
    for (const auto& x : t->accepted)
      accepted.insert(x.id);
  // A step is completed for good when the disk says so.
  std::set<std::string> stored_done;
  const auto calls_before = s.room.calls.size();
  if (crashed) {
    for (const auto& x : s.around->disk->kept->tasks({})) {
      const auto whole = s.around->disk->kept->task(x.id);
      for (const auto& body : whole->events)
        if (auto e = decode_event(body); e && e->kind == event_kind::step_completed)
          stored_done.insert(x.id + "/" + std::to_string(e->step));
    }
    s.crash();
  }
  s->advance(60s);
  // Every caller comes back with its key, as clients do that heard nothing.
  std::vector<heard_ptr> again;
  for (int i = 0; i < 3; ++i)
    again.push_back(s->ask(an_order(i)));
  for (const auto& t : again) {
    const bool completed = t->done() && t->record().state == task_state::completed;
    EXPECT_TRUE(completed);
  }
  const auto all = s->list();
  for (const auto& id : accepted) {
    auto record = s->find(id);
    EXPECT_TRUE(record) << "accepted and lost: " << id;
    if (!record)
      continue;
    EXPECT_EQ(record->state, task_state::completed);
    EXPECT_EQ(count_of(*record, event_kind::finished), 1u) << id;
    EXPECT_EQ(count_of(*record, event_kind::planned), 1u) << id;
  }
  // Three orders and what each delegated: nothing was begun twice under another id.
  EXPECT_EQ(all.size(), 6u);
  for (std::size_t i = calls_before; crashed && i < s.room.calls.size(); ++i) {
    const auto& call = s.room.calls[i].second;
    EXPECT_FALSE(stored_done.contains(call.about->id + "/" + std::to_string(call.step)))
        << s.room.calls[i].first << " was called again";
  }
  auto session = s->session("session");
  EXPECT_TRUE(session.what && session.what->turns.size() == 2) << "turns of the session";
  for (const auto& x : s->api().agents())
    EXPECT_EQ(x.load, 0u) << x.name;
  return crashed;
}

TEST(node_crash, at_every_write_that_is_lost_with_the_machine) {
  std::uint64_t n = 1;
  while (survives(n, false) && !::testing::Test::HasFailure())
    ++n;
  EXPECT_GT(n, 10u);
}

TEST(node_crash, at_every_write_that_reached_the_disk_and_was_never_confirmed) {
  std::uint64_t n = 1;
  while (survives(n, true) && !::testing::Test::HasFailure())
    ++n;
  EXPECT_GT(n, 10u);
}

} // namespace node_crash_cases
