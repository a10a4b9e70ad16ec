// Answers of models that are kept: which questions get one, and for how long it is good.
#include "tests/src/cache/model_cache_kit.hpp"

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace {

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
