#include "src/text/normalize.hpp"

#include "src/text/features.hpp"
#include "src/text/lexicon.hpp"

#include <gmock/gmock.h>
#include <random>

namespace troupe::text {
namespace {

using ::testing::ElementsAre;

TEST(normalize, folds_case_blanks_and_typographic_marks) {
  EXPECT_EQ(normalize("  Hello \t\n World  ").text, "hello world");
  EXPECT_EQ(normalize("I don\u2019t \u201Cwant\u201D it \u2014 no").text,
            "i don't \"want\" it - no");
  EXPECT_EQ(normalize("\uFF21\uFF22\u00A0\uFB01ne Stra\u00DFe").text, "ab fine strasse");
  EXPECT_EQ(normalize("").text, "");
}

TEST(normalize, plain_and_unicode_paths_agree) {
  std::string ascii;
  for (int c = 0; c < 128; ++c)
    ascii += static_cast<char>(c);
  auto longer = normalize(ascii + " \u00E9").text;
  EXPECT_EQ(normalize(ascii).text + " \u00E9", longer);
}

TEST(normalize, repairs_what_is_not_utf8_and_says_so) {
  auto out = normalize("caf\xC3 ok\xFF");
  EXPECT_TRUE(out.repaired);
  EXPECT_EQ(out.text, "caf ok");
  EXPECT_FALSE(normalize("caf\u00E9").repaired);
  EXPECT_TRUE(valid_utf8("caf\u00E9"));
  EXPECT_FALSE(valid_utf8("\xED\xA0\x80")); // a surrogate
  EXPECT_FALSE(valid_utf8("\xC0\xAF"));     // an overlong form
  EXPECT_FALSE(valid_utf8("\xF4\x90\x80\x80"));
}

TEST(normalize, cuts_long_messages_between_characters) {
  auto out = normalize(std::string(9, 'a') + "\u20AC", 10);
  EXPECT_TRUE(out.truncated);
  EXPECT_FALSE(out.repaired);
  EXPECT_EQ(out.text, "aaaaaaaaa");
  EXPECT_FALSE(normalize(std::string(max_message_bytes, 'a')).truncated);
}

TEST(normalize, always_gives_valid_utf8) {
  std::mt19937 dice(3);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes(dice() % 60, '\0');
    for (auto& byte : bytes)
      byte = static_cast<char>(dice() % 3 == 0 ? dice() % 128 : dice());
    auto out = normalize(bytes, 50);
    ASSERT_TRUE(valid_utf8(out.text));
    ASSERT_EQ(normalize(out.text, 4096).text, out.text);
    features_of(bytes);
  }
}

TEST(words_of, parts_words_and_folds_numbers) {
  EXPECT_THAT(words_of("don't pay $12.50, ok?"),
              ElementsAre("dont", "pay", "$", "00", "00", "ok", "?"));
  EXPECT_EQ(words_of("a b c d", 2).size(), 2U);
}

TEST(lexicon, brings_forms_and_synonyms_together) {
  EXPECT_EQ(stem_of("cancelling"), stem_of("cancelled"));
  EXPECT_EQ(stem_of("cancels"), stem_of("cancel"));
  EXPECT_EQ(stem_of("paid"), stem_of("paying"));
  EXPECT_EQ(concept_of(stem_of("terminate")), concept_of(stem_of("cancelled")));
  EXPECT_TRUE(concept_of("quux").empty());
}

TEST(features, are_bounded_whatever_comes) {
  std::string many;
  for (int at = 0; at < 2000; ++at)
    many += "w" + std::string(1, static_cast<char>('a' + at % 26)) + std::to_string(at) + " ";
  EXPECT_LT(features_of(many).size(), 8000U);
  EXPECT_LT(features_of(std::string(8192, 'x')).size(), 400U);
  EXPECT_EQ(features_of("where is it").size(), features_of("where is it").size());
}

} // namespace
} // namespace troupe::text
