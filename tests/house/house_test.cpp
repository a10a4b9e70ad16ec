#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

const fs::path root = TROUPE_SOURCE_DIR;

struct source {
  std::string path; ///< relative to the root, with '/'
  std::vector<std::string> lines;
};

std::vector<source> sources_under(std::initializer_list<const char*> folders) {
  std::vector<source> out;
  for (const char* folder : folders) {
    if (!fs::exists(root / folder))
      continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const auto extension = entry.path().extension();
      if (!entry.is_regular_file() || (extension != ".hpp" && extension != ".cpp"))
        continue;
      source s{fs::relative(entry.path(), root).generic_string(), {}};
      std::ifstream in{entry.path()};
      for (std::string line; std::getline(in, line);)
        s.lines.push_back(line);
      out.push_back(std::move(s));
    }
  }
  return out;
}

/// What a line includes, without quotes or angle brackets; empty for other lines.
std::string included_by(const std::string& line) {
  std::size_t at = 0;
  const auto skip = [&] {
    while (at < line.size() && (line[at] == ' ' || line[at] == '\t'))
      ++at;
  };
  skip();
  if (at == line.size() || line[at++] != '#')
    return {};
  skip();
  if (line.compare(at, 7, "include") != 0)
    return {};
  const auto open = line.find_first_of("\"<", at);
  const auto close = open == std::string::npos ? open : line.find_first_of("\">", open + 1);
  return close == std::string::npos ? std::string{} : line.substr(open + 1, close - open - 1);
}

bool begins(const std::string& text, std::initializer_list<const char*> any) {
  return std::any_of(any.begin(), any.end(),
                     [&](const char* start) { return text.starts_with(start); });
}

/// Reports every include under `folder` that `allowed` refuses.
void hold(const char* folder,
          const std::function<bool(const std::string& path, const std::string& include)>& allowed) {
  for (const auto& s : sources_under({folder}))
    for (std::size_t i = 0; i < s.lines.size(); ++i)
      if (const auto include = included_by(s.lines[i]);
          !include.empty() && !allowed(s.path, include))
        ADD_FAILURE() << s.path << ":" << i + 1 << " must not include " << include;
}

bool from_house(const std::string& include) {
  return begins(include,
                {"policies/", "src/", "actors/", "nodes/", "tests/", "bench/", "examples/"});
}

bool of_caf(const std::string& include) {
  return begins(include, {"caf/", "troupe/caf.hpp", "troupe/troupe.hpp"});
}

/// The code of a line: without what a comment says. Good enough for words that no text holds.
std::string code_of(const std::string& line) {
  return line.substr(0, line.find("//"));
}

TEST(house, the_words_know_nobody) {
  hold("include", [](const std::string& path, const std::string& include) {
    if (path == "include/troupe/caf.hpp" || path == "include/troupe/troupe.hpp")
      return !begins(include, {"tests/", "bench/", "examples/"});
    return !from_house(include) && !of_caf(include);
  });
}

TEST(house, policies_know_words_and_policies) {
  hold("policies", [](const std::string&, const std::string& include) {
    return (!from_house(include) || include.starts_with("policies/")) && !of_caf(include) &&
           !begins(include,
                   {"spdlog/", "google/", "boost/", "sqlite3", "fmt/", "yaml-cpp/", "curl/"});
  });
}

TEST(house, the_rooms_below_know_words_and_rooms) {
  hold("src", [](const std::string&, const std::string& include) {
    return (!from_house(include) || include.starts_with("src/")) && !of_caf(include);
  });
}

TEST(house, actors_know_no_nodes) {
  hold("actors", [](const std::string&, const std::string& include) {
    return !begins(include, {"nodes/", "tests/", "bench/", "examples/"});
  });
}

TEST(house, nobody_includes_tests) {
  for (const char* folder : {"include", "policies", "src", "actors", "nodes", "bench", "examples"})
    hold(folder, [](const std::string&, const std::string& include) {
      return !include.starts_with("tests/");
    });
}

TEST(house, every_header_is_read_once) {
  for (const auto& s : sources_under(
           {"include", "policies", "src", "actors", "nodes", "tests", "bench", "examples"}))
    if (s.path.ends_with(".hpp")) {
      EXPECT_EQ(std::count(s.lines.begin(), s.lines.end(), "#pragma once"), 1) << s.path;
    }
}

/// Reports every line of code that holds one of `words`.
void forbid(
    std::initializer_list<const char*> folders, std::initializer_list<const char*> words,
    const std::function<bool(const std::string& path)>& exempt = [](const auto&) {
      return false;
    }) {
  for (const auto& s : sources_under(folders)) {
    if (exempt(s.path))
      continue;
    for (std::size_t i = 0; i < s.lines.size(); ++i)
      for (const char* word : words)
        if (code_of(s.lines[i]).find(word) != std::string::npos)
          ADD_FAILURE() << s.path << ":" << i + 1 << " holds " << word;
  }
}

/// This file names what it forbids.
bool is_this(const std::string& path) {
  return path == "tests/house/house_test.cpp";
}

TEST(house, nothing_waits_for_ever) {
  // Not the benchmarks: a floor keeps no deadlines, that is what makes it one.
  forbid({"include", "policies", "src", "actors", "nodes", "tests", "examples"},
         {"caf::infinite", ", infinite)", ", infinite,", "(infinite,"}, is_this);
}

TEST(house, tests_do_not_sleep) {
  forbid({"tests"}, {"sleep_for", "sleep_until", "usleep(", "::sleep("}, is_this);
}

TEST(house, only_the_command_line_writes_to_standard_output) {
  // Talking about the standard output of a child process is not writing to one's own.
  forbid({"include", "policies", "src", "actors", "nodes"},
         {"std::cout", " printf(", "std::printf(", " puts(", "std::puts(", "putchar(", "(stdout",
          ", stdout)", "stdout_color_mt", "stdout_color_sink_", "stdout_sink_", "stdout_logger_",
          "STDOUT_FILENO, "},
         [](const std::string& path) { return path.starts_with("nodes/cli/"); });
}

TEST(house, one_header_knows_versions_of_caf) {
  // And one more, of which embedding applications see nothing.
  forbid({"include", "policies", "src", "actors", "nodes", "tests", "bench", "examples"},
         {"TROUPE_CAF_LEGACY", "CAF_MAJOR_VERSION"}, [](const std::string& path) {
           return path == "include/troupe/caf.hpp" || path == "nodes/caf_scheduler.hpp" ||
                  is_this(path);
         });
}

TEST(house, short_lived_actors_are_guarded) {
  // CAF's own handlers would tell the standard output of a message that nobody knows.
  for (const auto& s : sources_under({"actors", "nodes"}))
    for (std::size_t i = 0; i < s.lines.size(); ++i) {
      if (code_of(s.lines[i]).find("spawn([") == std::string::npos)
        continue;
      bool guarded = false;
      for (std::size_t j = i; j < std::min(i + 4, s.lines.size()); ++j)
        guarded = guarded || s.lines[j].find("guard(") != std::string::npos;
      EXPECT_TRUE(guarded) << s.path << ":" << i + 1;
    }
}

TEST(house, the_test_sees_includes) {
  EXPECT_EQ(included_by("#include \"a/b.hpp\""), "a/b.hpp");
  EXPECT_EQ(included_by("  #  include <caf/all.hpp> // why"), "caf/all.hpp");
  EXPECT_EQ(included_by("#pragma once"), "");
  EXPECT_EQ(included_by("// #include <x>"), "");
  EXPECT_FALSE(sources_under({"policies"}).empty());
}

} // namespace
