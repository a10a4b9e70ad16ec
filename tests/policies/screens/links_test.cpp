// What leads somewhere.
#include "policies/screens/links.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::screens;

TEST(links, are_found_as_people_and_markup_write_them) {
  const auto found = links_in("see (https://a.example/x?y=1). <a href='//b.example/'>b</a> "
                              "www.c.example/z, mail d.e+f@g.example!");
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[0].target, "https://a.example/x?y=1");
  EXPECT_TRUE(found[0].carries);
  EXPECT_EQ(found[1].host, "b.example");
  EXPECT_EQ(found[2].host, "www.c.example");
  EXPECT_EQ(found[3].target, "d.e+f@g.example");
  EXPECT_TRUE(is_host_of("a.shop.example", {"Shop.example"}));
  EXPECT_FALSE(is_host_of("badshop.example", {"shop.example"}));
  EXPECT_FALSE(links_in("https://user@real.example:81/").empty());
  ASSERT_EQ(links_in("https:///a.example/x").size(), 1u);
  EXPECT_EQ(links_in("https:///a.example/x")[0].host, "a.example");
  EXPECT_EQ(links_in("https://user@real.example:81/")[0].host, "real.example");
}
