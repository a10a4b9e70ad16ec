// The shipped triage, with a model that it trains itself: what it finds in a message becomes part
// of the typed context.
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

using namespace troupe;
using namespace troupe::testing;

namespace triage_cases {

namespace fs = std::filesystem;

/// Two intents, said of many things, with a number and without one.
void write_examples(const fs::path& folder) {
  fs::create_directories(folder);
  std::ofstream out{folder / "examples.tsv"};
  out << "intent\ttext\n";
  for (const auto* thing : {"order", "parcel", "headset", "package", "delivery", "box",
                            "order B-1234", "order C-5678", "order number D-2468"}) {
    out << "track_order\twhere is my " << thing << "\n";
    out << "track_order\ttrack the " << thing << " please\n";
    out << "get_refund\ti want my money back for the " << thing << "\n";
    out << "get_refund\trefund the " << thing << " please\n";
  }
  // Those it finds hard say how sure it has to be of the others.
  for (const auto* hard : {"any news of it", "it has not come", "nothing has arrived so far",
                           "when will it be here", "the money is gone, the parcel is not here"})
    out << "track_order\t" << hard << "\n";
  for (const auto* hard : {"this was a mistake", "i do not want it any more", "take it back",
                           "i have paid for something else", "where is what i have paid for"})
    out << "get_refund\t" << hard << "\n";
  for (const auto* noise : {"sing me a song", "what is the capital of peru", "tell me a joke",
                            "how tall is the moon", "i like trains"})
    out << "oos\t" << noise << "\n";
}

fleet_spec desk(const fs::path& folder, std::vector<std::string> writes) {
  auto triage = an_agent("triage");
  triage.card.kind = agent_kind::triage;
  triage.card.skills.clear();
  // Each has a model of its own: they are kept by name.
  triage.settings = {{"model", writes.empty() ? "silent.model" : "telling.model"},
                     {"examples", "examples.tsv"}};
  triage.writes = std::move(writes);
  auto d = a_domain("d", {triage, an_agent("track"), an_agent("refund")});
  d.understanding.agent = "triage";
  d.understanding.unclear = "human:desk";
  d.understanding.intents["track_order"].skill = "track";
  d.understanding.intents["get_refund"].skill = "refund";
  d.context = {{"order_id", {}}};
  d.agents[1].reads = {"order_id"};
  auto f = a_fleet(std::move(d));
  f.dir = folder.string();
  return f;
}

TEST(triage, what_it_finds_is_in_the_context_if_it_may_write_a_field_of_that_name) {
  const auto folder = fs::path{::testing::TempDir()} / "triage_entities";
  fs::remove_all(folder);
  write_examples(folder / "d");
  for (const bool tells : {true, false}) {
    SCOPED_TRACE(tells);
    stage s;
    s.up(desk(folder, tells ? std::vector<std::string>{"order_id"} : std::vector<std::string>{}));
    const auto shown = [&](const std::string& text, const std::string& agent) -> json {
      s.room.calls.clear();
      auto r = wants("", text);
      r.context_id = "s1";
      EXPECT_TRUE(s->ask(r)->done()) << text;
      for (const auto& [name, call] : s.room.calls)
        if (name == agent)
          return call.context;
      ADD_FAILURE() << agent << " was not asked: " << text;
      return nullptr;
    };
    const auto known = tells ? json{{"order_id", "A-7781"}} : json::object();
    EXPECT_EQ(shown("where is my order A-7781", "track"), known);
    // Only those who read it get it, and the session remembers.
    EXPECT_TRUE(shown("refund the order A-7781 please", "refund").empty());
    EXPECT_EQ(shown("where is my parcel", "track"), known);
  }
  fs::remove_all(folder);
}

TEST(triage, a_node_that_has_nothing_to_train_it_from_says_which_file_or_row_it_wants) {
  const auto folder = fs::path{::testing::TempDir()} / "triage_untrained";
  fs::remove_all(folder);
  fs::create_directories(folder / "d");
  const auto refusal = [&]() -> std::string {
    stage s;
    try {
      s.up(desk(folder, {}));
    } catch (const std::exception& e) {
      return e.what();
    }
    return "";
  };
  const auto examples = (folder / "d" / "examples.tsv").string();
  EXPECT_EQ(refusal(),
            "triage agent d/triage: there is no file " + examples + " to train the model from");
  std::ofstream{examples} << "intent\ttext\ntrack_order\ttrack it\n";
  EXPECT_EQ(refusal(), "triage agent d/triage: " + examples +
                           ":2: the intent 'track_order' has one training row; two are the least");
  fs::remove_all(folder);
}

} // namespace triage_cases
