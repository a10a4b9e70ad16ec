// Peers that are frozen, restarted, or not who they should be.
#include "tests/src/links/stranger.hpp"

#include <fstream>

namespace {

using namespace troupe;
using namespace troupe::links;
using namespace troupe::links::test;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(hostile, a_frozen_peer_is_noticed) {
  auto s = settings_for("b");
  s.heartbeat = 20ms;
  s.heartbeats_missed = 4;
  station b{s};
  b.start();
  b->reach({{"0", {}}});
  impostor x{b->port(), papers_of("0")};
  x->say_hello("0");
  ASSERT_TRUE(b.until_up());
  ASSERT_TRUE(b.until_down());
  EXPECT_EQ(b.downs.front(), "silent for 80 ms");
  EXPECT_EQ(b.losses.front(), link_loss::silent);
  // It finds out why when it is there again.
  EXPECT_EQ(x->goodbye_heard(), "silent for 80 ms");
}

TEST(hostile, an_older_node_that_ends_a_link_has_not_said_that_it_stops) {
  station b{settings_for("b")};
  b.start();
  b->reach({{"0", {}}});
  impostor x{b->port(), papers_of("0")};
  x->say_hello("0");
  ASSERT_TRUE(b.until_up());
  // The reason and nothing else, as a goodbye was before it could say more.
  x->say(make_frame(frame_type::goodbye, "\x0a\x0cnode 0 stops"));
  ASSERT_TRUE(b.until_down());
  EXPECT_EQ(b.downs.front(), "it said: node 0 stops");
  EXPECT_EQ(b.losses.front(), link_loss::closed);
}

TEST(hostile, a_peer_that_vanishes_is_noticed) {
  station b{settings_for("b")};
  b.start();
  b->reach({{"0", {}}});
  impostor x{b->port(), papers_of("0")};
  x->say_hello("0");
  ASSERT_TRUE(b.until_up());
  x.socket().reset();
  EXPECT_TRUE(b.until_down());
}

TEST(hostile, a_newer_incarnation_takes_the_place_of_the_old_link) {
  auto s = settings_for("b");
  s.heartbeat = 10s; // strangers send none
  station b{s};
  b.start();
  b->reach({{"0", {}}});
  impostor first{b->port(), papers_of("0")};
  first->say_hello("0", 5);
  ASSERT_TRUE(first->hear());
  impostor second{b->port(), papers_of("0")};
  second->say_hello("0", 6);
  ASSERT_TRUE(second->hear());
  EXPECT_EQ(first->goodbye_heard(), "a newer connection takes its place");
  ASSERT_TRUE(b.until([](station& x) { return x.said.size() == 3; }));
  EXPECT_THAT(b.said, ElementsAre("up 0", "down 0", "up 0"));
  EXPECT_EQ(b.up->incarnation, 6u);
  // Whoever was replaced stays out.
  impostor third{b->port(), papers_of("0")};
  third->say_hello("0", 5);
  EXPECT_THAT(third->goodbye_heard(), HasSubstr("a newer incarnation"));
  b.change([&] { EXPECT_EQ(b.said.size(), 3u); });
}

TEST(hostile, a_listener_under_another_name_is_not_told_who_dials) {
  raw_socket door;
  const auto port = door.listen();
  ASSERT_NE(port, 0);
  station a{settings_for("a")};
  a.start();
  a->reach({{"b", {"127.0.0.1:" + std::to_string(port)}}});
  const raw_socket client{door.accept()};
  stranger wrong{papers_of("c"), true};
  ASSERT_TRUE(wrong.shake(client.fd()));
  const auto first = wrong.hear();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->type, frame_type::goodbye);
  EXPECT_EQ(decode_goodbye(first->body)->why, "its certificate is not that of node b");
  EXPECT_TRUE(
      a.until_told(notice_kind::unreachable, "no link with node b: its certificate is not that"));
  EXPECT_TRUE(a.said.empty());
}

TEST(hostile, a_listener_of_another_authority_is_refused) {
  const authority other;
  raw_socket door;
  const auto port = door.listen();
  station a{settings_for("a")};
  a.start();
  a->reach({{"b", {"127.0.0.1:" + std::to_string(port)}}});
  const raw_socket client{door.accept()};
  stranger wrong{papers_of("b", other), true};
  EXPECT_FALSE(wrong.shake(client.fd()));
  EXPECT_TRUE(a.until_told(notice_kind::unreachable, "its certificate is refused"));
}

TEST(hostile, a_listener_that_refuses_is_understood) {
  // The node's own authority is another one: the listener's alert says so.
  const authority other;
  auto for_a = settings_for("a", other);
  station b{settings_for("b")};
  b.start();
  b->reach({{"a", {}}});
  // Trusts both, is trusted by one.
  const auto both = other.dir() / "both.pem";
  {
    std::ofstream out{both};
    for (const auto& file : {other.file(), authority::shared().file()})
      out << std::ifstream{file}.rdbuf();
  }
  for_a.authority = both;
  station a{for_a};
  a.start();
  a->reach({b.here()});
  EXPECT_TRUE(a.until_told(notice_kind::unreachable, "alert unknown ca"));
  EXPECT_TRUE(b.until_told(notice_kind::refused, "its certificate is refused"));
}

TEST(hostile, a_stop_does_not_wait_for_a_peer_that_reads_nothing) {
  auto s = settings_for("b");
  s.heartbeat = 10s; // it is not to be found silent
  s.socket_buffer_bytes = 64 << 10;
  station b{s};
  b.start();
  b->reach({{"0", {}}});
  impostor x{b->port(), papers_of("0")};
  x->say_hello("0");
  ASSERT_TRUE(b.until_up());
  const std::string body(60000, 'b');
  EXPECT_TRUE(eventually([&] {
    const auto said = b->offer("0", letter(1, body));
    b->flush();
    return said == offered::busy;
  }));
  b.stop();
  EXPECT_THAT(b.said, ElementsAre("up 0", "down 0"));
}

TEST(hostile, plaintext_garbage_is_refused) {
  link_settings s;
  s.plaintext = true;
  s.node = "b";
  station b{s};
  b.start();
  b->reach({{"0", {}}});
  for (const std::string text : {"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02\x01\xff\xff"}) {
    raw_socket x;
    ASSERT_TRUE(x.connect(b->port()));
    x.say(text);
    EXPECT_TRUE(x.closed_by_peer());
  }
  EXPECT_TRUE(b.until_told(notice_kind::refused, "no frame"));
  EXPECT_TRUE(b.said.empty());
}

} // namespace
