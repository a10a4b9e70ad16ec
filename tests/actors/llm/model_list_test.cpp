// What comes of questions to models says something of their providers, or does not.
#include "actors/model_list.hpp"

#include <gtest/gtest.h>

using namespace troupe;

namespace model_list_cases {

TEST(model_list, only_what_the_provider_did_counts_for_its_breaker) {
  model_reply said;
  EXPECT_EQ(model_list::sign_of(said), call_sign::good);
  said.cached = cache_hit::exact;
  EXPECT_EQ(model_list::sign_of(said), call_sign::nothing);
  said.cached = cache_hit::none;
  // It was asked too often, or not at all.
  for (const auto why : {model_error::rate_limited, model_error::over_budget}) {
    said.error = why;
    EXPECT_EQ(model_list::sign_of(said), call_sign::nothing) << to_string(why);
  }
  // The provider has looked at it, or nobody has.
  said.error = model_error::context_too_long;
  EXPECT_EQ(model_list::sign_of(said), call_sign::good);
  said.unsent = true;
  EXPECT_EQ(model_list::sign_of(said), call_sign::nothing);
  said.unsent = false;
  for (const auto why : {model_error::overloaded, model_error::broken, model_error::unreachable,
                         model_error::timeout}) {
    said.error = why;
    EXPECT_EQ(model_list::sign_of(said), call_sign::bad) << to_string(why);
  }
}

} // namespace model_list_cases
