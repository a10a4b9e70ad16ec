#include "src/wire/frames.hpp"
#include "src/wire/messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace {

using namespace troupe;
using testing::HasSubstr;

envelope full_envelope() {
  envelope x;
  x.number = 18446744073709551615u;
  x.from = {address_kind::task, "t1"};
  x.to = {address_kind::agent, "support/billing"};
  x.trace = "0af7651916cd43dd8448eb211c80319c";
  x.deadline = timestamp{microseconds{1795248000000001}};
  x.urgency = priority::urgent;
  x.hops = {"a", "", "c"};
  x.epoch = 77;
  x.stamp = 1795248000000002;
  x.kind = "Task";
  x.body = std::string{"\0\xff not UTF-8", 12};
  return x;
}

envelope small_envelope() {
  envelope x;
  x.from = {address_kind::node, "a"};
  x.to = {address_kind::node, "b"};
  x.kind = "k";
  return x;
}

void expect_same(const envelope& a, const envelope& b) {
  EXPECT_EQ(a.number, b.number);
  EXPECT_EQ(a.from, b.from);
  EXPECT_EQ(a.to, b.to);
  EXPECT_EQ(a.trace, b.trace);
  EXPECT_EQ(a.deadline, b.deadline);
  EXPECT_EQ(a.urgency, b.urgency);
  EXPECT_EQ(a.hops, b.hops);
  EXPECT_EQ(a.epoch, b.epoch);
  EXPECT_EQ(a.stamp, b.stamp);
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.body, b.body);
}

TEST(frames, a_batch_comes_back_as_it_was) {
  const envelope_batch batch{full_envelope(), small_envelope(), full_envelope()};
  const auto back = decode_batch(encode_batch(batch));
  ASSERT_TRUE(back) << back.error;
  ASSERT_EQ(back->size(), batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i)
    expect_same((*back)[i], batch[i]);
}

TEST(frames, an_envelope_is_in_the_bytes_that_protobuf_writes) {
  auto old = full_envelope();
  old.deadline = timestamp{microseconds{-5}};
  for (const auto& x : {full_envelope(), small_envelope(), old}) {
    const auto bytes = encode_batch({x});
    EXPECT_EQ(bytes.size(), envelope_entry_bytes(x));
    v1::EnvelopeBatch m;
    ASSERT_TRUE(m.ParseFromString(bytes));
    EXPECT_EQ(m.SerializeAsString(), bytes);
    ASSERT_EQ(m.envelopes_size(), 1);
    const auto& e = m.envelopes(0);
    EXPECT_EQ(e.number(), x.number);
    EXPECT_EQ(e.from(), x.from.name.empty() ? "" : x.from.str());
    EXPECT_EQ(e.to(), x.to.str());
    EXPECT_EQ(e.trace_id(), x.trace);
    EXPECT_EQ(e.has_deadline(), x.deadline != no_deadline);
    EXPECT_EQ(e.priority(), static_cast<std::uint32_t>(x.urgency));
    EXPECT_TRUE(std::equal(e.hops().begin(), e.hops().end(), x.hops.begin(), x.hops.end()));
    EXPECT_EQ(e.epoch(), x.epoch);
    EXPECT_EQ(e.kind(), x.kind);
    EXPECT_EQ(e.body(), x.body);
    // Fields in another order, twice, and some that nobody knows yet.
    auto again = e.SerializeAsString() + e.SerializeAsString() + "\x7a\x03xyz";
    std::string entry{"\x0a"};
    for (auto n = again.size(); n > 0; n >>= 7)
      entry += static_cast<char>((n & 0x7f) | (n > 0x7f ? 0x80 : 0));
    const auto back = decode_batch(entry + again);
    ASSERT_TRUE(back) << back.error;
    EXPECT_EQ(back->front().body, x.body);
    EXPECT_EQ(back->front().hops.size(), x.hops.size() * 2);
  }
}

TEST(frames, batches_one_after_the_other_are_one_batch) {
  std::string bytes;
  EXPECT_GT(append_envelope(bytes, full_envelope(), 4096), 0u);
  const auto size = append_envelope(bytes, small_envelope(), 4096);
  EXPECT_EQ(bytes, encode_batch({full_envelope(), small_envelope()}));
  EXPECT_EQ(encode_batch({small_envelope()}).size(), size);
}

TEST(frames, an_envelope_over_the_limit_is_not_appended) {
  std::string bytes = "before";
  const auto size = encode_batch({full_envelope()}).size();
  EXPECT_EQ(append_envelope(bytes, full_envelope(), size - 1), 0u);
  EXPECT_EQ(bytes, "before");
  EXPECT_EQ(append_envelope(bytes, full_envelope(), size), size);
}

TEST(frames, a_batch_that_no_node_writes_is_an_error_that_says_where) {
  EXPECT_THAT(decode_batch("").error, HasSubstr("no envelopes"));
  EXPECT_THAT(decode_batch(std::string(300, '\xff')).error, HasSubstr("malformed"));
  EXPECT_THAT(decode_batch(std::string{"\x0a\x00", 2}).error, HasSubstr("envelope 1: to: missing"));
  EXPECT_THAT(decode_batch("\x0a\x7f").error, HasSubstr("envelope 1: cut short"));
  auto x = small_envelope();
  x.kind.clear();
  EXPECT_THAT(decode_batch(encode_batch({small_envelope(), x})).error,
              HasSubstr("envelope 2: kind: missing"));
  x = small_envelope();
  x.to.name = std::string(max_address_bytes, 'x');
  EXPECT_THAT(decode_batch(encode_batch({x})).error, HasSubstr("to: longer than"));
  x = small_envelope();
  x.urgency = static_cast<priority>(9);
  EXPECT_THAT(decode_batch(encode_batch({x})).error, HasSubstr("priority: unknown value 9"));
  x = small_envelope();
  x.hops.assign(max_envelope_hops + 1, "n");
  EXPECT_THAT(decode_batch(encode_batch({x})).error, HasSubstr("hops: more than"));
}

TEST(frames, a_batch_of_too_many_envelopes_is_an_error) {
  envelope_batch batch(max_batch_envelopes, small_envelope());
  EXPECT_TRUE(decode_batch(encode_batch(batch)));
  batch.push_back(small_envelope());
  EXPECT_THAT(decode_batch(encode_batch(batch)).error, HasSubstr("more than 16384 envelopes"));
}

TEST(frames, fields_of_a_newer_version_are_skipped) {
  auto bytes = encode_batch({small_envelope()});
  bytes += std::string{"\x7a\x03xyz\x80\x01\x05", 8}; // fields 15 and 16 of a batch
  const auto back = decode_batch(bytes);
  ASSERT_TRUE(back) << back.error;
  EXPECT_EQ(back->size(), 1u);
}

TEST(frames, every_prefix_of_a_batch_is_answered) {
  const auto bytes = encode_batch({full_envelope(), full_envelope()});
  const auto one = encode_batch({full_envelope()}).size();
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    const auto back = decode_batch(bytes.substr(0, n));
    EXPECT_EQ(static_cast<bool>(back), n == one) << n;
    EXPECT_NE(back.error.empty(), n != one) << n;
  }
}

TEST(frames, hello_and_goodbye_come_back_as_they_were) {
  hello x;
  x.node = "n1";
  x.incarnation = 1795248000000001;
  x.region = "eu";
  x.version = "0.1.0";
  x.frame_max_bytes = 1 << 22;
  const auto back = decode_hello(encode_hello(x));
  ASSERT_TRUE(back) << back.error;
  EXPECT_EQ(*back, x);
  x.version = "1\nERROR forged";
  EXPECT_EQ(decode_hello(encode_hello(x))->version, "1?ERROR forged");
  const goodbye bye{"stops", true};
  EXPECT_EQ(*decode_goodbye(encode_goodbye(bye)), bye);
  // Nothing is said of one connection that an older node would not say, or understand.
  EXPECT_EQ(encode_goodbye({"stops"}), "\x0a\x05stops");
  EXPECT_EQ(*decode_goodbye("\x0a\x05stops"), goodbye{"stops"});
  EXPECT_EQ(decode_goodbye(encode_goodbye({"a\nb\x1b[2J"}))->why, "a?b?[2J");
}

TEST(frames, a_hello_that_no_node_says_is_an_error) {
  hello x;
  x.node = "n1";
  x.oldest_protocol = 3;
  x.newest_protocol = 2;
  EXPECT_THAT(decode_hello(encode_hello(x)).error, HasSubstr("protocols"));
  x.newest_protocol = 3;
  x.node.clear();
  EXPECT_THAT(decode_hello(encode_hello(x)).error, HasSubstr("node: missing"));
  x.node = std::string(max_hello_text_bytes + 1, 'n');
  EXPECT_THAT(decode_hello(encode_hello(x)).error, HasSubstr("node: longer"));
  EXPECT_THAT(decode_hello("\xff\xff").error, HasSubstr("malformed"));
  EXPECT_THAT(decode_hello("").error, HasSubstr("protocols"));
}

TEST(frames, both_sides_use_the_newest_protocol_that_they_share) {
  const auto speaks = [](std::uint32_t oldest, std::uint32_t newest) {
    hello x;
    x.oldest_protocol = oldest;
    x.newest_protocol = newest;
    return x;
  };
  EXPECT_EQ(common_protocol(speaks(1, 3), speaks(2, 5)), 3u);
  EXPECT_EQ(common_protocol(speaks(2, 5), speaks(1, 3)), 3u);
  EXPECT_EQ(common_protocol(speaks(1, 1), speaks(2, 5)), 0u);
}

} // namespace
