// The tasks that ended last, kept in memory for those who ask afterwards.
#include "actors/finished_tasks.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

using namespace troupe;

namespace finished_tasks_cases {

task_record_ptr ended(const std::string& id, std::size_t answer_bytes, bool as_data = false) {
  auto what = std::make_shared<task>();
  what->id = id;
  auto said = std::make_shared<outcome>();
  std::string text(answer_bytes, 'x');
  if (as_data)
    said->data["text"] = std::move(text);
  else
    said->text = std::move(text);
  auto out = std::make_shared<task_record>();
  out->what = what;
  out->result = said;
  event last;
  last.kind = event_kind::finished;
  last.body = outcome_ptr{said};
  out->history.push_back(std::move(last));
  return out;
}

TEST(finished_tasks, the_oldest_of_too_many_are_forgotten) {
  finished_tasks all{3};
  for (int i = 0; i < 5; ++i)
    all.add(ended("t" + std::to_string(i), 10));
  EXPECT_EQ(all.size(), 3u);
  EXPECT_FALSE(all.find("t1"));
  for (const std::string id : {"t2", "t3", "t4"})
    ASSERT_TRUE(all.find(id)) << id;
  const auto last = all.newest(2);
  ASSERT_EQ(last.size(), 2u);
  EXPECT_EQ(last[0]->what->id, "t4");
  EXPECT_EQ(last[1]->what->id, "t3");
}

TEST(finished_tasks, are_bounded_by_what_they_take_too) {
  for (const bool as_data : {false, true}) {
    finished_tasks all{1000};
    const auto each = all.room() / 10;
    for (int i = 0; i < 40; ++i)
      all.add(ended("t" + std::to_string(i), each, as_data));
    EXPECT_GE(all.size(), 8u);
    EXPECT_LE(all.size(), 10u);
    EXPECT_TRUE(all.find("t39"));
    EXPECT_FALSE(all.find("t29"));
    EXPECT_EQ(all.newest(100).size(), all.size());
    // Small ones that follow let the large ones go one by one.
    for (int i = 0; i < 1000; ++i)
      all.add(ended("s" + std::to_string(i), 10));
    EXPECT_EQ(all.size(), 1000u);
  }
}

TEST(finished_tasks, the_last_stays_whatever_its_size) {
  finished_tasks all{10};
  all.add(ended("small", 10));
  all.add(ended("huge", all.room() + 1));
  EXPECT_TRUE(all.find("huge"));
  EXPECT_FALSE(all.find("small"));
  all.add(ended("next", 10));
  EXPECT_FALSE(all.find("huge"));
  EXPECT_TRUE(all.find("next"));
}

TEST(finished_tasks, none_are_kept_where_none_are_wanted) {
  finished_tasks none{0};
  none.add(ended("t", 10));
  EXPECT_FALSE(none.find("t"));
}

} // namespace finished_tasks_cases
