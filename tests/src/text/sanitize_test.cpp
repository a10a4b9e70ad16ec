#include "src/text/sanitize.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

using namespace troupe;
using namespace troupe::text;

namespace {

std::string cleaned(const std::vector<std::string>& rules, std::string x,
                    const std::vector<sanitize_rule>& declared = {}) {
  taken_out taken;
  sanitizer{rules, declared}.apply(x, taken);
  return x;
}

struct row {
  const char* rule;
  std::string given;
  std::string left;
};

} // namespace

TEST(sanitize, built_in_rules) {
  const std::vector<row> table{
      {"control_characters", "a\x01\x02 b\tc\n", "a b\tc\n"},
      {"control_characters", std::string{"a\0b", 3}, "ab"},
      {"control_characters", "pay\u202Eelbaton\u200B", "payelbaton"},
      {"control_characters", "Grüße, 日本", "Grüße, 日本"},
      {"html_tags", "<b>bold</b> & <a href='x'>link</a>", "bold & link"},
      {"html_tags", "x<script>alert('<b>')</script>y", "xy"},
      {"html_tags", "<scr<b>ipt>alert(1)</scr</b>ipt>!", "!"},
      {"html_tags", "x<!-- hidden -->y", "xy"},
      {"html_tags", "1 < 2 and 3 > 2", "1 < 2 and 3 > 2"},
      {"html_tags", "x<img src=y onerror=alert(1)", "x< img src=y onerror=alert(1)"},
      {"html_tags", "x</a <!--y", "x< /a < !--y"},
      {"card_numbers", "card 4111 1111 1111 1111.", "card [card number]."},
      {"card_numbers", "5500-0000-0000-0004 and 340000000000009",
       "[card number] and [card number]"},
      {"card_numbers", "4111 1111 1111 1111 12/27, 123", "[card number] 12/27, 123"},
      {"card_numbers", "12 4111111111111111 123", "12 [card number] 123"},
      {"card_numbers", "4111-1111-1111-1111-22 3782 822463 10005 1234",
       "[card number]-22 [card number] 1234"},
      {"card_numbers", "4111111111111112 4111\u00A01111\u00A01111\u00A01111",
       "4111111111111112 [card number]"},
      {"card_numbers", "1 2 3 4 5 6 7 8 9 10 11", "1 2 3 4 5 6 7 8 9 10 11"},
      {"card_numbers", "4111111111111112 is no card", "4111111111111112 is no card"},
      {"card_numbers", "order 12345, +1 202 555 0147", "order 12345, +1 202 555 0147"},
      {"card_numbers", "41111111111111111111111111", "41111111111111111111111111"},
      {"credentials", "use ghp_0123456789abcdefghijABCDEFGHIJ012345 now", "use [credential] now"},
      {"credentials", "Authorization: Bearer abcdef0123456789",
       "Authorization: Bearer [credential]"},
      {"credentials", "password = hunter22, thanks", "password = [credential], thanks"},
      {"credentials", "DB_PASSWORD=hunter22 userPassword: hunter22",
       "DB_PASSWORD=[credential] userPassword: [credential]"},
      {"credentials", R"({"password": "hun[ter 22"})", R"({"password": "[credential]"})"},
      {"credentials", "api_key: 'abc def'", "api_key: '[credential]'"},
      {"credentials", "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG",
       "AWS_SECRET_ACCESS_KEY=[credential]"},
      {"credentials", "Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic [credential]"},
      {"credentials", "a basic understanding", "a basic understanding"},
      {"credentials", "AKIAIOSFODNN7EXAMPLE", "[credential]"},
      {"credentials", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- after",
       "[credential] after"},
      {"credentials", "I forgot my password", "I forgot my password"},
  };
  for (const auto& r : table)
    EXPECT_EQ(cleaned({r.rule}, r.given), r.left) << r.rule << ": " << r.given;
}

TEST(sanitize, declared_rules_replace_and_are_counted) {
  const std::vector<sanitize_rule> declared{{"accounts", R"(\b(ACC)-\d+)", "\\1-x"}};
  json x{{"a", {"ACC-12", "ACC-3 ACC-4"}}, {"ACC-5", 7}};
  taken_out taken;
  sanitizer{std::vector<std::string>{"accounts"}, declared}.apply(x, taken);
  EXPECT_EQ(x, (json{{"a", {"ACC-x", "ACC-x ACC-x"}}, {"ACC-5", 7}}));
  EXPECT_EQ(taken, (taken_out{{"accounts", 3}}));
}

TEST(sanitize, refuses_what_cannot_be_a_rule) {
  EXPECT_THROW(cleaned({"no_such"}, ""), std::runtime_error);
  EXPECT_NE(sanitizer::problem_of({"a", "(", ""}), "");
  EXPECT_NE(sanitizer::problem_of({"a", "x", "\\3"}), "");
  EXPECT_NE(sanitizer::problem_of({"a", "x*", ""}), "") << "it matches everywhere";
  EXPECT_NE(sanitizer::problem_of({"a", std::string(sanitizer::pattern_max + 1, 'x'), ""}), "");
  EXPECT_EQ(sanitizer::problem_of({"a", "x+", "y"}), "");
}

TEST(sanitize, survives_deep_and_broken_input) {
  std::string nest;
  for (int i = 0; i < 3000; ++i)
    nest += "<a";
  EXPECT_EQ(cleaned({"html_tags"}, nest + std::string(3000, '>')).find('<'), std::string::npos);
  EXPECT_EQ(cleaned({"control_characters", "html_tags", "card_numbers", "credentials"}, "\xff\xfe"),
            "\xff\xfe");
}
