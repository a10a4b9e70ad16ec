#include "src/knowledge/answer.hpp"
#include "src/knowledge/terms.hpp"
#include "src/text/normalize.hpp"

#include <gtest/gtest.h>

namespace {

using namespace troupe;
using namespace troupe::knowledge;

const char* const returns =
    "# Returns and refunds\n## How long you have\nYou can return what you bought within 30 days "
    "of delivery.\n## Who pays\nThe return label is free.\n";
const char* const warranty =
    "# Warranty\n## How long it lasts\nEvery phone has a warranty of two years.\n";
const char* const secret =
    "# Margins\nThe margin on refunds is 12 percent, and the warranty costs us 3 dollars.\n";

documents of(const std::string& path, const char* text) {
  documents out;
  out.taken.push_back({path, text, document_form::markdown});
  return out;
}

std::shared_ptr<const knowledge_base> make(std::shared_ptr<const text::sentence_vectors> vectors) {
  auto open = of("policies/returns.md", returns);
  open.taken.push_back({"policies/warranty.md", warranty, document_form::markdown});
  return knowledge_base::make({{"policies", open}, {"internal", of("internal/margins.md", secret)}},
                              std::move(vectors), std::chrono::milliseconds{100});
}

std::shared_ptr<const text::sentence_vectors> learned() {
  const std::vector<std::string> texts{returns, warranty, secret};
  return text::learned_vectors(nullptr, texts);
}

std::vector<hit> ask(const knowledge_base& base, const std::string& question,
                     std::vector<std::string> scope = {"policies"}) {
  std::vector<hit> out;
  base.find(question, std::move(scope), 5, std::chrono::milliseconds{100},
            [&](std::vector<hit> x) { out = std::move(x); });
  return out;
}

TEST(terms, are_ideas_without_endings_and_without_empty_words) {
  EXPECT_EQ(terms_of("What is your refund policy?"), terms_of("refund policies"));
  EXPECT_EQ(terms_of("telephones"), terms_of("phone"));
  EXPECT_EQ(terms_of("order LF-10200"), (std::vector<std::string>{"order", "lf", "10200"}));
  EXPECT_TRUE(terms_of("what is it to you?").empty());
}

TEST(terms, sentences_end_where_people_end_them) {
  EXPECT_EQ(sentences_of("See No. 5 there. \xc3\x89t\xc3\xa9 too.").size(), 2u);
  EXPECT_EQ(sentences_of("It costs 3.5 dollars. Or e.g. four. \nNew line"),
            (std::vector<std::string_view>{"It costs 3.5 dollars.", "Or e.g. four.", "New line"}));
}

TEST(knowledge_base, finds_by_words_and_by_vectors_and_merges_both) {
  const auto base = make(learned());
  EXPECT_EQ(base->count_documents("policies"), 2u);
  EXPECT_EQ(base->passages(), 4u);
  const auto got = ask(*base, "how many years of warranty do I get?");
  ASSERT_FALSE(got.empty());
  EXPECT_EQ(cite(got[0].what), "policies/warranty.md#How long it lasts");
  EXPECT_EQ(got[0].by_words, 1u);
  EXPECT_GE(got[0].by_meaning, 1u);
  EXPECT_NEAR(got[0].score, 1.0 / 61 + 1 / (60.0 + static_cast<double>(got[0].by_meaning)), 1e-9);
  EXPECT_GT(got[0].fit, 0.6);
}

TEST(knowledge_base, what_is_not_in_scope_is_never_returned) {
  const auto base = make(learned());
  for (const auto* question :
       {"what is the margin on refunds", "12 percent margin", "warranty costs us"})
    for (const auto& h : ask(*base, question))
      EXPECT_EQ(h.collection, "policies") << question;
  const auto inside = ask(*base, "what is the margin on refunds", {"internal"});
  ASSERT_EQ(inside.size(), 1u);
  EXPECT_EQ(inside[0].collection, "internal");
  EXPECT_TRUE(ask(*base, "margin", {}).empty());
  EXPECT_TRUE(ask(*base, "margin", {"no such collection"}).empty());
}

TEST(knowledge_base, words_alone_will_do_and_hostile_questions_are_only_words) {
  const auto base = make(nullptr);
  EXPECT_FALSE(base->has_vectors());
  EXPECT_EQ(cite(ask(*base, "who pays for the return label").front().what),
            "policies/returns.md#Who pays");
  for (const auto* question :
       {"\" OR 1=1; DROP TABLE passages --", "collection:internal", "NEAR(a b)", "* ^ \"", ""})
    EXPECT_NO_THROW(static_cast<void>(ask(*base, question))) << question;
  EXPECT_FALSE(ask(*base, "warranty").empty());
}

TEST(knowledge_base, a_sentence_that_is_too_long_is_told_as_far_as_there_is_room) {
  const auto base = make(nullptr);
  passage one;
  for (int i = 0; one.text.size() < 900; ++i)
    one.text += (i == 0 ? "warranty " : " and point ") + std::to_string(i);
  const auto cut = base->extract(one, "what about warranty", 700);
  EXPECT_LE(cut.size(), 700u);
  EXPECT_GE(cut.size(), 680u);
  EXPECT_TRUE(cut.ends_with("...")) << cut;
  EXPECT_TRUE(one.text.starts_with(cut.substr(0, cut.size() - 3)));
  EXPECT_EQ(one.text[cut.size() - 3], ' ');

  // Neither do shorter sentences stand in for it that say less.
  one.text += ". Nothing else.";
  EXPECT_EQ(base->extract(one, "what about warranty", 700), cut);

  one.text.clear();
  for (int i = 0; i < 400; ++i)
    one.text += "\xc3\xa9";
  const auto letters = base->extract(one, "?", 700);
  EXPECT_TRUE(text::valid_utf8(letters));
  EXPECT_GE(letters.size(), 695u);
  EXPECT_LE(letters.size(), 700u);
}

/// Vectors that cannot be had.
class broken_vectors final : public text::sentence_vectors {
 public:
  void of(std::vector<std::string>, std::chrono::milliseconds, done_fn done) const override {
    done({});
  }
  const std::string& space() const noexcept override { return space_; }

 private:
  std::string space_ = "broken";
};

TEST(knowledge_base, is_searched_by_words_when_vectors_cannot_be_had) {
  const auto base = make(std::make_shared<broken_vectors>());
  EXPECT_FALSE(base->has_vectors());
  EXPECT_FALSE(ask(*base, "warranty").empty());
}

TEST(answers, cite_what_they_say_or_say_that_there_is_nothing) {
  const auto base = make(learned());
  knowledge_use use;
  use.collections = {"policies"};
  use.passages = 2;
  const auto say = [&](const std::string& question) {
    return answer_from(*base, findings(ask(*base, question), use), question, use);
  };
  const auto found = say("how long can I return things after delivery?");
  EXPECT_NE(found.text.find("within 30 days"), std::string::npos) << found.text;
  EXPECT_NE(found.text.find("(Source: policies/returns.md#How long you have)"), std::string::npos);
  EXPECT_EQ(found.data["sources"][0]["source"], "policies/returns.md#How long you have");
  EXPECT_EQ(found.data["found"], true);
  EXPECT_GE(found.confidence, 0.5);

  const auto nothing = say("who won the football match in Madrid yesterday?");
  EXPECT_EQ(nothing.text, "I have found nothing about that in our documents.");
  EXPECT_EQ(nothing.data["found"], false);
  EXPECT_TRUE(nothing.data["sources"].empty());
  EXPECT_LT(nothing.confidence, 0.3);
  use.nothing = "Ask a colleague.";
  EXPECT_EQ(say("football in Madrid").text, "Ask a colleague.");
}

TEST(answers, name_each_source_once_in_the_text) {
  EXPECT_EQ(with_sources("Thirty days.", {"a.md#How", "a.md#How"}),
            "Thirty days. (Source: a.md#How)");
  EXPECT_EQ(with_sources("See a.md#How.", {"a.md#How"}), "See a.md#How.");
  EXPECT_EQ(with_sources("x", {}), "x");
}

} // namespace
