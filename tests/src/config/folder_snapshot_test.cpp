#include "src/config/folder_snapshot.hpp"
#include "tests/src/config/fleet_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace troupe::config {
namespace folder_snapshot_cases {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

folder_snapshot files(std::initializer_list<std::pair<const char*, const char*>> all) {
  folder_snapshot out;
  for (const auto& [name, bytes] : all)
    out.files.emplace(name, snapshot_file{bytes, false});
  return out;
}

TEST(folder_snapshot, keeps_what_belongs_to_a_fleet) {
  test::fleet_folder f;
  f.write("fleet.yaml", "fleet: x\n")
      .write("desk/agents/a.yaml", "agent: a\n")
      .write("work/a.py", "#!/usr/bin/python3\n")
      .write("work/__pycache__/a.pyc", "x")
      .write(".git/config", "x")
      .write("data/journal.db", "x")
      .write("secret.txt", "x");
  fs::permissions(f.dir() / "work/a.py", fs::perms::owner_exec, fs::perm_options::add);
  const auto got = read_folder(f.dir(), {f.dir() / "data", f.dir() / "secret.txt"});
  std::vector<std::string> names;
  for (const auto& [name, file] : got.files)
    names.push_back(name);
  EXPECT_THAT(names, ElementsAre("desk/agents/a.yaml", "fleet.yaml", "work/a.py"));
  EXPECT_TRUE(got.files.at("work/a.py").executable);

  test::fleet_folder other;
  write_folder(got, other.dir() / "copy");
  EXPECT_EQ(read_folder(other.dir() / "copy"), got);
  EXPECT_EQ(unpack(pack(got)), got);
}

TEST(folder_snapshot, refuses_more_than_it_keeps) {
  test::fleet_folder f;
  f.write("big", std::string(snapshot_limits::bytes, 'x')).write("more", "x");
  try {
    (void)read_folder(f.dir());
    FAIL() << "it was read";
  } catch (const snapshot_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("16 MiB"));
  }
  EXPECT_THROW((void)read_folder(f.dir() / "nowhere"), snapshot_error);
}

TEST(folder_snapshot, no_path_leads_out_of_the_folder) {
  for (const char* path : {"", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", ".ssh/keys",
                           "a/.b", "a\nb", "a\\b", "./a"})
    EXPECT_NE(flaw_of(files({{path, ""}})), "") << path;
  EXPECT_EQ(flaw_of(files({{"a/b..c", ""}, {"a.b", ""}, {"a-b/c", ""}})), "");
  EXPECT_THAT(flaw_of(files({{"a", ""}, {"a-", ""}, {"a/b", ""}})), HasSubstr("file and a folder"));
}

TEST(folder_snapshot, garbage_is_no_packed_folder) {
  const auto good = pack(files({{"a", "one"}, {"b", "two"}}));
  for (const auto& text :
       {std::string{}, std::string{"x"}, good.substr(0, good.size() - 1), good + "9999 - c\nx\n",
        good + "-1 - c\nx\n", good + "1 ? c\nx\n", good + "1 - a\nx\n", good + "1 - ../c\nx\n"})
    EXPECT_THROW((void)unpack(text), snapshot_error) << text;
}

TEST(folder_snapshot, a_domain_is_replaced_with_all_that_is_within) {
  const auto whole = files({{"fleet.yaml", "f"},
                            {"desk/domain.yaml", "old"},
                            {"desk/in/domain.yaml", "old"},
                            {"desks/domain.yaml", "other"}});
  EXPECT_EQ(
      with_domain(whole, "desk", files({{"domain.yaml", "new"}})),
      files({{"fleet.yaml", "f"}, {"desk/domain.yaml", "new"}, {"desks/domain.yaml", "other"}}));
}

TEST(folder_snapshot, says_which_files_differ) {
  auto a = files({{"same", "1"}, {"changed", "1"}, {"gone", "1"}, {"mode", "1"}});
  auto b = files({{"same", "1"}, {"changed", "2"}, {"new", "1"}, {"mode", "1"}});
  b.files.at("mode").executable = true;
  EXPECT_THAT(changed_files(a, b), ElementsAre("changed", "gone", "mode", "new"));
}

} // namespace folder_snapshot_cases
} // namespace troupe::config
