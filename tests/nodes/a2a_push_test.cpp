// Who is told of a task by POST, of what, and when no more. The other ends answer when the test
// says.
#include "nodes/doors/a2a_push.hpp"
#include "tests/nodes/door_kit.hpp"

#include <spdlog/sinks/null_sink.h>

#include <gtest/gtest.h>

namespace troupe::test {

namespace a2a_push_cases {

/// Requests that stay open until the test answers them.
class held_http final : public tools::http_port {
 public:
  std::uint64_t send(tools::http_request what, done_fn done) override {
    const std::lock_guard hold{mutex_};
    all_.emplace_back(std::move(what), std::move(done));
    return all_.size();
  }
  void cancel(std::uint64_t) override {}

  [[nodiscard]] std::vector<json> bodies() {
    const std::lock_guard hold{mutex_};
    std::vector<json> out;
    for (const auto& [what, done] : all_)
      out.push_back(json::parse(what.body));
    return out;
  }
  void answer(std::size_t which, int status = 204) {
    tools::http_response said;
    said.status = status;
    done_fn done;
    {
      const std::lock_guard hold{mutex_};
      done = all_.at(which).second;
    }
    done(said);
  }

 private:
  std::mutex mutex_;
  std::vector<std::pair<tools::http_request, done_fn>> all_;
};

/// A node that only takes watchers.
struct watched_node : fake_client {
  std::map<std::uint64_t, task_handlers> heard;
  std::uint64_t last = 0;
  std::uint64_t watch(std::string, task_handlers h) override {
    heard[++last] = std::move(h);
    return last;
  }
  void forget(std::uint64_t number) override { heard.erase(number); }
  void say(task_state state) {
    auto what = std::make_shared<task>();
    what->id = "t1";
    auto r = std::make_shared<task_record>();
    r->what = what;
    r->state = state;
    for (const auto& [number, h] : std::map{heard})
      (is_final(state) ? h.ended : h.progressed)(r);
  }
};

struct desk {
  std::shared_ptr<held_http> http = std::make_shared<held_http>();
  std::shared_ptr<tools::alarm_clock> clock = std::make_shared<tools::alarm_clock>();
  std::shared_ptr<push_desk> it = std::make_shared<push_desk>(
      http, clock,
      std::make_shared<spdlog::logger>("push", std::make_shared<spdlog::sinks::null_sink_mt>()),
      std::vector<std::string>{"a.example"});
  std::shared_ptr<watched_node> node = std::make_shared<watched_node>();

  ~desk() { settle(); }
  [[nodiscard]] push_config config(std::string id) const {
    push_config out;
    out.id = std::move(id);
    out.task = "t1";
    out.url = "https://a.example/" + out.id;
    return out;
  }
  /// What was to be sent by this moment has been.
  void settle() {
    std::promise<void> done;
    clock->after(milliseconds{20}, [&] { done.set_value(); });
    done.get_future().wait();
  }
  [[nodiscard]] std::size_t sent() {
    settle();
    return http->bodies().size();
  }
};

TEST(a2a_push, a_late_answer_is_nothing_to_the_next_configuration_of_that_name) {
  desk x;
  ASSERT_TRUE(x.it->set(x.config("a"), x.node));
  x.node->say(task_state::working);
  ASSERT_EQ(x.sent(), 1u);
  EXPECT_TRUE(x.it->remove("t1", "a"));
  ASSERT_TRUE(x.it->set(x.config("a"), x.node));
  x.http->answer(0); // when there is nothing to be sent
  EXPECT_EQ(x.sent(), 1u);
  x.node->say(task_state::working);
  ASSERT_EQ(x.sent(), 2u);
  EXPECT_TRUE(x.it->remove("t1", "a"));
  ASSERT_TRUE(x.it->set(x.config("a"), x.node));
  x.node->say(task_state::working);
  x.node->say(task_state::completed);
  ASSERT_EQ(x.sent(), 3u);
  x.http->answer(1); // while another one is under way
  EXPECT_EQ(x.sent(), 3u);
  x.http->answer(2);
  ASSERT_EQ(x.sent(), 4u);
  EXPECT_TRUE(x.http->bodies()[2].contains("statusUpdate"));
  EXPECT_TRUE(x.http->bodies()[3].contains("task"));
}

TEST(a2a_push, each_hears_with_the_rights_of_whoever_made_it) {
  desk x;
  const auto other = std::make_shared<watched_node>();
  ASSERT_TRUE(x.it->set(x.config("a"), x.node));
  ASSERT_TRUE(x.it->set(x.config("b"), other));
  x.node->heard.begin()->second.refused_({refusal::unknown_task, "lost", {}});
  x.node->say(task_state::completed);
  EXPECT_EQ(x.sent(), 0u);
  other->say(task_state::completed);
  EXPECT_EQ(x.sent(), 1u);
  // A key that is good again, or another one, hears again.
  ASSERT_TRUE(x.it->set(x.config("a"), other));
  EXPECT_TRUE(x.node->heard.empty());
  other->say(task_state::completed);
  EXPECT_EQ(x.sent(), 2u);
  EXPECT_TRUE(x.it->remove("t1", "b"));
  EXPECT_EQ(other->heard.size(), 1u);
}

TEST(a2a_push, the_same_wish_makes_one_configuration) {
  desk x;
  const auto first = x.it->set(x.config(""), x.node);
  const auto again = x.it->set(x.config(""), x.node);
  ASSERT_TRUE(first && again);
  EXPECT_EQ(*first, *again);
  auto elsewhere = x.config("");
  elsewhere.url = "https://a.example/elsewhere";
  EXPECT_NE(x.it->set(elsewhere, x.node)->id, first->id);
  EXPECT_EQ(x.it->list("t1").size(), 2u);
  EXPECT_EQ(x.node->heard.size(), 2u);
  for (int i = 0; i < 6; ++i)
    EXPECT_TRUE(x.it->set(x.config("c" + std::to_string(i)), x.node));
  EXPECT_FALSE(x.it->set(x.config("ninth"), x.node));
}

TEST(a2a_push, what_proves_a_notification_is_not_shown) {
  desk x;
  auto what = x.config("a");
  what.token = "t-1";
  what.scheme = "Bearer";
  what.credentials = "c-1";
  const auto shown = to_json(what);
  EXPECT_EQ(shown["authentication"], (json{{"scheme", "Bearer"}}));
  EXPECT_FALSE(shown.contains("token"));
}

} // namespace a2a_push_cases
} // namespace troupe::test
