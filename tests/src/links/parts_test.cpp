// The parts of a link that need no socket.
#include "src/links/framing.hpp"
#include "src/links/outbox.hpp"
#include "src/links/recurring.hpp"
#include "src/links/settings.hpp"
#include "src/wire/frames.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace {

using namespace troupe;
using namespace troupe::links;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

void feed(frame_reader& to, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto space = to.space();
    const auto n = std::min(space.size(), bytes.size());
    std::memcpy(space.data(), bytes.data(), n);
    to.filled(n);
    bytes.remove_prefix(n);
  }
}

TEST(framing, frames_come_out_as_they_went_in_however_they_are_cut) {
  const std::string long_body(100000, 'x');
  const auto bytes = make_frame(frame_type::hello, "h") + make_frame(frame_type::beat, "") +
                     make_frame(frame_type::batch, long_body) +
                     make_frame(frame_type::goodbye, "g");
  for (const std::size_t piece :
       {std::size_t{1}, std::size_t{7}, std::size_t{4096}, bytes.size()}) {
    frame_reader reader{1u << 20};
    std::vector<std::pair<frame_type, std::string>> got;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      feed(reader, std::string_view{bytes}.substr(at, piece));
      while (const auto f = reader.next())
        got.emplace_back(f->type, f->body);
    }
    ASSERT_EQ(got.size(), 4u) << piece;
    EXPECT_EQ(got[0], std::pair(frame_type::hello, std::string{"h"}));
    EXPECT_EQ(got[1], std::pair(frame_type::beat, std::string{}));
    EXPECT_EQ(got[2], std::pair(frame_type::batch, long_body));
    EXPECT_EQ(got[3], std::pair(frame_type::goodbye, std::string{"g"}));
    EXPECT_EQ(reader.error(), "");
  }
}

TEST(framing, a_frame_over_the_limit_is_an_error_before_it_takes_memory) {
  frame_reader reader{4096};
  feed(reader, std::string{"\xff\xff\xff\xff\x02", 5});
  EXPECT_FALSE(reader.next());
  EXPECT_THAT(reader.error(), HasSubstr("4294967295 bytes, of which at most 4096"));
  frame_reader exact{4};
  feed(exact, make_frame(frame_type::batch, "1234"));
  EXPECT_TRUE(exact.next());
  feed(exact, make_frame(frame_type::batch, "12345"));
  EXPECT_FALSE(exact.next());
  EXPECT_NE(exact.error(), "");
}

TEST(framing, memory_follows_what_came_in_and_not_what_was_announced) {
  frame_reader reader{1u << 30};
  feed(reader, std::string{"\x3f\xff\xff\xff\x02", 5});
  EXPECT_FALSE(reader.next());
  EXPECT_LE(reader.space().size(), 64u << 10);
}

TEST(framing, an_unknown_type_is_an_error) {
  for (const char type : {0, 5, 127, -1}) {
    frame_reader reader{4096};
    feed(reader, std::string{"\0\0\0\0", 4} + type);
    EXPECT_FALSE(reader.next());
    EXPECT_THAT(reader.error(), HasSubstr("unknown type"));
  }
}

envelope letter(std::uint64_t number, std::size_t bytes = 10) {
  envelope x;
  x.number = number;
  x.from = {address_kind::node, "f"};
  x.to = {address_kind::node, "t"};
  x.kind = "k";
  x.body = std::string(bytes, 'b');
  return x;
}

/// The envelopes in a whole frame.
envelope_batch batch_in(const std::string& bytes) {
  frame_reader reader{bytes.size()};
  feed(reader, bytes);
  const auto f = reader.next();
  if (!f || f->type != frame_type::batch)
    return {};
  return *decode_batch(f->body);
}

TEST(outbox, what_gathers_is_one_frame_up_to_its_limit) {
  outbox box{{1u << 20, 4096, 1000}};
  for (std::uint64_t i = 1; i <= 100; ++i)
    ASSERT_EQ(box.offer(letter(i, 100)), offered::taken);
  std::uint64_t next = 1;
  std::size_t frames = 0;
  for (auto frame = box.take(); !frame.empty(); frame = box.take()) {
    EXPECT_LT(frame.size(), 1000u);
    for (const auto& x : batch_in(frame))
      EXPECT_EQ(x.number, next++);
    box.written(frame.size());
    ++frames;
  }
  EXPECT_EQ(next, 101u);
  EXPECT_LT(frames, 20u);
  EXPECT_EQ(box.bytes(), 0u);
}

TEST(outbox, an_envelope_over_what_gathers_has_a_frame_of_its_own) {
  outbox box{{1u << 20, 4096, 1000}};
  ASSERT_EQ(box.offer(letter(1)), offered::taken);
  ASSERT_EQ(box.offer(letter(2, 3000)), offered::taken);
  ASSERT_EQ(box.offer(letter(3)), offered::taken);
  EXPECT_EQ(batch_in(box.take()).size(), 1u);
  EXPECT_EQ(batch_in(box.take()).front().number, 2u);
  EXPECT_EQ(batch_in(box.take()).front().number, 3u);
}

TEST(outbox, says_no_instead_of_growing) {
  outbox box{{10000, 4096, 1000}};
  std::size_t taken = 0;
  while (box.offer(letter(1, 500)) == offered::taken)
    ++taken;
  EXPECT_GE(taken, 15u);
  EXPECT_LE(box.bytes(), 10000u);
  EXPECT_EQ(box.offer(letter(1, 500)), offered::busy);
  // What is being written still counts: the peer has not read it.
  const auto frame = box.take();
  EXPECT_EQ(box.offer(letter(1, 500)), offered::busy);
  box.written(frame.size());
  EXPECT_EQ(box.offer(letter(1, 500)), offered::taken);
}

TEST(outbox, an_envelope_over_the_frame_limit_is_never_taken) {
  outbox box{{1u << 20, 4096, 1000}};
  EXPECT_EQ(box.offer(letter(1, 4096)), offered::too_large);
  EXPECT_EQ(box.offer(letter(1, 5000)), offered::too_large);
  EXPECT_EQ(box.bytes(), 0u);
}

TEST(outbox, a_frame_holds_no_more_envelopes_than_a_reader_takes) {
  outbox box{{16u << 20, 8u << 20, 8u << 20}};
  for (std::size_t i = 0; i < max_batch_envelopes + 1; ++i)
    ASSERT_EQ(box.offer(letter(1, 0)), offered::taken);
  EXPECT_EQ(batch_in(box.take()).size(), max_batch_envelopes);
  EXPECT_EQ(batch_in(box.take()).size(), 1u);
}

TEST(outbox, takes_nothing_once_closed) {
  outbox box{{10000, 4096, 1000}};
  ASSERT_EQ(box.offer(letter(1)), offered::taken);
  box.close();
  EXPECT_EQ(box.offer(letter(2)), offered::unlinked);
  EXPECT_EQ(box.take(), "");
}

link_settings good() {
  link_settings s;
  s.node = "n1";
  s.certificate = "c";
  s.key = "k";
  s.authority = "a";
  return s;
}

TEST(link_settings, what_is_wrong_is_named) {
  EXPECT_THAT(good().validate(), IsEmpty());
  const auto with = [](auto change) {
    auto s = good();
    change(s);
    return s.validate();
  };
  const auto says = [](const char* text) { return Contains(HasSubstr(text)); };
  EXPECT_THAT(with([](auto& s) { s.node = "-x"; }), says("node must be"));
  EXPECT_THAT(with([](auto& s) { s.host = "example.org"; }), says("host must be"));
  EXPECT_THAT(with([](auto& s) { s.key.clear(); }), says("key is missing"));
  EXPECT_THAT(with([](auto& s) { s.frame_max_bytes = 1; }), says("frame_max_bytes"));
  EXPECT_THAT(with([](auto& s) { s.outbox_max_bytes = 1; }), says("outbox_max_bytes"));
  EXPECT_THAT(with([](auto& s) { s.heartbeats_missed = 1; }), says("heartbeats_missed"));
  EXPECT_THAT(with([](auto& s) { s.max_backoff = milliseconds{1}; }), says("max_backoff"));
}

TEST(link_settings, plaintext_is_for_loopback) {
  link_settings s;
  s.node = "n1";
  s.plaintext = true;
  EXPECT_THAT(s.validate(), IsEmpty());
  s.host = "::1";
  EXPECT_THAT(s.validate(), IsEmpty());
  for (const auto* host : {"0.0.0.0", "::", "192.0.2.1"}) {
    s.host = host;
    EXPECT_THAT(s.validate(), Contains(HasSubstr("loopback"))) << host;
  }
  s = good();
  s.plaintext = true;
  EXPECT_THAT(s.validate(), Contains(HasSubstr("exclude each other")));
}

TEST(link_settings, addresses_are_host_and_port) {
  EXPECT_EQ(split_address("n1.example:7421").host, "n1.example");
  EXPECT_EQ(split_address("n1.example:7421").port, 7421);
  EXPECT_EQ(split_address("[::1]:80").host, "::1");
  for (const auto* text : {"", "x", "x:", ":1", "x:0", "x:70000", "x:1y", "::1:80", "[]:1"})
    EXPECT_EQ(split_address(text).host, "") << text;
}

TEST(recurring, is_told_first_and_then_once_a_minute_with_the_count_of_the_rest) {
  recurring r;
  const auto began = recurring::steady::now();
  const auto at = [&](int ms) { return began + std::chrono::milliseconds{ms}; };
  EXPECT_EQ(r.happens("a", at(0)), 0u);
  for (int i = 1; i < 120; ++i)
    EXPECT_EQ(r.happens("a", at(500 * i)), std::nullopt) << i;
  EXPECT_EQ(r.happens("b", at(1000)), 0u) << "another reason is told at once";
  EXPECT_EQ(r.happens("a", at(60000)), 119u);
  EXPECT_EQ(r.happens("a", at(60500)), std::nullopt);
  EXPECT_EQ(r.happens("a", at(180000)), 1u);
}

TEST(recurring, remembers_no_more_than_it_may) {
  recurring r;
  const auto began = recurring::steady::now();
  for (std::size_t i = 0; i <= recurring::most; ++i)
    EXPECT_EQ(r.happens(std::to_string(i), began + std::chrono::milliseconds{i}), 0u);
  const auto soon = began + std::chrono::seconds{1};
  EXPECT_EQ(r.happens("1", soon), std::nullopt);
  EXPECT_EQ(r.happens("0", soon), 0u) << "the oldest is forgotten";
}

} // namespace
