// What keeps a model from being trained is found before it is tried, with its place.
#include "src/text/training.hpp"
#include "text_fixture.hpp"

#include <gmock/gmock.h>

namespace training_cases {

using namespace troupe::text;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using troupe::text::testing::scratch;

/// The flaws without the folder.
std::vector<std::string> flaws_of(const std::vector<std::filesystem::path>& files) {
  std::vector<std::string> out;
  for (auto x : read_training(files).flaws) {
    x.file = x.file.filename();
    out.push_back(to_string(x));
  }
  return out;
}

TEST(training, what_can_be_trained_is_read_whole_with_the_first_row_of_each_intent) {
  const scratch at;
  const auto a = at.write("a.tsv", "intent\ttext\ngreet\thello\n\ngreet\thi\nleave\tbye\n");
  const auto b = at.write("b.tsv", "intent\ttext\noos\tx\nleave\tgood bye\n");
  const auto got = read_training({a, b});
  EXPECT_THAT(got.flaws, IsEmpty());
  EXPECT_EQ(got.rows.size(), 5u);
  ASSERT_EQ(got.intents.size(), 2u);
  EXPECT_EQ(got.intents.at("greet").line, 2u);
  EXPECT_EQ(got.intents.at("leave").file, a);
  EXPECT_EQ(got.intents.at("leave").line, 5u);
  EXPECT_NO_THROW(train(got.rows));
}

TEST(training, finds_what_train_refuses_and_says_the_row) {
  const scratch at;
  const auto one =
      at.write("one.tsv", "intent\ttext\ngreet\thello\nleave\tbye\ngreet\thi\nstay\tno\n");
  EXPECT_THAT(flaws_of({one}),
              ElementsAre("one.tsv:3: the intent 'leave' has one training row; two are the least",
                          "one.tsv:5: the intent 'stay' has one training row; two are the least"));
  const auto alone =
      at.write("alone.tsv", "intent\ttext\ngreet\thello\ngreet\thi\noos\tx\noos\ty\n");
  EXPECT_THAT(
      flaws_of({alone}),
      ElementsAre("alone.tsv: training needs rows of at least two intents in the split 'train'"));
  const auto checked = at.write("checked.tsv", "split\tintent\ttext\ntrain\tgreet\thello\n"
                                               "train\tgreet\thi\ntrain\tleave\tbye\n"
                                               "train\tleave\tgood bye\nval\tstay\tno\n"
                                               "test\tother\tx\n");
  EXPECT_THAT(
      flaws_of({checked}),
      ElementsAre("checked.tsv:6: the intent 'stay' has validation rows and no training rows"));
  for (const auto& file : {one, alone, checked})
    EXPECT_THROW(train(read_training({file}).rows), std::invalid_argument) << file;
}

TEST(training, of_files_that_cannot_be_read_each_says_its_first_bad_line_and_nothing_more) {
  const scratch at;
  const auto header = at.write("header.tsv", "greet\thello\n");
  const auto line = at.write("line.tsv", "intent\ttext\ngreet\thello\nalone\nalone\n");
  EXPECT_THAT(flaws_of({header, line, at / "none.tsv"}),
              ElementsAre("header.tsv:1: the header has no column 'intent'",
                          "line.tsv:3: the line has 1 fields, the header 2",
                          "none.tsv: cannot be opened"));
}

} // namespace training_cases
