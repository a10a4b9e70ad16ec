#include "src/knowledge/collection.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include <unistd.h>

namespace {

using namespace troupe::knowledge;
namespace fs = std::filesystem;

std::vector<passage> markdown(std::string_view text) {
  return passages_of("a.md", text, document_form::markdown);
}

TEST(document, passages_know_the_headings_above_them) {
  const auto got = markdown(
      "# Returns\n\nIn general.\n\n## How long\n\nThirty days.\nNot more.\n\n# Other\nText.\n");
  ASSERT_EQ(got.size(), 3u);
  EXPECT_EQ(got[0], (passage{"a.md", "Returns", "In general."}));
  EXPECT_EQ(got[1], (passage{"a.md", "Returns > How long", "Thirty days. Not more."}));
  EXPECT_EQ(got[2], (passage{"a.md", "Other", "Text."}));
}

TEST(document, underlined_headings_lists_links_and_fences_are_read_as_people_do) {
  const auto got = markdown("Title\n=====\n\n- **one** thing\n- [the page](http://x.example/) "
                            "`code`\n\n```\n# no heading\n```\n");
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].heading, "Title");
  EXPECT_EQ(got[0].text, "- one thing\n- the page code\n# no heading");
}

TEST(document, a_long_paragraph_is_divided_at_a_sentence_and_nothing_is_lost) {
  std::string text;
  for (int i = 0; i < 200; ++i)
    text += "Sentence number " + std::to_string(i) + " says a little. ";
  const auto got = passages_of("a.txt", text, document_form::text);
  ASSERT_GT(got.size(), 3u);
  std::string whole;
  for (const auto& p : got) {
    EXPECT_LE(p.text.size(), document_limits::passage_bytes);
    EXPECT_TRUE(p.text.ends_with('.')) << p.text;
    whole += p.text + " ";
  }
  EXPECT_EQ(whole, text);
}

TEST(document, words_without_blanks_and_bytes_that_are_no_text_do_no_harm) {
  const auto long_word = passages_of("a.txt", std::string(5000, 'x'), document_form::text);
  EXPECT_EQ(long_word.size(), 5u);
  const auto bytes = passages_of("a.txt", std::string_view{"a\xff\xfe\0b", 5}, document_form::text);
  ASSERT_EQ(bytes.size(), 1u);
  EXPECT_EQ(bytes[0].text, "a   b");
  EXPECT_TRUE(markdown("").empty());
  EXPECT_TRUE(markdown("\n#\n\n##  \n").size() <= 1);
}

TEST(document, brackets_that_are_no_links_are_read_in_time) {
  const auto begin = std::chrono::steady_clock::now();
  for (const std::string tail : {"", "](", "](x"}) {
    const auto got = markdown(std::string(1 << 20, '[') + tail);
    EXPECT_EQ(got.size(), (std::size_t{1} << 20) / document_limits::passage_bytes + 1);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{5});
  EXPECT_EQ(markdown("[a [b](x) c [d").at(0).text, "a [b c [d");
}

TEST(document, html_keeps_its_words_and_loses_scripts) {
  const auto got = passages_of("a.html",
                               "<html><head><title>T</title></head><body><h1>Refunds</"
                               "h1><script>var x = '<p>no</p>';</script>"
                               "<p>Thirty&nbsp;days &amp; no more.<!-- secret --></p><h2>Who "
                               "pays</h2><ul><li>We do<li>always</ul></body>",
                               document_form::html);
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0], (passage{"a.html", "Refunds", "Thirty days & no more."}));
  EXPECT_EQ(got[1], (passage{"a.html", "Refunds > Who pays", "- We do\n- always"}));
  EXPECT_TRUE(passages_of("a.html", "<script>never closed", document_form::html).empty());
}

class folder {
 public:
  folder() {
    static int number = 0;
    path = fs::temp_directory_path() /
           ("troupe-documents-" + std::to_string(::getpid()) + "-" + std::to_string(++number));
    fs::create_directories(path);
  }
  ~folder() { fs::remove_all(path); }
  void write(const std::string& file, const std::string& text) const {
    fs::create_directories((path / file).parent_path());
    std::ofstream{path / file} << text;
  }
  fs::path path;
};

TEST(documents, says_what_is_left_out_and_why) {
  folder dir;
  dir.write("policies/a.md", "# A\ntext");
  dir.write("policies/deep/b.txt", "text");
  dir.write("policies/picture.png", "x");
  dir.write("policies/.hidden.md", "x");
  dir.write("policies/large.md", std::string((1 << 20) + 1, 'x'));
  const auto got = documents_of(dir.path, {"policies", "nothing.md", "policies/a.md"});
  ASSERT_EQ(got.taken.size(), 2u);
  EXPECT_EQ(got.taken[0].path, "policies/a.md");
  EXPECT_EQ(got.taken[1].path, "policies/deep/b.txt");
  ASSERT_EQ(got.left.size(), 3u);
  EXPECT_EQ(got.left[0].path, "nothing.md");
  EXPECT_EQ(got.left[1].why, "it is larger than 1 MiB");
  EXPECT_EQ(got.left[2].path, "policies/picture.png");
}

TEST(documents, the_digest_is_that_of_names_and_bytes) {
  folder dir;
  dir.write("a.md", "one");
  const auto before = digest_of(documents_of(dir.path, {"."}));
  EXPECT_EQ(before, digest_of(documents_of(dir.path, {"a.md"})));
  dir.write("a.md", "two");
  EXPECT_NE(before, digest_of(documents_of(dir.path, {"."})));
}

} // namespace
