#include "tests/src/config/fleet_folder.hpp"

#include <gtest/gtest.h>

#include <random>

#include <sys/stat.h>

namespace troupe::config {
namespace hostile_files_cases {

namespace fs = std::filesystem;
using test::fleet_folder;
using test::lines;

std::string errors_with(const std::string& file, std::string_view text) {
  fleet_folder f;
  test::write_small(f);
  f.write(file, text);
  const auto got = f.load();
  EXPECT_FALSE(got.ok());
  return lines(got.errors);
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i)
    out += text;
  return out;
}

TEST(hostile_files, no_folder) {
  const auto got = load_fleet("/nonexistent/fleet");
  EXPECT_EQ(lines(got.errors), "fleet.yaml: there is no such folder: /nonexistent/fleet\n");
}

TEST(hostile_files, nothing_in_the_folder) {
  const fleet_folder f;
  EXPECT_EQ(lines(f.load().errors),
            "fleet.yaml: cannot be read: No such file or directory\n"
            "fleet.yaml: the fleet has no domain: no folder beside it holds a domain.yaml\n");
}

TEST(hostile_files, too_large) {
  EXPECT_EQ(errors_with("support/domain.yaml", std::string(load_limits::file_bytes + 1, '#')),
            "support/domain.yaml: is larger than 1024 KiB\n");
}

TEST(hostile_files, many_aliases) {
  std::string bomb = "domain: support\na: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c < 'k'; ++c) {
    const std::string last = std::string{"*"} + static_cast<char>(c - 1);
    bomb += std::string{c} + ": &" + c + " [" + last + repeated(", " + last, 9) + "]\n";
  }
  EXPECT_NE(
      errors_with("support/domain.yaml", bomb).find("more than 100000 values, aliases followed"),
      std::string::npos);
}

TEST(hostile_files, deep_nesting) {
  for (auto opening : {"[", "{a: ", "- ", "{a: [", "? "})
    for (std::size_t depth : {130, 1000, 100000})
      EXPECT_NE(errors_with("support/domain.yaml", repeated(opening, depth)), "")
          << opening << depth;
  std::string deep;
  for (std::size_t i = 0; i < 200; ++i)
    deep += std::string(i, ' ') + "a:\n";
  EXPECT_NE(errors_with("support/domain.yaml", deep).find("nested deeper than 128 levels"),
            std::string::npos);
}

TEST(hostile_files, plans_deeper_than_the_interpreter_takes) {
  std::string plan = "{call: {agent: general}}";
  for (int i = 0; i < 32; ++i)
    plan = "{sequence: {steps: [" + plan + "]}}";
  EXPECT_NE(
      errors_with("support/domain.yaml", "domain: support\ncontext: {tier: string}\nplan: " + plan)
          .find("the plan is nested deeper than 32 steps"),
      std::string::npos);
}

TEST(hostile_files, many_errors_are_counted) {
  std::string text = "domain: support\n";
  for (int i = 0; i < 3000; ++i)
    text += "k" + std::to_string(i) + ": 1\n";
  const auto got = errors_with("support/domain.yaml", text);
  EXPECT_NE(got.find("fleet.yaml: and 2"), std::string::npos) << got.substr(got.size() - 200);
}

TEST(hostile_files, pipes_and_folders_are_not_waited_for) {
  fleet_folder f;
  test::write_small(f);
  f.remove("support/domain.yaml");
  ASSERT_EQ(::mkfifo((f.dir() / "support/domain.yaml").c_str(), 0600), 0);
  fs::create_directory(f.dir() / "support/agents/x.yaml");
  EXPECT_EQ(lines(f.load().errors), "support/agents/x.yaml: is not a regular file\n"
                                    "support/domain.yaml: is not a regular file\n");
}

TEST(hostile_files, links_in_circles) {
  fleet_folder f;
  test::write_small(f);
  fs::create_directory_symlink("..", f.dir() / "support/again");
  fs::create_symlink("loop", f.dir() / "loop");
  fs::create_symlink("nowhere", f.dir() / "sales/agents/x.yaml");
  EXPECT_EQ(lines(f.load().errors),
            "loop: a symbolic link that leads to itself\n"
            "sales/agents/x.yaml: cannot be read: No such file or directory\n"
            "support/again: a symbolic link back to a folder that it is in\n");
}

TEST(hostile_files, names_that_are_no_names) {
  fleet_folder f;
  test::write_small(f);
  f.write("b\xff\n d/domain.yaml", "domain: x\n").write("support/agents/a b.yaml", "agent: x\n");
  EXPECT_EQ(lines(f.load().errors),
            "b\\xff\\x0a d: the folder of a domain must be called a name of letters, digits, _ "
            "and -, at most 128 of them\n"
            "support/agents/a b.yaml: an agent must be called a name of letters, digits, _ and "
            "-, at most 128 of them\n");
}

constexpr std::string_view good_domain = R"(domain: support
description: "\u00e4 text" # with a comment
retry: &r {max_retries: 2, factor: 1.5}
understand:
  agent: triage
  unclear: 'human:desk'
  intents:
    bill: {skill: bill, after: [talk], fallback: ["human:desk", "agent:general"]}
    talk: {domain: sales, skill: sell, priority: high}
plan:
  sequence:
    - call: {skill: bill, timeout: 5s, input: {a: [1, 2.5, null, ~, true]}}
    - gate: {pointer: /data/x, one_of: [1, "${env:X:-y}"]}
    - quorum: {needed: 1, how: merge, steps: [{call: {agent: general}}]}
    - human:
        queue: desk
        text: |
          several
          lines
plans:
  both: {parallel: [{call: {skill: talk}}, {domain: {domain: sales, skill: sell}}]}
context: {tier: string, list: {type: array}}
)";

TEST(hostile_files, every_truncation_is_taken_or_refused) {
  fleet_folder f;
  test::write_small(f);
  f.write("support/domain.yaml", good_domain);
  const auto whole = f.load();
  ASSERT_TRUE(whole.ok()) << lines(whole.errors);
  for (std::size_t n = 0; n < good_domain.size(); ++n) {
    f.write("support/domain.yaml", good_domain.substr(0, n));
    const auto got = f.load();
    EXPECT_EQ(got.ok(), got.errors.empty()) << n;
  }
}

TEST(hostile_files, every_flip_of_bytes_is_taken_or_refused) {
  fleet_folder f;
  test::write_small(f);
  std::mt19937 dice{20240229};
  const std::string_view likely = "{}[]:,-#&*!|>'\"%@`\n \t?~\\0a\xff\x80";
  for (int round = 0; round < 1500; ++round) {
    std::string text{good_domain};
    for (auto flips = 1 + dice() % 4; flips > 0; --flips)
      text[dice() % text.size()] =
          dice() % 3 == 0 ? static_cast<char>(dice()) : likely[dice() % likely.size()];
    f.write("support/domain.yaml", text);
    const auto got = f.load();
    EXPECT_EQ(got.ok(), got.errors.empty()) << text;
    EXPECT_NO_THROW(static_cast<void>(json(lines(got.errors)).dump()))
        << "diagnostics are always UTF-8";
  }
}

} // namespace hostile_files_cases
} // namespace troupe::config
