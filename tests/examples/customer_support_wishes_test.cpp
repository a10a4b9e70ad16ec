// What the example makes of messages, with a model of its own examples.
#include "src/text/decompose.hpp"
#include "src/text/tsv.hpp"

#include <gmock/gmock.h>

namespace {

using namespace troupe;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const text::classifier& support_model() {
  static const auto trained =
      text::train(text::read_labelled(TROUPE_SOURCE_DIR "/examples/customer-support/support/"
                                                        "examples.tsv"));
  return trained;
}

/// The intents that are acted on, in their order.
std::vector<std::string> acted_on(std::string_view message) {
  std::vector<std::string> out;
  for (const auto& one : text::decompose(support_model(), message))
    if (one.what.accepted && one.what.intent != text::out_of_scope)
      out.push_back(one.what.intent);
  return out;
}

TEST(support_wishes, what_is_refused_is_not_done) {
  for (auto message :
       {"Don't cancel my order", "Please don't cancel my order", "don't delete my account",
        "Do not upgrade me", "I do not want a refund", "I never asked for a refund",
        "I don't want you to cancel my order", "stop the refund",
        "I don't want to cancel my subscription and get a refund",
        "I never said you should cancel LF-10241", "Cancel LF-10237. Actually no, keep it."}) {
    EXPECT_THAT(acted_on(message), IsEmpty()) << message;
    EXPECT_FALSE(support_model().classify(message).accepted) << message;
  }
  EXPECT_THAT(acted_on("Don't cancel my order, just change the address"),
              ElementsAre("change_shipping_address"));
}

TEST(support_wishes, ordinary_negations_are_understood) {
  EXPECT_THAT(acted_on("I can't log in"), ElementsAre("recover_password"));
  EXPECT_THAT(acted_on("my order did not arrive"), ElementsAre("delivery_problem"));
  EXPECT_THAT(acted_on("I don't know how to cancel my order"), ElementsAre("cancel_order"));
  EXPECT_THAT(acted_on("I don't want my order anymore"), ElementsAre("cancel_order"));
  EXPECT_THAT(acted_on("I do not want this subscription any longer"),
              ElementsAre("cancel_subscription"));
  EXPECT_THAT(acted_on("why don't you refund me"), ElementsAre("get_refund"));
  EXPECT_THAT(acted_on("I haven't received my refund"), ElementsAre("track_refund"));
  EXPECT_THAT(acted_on("I don't recognise this charge"), ElementsAre("billing_dispute"));
}

TEST(support_wishes, returns_and_addresses_are_told_apart) {
  EXPECT_THAT(acted_on("return LF-10217 please"), ElementsAre("get_refund"));
  EXPECT_THAT(acted_on("how can I change my e-mail address?"), ElementsAre("edit_account"));
  EXPECT_THAT(acted_on("how can I change my delivery address"),
              ElementsAre("change_shipping_address"));
  EXPECT_THAT(acted_on("how do I return my headset?"), ElementsAre("check_refund_policy"));
  EXPECT_THAT(acted_on("I didn't mean to order this, please cancel it"),
              ElementsAre("cancel_order"));
}

TEST(support_wishes, two_matters_are_two_in_either_order) {
  EXPECT_THAT(acted_on("I've been charged twice for my subscription and I want to upgrade to the "
                       "enterprise plan."),
              ElementsAre("billing_dispute", "upgrade_plan"));
  EXPECT_THAT(acted_on("I want to upgrade to the enterprise plan and I've been charged twice for "
                       "my subscription."),
              ElementsAre("upgrade_plan", "billing_dispute"));
  EXPECT_THAT(acted_on("I want to upgrade to the enterprise plan, I've been charged twice!!!"),
              ElementsAre("upgrade_plan", "billing_dispute"));
  EXPECT_THAT(acted_on("I want to cancel my subscription, I've been charged twice"),
              ElementsAre("cancel_subscription", "billing_dispute"));
  EXPECT_THAT(acted_on("I want a refund, my order arrived broken"), ElementsAre("get_refund"));
}

TEST(support_wishes, three_are_three) {
  EXPECT_THAT(acted_on("Cancel my order, refund me, and upgrade me to enterprise"),
              ElementsAre("cancel_order", "get_refund", "upgrade_plan"));
  EXPECT_THAT(acted_on("where is my parcel, when are you open, and what plan am I on"),
              ElementsAre("track_order", "contact_customer_service", "plan_status"));
  EXPECT_THAT(acted_on("track my order, upgrade me to business, and send me my invoice"),
              ElementsAre("track_order", "upgrade_plan", "get_invoice"));
}

TEST(support_wishes, two_stay_two_behind_another_sentence) {
  EXPECT_THAT(acted_on("I want to upgrade to the enterprise plan and when are you open?"),
              ElementsAre("upgrade_plan", "contact_customer_service"));
  EXPECT_THAT(acted_on("cancel my order LF-10200. Also I want to upgrade to the enterprise plan "
                       "and when are you open?"),
              ElementsAre("cancel_order", "upgrade_plan", "contact_customer_service"));
}

} // namespace
