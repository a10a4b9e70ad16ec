#pragma once

#include "tests/src/config/fleet_folder.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace troupe::config::test {

/// One file put into the small fleet, and all the errors it must give, in order.
struct bad_case {
  std::string name;
  std::string file;
  std::string text;
  std::vector<std::string> expected;
  std::string support = {}; ///< the text of support/domain.yaml, if that is another one too
};

inline void PrintTo(const bad_case& x, std::ostream* out) {
  *out << x.name;
}

inline void expect_refusal(const bad_case& x) {
  fleet_folder f;
  write_small(f);
  if (!x.support.empty())
    f.write("support/domain.yaml", x.support);
  f.write(x.file, x.text);
  const auto got = f.load();
  EXPECT_FALSE(got.fleet);
  std::vector<std::string> texts;
  for (const auto& d : got.errors)
    texts.push_back(to_string(d));
  EXPECT_EQ(texts, x.expected) << lines(got.errors);
}

} // namespace troupe::config::test
