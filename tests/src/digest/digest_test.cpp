#include "src/digest/digest.hpp"

#include <gtest/gtest.h>

using namespace troupe;

namespace digest_cases {

TEST(digest, sha256_is_that_of_the_standard) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_NE(sha256(std::string_view{"a\0b", 3}), sha256("a"));
}

TEST(digest, bytes_come_back_from_their_digits) {
  const std::string bytes{"\x00\x7F\x80\xFF", 4};
  EXPECT_EQ(hex(bytes), "007f80ff");
  EXPECT_EQ(from_hex("007f80ff"), bytes);
  EXPECT_EQ(from_hex("007F80FF"), bytes);
  EXPECT_EQ(from_hex(""), "");
  for (const auto* bad : {"0", "0g", "g0", "-1", "+1", " 1", "0x", "12 "})
    EXPECT_FALSE(from_hex(bad)) << bad;
}

} // namespace digest_cases
