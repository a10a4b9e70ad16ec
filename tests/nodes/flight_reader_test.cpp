#include "nodes/flight_reader.hpp"

#include "src/telemetry/flight_recorder.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace flight_reader_cases {

using namespace std::chrono_literals;

TEST(flight_reader, tells_the_latest_first_and_only_what_is_known) {
  const auto flights = std::make_shared<flight_recorder>();
  const timestamp noon{std::chrono::seconds{1'800'000'000}};
  flight_note n;
  n.at = noon;
  n.kind = "submit_task";
  n.trace = "t1";
  flights->note(n);
  n.at = noon + 10s;
  n.kind = "run_call";
  n.from = {address_kind::domain, "d"};
  n.to = {address_kind::agent, "d/a"};
  n.why = "\xFF skill"; // what an envelope said may be anything
  n.step = 2;
  n.attempt = 1;
  n.cost_micros = 5;
  flights->note(n);
  const auto read = flight_reader(flights, [noon] { return noon + 20s; });
  const auto all = read({{"last", 20000}});
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0]["kind"], "run_call");
  EXPECT_EQ(all[0]["to"], "agent:d/a");
  EXPECT_EQ(all[0]["step"], 2);
  EXPECT_EQ(all[0]["costMicros"], 5);
  EXPECT_EQ(all[0]["at"], "2027-01-15T08:00:10.000000Z");
  EXPECT_LT(all[1]["stamp"], all[0]["stamp"]);
  for (const auto* nothing : {"from", "to", "task", "why", "step", "attempt", "costMicros"})
    EXPECT_FALSE(all[1].contains(nothing)) << nothing;
  EXPECT_EQ(read({{"last", 15000}}).size(), 1u);
  EXPECT_EQ(read({{"last", 20000}, {"limit", 1}}).size(), 1u);
  EXPECT_EQ(read({{"last", 20000}, {"trace", "t2"}}).size(), 0u);
}

} // namespace flight_reader_cases
} // namespace troupe
