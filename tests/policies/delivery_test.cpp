#include "policies/delivery.hpp"
#include "policies/dice.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <string>

namespace troupe {
namespace delivery_cases {

envelope an_envelope(std::string body, timestamp deadline = no_deadline) {
  envelope x;
  x.body = std::move(body);
  x.deadline = deadline;
  return x;
}

timestamp at(std::int64_t us) {
  return timestamp{microseconds{us}};
}

/// Writes all that is to be written; what was written, as `number:body`.
std::vector<std::string> write_all(delivery_out& out) {
  std::vector<std::string> written;
  while (const auto* next = out.next()) {
    written.push_back(std::to_string(next->number) + ":" + next->body);
    out.wrote();
  }
  return written;
}

TEST(delivery, numbers_in_order_and_forgets_what_has_arrived) {
  delivery_out out{7};
  for (const auto* body : {"a", "b", "c"})
    ASSERT_TRUE(out.admit(an_envelope(body), true));
  EXPECT_FALSE(out.begun());
  EXPECT_EQ(write_all(out), (std::vector<std::string>{"1:a", "2:b", "3:c"}));
  EXPECT_TRUE(out.begun());
  EXPECT_TRUE(out.acknowledge(2));
  EXPECT_EQ(out.under_way(), 1u);
  EXPECT_TRUE(out.acknowledge(1)); // An old one changes nothing.
  EXPECT_EQ(out.under_way(), 1u);
  EXPECT_TRUE(out.acknowledge(3));
  EXPECT_EQ(out.under_way(), 0u);
  EXPECT_EQ(out.bytes(), 0u);
}

TEST(delivery, refuses_to_believe_what_was_never_sent) {
  delivery_out out{7};
  ASSERT_TRUE(out.admit(an_envelope("a"), true));
  EXPECT_FALSE(out.acknowledge(1)); // Taken, but not written yet.
  write_all(out);
  EXPECT_FALSE(out.acknowledge(2));
  EXPECT_TRUE(out.acknowledge(1));
  EXPECT_FALSE(out.rewind(5));
  EXPECT_FALSE(out.rewind(0)); // It has acknowledged the first.
}

TEST(delivery, tells_what_may_have_arrived_from_what_has_not) {
  delivery_out out{7};
  ASSERT_TRUE(out.admit(an_envelope("a"), true));
  write_all(out);
  ASSERT_TRUE(out.admit(an_envelope("b"), true));
  const auto rest = out.give_up();
  ASSERT_EQ(rest.written.size(), 1u);
  EXPECT_EQ(rest.written[0].body, "a");
  ASSERT_EQ(rest.unwritten.size(), 1u);
  EXPECT_EQ(rest.unwritten[0].body, "b");
  EXPECT_EQ(out.under_way(), 0u);
  EXPECT_EQ(out.bytes(), 0u);
}

TEST(delivery, writes_again_what_has_not_arrived_when_the_link_is_new) {
  delivery_out out{7};
  for (const auto* body : {"a", "b", "c"})
    ASSERT_TRUE(out.admit(an_envelope(body), true));
  write_all(out);
  ASSERT_TRUE(out.admit(an_envelope("d"), true));
  ASSERT_TRUE(out.rewind(1));
  ASSERT_NE(out.next(), nullptr);
  EXPECT_TRUE(out.next_is_old());
  EXPECT_EQ(out.next()->number, 2u);
  EXPECT_FALSE(out.wrote());
  ASSERT_NE(out.next(), nullptr);
  EXPECT_FALSE(out.wrote());
  EXPECT_FALSE(out.next_is_old());
  EXPECT_EQ(out.next()->number, 4u);
  EXPECT_TRUE(out.wrote());
  EXPECT_EQ(out.next(), nullptr);
}

TEST(delivery, takes_back_without_a_gap_what_was_never_written) {
  delivery_out out{7};
  ASSERT_TRUE(out.admit(an_envelope("a", at(10)), true));
  ASSERT_NE(out.next(), nullptr);
  out.wrote();
  for (const auto* body : {"b", "c"})
    ASSERT_TRUE(out.admit(an_envelope(body, at(10)), true));
  ASSERT_TRUE(out.admit(an_envelope("d", at(20)), true));
  ASSERT_NE(out.next(), nullptr);
  EXPECT_EQ(out.take_back_next().body, "b");
  // "a" may have arrived: it keeps its number whatever the clock says.
  const auto late = out.expire(at(10));
  ASSERT_EQ(late.size(), 1u);
  EXPECT_EQ(late[0].body, "c");
  EXPECT_EQ(write_all(out), (std::vector<std::string>{"2:d"}));
  EXPECT_TRUE(out.acknowledge(2));
  EXPECT_EQ(out.bytes(), 0u);
}

TEST(delivery, keeps_the_last_quarter_of_the_credit_for_answers) {
  delivery_out out{7, {8, 1u << 20}};
  for (int i = 0; i < 6; ++i)
    ASSERT_TRUE(out.admit(an_envelope("x"), true));
  auto more = an_envelope("kept");
  EXPECT_FALSE(out.admit(std::move(more), true));
  EXPECT_EQ(more.body, "kept"); // What is not taken is left as it is.
  EXPECT_TRUE(out.admit(an_envelope("y"), false));
  EXPECT_TRUE(out.admit(an_envelope("y"), false));
  EXPECT_FALSE(out.admit(an_envelope("y"), false));
  write_all(out);
  ASSERT_TRUE(out.acknowledge(3));
  EXPECT_TRUE(out.admit(an_envelope("x"), true));
}

TEST(delivery, counts_bytes_as_well_as_envelopes) {
  delivery_out out{7, {100, 8000}};
  EXPECT_FALSE(out.admit(an_envelope(std::string(7000, 'x')), true));
  EXPECT_TRUE(out.admit(an_envelope(std::string(7000, 'x')), false));
  EXPECT_TRUE(out.busy());
  out.grant({100, 100});
  EXPECT_FALSE(out.admit(an_envelope("small"), false));
}

TEST(delivery, lets_answers_take_more_bytes_than_work_and_knows_what_it_will_never_take) {
  delivery_out out{7, {100, 8000}};
  const auto large = [] { return an_envelope(std::string(7000, 'x')); };
  for (int i = 0; i < 4; ++i)
    EXPECT_TRUE(out.admit(large(), false)) << i;
  EXPECT_FALSE(out.admit(large(), false));
  EXPECT_FALSE(out.admit(an_envelope("small"), true));
  EXPECT_TRUE(out.ever_admits(large(), false));
  EXPECT_FALSE(out.ever_admits(large(), true));
  EXPECT_FALSE(out.ever_admits(an_envelope(std::string(40000, 'x')), false));
}

TEST(delivery, puts_something_else_in_the_place_of_what_was_taken_back) {
  delivery_out out{7};
  for (const auto* body : {"a", "b", "c"})
    ASSERT_TRUE(out.admit(an_envelope(body), true));
  ASSERT_NE(out.next(), nullptr);
  out.wrote();
  EXPECT_EQ(out.take_back_next().body, "b");
  out.put_next(an_envelope("less"));
  EXPECT_EQ(write_all(out), (std::vector<std::string>{"2:less", "3:c"}));
  EXPECT_TRUE(out.acknowledge(3));
  EXPECT_EQ(out.bytes(), 0u);
}

TEST(delivery, lets_every_number_through_once) {
  delivery_in in;
  in.follow(3);
  EXPECT_EQ(in.take(1), delivery_in::verdict::fresh);
  EXPECT_EQ(in.take(1), delivery_in::verdict::duplicate);
  EXPECT_EQ(in.take(3), delivery_in::verdict::gap);
  EXPECT_EQ(in.take(2), delivery_in::verdict::fresh);
  EXPECT_EQ(in.upto(), 2u);
  in.follow(4);
  EXPECT_EQ(in.take(1), delivery_in::verdict::fresh);
}

/// Two sides over a line that forgets what is on it at any moment: whatever happens, everything
/// arrives once and in order.
TEST(delivery, survives_any_cutting_of_the_line) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    dice_box dice{seed};
    delivery_out out{1, {32, 1u << 20}};
    delivery_in in;
    in.follow(1);
    std::deque<envelope> line;
    std::deque<std::uint64_t> acks;
    int given = 0;
    int expected = 0;
    for (int i = 0; i < 2000 || out.under_way() > 0; ++i) {
      switch (dice.draw() % 8) {
      case 0:
      case 1:
        if (given < 500 && out.admit(an_envelope(std::to_string(given)), true))
          ++given;
        break;
      case 2:
      case 3:
        if (const auto* next = out.next()) {
          line.push_back(*next);
          out.wrote();
        }
        break;
      case 4:
      case 5:
        if (!line.empty()) {
          const auto x = std::move(line.front());
          line.pop_front();
          const auto said = in.take(x.number);
          ASSERT_NE(said, delivery_in::verdict::gap) << "seed " << seed;
          if (said == delivery_in::verdict::fresh) {
            ASSERT_EQ(x.body, std::to_string(expected)) << "seed " << seed;
            ++expected;
          }
          acks.push_back(in.upto());
        }
        break;
      case 6:
        if (!acks.empty()) {
          ASSERT_TRUE(out.acknowledge(acks.front()));
          acks.pop_front();
        }
        break;
      default:
        if (dice.draw() % 10 == 0) {
          line.clear();
          acks.clear();
          ASSERT_TRUE(out.rewind(in.upto()));
        }
      }
    }
    EXPECT_EQ(expected, given) << "seed " << seed;
  }
}

} // namespace delivery_cases
} // namespace troupe
