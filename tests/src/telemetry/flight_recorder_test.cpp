#include "src/telemetry/flight_recorder.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace troupe;

timestamp at(std::int64_t us) {
  return timestamp{microseconds{us}};
}

flight_note note_of(std::int64_t us, std::string_view trace, std::string_view kind = "run_call") {
  flight_note out;
  out.at = at(us);
  out.from = {address_kind::domain, "support"};
  out.to = {address_kind::agent, "support/billing"};
  out.kind = kind;
  out.trace = trace;
  return out;
}

TEST(flight_recorder, gives_what_was_noted_since_a_moment_and_of_one_trace) {
  flight_recorder r;
  r.note(note_of(1, "t1"));
  r.note(note_of(2, "t2"));
  r.note(note_of(3, "t1", "call_ended"));
  r.note(note_of(4, "t12"));
  EXPECT_EQ(r.last(at(2), "", 100).size(), 3u);
  const auto of_one = r.last(at(0), "t1", 100);
  ASSERT_EQ(of_one.size(), 2u);
  EXPECT_EQ(text_in(of_one[1].kind), "call_ended");
  EXPECT_EQ(text_in(of_one[0].from), "domain:support");
  EXPECT_EQ(text_in(of_one[0].to), "agent:support/billing");
}

TEST(flight_recorder, keeps_so_many_and_no_more) {
  flight_recorder r{10};
  for (int i = 1; i <= 25; ++i)
    r.note(note_of(i, "t"));
  const auto kept = r.last(at(0), "", 1000);
  ASSERT_EQ(kept.size(), 10u);
  EXPECT_EQ(kept.front().at, at(16));
  EXPECT_EQ(r.last(at(0), "", 3).front().at, at(23));
}

TEST(flight_recorder, cuts_what_is_too_long_and_leaves_nothing_of_what_was_there_before) {
  flight_recorder r{1};
  const std::string endless(5000, 'x');
  auto x = note_of(1, endless);
  x.why = x.kind = x.task = x.from.name = x.to.name = endless;
  r.note(x);
  auto kept = r.last(at(0), "", 10).at(0);
  EXPECT_EQ(text_in(kept.from), "domain:" + std::string(kept.from.size() - 7, 'x'));
  EXPECT_EQ(text_in(kept.task), std::string(kept.task.size(), 'x'));
  r.note(flight_note{});
  kept = r.last(at(0), "", 10).at(0);
  for (const auto text : {text_in(kept.from), text_in(kept.to), text_in(kept.why),
                          text_in(kept.task), text_in(kept.trace), text_in(kept.kind)})
    EXPECT_EQ(text, "");
}

TEST(flight_recorder, orders_by_cause_whatever_the_clocks_say) {
  flight_recorder here;
  flight_recorder there;
  auto sent = note_of(900, "t");
  sent.how = flight::sent;
  sent.stamp = here.stamp(sent.at);
  here.note(sent);
  EXPECT_EQ(sent.stamp, 900u);
  // The other node's clock is far behind.
  there.note(note_of(3, "t"));
  there.observe(sent.stamp);
  auto arrived = note_of(5, "t");
  arrived.how = flight::arrived;
  there.note(arrived);
  const auto seen = there.last(at(0), "", 9);
  EXPECT_EQ(seen.at(0).stamp, 3u);
  EXPECT_EQ(seen.at(1).stamp, 901u);
  // It catches up with its own clock when that is later.
  there.note(note_of(5000, "t"));
  EXPECT_EQ(there.last(at(0), "", 1).at(0).stamp, 5000u);
}

TEST(flight_recorder, is_not_wound_to_its_end_by_a_stamp_from_elsewhere) {
  flight_recorder r;
  r.observe(std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(r.stamp(at(7)), 7u);
  r.observe(std::uint64_t{1} << 62);
  const auto first = r.stamp(at(8));
  EXPECT_GT(r.stamp(at(8)), first);
}

TEST(flight_recorder, may_be_written_and_read_by_many_threads) {
  flight_recorder r{1000};
  std::vector<std::thread> all;
  for (int t = 0; t < 8; ++t)
    all.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        r.note(note_of(i + 1, "t"));
        if (i % 500 == 0) {
          EXPECT_LE(r.last(at(0), "", 50).size(), 50u);
        }
      }
    });
  for (auto& t : all)
    t.join();
  const auto kept = r.last(at(0), "", 100000);
  EXPECT_GE(kept.size(), 1000u);
  for (std::size_t i = 1; i < kept.size(); ++i)
    EXPECT_LT(kept[i - 1].stamp, kept[i].stamp);
}

} // namespace
