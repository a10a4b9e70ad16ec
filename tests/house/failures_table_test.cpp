// docs/failures.md promises tests and commands by name: each of them exists.
#include <gtest/gtest.h>

#include <algorithm>
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
  const auto suites = text_of(root / "scripts" / "test");
  const auto benches = text_of(root / "bench" / "benches.hpp");
  const auto programs = text_of(root / "scripts" / "bench");
  const auto verbs = text_of(root / "docs" / "reference" / "cli.md");
  static const std::regex command{
      R"(`(scripts/test --suite |scripts/bench |troupe )([a-z_]+)[^`]*`)"};
  std::size_t named = 0;
  for (std::sregex_iterator i{doc.begin(), doc.end(), command}, end; i != end; ++i) {
    ++named;
    const auto kind = (*i)[1].str(), name = (*i)[2].str();
    const auto is_in = [&](const std::string& text, const std::string& what) {
      EXPECT_NE(text.find(what), std::string::npos) << i->str();
    };
    if (kind.starts_with("scripts/test"))
      is_in(suites, "\n  " + name + ")");
    else if (kind.starts_with("scripts/bench"))
      is_in(benches + programs,
            benches.find('"' + name + '"') != std::string::npos ? name : " " + name + ")");
    else
      is_in(verbs, "troupe " + name);
  }
  EXPECT_GT(named, 15u);
}

TEST(failures_table, names_scenarios_and_files_that_exist) {
  const auto doc = text_of(root / "docs" / "failures.md");
  const auto tests = text_of(root / "tests" / "CMakeLists.txt");
  // `cluster/one` or 'cluster/(one\|two)', as CTest takes it and a table has to write it.
  static const std::regex scenarios{R"(`ctest -R '?(cluster|llm)/\(?([a-z_\\|]+)\)?'?`)"};
  static const std::regex word{R"([a-z_]+)"};
  std::size_t named = 0;
  for (std::sregex_iterator i{doc.begin(), doc.end(), scenarios}, end; i != end; ++i) {
    const auto list = (*i)[2].str();
    for (std::sregex_iterator w{list.begin(), list.end(), word}; w != end; ++w, ++named)
      // Some have their file's name in front, which stands once for all of them.
      EXPECT_NE(std::min(tests.find(w->str()), tests.find(w->str().substr(w->str().find('_') + 1))),
                std::string::npos)
          << i->str();
  }
  EXPECT_GT(named, 20u);
  static const std::regex file{R"(`((?:docs|tests|scripts)/[\w/]+\.\w+)`)"};
  for (std::sregex_iterator i{doc.begin(), doc.end(), file}, end; i != end; ++i)
    EXPECT_TRUE(fs::exists(root / (*i)[1].str())) << i->str();
}
