// Too much to do: what is spared first, what is refused, and that nothing grows without bound.
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace overload_cases {

/// At most 20 tasks; stages at 10, 15 and 18 of them. `extra` is spared from stage 1 on, `useful`
/// from stage 2.
domain_spec small() {
  auto core = an_agent("core", "script"), useful = an_agent("useful"), extra = an_agent("extra");
  core.slots = 100;
  useful.shed_at = 2;
  extra.shed_at = 1;
  auto d = a_domain("d", {core, useful, extra});
  d.max_tasks = 20;
  d.overload = {{0.5, 0.75, 0.9}, priority::medium};
  d.retry.max_retries = 0;
  d.keep = durability::none;
  return d;
}

task_request urgent(std::string skill, priority p) {
  auto r = wants(std::move(skill));
  r.urgency = p;
  return r;
}

/// Fills the domain up to `count` open tasks.
std::vector<heard_ptr> fill(stage& s, std::size_t count) {
  std::vector<heard_ptr> out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back(s->submit(urgent("core", priority::high)));
  s->run();
  return out;
}

bool works(stage& s, const std::string& skill) {
  auto t = s->submit(urgent(skill, priority::high));
  s->run();
  return t->done() && t->result().ok();
}

verdict last_word(stage& s, const std::string& skill) {
  auto t = s->submit(urgent(skill, priority::high));
  s->run();
  if (!t->done())
    return verdict::chosen;
  for (const auto& e : t->record().history)
    if (const auto* r = e.get<route>(); r && !r->seen.empty())
      return r->seen[0].said;
  return verdict::chosen;
}

TEST(overload, agents_that_are_needed_least_go_first) {
  stage s{small()};
  s.around->pool->held = true;
  EXPECT_TRUE(works(s, "extra"));
  auto all = fill(s, 10);
  EXPECT_EQ(last_word(s, "extra"), verdict::shed);
  EXPECT_TRUE(works(s, "useful"));
  const auto more = fill(s, 5);
  EXPECT_EQ(last_word(s, "useful"), verdict::shed);
  all.insert(all.end(), more.begin(), more.end());
  EXPECT_NE(s->api().metrics().find("troupe_overload_stage"), std::string::npos);
  s.around->pool->held = false;
  s->run();
  for (const auto& t : all)
    EXPECT_TRUE(t->done() && t->result().ok());
  // When it is over, everybody works again.
  EXPECT_TRUE(works(s, "extra"));
  EXPECT_TRUE(works(s, "useful"));
}

TEST(overload, in_the_last_stage_the_less_urgent_are_refused_and_told_when_to_come_back) {
  stage s{small()};
  s.around->pool->held = true;
  fill(s, 18);
  auto low = s->submit(urgent("core", priority::low));
  auto medium = s->submit(urgent("core", priority::medium));
  s->run();
  ASSERT_EQ(low->refusals.size(), 1u);
  EXPECT_EQ(low->refusals[0].why, refusal::busy);
  EXPECT_GT(low->refusals[0].retry_after.count(), 0);
  EXPECT_TRUE(low->accepted.empty());
  EXPECT_EQ(medium->accepted.size(), 1u);
}

TEST(overload, nothing_is_kept_of_what_is_refused) {
  stage s{small()};
  s.around->pool->held = true;
  auto all = fill(s, 20);
  for (int i = 0; i < 1000; ++i) {
    auto r = urgent("core", priority::urgent);
    r.context_id = "s" + std::to_string(i);
    r.idempotency_key = "k" + std::to_string(i);
    auto t = s->submit(r);
    s->run();
    ASSERT_EQ(t->refusals.size(), 1u);
    EXPECT_EQ(t->refusals[0].why, refusal::busy);
  }
  s.around->pool->held = false;
  s->run();
  for (const auto& t : all)
    EXPECT_TRUE(t->done());
}

TEST(overload, what_waits_in_line_counts_as_well) {
  auto d = small();
  d.sessions.queue_limit = 1000;
  stage s{d};
  s.around->pool->held = true;
  std::size_t refused = 0;
  std::vector<heard_ptr> all;
  for (int i = 0; i < 50; ++i) {
    auto r = urgent("core", priority::urgent);
    r.context_id = "one session";
    all.push_back(s->submit(r));
    s->run();
    refused += all.back()->refusals.size();
  }
  EXPECT_EQ(refused, 30u);
  s.around->pool->held = false;
  s->advance(1s);
  std::size_t done = 0;
  for (const auto& t : all)
    done += t->done() ? 1 : 0;
  EXPECT_EQ(done, 20u);
}

heard_ptr submit_large(stage& s, const std::function<void(task_request&)>& change = nullptr) {
  auto r = urgent("core", priority::high);
  r.text.assign(4000, 'x');
  if (change)
    change(r);
  auto t = s->submit(r);
  s->run();
  return t;
}

TEST(overload, the_bodies_of_all_tasks_are_bounded_together) {
  auto d = small();
  d.max_tasks_bytes = 10'000;
  d.sessions.history_limit = 0; // Else the session holds the texts as well.
  d.sessions.queue_limit = 1000;
  stage s{d};
  const std::vector<std::function<void(task_request&)>> ways{
      nullptr,
      [](task_request& r) {
        r.text = "short";
        r.data = {{"long", std::string(4000, 'x')}};
      },
      [](task_request& r) { r.context_id = "one session"; },
      [n = 0](task_request& r) mutable { r.idempotency_key = "k" + std::to_string(++n); },
      [n = 0](task_request& r) mutable {
        r.keep = durability::step;
        r.idempotency_key = "stored" + std::to_string(++n);
      }};
  // What is over counts no more, so that each way finds all of the room.
  for (int round = 0; round < 3; ++round)
    for (const auto& way : ways) {
      s.around->pool->held = true;
      std::vector<heard_ptr> all;
      for (int i = 0; i < 3; ++i)
        all.push_back(submit_large(s, way));
      for (const auto& t : all)
        EXPECT_TRUE(t->refusals.empty());
      const auto large = submit_large(s, way);
      ASSERT_EQ(large->refusals.size(), 1u);
      EXPECT_EQ(large->refusals[0].why, refusal::busy);
      EXPECT_GT(large->refusals[0].retry_after.count(), 0);
      s.around->pool->held = false;
      s->advance(1s);
      for (const auto& t : all)
        EXPECT_TRUE(t->done());
    }
}

TEST(overload, bodies_that_wait_too_long_make_room_again) {
  auto d = small();
  d.max_tasks_bytes = 10'000;
  d.sessions.history_limit = 0; // Else the session holds the texts as well.
  stage s{d};
  s.around->pool->held = true;
  const auto in_session = [](task_request& r) {
    r.context_id = "one session";
    r.timeout = 5s;
  };
  submit_large(s, [](task_request& r) { r.context_id = "one session"; });
  submit_large(s, in_session);
  submit_large(s, in_session);
  EXPECT_EQ(submit_large(s)->refusals.size(), 1u);
  s->advance(6s);
  EXPECT_TRUE(submit_large(s)->refusals.empty());
  EXPECT_TRUE(submit_large(s)->refusals.empty());
  EXPECT_EQ(submit_large(s)->refusals.size(), 1u);
}

TEST(overload, what_a_session_knows_is_not_forgotten_for_new_work_and_makes_room_in_its_time) {
  for (const bool stores : {true, false}) {
    SCOPED_TRACE(stores ? "not stored" : "no store");
    auto d = small();
    d.max_tasks_bytes = 64 << 10;
    d.sessions.idle_limit = 60s;
    d.context["name"] = {};
    d.agents[1].writes = {"name"};
    stage s;
    s.around->stores = stores;
    s.room.works["useful"] = [](const agent_call& x) {
      return say("done", {{"context", {{"name", std::string(4000, x.text.at(0))}}}});
    };
    s.up(a_fleet(d));
    const auto talk = [&](int session) {
      auto r = wants("useful", std::string(2000, static_cast<char>('a' + session)));
      r.context_id = "s" + std::to_string(session);
      return s->ask(r, 1s);
    };
    int taken = 0;
    auto last = talk(taken);
    for (; last->done() && taken < 25; last = talk(++taken))
      ;
    EXPECT_GE(taken, 10);
    ASSERT_EQ(last->refusals.size(), 1u) << "memory grows with every session";
    EXPECT_EQ(last->refusals[0].why, refusal::busy);
    EXPECT_GT(last->refusals[0].retry_after.count(), 0);
    for (int i = 0; i < taken; ++i) {
      const auto found = s->session("s" + std::to_string(i));
      ASSERT_TRUE(found.what) << i;
      EXPECT_EQ(found.what->context.at("name").get<std::string>().at(0), 'a' + i);
    }
    s->advance(61s);
    EXPECT_TRUE(talk(0)->done());
    EXPECT_FALSE(s->session("s1").what);
  }
}

TEST(overload, sessions_that_know_nothing_leave_room_for_new_ones) {
  auto d = small();
  d.max_tasks_bytes = 64 << 10;
  stage s;
  s.around->stores = false;
  s.up(a_fleet(d));
  for (int i = 0; i < 200; ++i) {
    auto r = wants("useful", std::string(2000, 'x'));
    r.context_id = "s" + std::to_string(i);
    ASSERT_TRUE(s->ask(r, 1s)->done()) << i;
  }
  EXPECT_FALSE(s->session("s0").what);
  EXPECT_TRUE(s->session("s199").what);
}

TEST(overload, bodies_count_after_a_restart_as_before) {
  auto d = small();
  d.max_tasks_bytes = 10'000;
  d.keep = durability::step;
  stage s{d};
  s.around->pool->held = true;
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(submit_large(s)->accepted.size(), 1u);
  s.crash();
  s->advance(1s);
  EXPECT_EQ(submit_large(s)->refusals.size(), 1u);
  s.around->pool->held = false;
  s->advance(130s);
  EXPECT_TRUE(submit_large(s)->done());
}

} // namespace overload_cases
