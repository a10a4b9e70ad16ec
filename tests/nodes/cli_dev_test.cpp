#include "tests/nodes/cli_kit.hpp"

#include <gmock/gmock.h>

#include <sys/stat.h>

#include <sstream>

namespace cli_dev_cases {

using namespace troupe::test;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using troupe::json;

TEST(cli_dev, from_init_to_an_answer_and_everything_about_it) {
  const scratch here;
  make_fleet(here.path("fleet"));
  dev_node node{here.path("fleet"), here.path("data")};
  EXPECT_THAT(node.process().err(),
              HasSubstr("troupe starter is up: " + node.url() + " (3 agents in 1 domain)"));

  const auto answer = node.ask({"submit", "--session", "s1", "--customer", "C-1",
                                "are you open on sunday and count the words: one two three"});
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.out, AllOf(HasSubstr("closed on Sundays"), HasSubstr("That is 3 words.")));

  const auto tasks = node.ask({"tasks", "-o", "json"}).document().at("tasks");
  ASSERT_EQ(tasks.size(), 1u);
  const auto id = tasks[0].at("id").get<std::string>();
  EXPECT_THAT(node.ask({"tasks"}).out, AllOf(HasSubstr(id), HasSubstr("completed")));
  EXPECT_THAT(node.ask({"task", id}).out, AllOf(HasSubstr("session   s1"), HasSubstr("C-1")));
  EXPECT_THAT(node.ask({"trace", id}).out,
              AllOf(HasSubstr("✓ task " + id), HasSubstr("triage"), HasSubstr("-> desk/words")));
  EXPECT_EQ(node.ask({"trace", id, "-o", "json"}).document().at("root").at("op"), "task");
  EXPECT_THAT(node.ask({"explain", id}).out,
              AllOf(HasSubstr("means opening_hours"), HasSubstr("went to desk/hours")));
  EXPECT_THAT(node.ask({"tree"}).out,
              AllOf(HasSubstr("local  local   up"), HasSubstr("desk/agents")));
  EXPECT_THAT(node.ask({"agents"}).out, AllOf(HasSubstr("desk/triage"), HasSubstr("subprocess")));
  EXPECT_THAT(node.ask({"domains"}).out, HasSubstr("count_words -> words.count"));
  EXPECT_THAT(node.ask({"sessions"}).out, HasSubstr("s1"));
  EXPECT_THAT(node.ask({"sessions", "s1"}).out, HasSubstr("> are you open on sunday"));
  EXPECT_EQ(node.ask({"cancel", id}).code, 4); // It has ended already.

  node.process().signal(SIGTERM);
  EXPECT_EQ(node.process().wait(), 0) << node.process().err();
  EXPECT_EQ(node.process().out(), "");
}

TEST(cli_dev, logs_can_be_searched_once_they_are_written) {
  const scratch here;
  make_fleet(here.path("fleet"));
  { // What a node has written when it stops is there for the next one.
    dev_node node{here.path("fleet"), here.path("data")};
    ASSERT_EQ(node.ask({"submit", "--session", "s7", "when are you open"}).code, 0);
    node.process().signal(SIGINT);
    ASSERT_EQ(node.process().wait(), 0);
  }
  dev_node node{here.path("fleet"), here.path("data")};
  EXPECT_THAT(node.ask({"logs", "--session", "s7", "--since", "1h"}).out, HasSubstr("task.ended"));
  EXPECT_EQ(node.ask({"logs", "--session", "nobody"}).out, "no lines\n");
  EXPECT_GT(node.ask({"logs", "--level", "info", "-o", "json"}).document().at("lines").size(), 0u);
  EXPECT_EQ(node.ask({"logs", "--since", "yesterday"}).code, 4);
  EXPECT_THAT(node.ask({"tasks"}).out, HasSubstr("s7"));
}

TEST(cli_dev, people_are_asked_and_answer) {
  const scratch here;
  make_fleet(here.path("fleet"));
  dev_node node{here.path("fleet"), here.path("data")};
  const auto given = node.ask({"submit", "--no-wait", "what is the capital of france"});
  ASSERT_EQ(given.code, 0) << given.err;
  const auto id = given.out.substr(0, given.out.size() - 1);
  // The stream says when a person has been asked; a wait that is too short is no answer.
  const auto early = node.ask({"submit", "--wait", "100ms", "tell me a joke"});
  EXPECT_EQ(early.code, 1);
  EXPECT_THAT(early.err, HasSubstr("goes on"));
  // Who waits is told at once that it is a person who has to answer, and how.
  child waiting{with_program({"submit", "--url", node.url(), "--wait", "30s", "play some music"})};
  EXPECT_TRUE(waiting.says("waits for a person in queue people, question "));
  EXPECT_TRUE(waiting.says(" --by NAME TEXT\n"));
  json all;
  for (int tries = 0; tries < 1000 && all.size() < 3; ++tries)
    all = node.ask({"human", "list", "-o", "json"}).document().at("questions");
  ASSERT_EQ(all.size(), 3u);
  std::string question;
  std::string music;
  for (const auto& q : all)
    if (q.at("task") == id)
      question = q.at("id").get<std::string>();
    else if (q.at("text").get<std::string>().find("music") != std::string::npos)
      music = q.at("id").get<std::string>();
  EXPECT_THAT(waiting.err(), HasSubstr("troupe human answer " + music + " --by NAME TEXT"));
  EXPECT_EQ(node.ask({"human", "answer", music, "--by", "dana", "La."}).code, 0);
  EXPECT_EQ(waiting.wait(), 0);
  EXPECT_EQ(waiting.out(), "La.\n");
  EXPECT_THAT(node.ask({"task", id}).out,
              HasSubstr("waits     for a person in queue people, question " + question));
  EXPECT_THAT(node.ask({"human", "list", "--queue", "people"}).out, HasSubstr("capital of france"));
  EXPECT_EQ(node.ask({"human", "claim", question, "--by", "dana"}).code, 0);
  EXPECT_EQ(node.ask({"human", "claim", question, "--by", "eve"}).code, 4);
  EXPECT_EQ(node.ask({"human", "answer", question, "--by", "dana", "Paris,", "of", "course"}).code,
            0);
  EXPECT_EQ(node.ask({"human", "claim", "nothing", "--by", "dana"}).code, 5);
  json task = json::object();
  for (int tries = 0; tries < 1000 && task.value("/status/state"_json_pointer, "") != "completed";
       ++tries)
    task = node.ask({"task", id, "-o", "json"}).document();
  EXPECT_EQ(task.at("result").at("text"), "Paris, of course");
  // The answer is how the task has ended, not how it was when it was told to.
  for (const auto& q : all)
    if (q.at("text").get<std::string>().find("joke") != std::string::npos) {
      EXPECT_THAT(node.ask({"cancel", q.at("task").get<std::string>()}).out,
                  HasSubstr("state     canceled (ended)"));
    }
}

TEST(cli_dev, following_shows_events_on_stderr_and_the_answer_on_stdout) {
  const scratch here;
  make_fleet(here.path("fleet"));
  dev_node node{here.path("fleet"), here.path("data")};
  const auto r = node.ask({"submit", "--follow", "when", "are", "you", "open"});
  EXPECT_EQ(r.code, 0) << r.err;
  EXPECT_EQ(r.out, "We are open Monday to Friday from 9:00 to 18:00.\n");
  EXPECT_THAT(r.err,
              AllOf(HasSubstr("assigned"), HasSubstr("-> desk/hours"), HasSubstr("finished")));
}

TEST(cli_dev, refusals_and_failures_have_their_codes) {
  const scratch here;
  make_fleet(here.path("fleet"));
  dev_node node{here.path("fleet"), here.path("data")};
  EXPECT_EQ(node.ask({"submit", "--domain", "nowhere", "hello"}).code, 5);
  EXPECT_EQ(node.ask({"task", "unknown"}).code, 5);
  EXPECT_EQ(node.ask({"sessions", "unknown"}).code, 5);
  const auto unknown = node.ask({"submit", "--skill", "no.such.skill", "hello"});
  EXPECT_EQ(unknown.code, 4);
  EXPECT_EQ(unknown.out, "");
  EXPECT_THAT(unknown.err, AllOf(HasSubstr("no.such.skill"), HasSubstr("hours.tell")));
  // Nobody answers what a person is asked here.
  const auto failed = node.ask({"submit", "--timeout", "1s", "tell me a joke"});
  EXPECT_EQ(failed.code, 1);
  EXPECT_EQ(failed.out, "");
  EXPECT_THAT(failed.err, HasSubstr("failed"));
  const auto as_json = node.ask({"submit", "--timeout", "1s", "-o", "json", "tell me a joke"});
  EXPECT_EQ(as_json.code, 1);
  EXPECT_EQ(as_json.document().at("status").at("state"), "failed");
  const auto first = node.ask({"submit", "--key", "k1", "--no-wait", "when are you open"});
  const auto again = node.ask({"submit", "--key", "k1", "--no-wait", "when are you open"});
  EXPECT_EQ(first.out, again.out);
}

TEST(cli_dev, a_port_or_a_folder_in_use_is_named) {
  const scratch here;
  make_fleet(here.path("fleet"));
  dev_node node{here.path("fleet"), here.path("data"), {"--port-file", here.path("port")}};
  const auto port = node.url().substr(node.url().rfind(':') + 1);
  std::string written;
  std::ifstream{here.path("port")} >> written;
  EXPECT_EQ(written, port);
  const auto twice =
      run_troupe({"dev", here.path("fleet"), "--port", port, "--data", here.path("other")});
  EXPECT_EQ(twice.code, 1);
  EXPECT_THAT(twice.err, AllOf(HasSubstr(port), HasSubstr("--port 0")));
  // Before a model was trained, and before anything was written.
  EXPECT_FALSE(std::filesystem::exists(here.path("other")));
  const auto same =
      run_troupe({"dev", here.path("fleet"), "--port", "0", "--data", here.path("data")});
  EXPECT_EQ(same.code, 1);
  EXPECT_THAT(same.err, AllOf(HasSubstr(here.path("data")), HasSubstr("--data")));
  const auto open = run_troupe({"dev", here.path("fleet"), "--host", "0.0.0.0", "--port", "0",
                                "--data", here.path("third")});
  EXPECT_EQ(open.code, 2);
  EXPECT_THAT(open.err, HasSubstr("needs TLS"));
}

TEST(cli_dev, secrets_from_the_environment_do_not_reach_the_log) {
  const scratch here;
  make_fleet(here.path("fleet"));
  here.write("fleet/desk/agents/words.yaml",
             "agent: words\nkind: subprocess\nskills: [words.count]\n"
             "subprocess:\n  command: [sh, -c, \"echo $MY_API_KEY >&2; exit 3\"]\n  mode: once\n"
             "  environment: {MY_API_KEY: \"${env:TROUPE_TEST_KEY}\"}\n");
  ::setenv("TROUPE_TEST_KEY", "hush-hush-42", 1);
  dev_node node{here.path("fleet"), here.path("data"), {"--log-level", "trace"}};
  ::unsetenv("TROUPE_TEST_KEY");
  static_cast<void>(node.ask({"submit", "--timeout", "1500ms", "count the words: one two"}));
  node.process().signal(SIGTERM);
  EXPECT_EQ(node.process().wait(), 0);
  EXPECT_THAT(node.process().err(), AllOf(HasSubstr("[redacted]"), Not(HasSubstr("hush-hush-42"))));
}

/// A fleet whose only agent says through a pipe that it has begun, and then waits for another pipe
/// unless there is a file `go`.
void make_slow_fleet(const scratch& here, const std::string& effects = "none") {
  make_fleet(here.path("fleet"));
  here.write("fleet/workers/words.py",
             "import json, os, sys\n"
             "call = json.load(sys.stdin)\n"
             "if not os.path.exists('" +
                 here.path("go") +
                 "'):\n"
                 "    os.write(os.open('" +
                 here.path("begun") +
                 "', os.O_WRONLY), b'b')\n"
                 "    os.read(os.open('" +
                 here.path("never") +
                 "', os.O_RDONLY), 1)\n"
                 "print(json.dumps({'text': 'done at attempt %d' % call['attempt']}))\n");
  here.write(
      "fleet/desk/agents/words.yaml",
      "agent: words\nkind: subprocess\nskills: [words.count]\ntimeout: 60s\neffects: " + effects +
          "\n"
          "subprocess: {command: [python3, workers/words.py], mode: once}\n");
  ASSERT_EQ(::mkfifo(here.path("begun").c_str(), 0600), 0);
  ASSERT_EQ(::mkfifo(here.path("never").c_str(), 0600), 0);
}

/// Both ends of a named pipe, so that nobody waits for the other side to open it.
class held_pipe {
 public:
  explicit held_pipe(const std::string& path)
      : fd_(::open(path.c_str(), O_RDWR | O_CLOEXEC)) {}
  ~held_pipe() { ::close(fd_); }
  held_pipe(const held_pipe&) = delete;
  held_pipe& operator=(const held_pipe&) = delete;
  void give_byte() const { ASSERT_EQ(::write(fd_, "x", 1), 1); }
  [[nodiscard]] bool gets_byte() const {
    pollfd p{fd_, POLLIN, 0};
    char c = 0;
    return ::poll(&p, 1, 30000) == 1 && ::read(fd_, &c, 1) == 1;
  }

 private:
  int fd_;
};

/// Submits a task to a slow fleet, and waits until its agent is at it.
void begin_slow_task(dev_node& node, const held_pipe& begun, std::string& id) {
  const auto given = node.ask({"submit", "--no-wait", "count the words: one two"});
  ASSERT_EQ(given.code, 0) << given.err;
  id = given.out.substr(0, given.out.size() - 1);
  ASSERT_TRUE(begun.gets_byte());
}

TEST(cli_dev, an_accepted_task_survives_kill_9_in_the_middle_of_a_step) {
  const scratch here;
  make_slow_fleet(here);
  const held_pipe begun{here.path("begun")};
  const held_pipe never{here.path("never")};
  std::string id;
  {
    dev_node node{here.path("fleet"), here.path("data")};
    ASSERT_NO_FATAL_FAILURE(begin_slow_task(node, begun, id));
    node.process().signal(SIGKILL);
    EXPECT_EQ(node.process().wait(), 1000 + SIGKILL);
  }
  here.write("go", "");
  dev_node node{here.path("fleet"), here.path("data")};
  json task = json::object();
  for (int tries = 0; tries < 1000 && task.value("/status/state"_json_pointer, "") != "completed";
       ++tries)
    task = node.ask({"task", id, "-o", "json"}).document();
  EXPECT_THAT(task.dump(), HasSubstr("done at attempt"));
}

TEST(cli_dev, stops_in_time_while_an_agent_is_stuck) {
  const scratch here;
  make_slow_fleet(here);
  const held_pipe begun{here.path("begun")};
  const held_pipe never{here.path("never")};
  dev_node node{here.path("fleet"), here.path("data")};
  ASSERT_EQ(node.ask({"submit", "--no-wait", "count the words: one two"}).code, 0);
  ASSERT_TRUE(begun.gets_byte());
  node.process().signal(SIGTERM);
  EXPECT_EQ(node.process().wait(), 0) << node.process().err();
}

TEST(cli_dev, an_act_that_is_under_way_may_end_before_the_node_stops) {
  const scratch here;
  make_slow_fleet(here, "idempotent");
  const held_pipe begun{here.path("begun")};
  const held_pipe never{here.path("never")};
  std::string id;
  {
    dev_node node{here.path("fleet"), here.path("data")};
    ASSERT_NO_FATAL_FAILURE(begin_slow_task(node, begun, id));
    node.process().signal(SIGTERM);
    ASSERT_TRUE(node.process().says("SIGTERM: stopping"));
    never.give_byte();
    EXPECT_EQ(node.process().wait(), 0) << node.process().err();
  }
  dev_node node{here.path("fleet"), here.path("data")};
  const auto effects = node.ask({"effects", "-o", "json"}).document().at("effects");
  ASSERT_EQ(effects.size(), 1u);
  EXPECT_EQ(effects[0].at("state"), "committed");
  EXPECT_THAT(node.ask({"task", id, "-o", "json"}).out, HasSubstr("done at attempt 1"));
}

TEST(cli_dev, a_second_signal_ends_a_stop_that_waits) {
  const scratch here;
  make_slow_fleet(here);
  const held_pipe begun{here.path("begun")};
  const held_pipe never{here.path("never")};
  dev_node node{here.path("fleet"), here.path("data")};
  // A request that waits for its answer holds up the stop, for the door lets those that run end.
  child holder{{"curl", "-s", "-H", "Content-Type: application/json", "-d",
                R"({"text": "count the words: one two"})", node.url() + "/v1/tasks?wait=30s"}};
  ASSERT_TRUE(begun.gets_byte());
  child client{with_program({"submit", "--url", node.url(), "count the words: one two"})};
  std::size_t taken = 0;
  for (int tries = 0; tries < 1000 && taken < 2; ++tries)
    taken = node.ask({"tasks", "-o", "json"}).document().at("tasks").size();
  ASSERT_EQ(taken, 2u);
  node.process().signal(SIGTERM);
  ASSERT_TRUE(node.process().says("SIGTERM: stopping"));
  node.process().signal(SIGTERM);
  EXPECT_EQ(node.process().wait(), 130);
  EXPECT_EQ(client.wait(), 3);
  // Whether it has heard of its task by then or not, it is told where to look.
  EXPECT_THAT(client.err(), HasSubstr("`troupe task"));
}

TEST(cli_dev, lines_for_programs_are_json) {
  const scratch here;
  make_fleet(here.path("fleet"));
  dev_node node{here.path("fleet"), here.path("data"), {"--log-format", "json", "--no-store"}};
  ASSERT_EQ(node.ask({"submit", "when are you open"}).code, 0);
  node.process().signal(SIGTERM);
  ASSERT_EQ(node.process().wait(), 0);
  std::istringstream lines{node.process().err()};
  int read = 0;
  for (std::string line; std::getline(lines, line);)
    if (!line.starts_with("troupe ")) {
      EXPECT_TRUE(json::parse(line, nullptr, false).is_object()) << line;
      ++read;
    }
  EXPECT_GT(read, 0);
  EXPECT_FALSE(std::filesystem::exists(here.path("data/journal.db")));
}

} // namespace cli_dev_cases
