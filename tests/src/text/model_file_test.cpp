#include "src/text/evaluate.hpp"
#include "src/text/model.hpp"
#include "text_fixture.hpp"

#include <gmock/gmock.h>

namespace troupe::text {
namespace {

using ::testing::AllOf;
using testing::desk;
using testing::fixture;
using ::testing::HasSubstr;
using testing::scratch;

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string error_of(const std::filesystem::path& file) {
  try {
    classifier::load(file);
  } catch (const std::runtime_error& wrong) {
    return wrong.what();
  }
  return "";
}

TEST(model_file, gives_back_what_was_saved) {
  scratch at;
  desk().save(at / "m");
  auto loaded = classifier::load(at / "m");
  EXPECT_EQ(loaded.labels(), desk().labels());
  EXPECT_EQ(loaded.threshold(), desk().threshold());
  for (const auto& row : read_labelled(fixture("requests.tsv"))) {
    auto one = desk().classify(row.text), other = loaded.classify(row.text);
    EXPECT_EQ(one.intent, other.intent);
    EXPECT_EQ(one.confidence, other.confidence);
  }
}

TEST(model_file, saving_replaces_and_leaves_nothing_beside) {
  scratch at;
  at.write("m", "old");
  desk().save(at / "m");
  desk().save(at / "m");
  std::size_t files = 0;
  for (const auto& one : std::filesystem::directory_iterator((at / "m").parent_path()))
    files += one.is_regular_file() ? 1 : 0;
  EXPECT_EQ(files, 1U);
  EXPECT_EQ(error_of(at / "m"), "");
  EXPECT_THROW(desk().save(at / "no/such/folder/m"), std::runtime_error);
}

TEST(model_file, refuses_foreign_cut_and_damaged_files_by_name) {
  scratch at;
  desk().save(at / "m");
  auto whole = content_of(at / "m");
  EXPECT_THAT(error_of(at / "none"), AllOf(HasSubstr("none"), HasSubstr("cannot be opened")));
  EXPECT_THAT(error_of((at / "m").parent_path()), HasSubstr("cannot be opened"));
  EXPECT_THAT(error_of(at.write("text", "split\tintent\ttext\n")),
              HasSubstr("not a troupe text model"));
  EXPECT_THAT(error_of(at.write("empty", "")), HasSubstr("not a troupe text model"));
  EXPECT_THAT(error_of(at.write("head", whole.substr(0, 20))),
              HasSubstr("cut off within its head"));
  EXPECT_THAT(error_of(at.write("cut", whole.substr(0, whole.size() / 2))),
              HasSubstr("should hold"));
  EXPECT_THAT(error_of(at.write("long", whole + "x")), HasSubstr("should hold"));
  auto other = whole;
  other[8] = 9;
  EXPECT_THAT(error_of(at.write("version", other)), HasSubstr("version 9"));
  other = whole;
  other[whole.size() / 3] ^= 4;
  EXPECT_THAT(error_of(at.write("bent", other)), AllOf(HasSubstr("bent"), HasSubstr("checksum")));
}

TEST(model_file, every_short_file_is_refused) {
  scratch at;
  desk().save(at / "m");
  auto whole = content_of(at / "m");
  for (std::size_t size = 0; size < 200; ++size)
    EXPECT_THROW(from_bytes(std::string_view(whole).substr(0, size)), std::runtime_error) << size;
}

TEST(train_file, reads_trains_saves_and_sums_up) {
  scratch at;
  auto summary = train_file(fixture("requests.tsv"), at / "m");
  EXPECT_EQ(summary.labels, 8U);
  EXPECT_EQ(summary.rows, 108U);
  EXPECT_EQ(summary.model_bytes, std::filesystem::file_size(at / "m"));
  EXPECT_EQ(summary.threshold, classifier::load(at / "m").threshold());
  EXPECT_EQ(to_json(summary).at("labels"), 8);
}

} // namespace
} // namespace troupe::text
