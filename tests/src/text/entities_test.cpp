#include "src/text/entities.hpp"

#include <gmock/gmock.h>
#include <random>

namespace troupe::text {
namespace {

using found = std::vector<std::pair<std::string, std::string>>;

found in(std::string_view message, const std::vector<gazetteer_entry>& gazetteer = {},
         const std::vector<id_prefix>& ids = {}) {
  found out;
  for (const auto& one : entity_extractor(gazetteer, ids).extract(message)) {
    EXPECT_LT(one.begin, one.end);
    EXPECT_LE(one.end, message.size());
    out.emplace_back(one.type, one.value);
  }
  return out;
}

TEST(entities, order_numbers) {
  EXPECT_EQ(in("where is order #12345?"), (found{{"order", "12345"}}));
  EXPECT_EQ(in("cancel purchase 00004587345"), (found{{"order", "00004587345"}}));
  EXPECT_EQ(in("my order number is A-7781 thanks"), (found{{"order", "A-7781"}}));
  EXPECT_EQ(in("ORD-2024-17 and #9981"), (found{{"order", "ORD-2024-17"}, {"order", "9981"}}));
  EXPECT_EQ(in("I want to order 3 shirts"), found{});
}

TEST(entities, ids_that_begin_as_declared) {
  const std::vector<id_prefix> ids{{"order", "LF"}, {"refund", "RF"}};
  const auto with = [&](std::string_view message) { return in(message, {}, ids); };
  const found order{{"order", "LF-10234"}};
  for (const auto* message :
       {"cancel LF-10234", "LF-10234", "LF-10234 cancel pls", "please stop (LF-10234), ok?",
        "where is lf-10234?", "cancel order LF-10234.", "my order number is LF-10234!",
        "it's #LF-10234"})
    EXPECT_EQ(with(message), order) << message;
  EXPECT_EQ(with("cancel #10234 and LF-10235"), (found{{"order", "10234"}, {"order", "LF-10235"}}));
  EXPECT_EQ(with("did RF-90001 for order LF-10234 go out on 2024-03-05 with $12.50?"),
            (found{{"refund", "RF-90001"},
                   {"order", "LF-10234"},
                   {"date", "2024-03-05"},
                   {"money", "12.50 USD"}}));
  for (const auto* message : {"I had COVID-19", "open 24-7?", "send it to DE-10115", "ISO-9001",
                              "SELF-10234", "LF-", "LF10234", "LF 10234", "LF-X", "on 24-7 LF"})
    EXPECT_EQ(with(message), found{}) << message;
  EXPECT_EQ(with("$24 on 2024-07-24"), (found{{"money", "24.00 USD"}, {"date", "2024-07-24"}}));
  EXPECT_EQ(in("I had COVID-19", {}, {{"illness", "covid"}}), (found{{"illness", "COVID-19"}}))
      << "whoever declares it gets it";
  EXPECT_EQ(in("cancel LF-10234"), found{}) << "nobody has said that this is an order";
  EXPECT_EQ(in("RMA-EU-77 or RMA-77", {}, {{"return", "RMA-EU"}}),
            (found{{"return", "RMA-EU-77"}}));
  const std::vector<id_prefix> nothing{{"order", ""}};
  EXPECT_THROW((entity_extractor{{}, nothing}), std::invalid_argument);
}

TEST(entities, marked_ids) {
  EXPECT_EQ(
      in("charge txn_8f3A92 on inv-0042, sub_19"),
      (found{{"transaction", "txn_8f3A92"}, {"invoice", "INV-0042"}, {"subscription", "sub_19"}}));
  EXPECT_EQ(in("invoice no. 77 and subscription id: 4410"),
            (found{{"invoice", "77"}, {"subscription", "4410"}}));
  EXPECT_EQ(in("a sub-par txn"), found{});
}

TEST(entities, money) {
  EXPECT_EQ(in("you took $1,234.5 twice"), (found{{"money", "1234.50 USD"}}));
  EXPECT_EQ(in("\u20AC20 or 15\u20AC or 9.99 euros"),
            (found{{"money", "20.00 EUR"}, {"money", "15.00 EUR"}, {"money", "9.99 EUR"}}));
  EXPECT_EQ(in("refund 49 dollars and \u00A3 3"),
            (found{{"money", "49.00 USD"}, {"money", "3.00 GBP"}}));
  EXPECT_EQ(in("I have 12 cats and 007 dollars"), (found{{"money", "7.00 USD"}}));
}

TEST(entities, dates) {
  EXPECT_EQ(in("on 2024-03-05"), (found{{"date", "2024-03-05"}}));
  EXPECT_EQ(in("2024-03-05T10:00"), (found{{"date", "2024-03-05"}}));
  EXPECT_EQ(in("by March 5th, 2024"), (found{{"date", "2024-03-05"}}));
  EXPECT_EQ(in("the 5th of march or 6 Apr 2023"),
            (found{{"date", "--03-05"}, {"date", "2023-04-06"}}));
  EXPECT_EQ(in("3/5/2024 25/12/2024 24.12.2024"),
            (found{{"date", "2024-03-05"}, {"date", "2024-12-25"}, {"date", "2024-12-24"}}));
  EXPECT_EQ(in("2024-02-30 and 2023-02-29 and may i march"), found{});
}

TEST(entities, email_and_phone) {
  EXPECT_EQ(in("mail Jo.Doe+x@Example.co.uk."), (found{{"email", "jo.doe+x@example.co.uk"}}));
  EXPECT_EQ(in("a@b and 3@4.5"), found{});
  EXPECT_EQ(in("call +44 20 7946 0958 or (555) 123-4567 or 555-123-4567"),
            (found{{"phone", "+442079460958"}, {"phone", "5551234567"}, {"phone", "5551234567"}}));
  EXPECT_EQ(in("555-1234"), (found{{"phone", "5551234"}}));
}

TEST(entities, names_from_a_gazetteer) {
  std::vector<gazetteer_entry> names{{"plan", "pro", {"pro plan", "professional"}},
                                     {"product", "desk lamp", {}}};
  EXPECT_EQ(in("move me to the PRO  plan", names), (found{{"plan", "pro"}}));
  EXPECT_EQ(in("my Desk-Lamp broke, professional opinion?", names),
            (found{{"product", "desk lamp"}, {"plan", "pro"}}));
  EXPECT_EQ(in("protest", names), found{});
  EXPECT_THROW(entity_extractor(std::vector<gazetteer_entry>{{"", "x", {}}}),
               std::invalid_argument);
}

TEST(entities, positions_point_into_the_message) {
  std::string message = "caf\u00E9 order number 12345, now";
  auto out = entity_extractor().extract(message);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(message.substr(out[0].begin, out[0].end - out[0].begin), "12345");
}

TEST(entities, any_bytes_give_ordered_disjoint_entities) {
  std::mt19937 dice(5);
  const std::string alphabet = "0123456789-+()#$@._/ ,:Tordeinvxmayth\xE2\x82\xAC\xFF";
  entity_extractor any(std::vector<gazetteer_entry>{{"plan", "rd", {"or d"}}});
  for (int round = 0; round < 3000; ++round) {
    std::string bytes(dice() % 120, '\0');
    for (auto& byte : bytes)
      byte = alphabet[dice() % alphabet.size()];
    std::size_t last = 0;
    for (const auto& one : any.extract(bytes)) {
      ASSERT_GE(one.begin, last);
      ASSERT_GT(one.end, one.begin);
      ASSERT_LE(one.end, bytes.size());
      last = one.end;
    }
  }
}

} // namespace
} // namespace troupe::text
