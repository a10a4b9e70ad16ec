// docs/failures.md promises tests and commands by name: each of them exists.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace {

namespace fs = std::filesystem;

const fs::path root = TROUPE_SOURCE_DIR;

std::string text_of(const fs::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
}

std::set<std::string> tests_that_exist() {
  static const std::regex head{R"(TEST(?:_[FP])?\((\w+),\s*(\w+)\))"};
  std::set<std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(root / "tests")) {
    if (entry.path().extension() != ".cpp")
      continue;
    const auto text = text_of(entry.path());
    for (std::sregex_iterator i{text.begin(), text.end(), head}, end; i != end; ++i)
      out.insert((*i)[1].str() + "." + (*i)[2].str());
  }
  return out;
}

} // namespace

TEST(failures_table, names_tests_that_exist) {
  const auto known = tests_that_exist();
  const auto text = text_of(root / "docs" / "failures.md");
  static const std::regex name{R"(`([a-z_]+\.[a-z0-9_]{8,})`)"};
  std::size_t named = 0;
  for (std::sregex_iterator i{text.begin(), text.end(), name}, end; i != end; ++i) {
    ++named;
    EXPECT_TRUE(known.contains((*i)[1].str())) << (*i)[1].str();
  }
  EXPECT_GT(named, 40u);
}

TEST(failures_table, names_commands_that_exist) {
  const auto doc = text_of(root / "docs" / "failures.md");
  const auto tests = text_of(root / "tests" / "CMakeLists.txt");
  const auto suites = text_of(root / "scripts" / "test");
  const auto benches = text_of(root / "bench" / "benches.hpp");
  const auto verbs = text_of(root / "docs" / "reference" / "cli.md");
  static const std::regex command{
      R"(`(ctest -R cluster/|scripts/test --suite |scripts/bench |troupe )([a-z_]+)[^`]*`)"};
  std::size_t named = 0;
  for (std::sregex_iterator i{doc.begin(), doc.end(), command}, end; i != end; ++i) {
    ++named;
    const auto kind = (*i)[1].str(), name = (*i)[2].str();
    const auto is_in = [&](const std::string& text, const std::string& what) {
      EXPECT_NE(text.find(what), std::string::npos) << i->str();
    };
    if (kind.starts_with("ctest"))
      is_in(tests, name);
    else if (kind.starts_with("scripts/test"))
      is_in(suites, "\n  " + name + ")");
    else if (kind.starts_with("scripts/bench"))
      is_in(benches, '"' + name + '"');
    else
      is_in(verbs, "troupe " + name);
  }
  EXPECT_GT(named, 15u);
}
