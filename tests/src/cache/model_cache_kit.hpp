#pragma once

#include "src/cache/model_cache.hpp"
#include "src/text/sentence_vectors.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace troupe::testing {

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

} // namespace troupe::testing
