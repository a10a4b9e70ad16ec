// Real processes, killed at every instant that matters: what was to be refunded is refunded once.
//
// TROUPE_KILL_TASKS sets how many tasks are killed at random (60 in the normal run, 1000 in the
// suite), TROUPE_KILL_SEED when they are.
#include "policies/dice.hpp"
#include "tests/kill/instants.hpp"
#include "tests/kill/till.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <utility>

using namespace troupe;
using namespace troupe::kill;

namespace {

const std::vector<std::string> kinds{"by_key", "by_query", "by_hand"};
constexpr int silence_ms = 60000;

std::uint64_t number_of(const char* variable, std::uint64_t otherwise) {
  const char* set = std::getenv(variable);
  return set ? std::strtoull(set, nullptr, 10) : otherwise;
}

/// Lets one process work until it ends or all has ended.
void serve(process& p, customer_list& who) {
  std::string line;
  while (!who.all_ended() && p.hear(line, silence_ms)) {
    if (line == "ready")
      who.ask(p);
    else
      who.take(line, p);
  }
}

struct end {
  bool struck = false;
  std::string wrong; ///< what was not done exactly once; empty: all is well
};

/// One task that refunds in all three ways, in a process that ends at `instant`, and then in one
/// that does not; both are started with `how` as well.
end one_task(const std::string& instant, std::vector<std::string> how = {}) {
  const folder at;
  customer_list who;
  who.wanted["charge"] = "all";
  auto words = std::move(how);
  words.insert(words.begin(), at.str());
  auto aimed = words;
  if (!instant.empty())
    aimed.push_back(instant);
  end out;
  {
    process p{aimed};
    serve(p, who);
    if (p.ended())
      out.struck = p.wait() == struck;
  }
  if (!who.all_ended()) {
    process p{words};
    serve(p, who);
  }
  books b{at.str()};
  for (const auto& kind : kinds)
    if (const auto n = b.count("charge", kind); n != 1)
      out.wrong += kind + " was refunded " + std::to_string(n) + " times; ";
  if (who.ends["charge"] != "completed")
    out.wrong += "the task ended as '" + who.ends["charge"] + "'; ";
  for (const auto& c : who.complaints)
    out.wrong += c + "; ";
  return out;
}

/// One task after the other, of which each has its process end one instant later, until that is
/// never reached. There are more than `least` of each kind.
void at_each(const std::vector<std::string>& instants, int least,
             const std::vector<std::string>& how = {}) {
  for (const auto& what : instants) {
    int n = 1;
    for (;; ++n) {
      const auto at = what + ":" + std::to_string(n);
      const auto x = one_task(at, how);
      EXPECT_EQ(x.wrong, "") << at;
      if (!x.struck || testing::Test::HasFailure())
        break;
    }
    EXPECT_GT(n, least) << what;
  }
}

} // namespace

TEST(kill, before_and_after_every_act_and_every_commit) {
  at_each({"act", "acted", "acknowledge"}, 3);
}

// Of the steps nothing is stored then, so that all of them are run again: what they have done is
// known by the ledger alone.
TEST(kill, before_and_after_every_act_and_every_commit_where_only_tasks_are_stored) {
  at_each({"act", "acted", "acknowledge"}, 3, {"whole-tasks"});
}

TEST(kill, before_and_within_every_write_to_the_database) {
  // The long suite also tears each write in two.
  const bool thorough = number_of("TROUPE_KILL_TASKS", 0) > 0;
  at_each(thorough ? std::vector<std::string>{"write", "torn"} : std::vector<std::string>{"write"},
          20);
}

TEST(kill, a_node_without_the_ledger_is_found_out) {
  EXPECT_EQ(one_task("", {"no-ledger"}).wrong, "");
  for (const std::string at : {"acted:1", "acted:2", "acted:3"}) {
    const auto x = one_task(at, {"no-ledger"});
    EXPECT_TRUE(x.struck) << at;
    EXPECT_NE(x.wrong.find("was refunded 2 times"), std::string::npos) << at << ": " << x.wrong;
  }
}

TEST(kill, at_random_again_and_again) {
  const auto count = number_of("TROUPE_KILL_TASKS", 60);
  const auto seed = number_of("TROUPE_KILL_SEED", 1);
  SCOPED_TRACE("TROUPE_KILL_SEED=" + std::to_string(seed));
  dice_box dice{seed};
  const folder at;
  customer_list who;
  for (std::uint64_t i = 0; i < count; ++i)
    who.wanted["charge-" + std::to_string(i)] = kinds[i % kinds.size()];
  // Each process lives until it has said so much that is new, so that the work moves on however
  // slow the machine is.
  const auto most = std::max<std::uint64_t>(8, count / 12);
  int kills = 0;
  for (; !who.all_ended() && kills < 1000; ++kills) {
    process p{{at.str()}};
    std::string line;
    for (auto left = 1 + dice.draw() % most; left > 0 && !who.all_ended();) {
      if (!p.hear(line, silence_ms))
        break;
      if (line == "ready")
        who.ask(p);
      else
        left -= who.take(line, p) ? 1 : 0;
    }
    // Not only when it has just said something: what it says until then is heard.
    if (p.hear(line, static_cast<int>(dice.draw() % 20)) && line != "ready")
      who.take(line, p);
    EXPECT_FALSE(p.ended()) << "it ended by itself";
    p.kill();
  }
  EXPECT_TRUE(who.all_ended()) << who.ends.size() << " of " << count << " ended";
  // None of them lives for longer than it takes to say `most` things.
  EXPECT_GE(kills, std::max<int>(5, static_cast<int>(count / most)));
  EXPECT_EQ(who.complaints, std::vector<std::string>{});
  books b{at.str()};
  EXPECT_EQ(b.all(), static_cast<int>(count));
  for (const auto& [name, kind] : who.wanted) {
    EXPECT_EQ(b.count(name, kind), 1) << name << " " << kind;
    EXPECT_EQ(who.ends[name], "completed") << name;
  }
  RecordProperty("kills", kills);
}
