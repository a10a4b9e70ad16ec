// How much smaller earlier steps' outcomes become on their way to an agent: on what the desks of
// examples/customer-support answer.
#include "policies/context_fit.hpp"
#include "policies/context_forward.hpp"
#include "policies/llm_talk.hpp"

#include <gtest/gtest.h>

#include <string>

using namespace troupe;

namespace {

/// Answers as they are written down below: one with `as` says the same as that earlier one.
json whole(std::string_view text) {
  auto out = json::parse(text);
  for (auto& x : out)
    if (x.contains("as")) {
      const auto confidence = x["confidence"];
      x = out[x["as"].get<std::size_t>()];
      x["confidence"] = confidence;
    }
  return out;
}

/// What that fleet answered to eight messages, step by step.
const json& answers() {
  static const json all = whole(R"json([
 {
  "text": "Regarding the Enterprise upgrade, the prorated cost for the remainder of your billing cycle is $125.00, which adds SSO, audit logs, custom SLAs, a 99.95% uptime guarantee, call recording, and an API. Would you like to proceed?",
  "data": {
   "current_plan": "pro",
   "days_in_cycle": 30,
   "days_left": 15,
   "features_added": [
    "SSO",
    "audit logs",
    "custom SLAs",
    "a 99.95% uptime guarantee",
    "call recording",
    "an API"
   ],
   "monthly_price": "$299.00",
   "proposed_plan": "enterprise",
   "prorated_cents": 12500,
   "prorated_cost": "$125.00",
   "quote_id": "Q-1",
   "source": "database",
   "status": "quoted",
   "valid_until": "2026-11-28"
  },
  "confidence": 0.95
 },
 {
  "text": "We found the duplicate charge and have issued a $49.00 refund to your card ending in 4242 — expect it within 3-5 business days. The two payments for pro were 3 seconds apart: our payment provider repeated the request.",
  "data": {
   "amount": "$49.00",
   "amount_cents": 4900,
   "context": {
    "refund": {
     "amount_cents": 4900,
     "id": "RF-9001"
    }
   },
   "duplicate_of": "txn_700102",
   "eta": "3-5 business days",
   "refund_id": "RF-9001",
   "refunds": [
    {
     "amount_cents": 4900,
     "duplicate_of": "txn_700102",
     "reference": "pro",
     "refund_id": "RF-9001",
     "seconds_apart": 3,
     "transaction_id": "txn_700103"
    }
   ],
   "source": "database",
   "status": "refunded",
   "transaction_id": "txn_700103"
  },
  "confidence": 0.9
 },
 {"as": 0, "confidence": 0.9},
 {
  "text": "Order LF-10200 (2 x H2 headset) is cancelled; nothing will be shipped. Its $178.00 can be refunded now.",
  "data": {
   "context": {
    "order_id": "LF-10200"
   },
   "order_id": "LF-10200",
   "refundable": "$178.00",
   "refundable_cents": 17800,
   "source": "database",
   "status": "cancelled"
  },
  "confidence": 0.9
 },
 {
  "text": "We have refunded $178.00 to your card ending in 4242 for order LF-10200 (refund RF-9002). Expect it within 3-5 business days.",
  "data": {
   "amount": "$178.00",
   "amount_cents": 17800,
   "context": {
    "refund": {
     "amount_cents": 17800,
     "id": "RF-9002"
    }
   },
   "eta": "3-5 business days",
   "order_id": "LF-10200",
   "refund_id": "RF-9002",
   "source": "database",
   "status": "refunded",
   "transaction_id": "txn_700104"
  },
  "confidence": 0.9
 },
 {
  "text": "I can't find an order LF-10201 on your account. Could you check the number? It looks like LF-10234.",
  "data": {
   "missing": [
    "order_id"
   ],
   "order_id": "LF-10201",
   "source": "rules",
   "status": "not_found"
  },
  "confidence": 0.5
 },
 {"as": 5, "confidence": 0.5},
 {
  "text": "Invoice INV-700104 over $178.00 is on its way to maya.lindqvist@mail.example. It is for order LF-10200, paid on 21 November 2026; all others are under Settings > Billing.",
  "data": {
   "amount": "$178.00",
   "amount_cents": 17800,
   "invoice": "INV-700104",
   "on": "2026-11-21",
   "reference": "LF-10200",
   "sent_to": "maya.lindqvist@mail.example",
   "source": "database",
   "status": "sent",
   "transaction_id": "txn_700104"
  },
  "confidence": 0.95
 },
 {
  "text": "You can return what you bought within 60 days of delivery for a full refund; orders that have not been shipped can be cancelled and are refunded at once. The return label is free, opened boxes are fine, and the money goes back to the card you paid with within 3-5 business days. Subscriptions run to the end of the paid month and are not refunded in part, except for charges made in error.",
  "data": {
   "return_days": 60,
   "source": "rules",
   "topic": "refund.policy"
  },
  "confidence": 0.95
 },
 {
  "text": "Our plans per month: Free ($0.00, 2 seats), Starter ($19.00, 5 seats), Pro ($49.00, 15 seats, shared inbox), Business ($129.00, 50 seats, call recording, API) and Enterprise ($299.00, SSO, audit logs, custom SLAs, 99.95% uptime guarantee).",
  "data": {
   "plans": [
    "free",
    "starter",
    "pro",
    "business",
    "enterprise"
   ],
   "source": "rules",
   "topic": "plan.compare"
  },
  "confidence": 0.85
 },
 {"as": 9, "confidence": 0.85},
 {
  "text": "Choose Forgotten password at larkfield.example/sign-in and enter your e-mail address. The link we send is good for one hour and lets you set a new password. If nothing arrives within ten minutes, look in the spam folder and check that it is the address you registered with.",
  "data": {
   "link_minutes": 60,
   "source": "rules",
   "topic": "account.recover_password"
  },
  "confidence": 0.9
 },
 {
  "text": "You can pay by Visa, Mastercard and American Express, PayPal, Apple Pay, Google Pay and SEPA direct debit; companies also by bank transfer against an invoice. The card on file ends in 4242; you can change it under Settings > Billing.",
  "data": {
   "card_last4": "4242",
   "methods": [
    "visa",
    "mastercard",
    "amex",
    "paypal",
    "apple_pay",
    "google_pay",
    "sepa",
    "bank_transfer"
   ],
   "source": "database",
   "topic": "billing.payment_methods"
  },
  "confidence": 0.9
 }
])json");
  return all;
}

std::size_t size_as(forwarding how) {
  std::size_t out = 0;
  for (const auto& x : answers())
    out += as_text(forwarded(x, how)).size();
  return out;
}

chat_message tool_said(const std::string& text) {
  return {
      chat_role::tool, as_text(json{{"text", text}, {"data", {{"order", "LF-10200"}}}}), {}, "c"};
}

} // namespace

TEST(context_forward,
     on_the_examples_contexts_structured_saves_three_fifths_and_summary_seven_tenths) {
  const auto full = static_cast<double>(size_as(forwarding::full));
  const auto structured = static_cast<double>(size_as(forwarding::structured));
  const auto summary = static_cast<double>(size_as(forwarding::summary));
  RecordProperty("structured_saves", std::to_string(1 - structured / full));
  RecordProperty("summary_saves", std::to_string(1 - summary / full));
  EXPECT_GE(1 - structured / full, 0.6);
  EXPECT_GE(1 - summary / full, 0.7);
  // What a next step cannot do without is still there.
  for (const auto& x : answers())
    for (const char* key : {"order_id", "refund_id", "quote_id", "status", "amount_cents"})
      if (x["data"].contains(key)) {
        EXPECT_EQ(forwarded(x, forwarding::structured)["data"][key], x["data"][key]) << key;
      }
}

TEST(context_forward, what_is_left_out_is_named_and_nested_data_alone_is_kept) {
  const json with{
      {"text", "short"},
      {"data",
       {{"id", 7}, {"list", std::string(10, 'x')}, {"deep", {{"a", std::string(500, 'y')}}}}}};
  const auto shown = forwarded(with, forwarding::structured);
  EXPECT_EQ(shown["data"]["id"], 7);
  EXPECT_EQ(shown["left_out"], json::array({"deep"}));
  const json only{{"text", "short"}, {"data", {{"deep", {{"a", std::string(500, 'y')}}}}}};
  EXPECT_TRUE(forwarded(only, forwarding::structured)["data"].contains("deep"));
}

TEST(context_fit, what_fits_is_left_alone) {
  std::vector<chat_message> talk{{chat_role::system, "Do it.", {}, {}},
                                 {chat_role::user, R"({"request":"please"})", {}, {}},
                                 tool_said("Here it is.")};
  const auto before = talk;
  EXPECT_EQ(fit_context(talk, 10000).shortened, 0u);
  EXPECT_EQ(talk, before);
}

TEST(context_fit, what_tools_said_first_is_shortened_first) {
  std::vector<chat_message> talk{{chat_role::system, "Do it.", {}, {}},
                                 {chat_role::user, R"({"request":"please"})", {}, {}}};
  for (int i = 0; i < 3; ++i) {
    talk.push_back({chat_role::assistant, "", {{"c", "look", json::object()}}, {}});
    talk.push_back(tool_said(std::string(3000, 'w') + "."));
  }
  const auto newest = talk.back().text;
  const auto done = fit_context(talk, 7000);
  EXPECT_EQ(done.shortened, 1u);
  EXPECT_LE(context_bytes(talk), 7000u);
  EXPECT_NE(talk[3].text.find("shortened"), std::string::npos);
  EXPECT_NE(talk[3].text.find("LF-10200"), std::string::npos);
  EXPECT_EQ(talk.back().text, newest);
  (void)fit_context(talk, 1500);
  EXPECT_LE(context_bytes(talk), 1500u);
}

TEST(context_fit, what_is_marked_as_data_stays_marked) {
  const json document{{"request", "Where is it?"},
                      {"context", {{"story", std::string(9000, 'x')}}}};
  std::vector<chat_message> talk{
      {chat_role::system, "Do.", {}, {}},
      {chat_role::user, as_data(document, "request"), {}, {}},
      {chat_role::tool,
       as_data({{"text", std::string(9000, 'y')}, {"data", {{"n", 1}}}}, "look"),
       {},
       "c"}};
  fit_context(talk, 2000);
  EXPECT_LT(talk[1].text.size(), 2000u);
  EXPECT_TRUE(talk[1].text.starts_with("<data of=\"request\">"));
  EXPECT_EQ(json::parse(inside_data(talk[1].text))["request"], "Where is it?");
  EXPECT_TRUE(talk[2].text.starts_with("<data of=\"look\">"));
  EXPECT_EQ(json::parse(inside_data(talk[2].text))["shortened"], true);
}

TEST(context_fit, the_request_is_never_cut) {
  const std::string request(2000, 'r');
  json document{{"request", request},
                {"input",
                 {{"note", std::string(50000, 'n')},
                  {"previous", {{"quote", {{"text", std::string(20000, 't')}}}}}}}};
  std::vector<chat_message> talk{{chat_role::system, "Do it.", {}, {}},
                                 {chat_role::user, as_text(document), {}, {}}};
  const auto done = fit_context(talk, 6000);
  EXPECT_LE(done.after, 6000u);
  EXPECT_EQ(done.after, context_bytes(talk));
  EXPECT_EQ(json::parse(talk[1].text)["request"], request);
}
