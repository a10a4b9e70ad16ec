#include "src/cache/model_cache.hpp"

#include "src/text/sentence_vectors.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <future>
#include <stdexcept>
#include <thread>

namespace {

using namespace troupe;
using namespace std::chrono_literals;

/// A model that answers when the test says so, and counts.
class held_model final : public models::model_port {
 public:
  std::uint64_t send(const model_request& what, done_fn done) override {
    asked.push_back(what);
    open.emplace_back(++last_, std::move(done));
    if (refuses)
      fail(model_error::over_budget);
    else if (at_once)
      answer("said: " + what.cache.question);
    return last_;
  }
  void cancel(std::uint64_t id) override {
    for (auto i = open.begin(); i != open.end(); ++i)
      if (i->first == id) {
        auto done = std::move(i->second);
        open.erase(i);
        model_reply x;
        x.error = model_error::cancelled;
        ++cancelled;
        return done(std::move(x));
      }
  }
  void answer(const std::string& text) {
    model_reply x;
    x.text = text;
    x.used = {100, 10, 5, 1};
    give(std::move(x));
  }
  void fail(model_error why) {
    model_reply x;
    x.error = why;
    give(std::move(x));
  }
  void give(model_reply x) {
    auto done = std::move(open.front().second);
    open.pop_front();
    done(std::move(x));
  }

  bool at_once = true;
  bool refuses = false; ///< for want of money, at once
  std::vector<model_request> asked;
  std::deque<std::pair<std::uint64_t, done_fn>> open;
  int cancelled = 0;

 private:
  std::uint64_t last_ = 0;
};

/// Every word has a direction of its own: alike is what has words in common.
class word_vectors final : public text::sentence_vectors {
 public:
  explicit word_vectors(std::string space = "words")
      : space_(std::move(space)) {}
  void of(std::vector<std::string> texts, std::chrono::milliseconds, done_fn done) const override {
    std::vector<text::sentence_vector> out;
    for (const auto& t : texts)
      out.push_back(one(t));
    done(std::move(out));
  }
  const std::string& space() const noexcept override { return space_; }

 private:
  static text::sentence_vector one(const std::string& text) {
    text::sentence_vector out(64, 0.0F);
    std::string word;
    for (const char c : text + " ") {
      if (c != ' ') {
        word += c;
        continue;
      }
      out[std::hash<std::string>{}(word) % 64] += 1;
      word.clear();
    }
    float sum = 0;
    for (const auto v : out)
      sum += v * v;
    for (auto& v : out)
      v /= std::sqrt(sum);
    return out;
  }
  std::string space_;
};

/// Takes all questions for one.
class one_vector final : public text::sentence_vectors {
 public:
  void of(std::vector<std::string> texts, std::chrono::milliseconds, done_fn done) const override {
    done(std::vector<text::sentence_vector>(texts.size(), text::sentence_vector{1, 0}));
  }
  const std::string& space() const noexcept override { return space_; }

 private:
  std::string space_ = "one";
};

struct model_cache_test : ::testing::Test {
  std::shared_ptr<held_model> model = std::make_shared<held_model>();
  std::shared_ptr<tools::alarm_clock> alarms = std::make_shared<tools::alarm_clock>();
  std::int64_t clock = 0;
  std::shared_ptr<models::model_port> cache =
      cache::make_model_cache(model, alarms, [this] { return clock; });

  static model_request question(const std::string& text, cache_mode mode = cache_mode::semantic) {
    model_request out;
    out.model = "small";
    out.messages = {{chat_role::system, "You know policies.", {}, {}},
                    {chat_role::user, R"({"request":")" + text + "\"}", {}, {}}};
    out.by.domain = "support";
    out.by.agent = "policies";
    out.cache.spec.mode = mode;
    out.cache.spec.threshold = 0.7;
    out.cache.question = text;
    out.cache.about = "You know policies.";
    out.cache.vectors = std::make_shared<word_vectors>();
    return out;
  }
  model_reply ask(const model_request& what) {
    model_reply out;
    bool done = false;
    cache->send(what, [&](model_reply x) {
      out = std::move(x);
      done = true;
    });
    EXPECT_TRUE(done);
    return out;
  }
  model_reply ask(const std::string& text) { return ask(question(text)); }
  /// By who they are for.
  using answers = std::vector<std::pair<int, model_reply>>;
  /// The same question three times, of a model that takes its time.
  std::vector<std::uint64_t> three_ask(const std::string& text, answers& got) {
    model->at_once = false;
    std::vector<std::uint64_t> ids;
    for (int i = 0; i < 3; ++i)
      ids.push_back(cache->send(question(text),
                                [&got, i](model_reply x) { got.emplace_back(i, std::move(x)); }));
    return ids;
  }
};

TEST_F(model_cache_test, a_hundred_of_the_same_question_cost_one_call) {
  for (int i = 0; i < 100; ++i) {
    const auto x = ask(i % 2 == 0 ? "what is your refund policy" : "What is your  refund policy?");
    EXPECT_EQ(x.text, "said: what is your refund policy");
    EXPECT_EQ(x.cached, i == 0 ? cache_hit::none : cache_hit::exact);
    if (i > 0) {
      EXPECT_EQ(x.used, usage{});
      EXPECT_EQ(x.spared.cost_micros, 5u);
    }
  }
  EXPECT_EQ(model->asked.size(), 1u);
}

TEST_F(model_cache_test, a_near_miss_below_the_threshold_costs_its_own) {
  ask("what is your refund policy");
  const auto near = ask("what is your refund policy today");
  EXPECT_EQ(near.cached, cache_hit::semantic);
  EXPECT_NEAR(near.likeness, std::sqrt(5.0 / 6), 0.1);
  EXPECT_EQ(ask("which refund have I got").cached, cache_hit::none);
  EXPECT_EQ(ask("what is not your refund policy").cached, cache_hit::none);
  EXPECT_EQ(ask("what is your refund policy 30").cached, cache_hit::none);
  EXPECT_EQ(model->asked.size(), 4u);
}

TEST_F(model_cache_test, a_hundred_at_the_same_time_cost_one_call) {
  model->at_once = false;
  std::vector<model_reply> got;
  for (int i = 0; i < 100; ++i)
    cache->send(question("what is your refund policy"),
                [&](model_reply x) { got.push_back(std::move(x)); });
  EXPECT_EQ(model->asked.size(), 1u);
  EXPECT_TRUE(got.empty());
  model->answer("thirty days");
  ASSERT_EQ(got.size(), 100u);
  EXPECT_EQ(got[0].cached, cache_hit::none);
  EXPECT_EQ(got[0].used.calls, 1u);
  for (std::size_t i = 1; i < got.size(); ++i) {
    EXPECT_EQ(got[i].text, "thirty days");
    EXPECT_EQ(got[i].cached, cache_hit::shared);
    EXPECT_EQ(got[i].used, usage{});
  }
}

TEST_F(model_cache_test, whoever_gives_up_leaves_the_others_their_answer) {
  answers got;
  const auto ids = three_ask("q", got);
  cache->cancel(ids[0]);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].second.error, model_error::cancelled);
  EXPECT_EQ(model->cancelled, 0);
  cache->cancel(ids[0]); // It is over.
  model->answer("x");
  ASSERT_EQ(got.size(), 3u);
  EXPECT_EQ(got[1].second.used.calls, 1u); // What was paid for is told of once.
  EXPECT_EQ(got[2].second.used.calls, 0u);

  got.clear();
  const auto alone =
      cache->send(question("other"), [&got](model_reply x) { got.emplace_back(9, std::move(x)); });
  cache->cancel(alone);
  EXPECT_EQ(model->cancelled, 1);
  ASSERT_EQ(got.size(), 1u);
}

TEST_F(model_cache_test, an_error_is_everybodys_but_a_time_that_was_up_is_its_owners) {
  model->at_once = false;
  std::vector<model_reply> got;
  for (int i = 0; i < 2; ++i)
    cache->send(question("q"), [&](model_reply x) { got.push_back(std::move(x)); });
  model->fail(model_error::overloaded);
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[1].error, model_error::overloaded);
  got.clear();
  for (int i = 0; i < 3; ++i)
    cache->send(question("q"), [&](model_reply x) { got.push_back(std::move(x)); });
  model->fail(model_error::timeout);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(model->asked.size(), 3u);
  model->answer("late");
  ASSERT_EQ(got.size(), 3u);
  EXPECT_EQ(got[2].text, "late");
}

TEST_F(model_cache_test, the_time_and_the_money_of_somebody_who_has_gone_are_nobody_elses) {
  answers got;
  const auto ids = three_ask("q", got);
  cache->cancel(ids[0]);
  got.clear();
  model->fail(model_error::timeout);
  EXPECT_TRUE(got.empty());
  ASSERT_EQ(model->asked.size(), 2u);
  model->fail(model_error::over_budget); // The second one's own.
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].first, 1);
  EXPECT_EQ(got[0].second.error, model_error::over_budget);
  ASSERT_EQ(model->asked.size(), 3u);
  model->answer("x");
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[1].second.text, "x");
}

TEST_F(model_cache_test, the_next_one_asks_with_what_is_left_of_his_time) {
  model->at_once = false;
  auto slow = question("q");
  slow.deadline = 60s;
  cache->send(slow, [](const model_reply&) {});
  const auto first = model->asked.front().deadline;
  EXPECT_LE(first, 60s);
  cache->send(slow, [](const model_reply&) {});
  const auto until = std::chrono::steady_clock::now() + 10ms;
  while (std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  model->fail(model_error::timeout);
  ASSERT_EQ(model->asked.size(), 2u);
  EXPECT_LT(model->asked.back().deadline, first);
  EXPECT_GT(model->asked.back().deadline, 0s);
  model->answer("x");
}

TEST_F(model_cache_test, however_many_are_refused_at_once_all_get_their_answer) {
  model->at_once = false;
  std::size_t got = 0;
  for (int i = 0; i < 20000; ++i)
    cache->send(question("q"), [&](const model_reply& x) {
      EXPECT_EQ(x.error, model_error::over_budget);
      ++got;
    });
  EXPECT_EQ(model->asked.size(), 1u);
  model->refuses = true;
  model->fail(model_error::over_budget);
  EXPECT_EQ(got, 20000u);
  EXPECT_EQ(model->asked.size(), 20000u);
}

/// A model that cannot even be asked.
class throwing_model final : public models::model_port {
 public:
  std::uint64_t send(const model_request&, done_fn) override {
    throw std::runtime_error{"no room"};
  }
  void cancel(std::uint64_t) override {}
};

TEST_F(model_cache_test, nobody_waits_for_what_was_never_sent) {
  cache = cache::make_model_cache(std::make_shared<throwing_model>(), alarms, [] { return 0; });
  EXPECT_EQ(ask("q").error, model_error::broken);
  EXPECT_EQ(ask("q").error, model_error::broken);
}

TEST_F(model_cache_test, whoever_waits_for_somebody_elses_answer_waits_no_longer_than_he_may) {
  model->at_once = false;
  std::promise<model_error> over;
  auto how = over.get_future();
  cache->send(question("q"), [&](model_reply) {});
  auto short_one = question("q");
  short_one.deadline = 20ms;
  cache->send(short_one, [&](model_reply x) { over.set_value(x.error); });
  ASSERT_EQ(how.wait_for(5s), std::future_status::ready);
  EXPECT_EQ(how.get(), model_error::timeout);
  model->answer("x");
}

TEST_F(model_cache_test, keeps_apart_what_has_to_be_apart) {
  ask("q");
  auto other = question("q");
  other.by.domain = "sales";
  EXPECT_EQ(ask(other).cached, cache_hit::none);
  other = question("q");
  other.model = "large";
  EXPECT_EQ(ask(other).cached, cache_hit::none);
  other = question("q");
  other.cache.about = "You know other policies.";
  EXPECT_EQ(ask(other).cached, cache_hit::none);
  other = question("q");
  other.schema = {{"type", "object"}};
  EXPECT_EQ(ask(other).cached, cache_hit::none);
  EXPECT_EQ(ask("q").cached, cache_hit::exact);
  const auto of = [](const char* id) {
    auto out = question("q");
    auto about = std::make_shared<task>();
    about->who.id = id;
    out.by.about = about;
    out.cache.spec.per_customer = true;
    return out;
  };
  EXPECT_EQ(ask(of("C-1")).cached, cache_hit::none);
  EXPECT_EQ(ask(of("C-2")).cached, cache_hit::none);
  EXPECT_EQ(ask(of("C-1")).cached, cache_hit::exact);
}

TEST_F(model_cache_test, vectors_of_two_spaces_are_never_compared) {
  ask("q red");
  EXPECT_EQ(ask("q red blue").cached, cache_hit::semantic);
  auto other = question("q red green");
  other.cache.vectors = std::make_shared<word_vectors>("other words");
  EXPECT_EQ(ask(other).cached, cache_hit::none);
  other.cache.question = "q red";
  EXPECT_EQ(ask(other).cached, cache_hit::exact); // The same words are the same in any space.

  model->at_once = false;
  auto here = question("r red"), there = question("r red blue");
  there.cache.vectors = std::make_shared<word_vectors>("other words");
  const auto before = model->asked.size();
  cache->send(here, [](const model_reply&) {});
  cache->send(there, [](const model_reply&) {});
  EXPECT_EQ(model->asked.size(), before + 2);
}

TEST_F(model_cache_test, long_questions_that_differ_at_their_end_are_two) {
  for (const auto mode : {cache_mode::exact, cache_mode::semantic}) {
    auto a = question(std::string(9000, 'x') + " a", mode);
    a.cache.vectors = std::make_shared<one_vector>(); // As one that reads the beginning only.
    auto b = a;
    b.cache.question.back() = 'b';
    EXPECT_EQ(ask(a).cached, cache_hit::none);
    EXPECT_EQ(ask(b).cached, cache_hit::none);
    EXPECT_EQ(ask(a).cached, cache_hit::exact);
    clock += std::chrono::milliseconds{a.cache.spec.ttl}.count();
  }
}

TEST_F(model_cache_test, what_is_too_old_hides_nothing) {
  const auto near = [](const std::string& word) {
    auto out = question("a b c d e f g h " + word);
    out.cache.spec.ttl = 1000ms;
    return out;
  };
  const auto keep = [&](const model_request& what) {
    auto x = what;
    x.cache.fresh = true;
    EXPECT_EQ(ask(x).cached, cache_hit::none);
  };
  for (int i = 0; i < 20; ++i)
    keep(near(std::string{"v"} + static_cast<char>('a' + i)));
  clock = 999;
  keep(near("one farther"));
  clock = 1001;
  EXPECT_EQ(ask(near("vz")).cached, cache_hit::semantic);
}

TEST_F(model_cache_test, nothing_that_may_act_and_nothing_without_a_mode_is_given_again) {
  auto acts = question("q");
  acts.by.acts = true;
  EXPECT_EQ(ask(acts).cached, cache_hit::none);
  EXPECT_EQ(ask(acts).cached, cache_hit::none);
  const auto off = question("q", cache_mode::off);
  EXPECT_EQ(ask(off).cached, cache_hit::none);
  EXPECT_EQ(ask(off).cached, cache_hit::none);
  EXPECT_EQ(ask("q").cached, cache_hit::none);
}

TEST_F(model_cache_test, what_is_old_or_not_worth_it_or_too_much_is_not_kept) {
  auto once = question("q", cache_mode::exact);
  once.cache.spec.ttl = 1000ms;
  ask(once);
  clock = 999;
  EXPECT_EQ(ask(once).cached, cache_hit::exact);
  clock = 1000;
  EXPECT_EQ(ask(once).cached, cache_hit::none);

  auto never = question("never");
  never.cache.keeps = [](const model_reply&) { return false; };
  ask(never);
  EXPECT_EQ(ask(never).cached, cache_hit::none);

  const auto number = [](int i) {
    auto out = question("number " + std::to_string(i), cache_mode::exact);
    out.cache.spec.max_entries = 3;
    return out;
  };
  ask(number(0));
  for (int i = 1; i < 10; ++i) {
    EXPECT_EQ(ask(number(i)).cached, cache_hit::none);
    EXPECT_EQ(ask(number(0)).cached, cache_hit::exact); // Used, so it stays.
  }
  EXPECT_EQ(ask(number(1)).cached, cache_hit::none);

  model->at_once = false;
  cache->send(question("long"), [](const model_reply&) {});
  model->answer(std::string((64 << 10) + 1, 'x'));
  model->at_once = true;
  EXPECT_EQ(ask("long").cached, cache_hit::none);
}

TEST_F(model_cache_test, an_answer_that_will_not_do_is_asked_for_afresh) {
  ask("q");
  auto fresh = question("q");
  fresh.cache.fresh = true;
  EXPECT_EQ(ask(fresh).cached, cache_hit::none);
  EXPECT_EQ(model->asked.size(), 2u);
  EXPECT_EQ(ask("q").cached, cache_hit::exact);
}

TEST_F(model_cache_test, without_a_question_the_whole_conversation_is_compared) {
  auto one = question("");
  one.messages.push_back({chat_role::tool, "result 1", {}, "id"});
  ask(one);
  EXPECT_EQ(ask(one).cached, cache_hit::exact);
  one.messages.back().text = "result 2";
  EXPECT_EQ(ask(one).cached, cache_hit::none);
}

} // namespace
