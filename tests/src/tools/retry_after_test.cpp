#include "src/tools/retry_after.hpp"

#include <gtest/gtest.h>

namespace retry_after_cases {

using namespace troupe::tools;
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::system_clock;

/// 1994-11-06T08:49:37Z, the moment of the standard's own examples.
const auto now = system_clock::from_time_t(784111777);

TEST(retry_after, is_read_as_seconds) {
  EXPECT_EQ(parse_retry_after("7", now), 7s);
  EXPECT_EQ(parse_retry_after("0.5", now), 500ms);
  EXPECT_EQ(parse_retry_after("120 ", now), 120s);
  EXPECT_EQ(parse_retry_after("0", now), 0ms);
}

TEST(retry_after, is_read_as_a_date_in_each_of_its_three_forms) {
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", now), 60s);
  EXPECT_EQ(parse_retry_after("Sunday, 06-Nov-94 08:50:37 GMT", now), 60s);
  EXPECT_EQ(parse_retry_after("Sun Nov  6 08:50:37 1994", now), 60s);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:36 GMT", now), 0ms);
}

TEST(retry_after, is_never_more_than_an_hour) {
  EXPECT_EQ(parse_retry_after("86400", now), 1h);
  EXPECT_EQ(parse_retry_after("9" + std::string(400, '9'), now), 1h);
  EXPECT_EQ(parse_retry_after("Mon, 07 Nov 1994 08:49:37 GMT", now), 1h);
  EXPECT_EQ(parse_retry_after("Fri, 31 Dec 9999 00:00:00 GMT", now), 1h);
}

TEST(retry_after, is_nothing_when_it_is_neither) {
  for (const auto* text : {"", "-5", "+5", " ", "soon", "inf", "nan", "Sun, 99 Nov", "\x01"})
    EXPECT_EQ(parse_retry_after(text, now), 0ms) << text;
}

TEST(retry_after, counts_from_the_date_of_the_response) {
  http_response r;
  r.headers = {{"date", "Sun, 06 Nov 1994 08:49:37 GMT"},
               {"retry-after", "Sun, 06 Nov 1994 08:49:47 GMT"}};
  EXPECT_EQ(retry_after(r), 10s);
  r.headers.emplace_back("retry-after-ms", "1500");
  EXPECT_EQ(retry_after(r), 1500ms);
  EXPECT_EQ(retry_after(http_response{}), 0ms);
}

} // namespace retry_after_cases
