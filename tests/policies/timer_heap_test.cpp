#include "policies/timer_heap.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace troupe {
namespace timer_heap_cases {

timestamp at_ms(std::int64_t ms) {
  return timestamp{milliseconds{ms}};
}

TEST(timer_heap, an_empty_one_has_no_deadline) {
  timer_heap heap;
  EXPECT_TRUE(heap.empty());
  EXPECT_EQ(heap.next(), no_deadline);
  heap.disarm(5);
  heap.arm(3, no_deadline);
  EXPECT_TRUE(heap.empty());
}

TEST(timer_heap, arming_again_moves_and_no_deadline_disarms) {
  timer_heap heap;
  heap.arm(1, at_ms(10));
  heap.arm(2, at_ms(20));
  EXPECT_EQ(heap.next_slot(), 1u);
  heap.arm(1, at_ms(30));
  EXPECT_EQ(heap.next_slot(), 2u);
  heap.arm(2, no_deadline);
  EXPECT_EQ(heap.next(), at_ms(30));
  heap.disarm(1);
  EXPECT_TRUE(heap.empty());
}

TEST(timer_heap, agrees_with_a_sorted_map_whatever_is_done) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    std::mt19937 random{seed};
    timer_heap heap;
    std::multimap<timestamp, std::uint32_t> model;
    std::map<std::uint32_t, timestamp> due;
    const auto forget = [&](std::uint32_t slot) {
      const auto known = due.find(slot);
      if (known == due.end())
        return;
      auto [from, to] = model.equal_range(known->second);
      while (from->second != slot)
        ++from;
      model.erase(from);
      due.erase(known);
    };
    for (int i = 0; i < 5000; ++i) {
      const auto slot = static_cast<std::uint32_t>(random() % 200);
      switch (random() % 4) {
      case 0:
        heap.disarm(slot);
        forget(slot);
        break;
      case 1:
        if (!heap.empty()) {
          const auto first = heap.next_slot();
          ASSERT_EQ(due.at(first), heap.next());
          heap.disarm(first);
          forget(first);
        }
        break;
      default: {
        const auto when =
            random() % 20 == 0 ? no_deadline : at_ms(static_cast<std::int64_t>(random() % 300));
        heap.arm(slot, when);
        forget(slot);
        if (when != no_deadline) {
          due[slot] = when;
          model.emplace(when, slot);
        }
      }
      }
      ASSERT_EQ(heap.empty(), model.empty());
      ASSERT_EQ(heap.next(), model.empty() ? no_deadline : model.begin()->first);
    }
  }
}

} // namespace timer_heap_cases
} // namespace troupe
