// Secrets that everybody who knows them tells: the node must not.
#include "tests/nodes/cli_kit.hpp"

#include <gmock/gmock.h>

#include <iterator>

namespace secrets_cases {

using namespace troupe::test;
using ::testing::HasSubstr;

const std::string in_environment = "env-S3cret-11aa22";
const std::string in_file = "file-S3cret-33bb44";
const std::string audit_key = "audit-S3cret-55cc66";
/// Looks otherwise in JSON and in what Python shows of a text.
const std::string odd = "odd\"S3cret\\77dd-\xc3\xa9-88";
const std::string digits = "739182640517";

/// A program that gives away all it knows: on standard error, in its answers, as keys, in failures,
/// and by dying.
constexpr auto blabber = R"(
import json, os, sys
odd, digits = os.environ["ODD_TOKEN"], os.environ["PIN_TOKEN"]
known = " ".join([os.environ["API_KEY"], os.environ["SECOND"], odd, digits])
for line in sys.stdin:
    call = json.loads(line)
    print("about to use " + known, file=sys.stderr, flush=True)
    if "die" in call["text"]:
        raise RuntimeError("no route to " + known)
    if "fail" in call["text"]:
        reply = {"error": {"reason": "policy_denied", "detail": "401 for " + known}}
    elif "garble" in call["text"]:
        print("garbage " + known, flush=True)
        continue
    elif "mumble" in call["text"]:
        print(json.dumps({"to nobody": odd, "and": int(digits)}), flush=True)
        continue
    elif "stammer" in call["text"]:
        print(repr(odd) + json.dumps(odd, ensure_ascii=False), flush=True)
        continue
    else:
        data = {known: [known, int(digits)], "said": call["text"]}
        reply = {"text": "I know " + known, "data": data}
    print(json.dumps({"id": call["id"], **reply}), flush=True)
)";

void write_fleet(const scratch& here) {
  here.write("fleet/fleet.yaml", "fleet: talkers\nentry: d\nshards: 1\n"
                                 "humans: {people: {answer_timeout: 1h}}\n");
  here.write("fleet/d/agents/person.yaml",
             "agent: person\nkind: human\nskills: [ask]\nhuman: {queue: people}\n");
  here.write("fleet/d/domain.yaml", "domain: d\nretry: {max_retries: 0}\n");
  here.write("fleet/d/agents/worker.yaml",
             "agent: worker\nkind: subprocess\nskills: [talk]\neffects: idempotent\nsubprocess:\n"
             "  command: [python3, blabber.py]\n  environment:\n    API_KEY: '${env:PLANTED_KEY}'\n"
             "    SECOND: '${file:keys/second}'\n"
             "    ODD_TOKEN: '${file:keys/odd}'\n    PIN_TOKEN: '${env:PLANTED_TOKEN}'\n");
  here.write("fleet/d/agents/caller.yaml",
             "agent: caller\nkind: http\nskills: [call]\nhttp:\n"
             "  url: 'http://user:${env:PLANTED_KEY}@127.0.0.1:1/x'\n"
             "  headers: {Authorization: 'Bearer ${file:keys/second}'}\n");
  here.write("fleet/keys/second", in_file + "\n");
  here.write("fleet/keys/odd", odd + "\n");
  here.write("fleet/blabber.py", blabber);
}

std::string all_files(const std::string& folder) {
  std::string out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) {
      std::ifstream in{entry.path(), std::ios::binary};
      out += std::string{std::istreambuf_iterator<char>{in}, {}};
    }
  return out;
}

/// Where one of the secrets stands in `text`, with what is around it; empty: nowhere. Of the odd
/// one what is the same in every form.
std::string leak_in(const std::string& text) {
  for (const auto& secret : {in_environment, in_file, audit_key, digits, std::string{"S3cret"}})
    if (const auto at = text.find(secret); at != std::string::npos)
      return text.substr(at < 80 ? 0 : at - 80, 200);
  return {};
}

TEST(secrets, are_in_no_log_store_trace_answer_or_error) {
  const scratch here;
  write_fleet(here);
  ::setenv("PLANTED_KEY", in_environment.c_str(), 1);
  ::setenv("PLANTED_TOKEN", digits.c_str(), 1);
  ::setenv("TROUPE_AUDIT_KEY", audit_key.c_str(), 1);
  std::string told;
  {
    dev_node node{here.path("fleet"), here.path("data"), {"--log-level", "trace"}};
    const auto hear = [&](const ran& x) { told += x.out + x.err; };
    for (const auto* text :
         {"hello", "please fail", "please garble", "please mumble", "please stammer", "please die"})
      hear(node.ask({"submit", "--skill", "talk", "-o", "json", text}));
    hear(node.ask({"submit", "--skill", "talk", "-o", "json", "repeat " + in_environment}));
    hear(node.ask({"submit", "--skill", "talk", "-o", "json", "repeat " + odd}));
    hear(node.ask({"submit", "--skill", "talk", "-o", "json", "repeat", "--data",
                   "{\"pin\": " + digits + "}"}));
    hear(node.ask({"submit", "--skill", "call", "-o", "json", "hello"}));
    hear(node.ask({"submit", "--no-wait", "--skill", "ask", "hello"}));
    std::string question;
    for (int i = 0; i < 100 && question.empty(); ++i) {
      const auto open = node.ask({"human", "list", "-o", "json"}).document().at("questions");
      if (!open.empty())
        question = open.front().at("id").get<std::string>();
    }
    const auto by = "somebody with " + in_environment;
    hear(node.ask({"human", "claim", question, "--by", by}));
    hear(node.ask({"human", "answer", question, "--by", by, "yes,", "with", odd}));
    hear(node.ask({"audit", "list"}));
    for (const auto& task : node.ask({"tasks", "-o", "json"}).document().at("tasks")) {
      const auto id = task.at("id").get<std::string>();
      for (const auto* verb : {"task", "trace", "explain"}) {
        hear(node.ask({verb, id, "-o", "json"}));
        hear(node.ask({verb, id}));
      }
    }
    for (const auto* verb : {"logs", "agents", "tree", "sessions"})
      hear(node.ask({verb, "-o", "json"}));
    // What is on disk while the node runs: the write-ahead log is not folded in yet.
    EXPECT_EQ(leak_in(all_files(here.path("data"))), "");
    node.process().signal(SIGTERM);
    EXPECT_EQ(node.process().wait(), 0);
    told += node.process().out() + node.process().err();
  }
  EXPECT_EQ(leak_in(told), "");
  EXPECT_EQ(leak_in(all_files(here.path("data"))), "");
  EXPECT_THAT(told, HasSubstr("I know [redacted] [redacted] [redacted] [redacted]"))
      << "or nothing was ever told";
  EXPECT_THAT(told, HasSubstr("that is no answer"));
  EXPECT_THAT(told, HasSubstr("by=somebody with [redacted]"));

  const auto good = run_troupe({"audit", "verify", "--data", here.path("data")});
  EXPECT_EQ(good.code, 0) << good.out << good.err;
  EXPECT_THAT(good.out, HasSubstr("made with the key"));
  EXPECT_THAT(run_troupe({"audit", "list", "--data", here.path("data")}).out,
              HasSubstr("effect.begun"));
  ::unsetenv("TROUPE_AUDIT_KEY");
  const auto without = run_troupe({"audit", "verify", "--data", here.path("data")});
  EXPECT_EQ(without.code, 1);
  EXPECT_THAT(without.out, HasSubstr("BROKEN at record 1"));
  ::unsetenv("PLANTED_KEY");
  ::unsetenv("PLANTED_TOKEN");
}

TEST(secrets, the_audit_trail_can_be_read_from_the_running_node) {
  const scratch here;
  write_fleet(here);
  ::setenv("PLANTED_KEY", in_environment.c_str(), 1);
  ::setenv("PLANTED_TOKEN", digits.c_str(), 1);
  dev_node node{here.path("fleet"), here.path("data")};
  ASSERT_EQ(node.ask({"submit", "--skill", "talk", "hello"}).code, 0);
  const auto busy = run_troupe({"audit", "list", "--data", here.path("data")});
  EXPECT_EQ(busy.code, 1);
  EXPECT_THAT(busy.err, HasSubstr("a node runs on it"));
  const auto with_url = [&](const char* verb) {
    return run_troupe({"audit", verb, "--url", node.url()});
  };
  EXPECT_THAT(with_url("list").out, HasSubstr("agent=d/worker"));
  const auto good = with_url("verify");
  EXPECT_EQ(good.code, 0) << good.err;
  EXPECT_THAT(good.out, HasSubstr("3 records"));
  ::unsetenv("PLANTED_KEY");
  ::unsetenv("PLANTED_TOKEN");
}

} // namespace secrets_cases
