#include "src/tools/plugin.hpp"

#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plugin_cases {

namespace {

using namespace troupe::tools;
namespace fs = std::filesystem;

const fs::path built = fs::path{TROUPE_BINARY_DIR} / "test_plugins";

/// The message of the error that loading gives; empty if it succeeds.
std::string failure(const std::string& name, const std::vector<fs::path>& search = {built},
                    int* host = nullptr) {
  int unused = 0;
  try {
    load_plugin(name, search, "test-abi", host != nullptr ? host : &unused);
    return {};
  } catch (const plugin_error& e) {
    return e.what();
  }
}

} // namespace

using testing::HasSubstr;

TEST(plugin, is_found_by_name_and_gets_the_host) {
  int calls = 0;
  EXPECT_EQ(load_plugin("good", {"", "/no/such/dir", built}, "test-abi", &calls),
            fs::canonical(built / "libgood.so"));
  EXPECT_EQ(calls, 1);
  load_plugin((built / "libgood.so").string(), {}, "test-abi", &calls);
  EXPECT_EQ(calls, 2);
}

TEST(plugin, a_missing_one_is_explained) {
  EXPECT_EQ(failure("absent", {"/a", "/b"}), "plugin 'absent': there is no libabsent.so in /a, /b");
  EXPECT_EQ(failure("absent", {}),
            "plugin 'absent': there is no libabsent.so, as the search path is empty");
  EXPECT_EQ(failure("/no/such/file.so"), "plugin '/no/such/file.so': there is no such file");
  EXPECT_THAT(failure(built.string()), HasSubstr("there is no such file"));
}

TEST(plugin, a_bare_name_cannot_lead_out_of_the_search_path) {
  for (const std::string name : {"", ".", "..", ".hidden", "good;x", "a b", "g\xc3\xb6od"})
    EXPECT_THAT(failure(name), HasSubstr("neither a path nor a plain name")) << name;
  EXPECT_THAT(failure(std::string{"good\0/x", 7}), HasSubstr("NUL"));
  // With a slash it is a path from the current directory, not from the search path.
  EXPECT_THAT(failure("./nowhere/libgood.so", {built}), HasSubstr("there is no such file"));
}

TEST(plugin, the_abi_must_match_before_the_entry_is_called) {
  int calls = 0;
  const auto message = failure("wrong_abi", {built}, &calls);
  EXPECT_THAT(message, HasSubstr("'another-abi'"));
  EXPECT_THAT(message, HasSubstr("'test-abi'"));
  EXPECT_EQ(calls, 0);
}

TEST(plugin, missing_exports_are_named) {
  EXPECT_EQ(failure("no_abi"), "plugin 'no_abi': it does not export troupe_plugin_abi()");
  EXPECT_EQ(failure("no_entry"), "plugin 'no_entry': it does not export troupe_plugin()");
}

TEST(plugin, unresolved_symbols_are_found_at_once) {
  EXPECT_THAT(failure("unresolved"), HasSubstr("a_function_nobody_has"));
}

TEST(plugin, an_entry_that_throws_is_an_error) {
  EXPECT_EQ(failure("throws"), "plugin 'throws': its entry failed: no licence");
}

TEST(plugin, a_file_that_is_no_library_is_an_error) {
  const fs::path file = fs::path{testing::TempDir()} / "libtroupe_text.so";
  std::ofstream{file} << "this is text";
  EXPECT_THAT(failure(file.string()), HasSubstr("libtroupe_text.so"));
  fs::remove(file);
}

} // namespace plugin_cases
