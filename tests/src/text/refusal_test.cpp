#include "src/text/refusal.hpp"
#include "text_fixture.hpp"

#include "src/text/decompose.hpp"

#include <gmock/gmock.h>

namespace troupe::text {
namespace {

using testing::desk;

TEST(refusal, is_told_from_a_request) {
  for (auto clause : {
           "Don't cancel my order",
           "don’t cancel my order",
           "dont cancel my order",
           "DO NOT cancel my order!",
           "Please don't cancel my order",
           "please do not, under any circumstances, cancel it",
           "Hello, well, ok please kindly do not cancel my order",
           "don't delete my account",
           "Do not upgrade me",
           "Don't you dare cancel my order",
           "Never cancel my order",
           "please never ever cancel my order",
           "Under no circumstances cancel my order",
           "Let's not cancel it",
           "Could you please not cancel my order?",
           "Would you not refund me",
           "Make sure you don't cancel my order",
           "You don't need to cancel my order",
           "you must not cancel my order",
           "There is no need to refund me",
           "Stop cancelling my order",
           "stop the refund",
           "please stop my upgrade",
           "About my order: don't cancel it",
           "my order 4711 please don't cancel it",
           "I do not want a refund",
           "I really don't want any refund",
           "I don't want the upgrade",
           "I do not want to cancel my order",
           "I don't want you to cancel my order",
           "I no longer want to cancel my order",
           "I no longer want you to upgrade me",
           "We never want to upgrade",
           "I would not like to upgrade",
           "I wouldn't like a refund",
           "I don't want my order cancelled",
           "I don't need my money to be refunded, please",
           "I don't want to be refunded",
           "I've decided not to cancel my order",
           "I'd rather not upgrade",
           "I never asked for a refund",
           "I didn't ask you to cancel my order",
           "I did not ask to be upgraded",
           "I have not requested a refund",
           "I'm not asking for a refund",
           "I am not trying to cancel my order",
           "Nobody asked you to cancel it",
           "I never said you should cancel LF-10241",
           "I didn't tell you to cancel my order",
           "we have not agreed to upgrade",
       })
    EXPECT_TRUE(refuses(clause)) << clause;
}

TEST(refusal, leaves_ordinary_negations_alone) {
  for (auto clause : {
           "cancel my order",
           "I can't log in",
           "I cannot cancel my order",
           "my order did not arrive",
           "my card doesn't work",
           "I don't know how to cancel my order",
           "don't know how to cancel my order",
           "I do not understand why I was charged",
           "I don't want my order anymore",
           "I don't want my order any more",
           "I do not want this subscription any longer",
           "I don't want a subscription anymore",
           "I no longer want my subscription",
           "I no longer need the newsletter",
           "I don't want it",
           "I do not want order 113542617735902",
           "I don't want the order I placed",
           "I don't want the last item I ordered",
           "I don't like the item I received",
           "I don't want to be charged again",
           "I don't want to keep my subscription",
           "I do not want to pay for this any longer",
           "I don't want to receive your newsletter",
           "why don't you refund me",
           "why was my order not cancelled",
           "don't you have a cheaper plan",
           "don't I get a refund",
           "can you not see my order",
           "I haven't received my refund",
           "I never received my order",
           "never received my order",
           "never got my refund",
           "I don't recognise this charge",
           "I did not make this payment",
           "I don't have an account",
           "don't forget to cancel my order",
           "don't let me forget to cancel my order",
           "please don't hesitate to cancel it",
           "Never mind",
           "stop my subscription",
           "stop sending me the newsletter",
           "stop charging me",
           "if you don't refund me I will leave",
           "the order that I did not ask for",
           "my order is not here",
           "is there no refund",
           "there is no refund on my card",
           "no",
           "don't",
           "",
           "\xFF not",
       })
    EXPECT_FALSE(refuses(clause)) << clause;
}

TEST(refusal, is_named_and_not_trusted) {
  for (auto message : {"Please don't cancel my order.", "I do not want you to cancel my order",
                       "Hello. Don't cancel my order, please"}) {
    auto what = desk().classify(message);
    EXPECT_EQ(what.intent, "cancel_order") << message;
    EXPECT_FALSE(what.accepted) << message;
    EXPECT_EQ(what.confidence, 0) << message;
    EXPECT_TRUE(desk().named(message).accepted) << message;
    for (const auto& one : decompose(desk(), message))
      EXPECT_FALSE(one.what.accepted) << message;
  }
  EXPECT_TRUE(desk().classify("I don't know how to cancel my order").accepted);
}

TEST(refusal, of_one_thing_leaves_the_other_wish) {
  auto out = decompose(desk(), "Don't cancel my order, but please reset my password");
  ASSERT_EQ(out.size(), 2U);
  EXPECT_FALSE(out[0].what.accepted);
  EXPECT_EQ(out[1].what.intent, "reset_password");
  EXPECT_TRUE(out[1].what.accepted);
  out = decompose(desk(), "reset my password. Don't cancel my order");
  ASSERT_EQ(out.size(), 2U);
  EXPECT_TRUE(out[0].what.accepted);
  EXPECT_FALSE(out[1].what.accepted);
}

TEST(refusal, reaches_what_is_added_with_and) {
  for (auto message : {"I don't want to cancel my order and reset my password",
                       "Don't cancel my order & reset my password"})
    for (const auto& one : decompose(desk(), message))
      EXPECT_FALSE(one.what.accepted) << message << ": " << one.text;
  auto out = refused_parts("Don't cancel my order and please reset my password and tell me");
  EXPECT_EQ(out.size(), 1U);
}

TEST(refusal, takes_back_what_was_said_before) {
  for (auto message :
       {"Cancel my order. Actually no, keep it.", "Cancel my order, no wait, leave it as it is",
        "cancel my order... never mind!",
        "Please cancel my order. On second thought, forget it."}) {
    EXPECT_FALSE(desk().classify(message).accepted) << message;
    for (const auto& one : decompose(desk(), message))
      EXPECT_FALSE(one.what.accepted && one.what.intent == "cancel_order") << message;
  }
  // Only what stands before it, and only what is nothing else.
  EXPECT_TRUE(refused_parts("Never mind").empty());
  EXPECT_TRUE(refused_parts("I ordered it. Please keep it safe").empty());
  EXPECT_TRUE(refused_parts("I changed my mind, cancel my order").empty());
  const auto out = refused_parts("reset my password. Cancel my order and tell me. Actually no");
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out[0].begin, std::string_view{"reset my password. "}.size());
}

TEST(refusal, takes_anything) {
  std::string many;
  for (int at = 0; at < 3000; ++at)
    many += at % 2 ? "don't, " : "(never: ";
  EXPECT_LE(refused_parts(many).size(), 64U);
  EXPECT_NO_THROW(desk().classify(many));
  EXPECT_NO_THROW(refuses(std::string(1 << 20, '(')));
}

} // namespace
} // namespace troupe::text
