// How much the agents of the example are given to know, over the example's own messages: the whole
// node with the fleet's own domains, plans and triage, and its desks over their database.
#include "tests/examples/running/back_end.hpp"
#include "tests/examples/running/listening.hpp"
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace context_size_cases {

constexpr const char* folder = TROUPE_SOURCE_DIR "/examples/customer-support";

/// As elsewhere, where no tokenizer is at hand: a token is about four bytes.
constexpr std::size_t bytes_per_token = 4;

std::vector<std::pair<std::string, std::string>> messages() {
  std::vector<std::pair<std::string, std::string>> out;
  std::ifstream in{std::string{folder} + "/support/messages.tsv"};
  std::string row;
  std::getline(in, row); // Its header.
  while (std::getline(in, row))
    if (const auto tab = row.find('\t'); tab != std::string::npos)
      out.emplace_back(row.substr(0, tab), row.substr(tab + 1));
  return out;
}

std::size_t share(std::vector<std::size_t> sizes, double part) {
  std::sort(sizes.begin(), sizes.end());
  return sizes.at(static_cast<std::size_t>(part * static_cast<double>(sizes.size() - 1)));
}

TEST(context_size, what_an_agent_is_typically_shown_stays_within_five_hundred_tokens) {
  const back_end records;
  stage s;
  s.room.works["billing"] = s.room.works["billing_basic"] =
      records.desk(support::billing_services());
  s.room.works["account_executive"] = records.desk(support::sales_services());
  s.room.works["reviewer"] = records.desk(support::review_services());
  // The programs that look after orders say which one they have found.
  s.room.works["orders"] = s.room.works["fulfilment"] = [](const agent_call& x) {
    auto id = support::order_of(x);
    if (id.empty())
      id = "LF-10200";
    return say("Order " + id + " is on its way and arrives on Thursday, by post.",
               {{"source", "database"},
                {"status", "shipped"},
                {"order_id", id},
                {"context", {{"order_id", id}}}});
  };
  s.up(overheard_example());
  const char* tiers[] = {"gold", "standard", "free"};
  std::size_t n = 0;
  std::size_t answered = 0;
  for (const auto& [customer, text] : messages()) {
    auto r = wants("", text);
    // Everybody has one conversation, in which what becomes known stays known.
    r.context_id = "s" + customer;
    r.who = {customer, tiers[n++ % std::size(tiers)]};
    r.data = {{"context", {{"name", "Dr. Alexandra Featherstonehaugh"}}}};
    auto t = s->ask(r, 1s);
    for (const auto& q : s->questions())
      s->answer(q->id, say("A colleague has seen to it."));
    s->advance(1s);
    answered += t->done() ? 1 : 0;
  }
  EXPECT_GT(answered, n * 9 / 10);
  std::vector<std::size_t> context;
  std::vector<std::size_t> all;
  bool something = false;
  for (const auto& [name, call] : s.room.calls) {
    const auto bytes = call.context.is_null() ? 0 : as_text(call.context).size();
    something = something || call.context.contains("customer_id");
    context.push_back(bytes / bytes_per_token);
    all.push_back((bytes + call.text.size() + as_text(call.input).size()) / bytes_per_token);
  }
  ASSERT_GT(context.size(), 150u);
  EXPECT_TRUE(something);
  const auto note = [](const char* what, std::size_t tokens) {
    ::testing::Test::RecordProperty(what, static_cast<int>(tokens));
  };
  note("context_p50", share(context, 0.5));
  note("context_p95", share(context, 0.95));
  note("given_p50", share(all, 0.5));
  note("given_p95", share(all, 0.95));
  EXPECT_LE(share(context, 0.5), 500u);
  EXPECT_LE(share(context, 0.95), 500u);
  // With the text, and what the steps before have found.
  EXPECT_LE(share(all, 0.5), 500u);
  RecordProperty("calls", static_cast<int>(all.size()));
}

} // namespace context_size_cases
