#include "policies/access.hpp"

#include "policies/refusal_book.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace access_cases {

timestamp at_ms(std::int64_t x) {
  return timestamp{milliseconds{1'700'000'000'000 + x}};
}

api_key with(std::vector<access_grant> grants) {
  api_key out;
  out.id = "0123456789abcdef";
  out.name = "test";
  out.made = at_ms(0);
  out.grants = std::move(grants);
  return out;
}

TEST(access, a_domain_holds_the_domains_within_it_and_no_others) {
  EXPECT_TRUE(is_within("support", "support"));
  EXPECT_TRUE(is_within("support/refunds", "support"));
  EXPECT_TRUE(is_within("support/refunds", ""));
  EXPECT_FALSE(is_within("support", "support/refunds"));
  EXPECT_FALSE(is_within("supporters", "support"));
  EXPECT_FALSE(is_within("", "support"));
  EXPECT_TRUE(is_within("", ""));
}

TEST(access, a_scope_of_several_domains_holds_what_each_of_them_holds) {
  const domain_scope scope{"support", "sales/eu"};
  EXPECT_TRUE(is_within("support/refunds", scope));
  EXPECT_TRUE(is_within("sales/eu", scope));
  EXPECT_FALSE(is_within("sales", scope));
  EXPECT_FALSE(is_within("", scope));
  EXPECT_TRUE(is_within("anything", domain_scope{}));
}

TEST(access, the_scope_of_a_key_is_all_that_it_is_allowed) {
  const auto key = with({{access_scope::read, "support"},
                         {access_scope::submit, "sales"},
                         {access_scope::admin, "hr"}});
  EXPECT_EQ(scope_of(key, access_scope::read), (domain_scope{"support", "hr"}));
  EXPECT_EQ(scope_of(key, access_scope::operate), (domain_scope{"hr"}));
  const auto reader = with({{access_scope::read, "support"}, {access_scope::read, ""}});
  EXPECT_EQ(scope_of(reader, access_scope::read), domain_scope{});
  EXPECT_EQ(scope_of(reader, access_scope::submit), std::nullopt);
}

TEST(access, a_scope_is_good_for_its_domain_only) {
  const auto key = with({{access_scope::read, "support"}, {access_scope::submit, "sales"}});
  EXPECT_TRUE(allows(key, access_scope::read, "support/refunds"));
  EXPECT_FALSE(allows(key, access_scope::read, "sales"));
  EXPECT_TRUE(allows(key, access_scope::submit, "sales"));
  EXPECT_FALSE(allows(key, access_scope::submit, "support"));
  EXPECT_FALSE(allows(key, access_scope::read, ""));
  EXPECT_TRUE(allows_somewhere(key, access_scope::read));
  EXPECT_FALSE(allows_somewhere(key, access_scope::operate));
}

TEST(access, admin_of_a_domain_holds_every_scope_there_and_none_elsewhere) {
  const auto key = with({{access_scope::admin, "support"}});
  for (const auto what : {access_scope::read, access_scope::submit, access_scope::answer,
                          access_scope::operate, access_scope::admin}) {
    EXPECT_TRUE(allows(key, what, "support/refunds"));
    EXPECT_FALSE(allows(key, what, "sales"));
    EXPECT_FALSE(allows(key, what, ""));
    EXPECT_TRUE(allows_somewhere(key, what));
  }
}

TEST(access, nobody_gives_what_he_does_not_administer) {
  const auto team = with({{access_scope::admin, "support"}, {access_scope::read, ""}});
  EXPECT_TRUE(administers(team, with({{access_scope::operate, "support/refunds"}})));
  EXPECT_FALSE(administers(team, with({{access_scope::read, ""}})));
  EXPECT_FALSE(
      administers(team, with({{access_scope::read, "support"}, {access_scope::read, "sales"}})));
  EXPECT_TRUE(administers(with({{access_scope::admin, ""}}), with({{access_scope::admin, ""}})));
}

TEST(access, a_key_ends_when_it_is_revoked_or_its_time_is_over) {
  auto key = with({{access_scope::read, ""}});
  EXPECT_EQ(standing_of(key, at_ms(1'000'000'000)), key_standing::good);
  key.expires = at_ms(10);
  EXPECT_EQ(standing_of(key, at_ms(9)), key_standing::good);
  EXPECT_EQ(standing_of(key, at_ms(10)), key_standing::expired);
  key.revoked = at_ms(5);
  EXPECT_EQ(standing_of(key, at_ms(1)), key_standing::revoked);
}

TEST(access, grants_as_text) {
  EXPECT_EQ(parse_grant("read"), (access_grant{access_scope::read, ""}));
  EXPECT_EQ(parse_grant("answer:support/refunds"),
            (access_grant{access_scope::answer, "support/refunds"}));
  for (const char* bad : {"", "reads", "read:", "read:/support", "read:support/", "read:a//b",
                          "read:a b", "READ", ":support", "read:a:b"})
    EXPECT_FALSE(parse_grant(bad)) << bad;
  EXPECT_EQ(to_text({access_scope::submit, "sales"}), "submit:sales");
  EXPECT_EQ(to_text({access_scope::admin, ""}), "admin");
}

TEST(access, what_is_wrong_with_a_wanted_key_is_said) {
  auto key = with({{access_scope::read, ""}});
  EXPECT_EQ(flaw_of(key), "");
  key.name = "two\nlines";
  EXPECT_NE(flaw_of(key), "");
  key.name = std::string(129, 'x');
  EXPECT_NE(flaw_of(key), "");
  key.name = "fine";
  key.expires = key.made;
  EXPECT_NE(flaw_of(key), "");
  key.expires = timestamp::max();
  key.grants.clear();
  EXPECT_NE(flaw_of(key), "");
  key.grants.assign(65, {access_scope::read, ""});
  EXPECT_NE(flaw_of(key), "");
}

TEST(refusal_book, puts_off_who_comes_too_often_and_nobody_else) {
  refusal_book book;
  for (int i = 0; i < 20; ++i)
    EXPECT_FALSE(book.refused("10.0.0.1", at_ms(i)).put_off) << i;
  const auto last = book.refused("10.0.0.1", at_ms(30));
  EXPECT_TRUE(last.put_off);
  EXPECT_EQ(last.retry_after, milliseconds{1000});
  EXPECT_FALSE(book.refused("10.0.0.2", at_ms(30)).put_off);
  EXPECT_FALSE(book.refused("10.0.0.1", at_ms(1100)).put_off);
  EXPECT_TRUE(book.refused("10.0.0.1", at_ms(1101)).put_off);
}

TEST(refusal_book, puts_little_on_record_and_loses_no_count) {
  refusal_book book;
  std::uint64_t records = 0, refusals = 0;
  for (int i = 0; i < 100000; ++i) {
    const auto said = book.refused("10.0.0.1", at_ms(i)).to_record;
    records += said > 0;
    refusals += said;
  }
  EXPECT_EQ(records, 10u);
  // All but those since the last record.
  EXPECT_GE(refusals, 90000u);
  EXPECT_EQ(refusals + book.refused("10.0.0.1", at_ms(200000)).to_record, 100001u);
}

TEST(refusal_book, an_attack_from_everywhere_takes_bounded_memory_and_few_records) {
  refusal_book book;
  std::uint64_t records = 0, put_off = 0;
  for (int i = 0; i < 50000; ++i) {
    const auto said = book.refused("2001:db8::" + std::to_string(i), at_ms(i / 50));
    records += said.to_record > 0;
    put_off += said.put_off;
  }
  EXPECT_LE(book.sources(), 1025u);
  EXPECT_LE(records, 21u);
  EXPECT_GE(put_off, 48000u);
  // When it is over the sources are forgotten, and new ones are treated by themselves again.
  EXPECT_FALSE(book.refused("10.0.0.1", at_ms(100000)).put_off);
  EXPECT_LE(book.sources(), 2u);
}

} // namespace access_cases
} // namespace troupe
