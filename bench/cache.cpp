#include "src/cache/model_cache.hpp"

#include "bench/benches.hpp"
#include "bench/report.hpp"
#include "src/text/sentence_vectors.hpp"
#include "src/text/train.hpp"
#include "src/text/tsv.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace troupe::bench {

namespace {

namespace fs = std::filesystem;

constexpr const char* own_messages = "examples/customer-support/support/examples.tsv";
constexpr const char* variable = "TROUPE_BENCH_MESSAGES";
constexpr double held_back = 0.3; ///< of the messages: asked, and not learned from

/// A model that knows what every message is about, and says nothing else.
class knowing_model final : public models::model_port {
 public:
  std::uint64_t send(const model_request&, done_fn done) override {
    ++asked;
    model_reply x;
    x.text = about;
    done(std::move(x));
    return asked;
  }
  void cancel(std::uint64_t) override {}

  std::string about; ///< what the next message is about
  std::uint64_t asked = 0;
};

/// An agent whose answers are kept, with the defaults of the configuration.
struct asker {
  explicit asker(std::shared_ptr<const text::sentence_vectors> by)
      : vectors(std::move(by)) {}

  model_reply ask(const std::string& question, const std::string& about) {
    model_request what;
    what.model = "m";
    what.cache.spec.mode = cache_mode::semantic;
    what.cache.question = question;
    what.cache.about = "instructions";
    what.cache.vectors = vectors;
    model->about = about;
    model_reply out;
    cache->send(what, [&](model_reply x) { out = std::move(x); });
    return out;
  }

  std::shared_ptr<const text::sentence_vectors> vectors;
  std::shared_ptr<knowing_model> model = std::make_shared<knowing_model>();
  std::shared_ptr<models::model_port> cache = cache::make_model_cache(
      model, std::make_shared<tools::alarm_clock>(), [] { return std::int64_t{0}; });
};

struct parts {
  std::vector<text::labelled> learned, asked;
};

parts divided(std::vector<text::labelled> rows) {
  std::erase_if(rows, [](const text::labelled& x) { return x.intent == text::out_of_scope; });
  std::mt19937 dice{7};
  std::shuffle(rows.begin(), rows.end(), dice);
  parts out;
  const auto first = static_cast<std::size_t>(static_cast<double>(rows.size()) * held_back);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto& x = rows[i];
    x.split = "train";
    (i < first ? out.asked : out.learned).push_back(std::move(x));
  }
  return out;
}

/// Questions that are like one that was asked, and are others: another number, a negation.
double hits_of_near_misses(asker& x, const std::vector<text::labelled>& rows) {
  std::uint64_t hits = 0, all = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(rows.size(), 500); ++i) {
    const auto& q = rows[i].text;
    // Ids of its own, so that it is like none but its own.
    const auto id = "LF-" + std::to_string(10000 + 10 * i);
    const auto other = "LF-" + std::to_string(10001 + 10 * i);
    x.ask(q + ", order " + id, "near");
    for (const auto& near :
         {q + ", order " + other, q + ", orders " + id + " and LF-9" + std::to_string(i),
          q + ", not order " + id, q + ", order " + id + ", 2 days ago"}) {
      ++all;
      hits += x.ask(near, "near").cached != cache_hit::none ? 1 : 0;
    }
  }
  return all == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(all);
}

void measure(const std::string& file) {
  const auto name = "cache/" + fs::path{file}.stem().string();
  auto rows = divided(text::read_labelled(file));
  const auto classifier = std::make_shared<const text::classifier>(text::train(rows.learned));
  asker x{text::learned_vectors(classifier, {})};
  std::uint64_t wrong = 0, hits = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (const auto& row : rows.asked) {
    const auto reply = x.ask(row.text, row.intent);
    hits += reply.cached != cache_hit::none ? 1 : 0;
    wrong += reply.text != row.intent ? 1 : 0;
  }
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
  const auto all = static_cast<double>(rows.asked.size());
  const auto note = std::to_string(rows.asked.size()) +
                    " messages that nothing was learned from, each asked once of an empty cache; " +
                    std::to_string(rows.learned.size()) + " learned from";
  report(name + "/calls_saved", static_cast<double>(hits) / all, "share", 0.6,
         note + "; the floor is the goal");
  report(name + "/wrong_hits", static_cast<double>(wrong) / all, "share", 0.01,
         "of all messages; an answer to another intent; the floor is what is allowed");
  report(name + "/wrong_among_hits",
         static_cast<double>(wrong) / std::max<double>(1, static_cast<double>(hits)), "share", 0.01,
         "the same, of the hits alone");
  report(name + "/per_request", took.count() / all, "us", 100,
         "one thread, vector included; the floor is a budget");
  asker fresh{x.vectors};
  report(name + "/near_miss_hits", hits_of_near_misses(fresh, rows.asked), "share", 0.01,
         "planted: another id, one more id, a negation, one more number; the floor is what is "
         "allowed");
}

} // namespace

/// What a semantic cache saves, and how often it is wrong, on labelled messages: two of the same
/// intent count as the same question. TROUPE_BENCH_MESSAGES names files with labelled messages
/// (columns intent and text), with ':' between them; the example's own are always measured.
void cache_hits() {
  std::vector<std::string> files{own_messages};
  if (const char* more = std::getenv(variable); more && *more) {
    std::istringstream in{more};
    for (std::string file; std::getline(in, file, ':');)
      files.push_back(file);
  } else {
    std::fprintf(stderr, "cache: %s names no further messages; the example's own are measured\n",
                 variable);
  }
  for (const auto& file : files) {
    if (fs::exists(file))
      measure(file);
    else
      std::fprintf(stderr, "cache: %s is not there, and is not measured\n", file.c_str());
  }
}

} // namespace troupe::bench
