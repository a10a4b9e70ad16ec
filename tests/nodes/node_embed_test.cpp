// A node inside somebody else's application: its actor system, its scheduler, its logger, its
// actors. Real threads; nothing here is timed.
#include "nodes/node.hpp"
#include "src/tools/worker_pool.hpp"
#include "tests/fixtures/little_fleet.hpp"

#include <gtest/gtest.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <future>
#include <memory>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace node_embed_cases {

/// How long a test waits at most for what must happen anyway.
constexpr auto patience = 60s;

task_record_ptr ask(node& n, task_request what) {
  auto told = std::make_shared<std::promise<task_record_ptr>>();
  auto answer = told->get_future();
  task_handlers h;
  h.ended = [told](const task_record_ptr& x) { told->set_value(x); };
  h.refused_ = [told](const refused&) { told->set_value(nullptr); };
  n.api().submit(std::move(what), std::move(h));
  return answer.wait_for(patience) == std::future_status::ready ? answer.get() : nullptr;
}

node_options quiet(std::shared_ptr<native_agents> natives) {
  node_options o;
  o.log = std::make_shared<spdlog::logger>("app", std::make_shared<spdlog::sinks::null_sink_mt>());
  o.natives = std::move(natives);
  o.open_store = [] { return make_memory_store(); };
  return o;
}

fleet_spec in_temp(fleet_spec f) {
  f.data_dir = (std::filesystem::temp_directory_path() / "troupe-tests").string();
  return f;
}

void our_handler(int) {}

TEST(node_embed, an_actor_of_the_application_does_an_agents_work_and_the_application_goes_on) {
  caf::actor_system_config settings;
  settings.set("scheduler.max-threads", std::size_t{2});
  settings.set("logger.console", caf::atom("none"));
  caf::actor_system app{settings};
  const auto default_logger = spdlog::default_logger();
  std::signal(SIGUSR1, our_handler);
  std::signal(SIGTERM, our_handler);

  // What the application had before it ever heard of agents.
  auto counter = app.spawn([](caf::event_based_actor*) -> caf::behavior {
    return {[](const std::string& text) { return text + ", counted by the application"; }};
  });
  auto natives = std::make_shared<native_agents>();
  natives->add("ask_the_app", [&app, counter](const agent_spec&) -> native_function {
    return [&app, counter](const agent_call& x, std::stop_token) {
      outcome out;
      caf::scoped_actor me{app};
      me->request(counter, patience, x.text)
          .receive([&](const std::string& text) { out.text = text; },
                   [&](const caf::error&) {
                     out.failed = {reason::unavailable, "no answer", {}};
                   });
      return out;
    };
  });
  const auto before = app.registry().running();
  {
    node n{app, in_temp(a_fleet(a_domain("d", {an_agent("count", "ask_the_app")}))),
           quiet(natives)};
    n.start();
    ASSERT_TRUE(n.wait_ready(patience));
    auto record = ask(n, wants("count", "seven"));
    ASSERT_TRUE(record);
    EXPECT_EQ(record->result->text, "seven, counted by the application");
    EXPECT_TRUE(n.resolve({address_kind::agent, "d/count"}));
    n.stop();
    n.stop();
    EXPECT_FALSE(n.resolve({address_kind::agent, "d/count"}));
    EXPECT_FALSE(n.api().ready());
    auto late = ask(n, wants("count"));
    EXPECT_FALSE(late);
  }
  app.registry().await_running_count_equal(before);
  EXPECT_EQ(spdlog::default_logger(), default_logger);
  EXPECT_EQ(spdlog::get("troupe"), nullptr);
  EXPECT_EQ(std::signal(SIGUSR1, SIG_DFL), our_handler);
  EXPECT_EQ(std::signal(SIGTERM, SIG_DFL), our_handler);
  EXPECT_EQ(caf::get_or(app.config(), "scheduler.max-threads", std::size_t{0}), 2u);

  // The application's own actors never noticed.
  caf::scoped_actor me{app};
  std::string said;
  me->request(counter, patience, std::string{"eight"})
      .receive([&](const std::string& text) { said = text; }, [](const caf::error&) {});
  EXPECT_EQ(said, "eight, counted by the application");

  // And another node runs in the same system.
  node second{app, in_temp(a_fleet(a_domain("d", {an_agent("count", "ask_the_app")}))),
              quiet(natives)};
  second.start();
  ASSERT_TRUE(second.wait_ready(patience));
  EXPECT_TRUE(ask(second, wants("count", "nine")));
  second.stop();
}

TEST(node_embed, parallel_steps_are_parallel) {
  caf::actor_system_config settings;
  settings.set("logger.console", caf::atom("none"));
  caf::actor_system app{settings};
  // Two steps that compute and meet in the middle: neither ends unless both run at the same time.
  auto meeting = std::make_shared<std::promise<void>>();
  auto met = meeting->get_future().share();
  auto arrived = std::make_shared<std::atomic<int>>(0);
  auto natives = std::make_shared<native_agents>();
  natives->add("meet", [=](const agent_spec& spec) -> native_function {
    return [=, name = spec.card.name](const agent_call&, std::stop_token) {
      volatile std::uint64_t work = 1;
      for (int i = 0; i < 1'000'000; ++i)
        work = work * 6364136223846793005u + 1;
      if (++*arrived == 2)
        meeting->set_value();
      outcome out;
      out.text = name;
      if (met.wait_for(patience) != std::future_status::ready)
        out.failed = {reason::timeout, "the other one never came", {}};
      return out;
    };
  });
  auto d = a_domain("d", {an_agent("left", "meet"), an_agent("right", "meet")});
  d.retry.max_retries = 0;
  d.step_timeout = patience;
  plan_node both;
  both.op = plan_op::parallel;
  both.name = "both";
  for (const auto* name : {"left", "right"}) {
    plan_node n;
    n.name = n.skill = name;
    both.children.push_back(n);
  }
  d.plans["both"] = both;
  auto options = quiet(natives);
  options.workers = tools::make_worker_pool({.threads = 2});
  node n{app, in_temp(a_fleet(d)), std::move(options)};
  n.start();
  ASSERT_TRUE(n.wait_ready(patience));
  auto record = ask(n, wants("both"));
  ASSERT_TRUE(record);
  EXPECT_EQ(record->state, task_state::completed);
  EXPECT_FALSE(record->result->partial);
  EXPECT_EQ(record->result->text, "left\n\nright");
  n.stop();
}

} // namespace node_embed_cases
