#include "text_fixture.hpp"

#include <gmock/gmock.h>

namespace troupe::text {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::scratch;

std::string tsv_error(const std::filesystem::path& file, bool compound = false) {
  try {
    if (compound)
      read_compound(file);
    else
      read_labelled(file);
  } catch (const std::runtime_error& wrong) {
    return wrong.what();
  }
  return "";
}

TEST(tsv, finds_columns_by_name_and_ignores_others) {
  scratch at;
  auto rows = read_labelled(at.write(
      "a.tsv", "text\tnote\tintent\tsplit\r\nhello\tx\tgreet\tval\r\n\nbye\t\tleave\ttrain\n"));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].intent, "greet");
  EXPECT_EQ(rows[0].split, "val");
  EXPECT_EQ(rows[1].text, "bye");
  EXPECT_EQ(read_labelled(at.write("b.tsv", "\xEF\xBB\xBFintent\ttext\ngreet\thello"))[0].split,
            "train");
}

TEST(tsv, splits_the_intents_of_compound_rows) {
  scratch at;
  auto rows = read_compound(at.write("a.tsv", "text\tintents\na b\tx#y\nc\tz\nd\t-\n"));
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_THAT(rows[0].intents, ElementsAre("x", "y"));
  EXPECT_THAT(rows[1].intents, ElementsAre("z"));
  EXPECT_THAT(rows[2].intents, IsEmpty());
}

TEST(tsv, errors_name_the_file_and_the_line) {
  scratch at;
  EXPECT_THAT(tsv_error(at / "none.tsv"), HasSubstr("none.tsv: cannot be opened"));
  EXPECT_THAT(tsv_error(at.write("e.tsv", "")), HasSubstr("e.tsv: is empty"));
  EXPECT_THAT(tsv_error(at.write("h.tsv", "intent\ttext\n")), HasSubstr("no rows"));
  EXPECT_THAT(tsv_error(at.write("c.tsv", "intent\tmessage\na\tb\n")),
              HasSubstr("c.tsv:1: the header has no column 'text'"));
  EXPECT_THAT(tsv_error(at.write("f.tsv", "intent\ttext\na\tb\nalone\n")),
              HasSubstr("f.tsv:3: the line has 1 fields"));
  EXPECT_THAT(tsv_error(at.write("i.tsv", "intent\ttext\n\tb\n")),
              HasSubstr("i.tsv:2: the intent is empty"));
  EXPECT_THAT(tsv_error(at.write("u.tsv", "intent\ttext\na\t\xFF\n")),
              HasSubstr("u.tsv:2: the line is not UTF-8"));
  EXPECT_THAT(tsv_error(at.write("p.tsv", "text\tintents\na\tx##y\n"), true),
              HasSubstr("p.tsv:2: an intent is empty"));
  EXPECT_THAT(tsv_error(at.write("q.tsv", "text\tintents\na\tx#\n"), true),
              HasSubstr("q.tsv:2: an intent is empty"));
}

} // namespace
} // namespace troupe::text
