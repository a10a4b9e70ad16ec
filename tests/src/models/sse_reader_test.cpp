#include "src/models/sse_reader.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

using troupe::models::sse_reader;

namespace {

using events = std::vector<std::pair<std::string, std::string>>;

events read(const std::string& text, std::size_t piece) {
  events out;
  sse_reader reader;
  for (std::size_t at = 0; at < text.size(); at += piece)
    EXPECT_TRUE(reader.feed(std::string_view{text}.substr(at, piece),
                            [&](std::string_view name, std::string_view data) {
                              out.emplace_back(name, data);
                              return true;
                            }));
  return out;
}

} // namespace

TEST(sse_reader, events_are_the_same_however_the_bytes_come) {
  const std::string text = "\xEF\xBB\xBF: a comment\r\nevent: one\r\ndata: {\"a\":1}\r\n\r\n"
                           "data:x\ndata: y\nid: 7\n\n"
                           "event: empty\n\n"
                           "data\r\rdata: broken off";
  const events wanted{{"one", "{\"a\":1}"}, {"", "x\ny"}, {"", ""}};
  for (std::size_t piece : {1, 2, 3, 7, 1000})
    EXPECT_EQ(read(text, piece), wanted) << piece;
}

TEST(sse_reader, an_endless_event_is_refused) {
  sse_reader reader;
  const auto never = [](std::string_view, std::string_view) { return true; };
  const std::string piece(1 << 16, 'a');
  bool good = true;
  for (std::size_t fed = 0; good && fed < sse_reader::event_max * 2; fed += piece.size())
    good = reader.feed(piece, never);
  EXPECT_FALSE(good);

  sse_reader lines;
  good = true;
  for (std::size_t fed = 0; good && fed < sse_reader::event_max * 2; fed += piece.size())
    good = lines.feed("data: " + piece + "\n", never);
  EXPECT_FALSE(good);
}

TEST(sse_reader, stops_when_it_is_told_to) {
  sse_reader reader;
  int seen = 0;
  EXPECT_FALSE(reader.feed("data: 1\n\ndata: 2\n\n", [&](std::string_view, std::string_view) {
    ++seen;
    return false;
  }));
  EXPECT_EQ(seen, 1);
}
