// The real program on a real PostgreSQL server.
#include "tests/nodes/cli_kit.hpp"
#include "tests/src/store/postgres_kit.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

namespace cli_store_cases {

using namespace troupe::test;
using testing::HasSubstr;
using testing::Not;
using troupe::eventually;
using troupe::json;
using troupe::plain_connection;
using troupe::postgres_server;

std::string bytes_in(const std::string& folder) {
  std::string out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{folder})
    if (entry.is_regular_file()) {
      std::ifstream in{entry.path(), std::ios::binary};
      out.append(std::istreambuf_iterator<char>{in}, {});
    }
  return out;
}

std::string question_of(const dev_node& node, const std::string& task) {
  const auto all = node.ask({"human", "list", "-o", "json"});
  const auto questions = all.code == 0 ? all.document().at("questions") : json::array();
  for (const auto& q : questions)
    if (q.at("task") == task)
      return q.at("id").get<std::string>();
  return {};
}

std::string state_of_task(const dev_node& node, const std::string& task) {
  const auto t = node.ask({"task", task, "-o", "json"});
  return t.code == 0 ? t.document().value("/status/state"_json_pointer, "") : "";
}

TEST(cli_store, a_killed_nodes_tasks_are_taken_up_from_the_server_wherever_it_starts) {
  postgres_server server;
  const auto address = server.store_settings().address;
  const scratch here;
  make_fleet(here.path("fleet"));
  std::string task;
  {
    dev_node node{here.path("fleet"), here.path("one"), {"--store", address}};
    EXPECT_EQ(node.ask({"submit", "--session", "s1", "when are you open"}).code, 0);
    const auto given = node.ask({"submit", "--no-wait", "what is the capital of france"});
    ASSERT_EQ(given.code, 0) << given.err;
    task = given.out.substr(0, given.out.size() - 1);
    ASSERT_TRUE(eventually([&] { return !question_of(node, task).empty(); }));
    node.process().signal(SIGKILL);
    EXPECT_EQ(node.process().wait(), 1000 + SIGKILL);
    EXPECT_THAT(node.process().err(), Not(HasSubstr(server.process().password())));
  }
  // Another data folder: as on another machine.
  dev_node node{here.path("fleet"), here.path("two"), {"--store", address}};
  std::string question;
  ASSERT_TRUE(eventually([&] { return !(question = question_of(node, task)).empty(); }));
  EXPECT_EQ(node.ask({"human", "answer", question, "--by", "dana", "Paris"}).code, 0);
  EXPECT_TRUE(eventually([&] { return state_of_task(node, task) == "completed"; }));
  EXPECT_THAT(node.ask({"sessions", "s1"}).out, HasSubstr("when are you open"));
  EXPECT_EQ(run_troupe({"audit", "verify", "--url", node.url()}).code, 0);
  node.process().signal(SIGTERM);
  EXPECT_EQ(node.process().wait(), 0) << node.process().err();
  EXPECT_FALSE(std::filesystem::exists(here.path("two/journal.db")));
  const auto kept = bytes_in(here.path("one")) + bytes_in(here.path("two"));
  EXPECT_THAT(kept, HasSubstr("tasks are stored in postgresql://troupe@"));
  EXPECT_EQ(kept.find(server.process().password()), std::string::npos);
}

TEST(cli_store, durable_work_pauses_while_the_server_is_away_and_goes_on_by_itself) {
  postgres_server server;
  ::setenv("TROUPE_STORE", server.store_settings().address.c_str(), 1);
  const scratch here;
  make_fleet(here.path("fleet"));
  dev_node node{here.path("fleet"), here.path("data")};
  ::unsetenv("TROUPE_STORE");
  const auto given = node.ask({"submit", "--no-wait", "what is the capital of france"});
  ASSERT_EQ(given.code, 0) << given.err;
  const auto task = given.out.substr(0, given.out.size() - 1);
  std::string question;
  ASSERT_TRUE(eventually([&] { return !(question = question_of(node, task)).empty(); }));

  server.process().kill();
  const auto refused =
      node.ask({"submit", "--key", "k1", "--wait", "1s", "--timeout", "60s", "when are you open"});
  EXPECT_NE(refused.code, 0) << "nothing is acknowledged that is not stored: " << refused.out;
  server.process().start();
  EXPECT_TRUE(eventually([&] {
    const auto again = node.ask({"submit", "--key", "k1", "when are you open"});
    return again.code == 0 && again.out.find("Monday") != std::string::npos;
  }));
  EXPECT_TRUE(eventually([&] {
    (void)node.ask({"human", "answer", question, "--by", "dana", "Paris"});
    return state_of_task(node, task) == "completed";
  }));
  node.process().signal(SIGTERM);
  EXPECT_EQ(node.process().wait(), 0) << node.process().err();
  EXPECT_EQ(plain_connection{server.store_settings().address}.sql(
                "SELECT count(*) FROM troupe.tasks WHERE idempotency = 'k1'"),
            "1");
}

TEST(cli_store, an_address_that_leads_nowhere_is_named_without_its_password) {
  const scratch here;
  make_fleet(here.path("fleet"));
  const auto dev = [&](const std::string& store) {
    return run_troupe(
        {"dev", here.path("fleet"), "--port", "0", "--data", here.path("data"), "--store", store});
  };
  const auto away = dev("postgresql://ada:s3cret@/base?host=/nowhere");
  EXPECT_EQ(away.code, 1);
  EXPECT_THAT(away.err, testing::AllOf(HasSubstr("postgresql://ada@/nowhere/base"),
                                       Not(HasSubstr("s3cret"))));
  for (const auto* wrong :
       {"journal.db:s3cret", "postgresql://ada:s3cret@host/base?what=is_this"}) {
    const auto r = dev(wrong);
    EXPECT_EQ(r.code, 2) << r.err;
    EXPECT_THAT(r.err,
                testing::AllOf(HasSubstr("postgresql://USER@HOST"), Not(HasSubstr("s3cret"))));
  }
  EXPECT_EQ(run_troupe({"dev", here.path("fleet"), "--no-store", "--store", "postgresql://x"}).code,
            2);
}

} // namespace cli_store_cases
