// What was spent, at the door and on the command line.
#include "nodes/cli/program.hpp"
#include "tests/nodes/door_kit.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace troupe::test {

namespace cost_cases {

cost_row row_of(const std::string& domain, const std::string& agent, const std::string& customer,
                std::uint64_t cost, std::int64_t day = 20778) {
  cost_row out;
  out.part = {domain + "/" + agent, "t1", "", domain + "/ask", domain, customer, "small",
              std::to_string(day)};
  out.used = {100, 10, cost, 1};
  if (agent == "y") { // Whose provider has a cache.
    out.used.cached_tokens = 60;
    out.used.cache_write_tokens = 30;
  }
  return out;
}

std::string run(const door& d, std::vector<std::string> words) {
  std::ostringstream out, err;
  words.insert(words.begin(), "troupe");
  words.insert(words.end(), {"--url", "http://127.0.0.1:" + std::to_string(d.port())});
  EXPECT_EQ(cli::run(words, out, err), 0) << err.str();
  return out.str();
}

TEST(cost, rows_are_added_up_by_what_was_asked_for) {
  door d;
  d.node.spent.rows = {row_of("a", "x", "c1", 3000000), row_of("a/b", "x", "c1", 1000000),
                       row_of("a", "y", "c2", 2000000)};
  d.node.spent.before = {row_of("a", "x", "c1", 8000000)};
  raw_client c{d.port()};
  const auto said = c.ask(get("/v1/cost?by=customer&since=-2d&domain=a&limit=1"));
  EXPECT_EQ(said.status, 200u);
  const auto j = said.parsed();
  ASSERT_EQ(j["rows"].size(), 1u);
  EXPECT_EQ(j["rows"][0], json::parse(R"({"customer": "c1", "calls": 2, "input_tokens": 200,
    "output_tokens": 20, "cost": 4.0, "cost_before": 8.0})"));
  EXPECT_EQ(j["cut"], true);
  EXPECT_EQ(j["total"]["cost"], 6.0);
  EXPECT_EQ(j["total"]["calls"], 3);
  EXPECT_EQ(j["total"]["cached_tokens"], 60);
  EXPECT_EQ(j["total"]["cache_write_tokens"], 30);
  const auto& asked = d.node.asked_costs.asked;
  EXPECT_EQ(asked.until - asked.since, std::chrono::hours{48});
  EXPECT_EQ(asked.domain, "a");
  EXPECT_EQ(asked.by, (std::vector<cost_part>{cost_part::customer}));
  EXPECT_EQ(c.ask(get("/v1/cost?by=day")).parsed()["rows"][0]["day"], "2026-11-21");
  EXPECT_EQ(c.ask(get("/v1/cost")).parsed()["total"]["cost"], 6.0);
  for (const auto* bad : {"by=colour", "by=day,", "since=yesterday", "limit=0", "more=1",
                          "since=2026-11-21T00:00:00Z&until=2026-11-20T00:00:00Z"})
    EXPECT_EQ(c.ask(get("/v1/cost?" + std::string{bad})).status, 400u) << bad;
  d.node.refuse_with = {refusal::invalid_request, "this node stores nothing", {}};
  EXPECT_EQ(c.ask(get("/v1/cost")).status, 400u);
}

TEST(cost, the_command_shows_a_table_or_writes_csv) {
  door d;
  d.node.spent.rows = {row_of("a", "x", "Acme, Inc.", 1500000), row_of("a", "y", "=1+1", 500000)};
  d.node.spent.rows[0].estimated = 1;
  d.node.spent.before = {row_of("a", "x", "Acme, Inc.", 1000000)};
  d.node.spent.limits = {
      json::parse(R"({"scope": "day", "domain": "a", "account": "day:2026-11-21:a",
    "limit": {"cost": 10.0}, "used": {"cost": 2.0}, "held": {"cost": 1.5}, "paused_until": "2026-11-22T00:00:00.000000Z"})")};
  const auto table = run(d, {"cost", "--by", "customer,agent"});
  EXPECT_NE(table.find("CUSTOMER"), std::string::npos) << table;
  EXPECT_NE(table.find("+50 %"), std::string::npos) << table;
  EXPECT_NE(table.find("estimated, because nobody counted their tokens: 1 of the calls"),
            std::string::npos)
      << table;
  EXPECT_NE(
      table.find("limit on the day of a: 2 of 10 cost (1.5 held by other nodes); agents that are "
                 "not critical are paused"),
      std::string::npos)
      << table;
  EXPECT_EQ(run(d, {"cost", "--by", "customer", "--csv"}),
            "customer,cost,calls,input_tokens,output_tokens,cost_before,estimated_calls,"
            "cached_tokens,cache_write_tokens\r\n"
            "\"Acme, Inc.\",1.500000,1,100,10,1.000000,1,0,0\r\n"
            "'=1+1,0.500000,1,100,10,0.000000,0,60,30\r\n");
  EXPECT_NE(table.find("CACHED"), std::string::npos) << table;
  EXPECT_NE(table.find("WRITTEN"), std::string::npos) << table;
  // Where no provider says anything of a cache there is nothing to be told of it.
  d.node.spent.rows.pop_back();
  const auto without = run(d, {"cost", "--by", "customer,agent"});
  EXPECT_EQ(without.find("CACHED"), std::string::npos) << without;
}

} // namespace cost_cases
} // namespace troupe::test
