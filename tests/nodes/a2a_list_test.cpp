// ListTasks of A2A, over more tasks than the books hand out at once.
#include "nodes/doors/a2a_list.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

namespace troupe::test {

namespace a2a_list_cases {

using namespace std::chrono_literals;

timestamp at(std::int64_t n) {
  return timestamp{microseconds{1'000'000 + n}};
}

/// Tasks as the node finds them: the newest first, and no more than it hands out at once.
struct books {
  std::vector<task_record_ptr> all;

  void add(std::int64_t created, std::int64_t updated, task_state state = task_state::completed) {
    auto what = std::make_shared<task>();
    what->id = "t" + std::to_string(all.size());
    what->created = at(created);
    auto r = std::make_shared<task_record>();
    r->what = std::move(what);
    r->state = state;
    r->updated = at(updated);
    all.push_back(std::move(r));
  }
  [[nodiscard]] std::vector<task_record_ptr> find(const task_filter& f) const {
    std::vector<task_record_ptr> out;
    for (const auto& r : all)
      if (r->what->created < f.before && (!f.state || *f.state == r->state))
        out.push_back(r);
    std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
      return a->what->created > b->what->created;
    });
    out.resize(std::min(out.size(), f.limit));
    return out;
  }
  [[nodiscard]] json page(json parameters) const {
    a2a_fault why;
    const auto wish = read_a2a_list(parameters, why);
    EXPECT_TRUE(wish) << why.detail;
    return wish ? a2a_page(*wish, find(wish->filter)) : json{};
  }
};

struct walk {
  std::vector<std::string> ids;
  json last;
};

walk through(
    const books& from, json parameters, const std::function<void(int page)>& between = [](int) {}) {
  walk out;
  parameters["pageSize"] = 100;
  for (int i = 0; i < 100; ++i) {
    out.last = from.page(parameters);
    for (const auto& t : out.last["tasks"])
      out.ids.push_back(t["id"]);
    parameters["pageToken"] = out.last["nextPageToken"];
    if (parameters["pageToken"] == "")
      return out;
    between(i);
  }
  ADD_FAILURE() << "it does not end";
  return out;
}

std::size_t different(const walk& x) {
  return std::set<std::string>(x.ids.begin(), x.ids.end()).size();
}

TEST(a2a_list, reaches_every_task_once) {
  books b;
  for (int i = 0; i < 2345; ++i)
    b.add(i, 10'000 - i);
  const auto x = through(b, json::object());
  EXPECT_EQ(x.ids.size(), 2345u);
  EXPECT_EQ(different(x), 2345u);
  // On the last page all have been counted; on the first as many as have been looked through.
  EXPECT_EQ(x.last["totalSize"], 2345);
  EXPECT_GE(b.page(json::object())["totalSize"], 999);
}

TEST(a2a_list, tells_what_changed_last_first) {
  books b;
  b.add(1, 30);
  b.add(2, 10);
  b.add(3, 20);
  b.add(4, 20);
  EXPECT_EQ(through(b, json::object()).ids, (std::vector<std::string>{"t0", "t3", "t2", "t1"}));
}

TEST(a2a_list, loses_none_of_those_that_are_as_old_as_the_edge) {
  books b;
  for (int i = 0; i < 1500; ++i)
    b.add(i / 7, 1);
  EXPECT_EQ(different(through(b, json::object())), 1500u);
}

TEST(a2a_list, what_comes_or_changes_meanwhile_pushes_nothing_out) {
  books b;
  for (int i = 0; i < 1500; ++i)
    b.add(i, i);
  const auto x = through(b, json::object(), [&](int page) {
    for (int i = 0; i < 50; ++i)
      b.add(10'000 + page, 10'000 + page);
    // The last of the page before, for one, from which the next goes on.
    for (auto& r : b.all)
      if (r->what->id == "t1400") {
        auto changed = std::make_shared<task_record>(*r);
        changed->updated = at(20'000 + page);
        r = changed;
      }
  });
  EXPECT_EQ(x.ids.size(), different(x));
  std::set<std::string> seen(x.ids.begin(), x.ids.end());
  for (int i = 0; i < 1500; ++i)
    EXPECT_TRUE(seen.contains("t" + std::to_string(i))) << i;
}

TEST(a2a_list, finds_tasks_of_a_state_behind_a_thousand_others) {
  books b;
  b.add(0, 0, task_state::failed);
  b.add(1, 1, task_state::input_required);
  for (int i = 2; i < 1500; ++i)
    b.add(i, i);
  EXPECT_EQ(through(b, {{"status", "TASK_STATE_FAILED"}}).ids, std::vector<std::string>{"t0"});
  const auto working = through(b, {{"status", "TASK_STATE_WORKING"}});
  EXPECT_EQ(working.ids, std::vector<std::string>{"t1"});
  EXPECT_EQ(working.last["totalSize"], 1);
}

TEST(a2a_list, refuses_a_token_that_is_none_of_its_own) {
  for (const auto* token : {"t1", "0189f7e2c3a4", ".", "1.2.3", "-1.0.0.t1", "1.x.0.t1",
                            "1.-2.0.t1", "99999999999999999999.0.0.t1"}) {
    a2a_fault why;
    EXPECT_FALSE(read_a2a_list({{"pageToken", token}}, why)) << token;
    EXPECT_EQ(why.what, a2a_error::invalid_params) << token;
  }
  const a2a_place place{at(5), 7, at(3), "t1"};
  const auto again = read_page_token(page_token(place));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->before, place.before);
  EXPECT_EQ(again->counted, place.counted);
  EXPECT_EQ(again->updated, place.updated);
  EXPECT_EQ(again->id, place.id);
}

} // namespace a2a_list_cases
} // namespace troupe::test
