// What strangers and a starved machine do to a node: each is harmless, and an honest link beside it
// goes on.
#include "tests/src/links/stranger.hpp"

#include <algorithm>
#include <list>

#include <fcntl.h>
#include <sys/resource.h>

namespace {

using namespace troupe;
using namespace troupe::links;
using namespace troupe::links::test;
using testing::HasSubstr;

link_settings quick(link_settings s) {
  s.hello_timeout = 300ms;
  s.heartbeats_missed = 8;
  return s;
}

/// A node `b` under attack with an honest link to `a`, which is asked at the end.
struct beside_an_honest_link : testing::Test {
  pair_of_nodes n{settings_for("a"), quick(settings_for("b"))};
  std::uint64_t sent = 0;

  void SetUp() override {
    ASSERT_TRUE(n.up());
    // `0` is a member that never comes by itself: strangers can be it.
    n.b->reach({{"a", {}}, {"0", {}}});
  }
  void TearDown() override {
    expect_link_lives();
    EXPECT_EQ(n.a.said.front(), "up b");
    EXPECT_TRUE(n.a.downs.empty()) << n.a.downs.front();
  }
  void expect_link_lives() {
    ASSERT_TRUE(n.a.send("b", letter(++sent)));
    n.a->flush();
    EXPECT_TRUE(n.b.until([&](station& s) { return s.count >= sent; }));
  }
  [[nodiscard]] std::uint16_t port() { return n.b->port(); }
  /// Whether a peer `0` was ever taken for one.
  [[nodiscard]] bool taken_in() {
    bool out = false;
    n.b.change([&] {
      for (const auto& x : n.b.said)
        out = out || x == "up 0";
    });
    return out;
  }
};

TEST_F(beside_an_honest_link, a_port_scan_is_harmless) {
  const auto before = n.b->counts().accepted;
  for (int i = 0; i < 200; ++i) {
    raw_socket probe;
    ASSERT_TRUE(probe.connect(port()));
    if (i % 2 == 0)
      probe.reset();
  }
  EXPECT_TRUE(eventually([&] { return n.b->counts().accepted == before + 200; }));
  EXPECT_TRUE(eventually([&] { return n.b->counts().unproven == 0; }));
  // A log is not filled by it.
  n.b.change([&] { EXPECT_LT(n.b.notices.size(), 100u); });
}

TEST_F(beside_an_honest_link, silent_connections_are_closed) {
  std::list<raw_socket> silent(20);
  for (const auto& s : silent)
    ASSERT_TRUE(s.connect(port()));
  for (const auto& s : silent)
    EXPECT_TRUE(s.closed_by_peer());
  EXPECT_TRUE(n.b.until_told(notice_kind::refused, "no hello within 300 ms"));
}

TEST_F(beside_an_honest_link, silence_after_the_handshake_is_no_better) {
  impostor x{port(), papers_of("0")};
  ASSERT_TRUE(x.shaken());
  EXPECT_FALSE(x->hear());
  EXPECT_FALSE(taken_in());
}

TEST_F(beside_an_honest_link, one_byte_at_a_time_does_not_gain_time) {
  raw_socket slow;
  ASSERT_TRUE(slow.connect(port()));
  // The header of a TLS record that never ends.
  slow.say(std::string{"\x16\x03\x01\x3f\xff\x01", 6});
  for (int i = 0; i < 200; ++i)
    slow.say(std::string(1, '\0'));
  EXPECT_TRUE(slow.closed_by_peer());
}

TEST_F(beside_an_honest_link, garbage_instead_of_a_handshake_is_refused) {
  for (const auto* text :
       {"GET / HTTP/1.1\r\nHost: b\r\n\r\n", "\x16\x03\x03garbage", "SSH-2.0-x\r\n"}) {
    raw_socket x;
    ASSERT_TRUE(x.connect(port()));
    x.say(text);
    x.say(std::string(20000, '\xff'));
    EXPECT_TRUE(x.closed_by_peer());
  }
  EXPECT_TRUE(n.b.until_told(notice_kind::refused, "TLS: "));
}

TEST_F(beside_an_honest_link, a_certificate_of_another_authority_is_refused) {
  const authority other;
  impostor x{port(), papers_of("0", other)};
  // In TLS 1.3 this end is done before the listener has judged.
  x->say_hello("0");
  EXPECT_FALSE(x->hear());
  EXPECT_TRUE(n.b.until_told(notice_kind::refused, "its certificate is refused"));
  EXPECT_FALSE(taken_in());
}

TEST_F(beside_an_honest_link, the_same_refusal_of_the_same_host_is_told_once) {
  const authority other;
  const auto before = n.b->counts().refused;
  for (int i = 0; i < 5; ++i) {
    impostor x{port(), papers_of("0", other)};
    x->say_hello("0");
    EXPECT_FALSE(x->hear());
  }
  ASSERT_TRUE(eventually([&] { return n.b->counts().refused == before + 5; }));
  impostor nobody{port(), {}};
  nobody->say_hello("0");
  EXPECT_FALSE(nobody->hear());
  EXPECT_TRUE(n.b.until_told(notice_kind::refused, "peer did not return a certificate"))
      << "another reason is told at once";
  n.b.change([&] {
    EXPECT_EQ(std::count_if(n.b.notices.begin(), n.b.notices.end(),
                            [](const link_notice& x) {
                              return x.text.find("its certificate is refused") != std::string::npos;
                            }),
              1);
  });
  EXPECT_GE(n.b->counts().notices_left_out, 4u);
}

TEST_F(beside_an_honest_link, an_expired_certificate_is_refused) {
  const scratch out;
  const auto files = make_node_certificate(authority::shared().dir(), "0", out.path(),
                                           now() - std::chrono::hours{30}, std::chrono::hours{24});
  impostor x{port(), {files.certificate, files.key, TLS1_3_VERSION}};
  x->say_hello("0");
  EXPECT_FALSE(x->hear());
  EXPECT_TRUE(n.b.until_told(notice_kind::refused, "certificate has expired"));
  EXPECT_FALSE(taken_in());
}

TEST_F(beside_an_honest_link, a_node_signs_no_certificates) {
  // A stolen node's key as if it were an authority's.
  const scratch rogue;
  const auto stolen = papers_of("someone-else");
  const auto as_authority = authority_files(rogue.path());
  std::filesystem::copy_file(stolen.certificate, as_authority.certificate);
  std::filesystem::copy_file(stolen.key, as_authority.key);
  const auto forged = make_node_certificate(rogue.path(), "0", rogue.path(), now());
  std::ofstream{forged.certificate, std::ios::app} << std::ifstream{stolen.certificate}.rdbuf();
  impostor x{port(), {forged.certificate, forged.key, TLS1_3_VERSION}};
  x->say_hello("0");
  EXPECT_FALSE(x->hear());
  EXPECT_TRUE(n.b.until_told(notice_kind::refused, "its certificate is refused"));
  EXPECT_FALSE(taken_in());
}

TEST_F(beside_an_honest_link, no_certificate_is_refused) {
  impostor x{port(), {}};
  x->say_hello("0");
  EXPECT_FALSE(x->hear());
  EXPECT_TRUE(n.b.until_told(notice_kind::refused, "peer did not return a certificate"));
  EXPECT_FALSE(taken_in());
}

TEST_F(beside_an_honest_link, tls_1_2_is_refused) {
  auto old = papers_of("0");
  old.newest_protocol = TLS1_2_VERSION;
  const impostor x{port(), old};
  EXPECT_FALSE(x.shaken());
  EXPECT_TRUE(n.b.until_told(notice_kind::refused, "unsupported protocol"));
}

TEST_F(beside_an_honest_link, a_name_that_the_certificate_does_not_prove_is_refused) {
  impostor x{port(), papers_of("someone-else")};
  ASSERT_TRUE(x.shaken());
  x->say_hello("0");
  EXPECT_EQ(x->goodbye_heard(), "its certificate is not that of node 0");
  EXPECT_FALSE(taken_in());
}

TEST_F(beside_an_honest_link, a_proven_stranger_is_no_member) {
  impostor x{port(), papers_of("someone-else")};
  x->say_hello("someone-else");
  EXPECT_THAT(x->goodbye_heard(), HasSubstr("someone-else is no member"));
}

TEST_F(beside_an_honest_link, a_node_that_should_be_dialled_is_refused) {
  n.b->reach({{"a", {}}, {"0", {}}, {"z", {}}});
  impostor x{port(), papers_of("z")};
  x->say_hello("z");
  EXPECT_THAT(x->goodbye_heard(), HasSubstr("node b dials node z"));
}

TEST_F(beside_an_honest_link, a_protocol_that_is_too_new_is_refused) {
  impostor x{port(), papers_of("0")};
  x->say_hello("0", 1, newest_link_protocol + 1);
  EXPECT_THAT(x->goodbye_heard(), HasSubstr("no protocol in common"));
}

TEST_F(beside_an_honest_link, a_frame_before_hello_is_small_and_a_hello) {
  impostor large{port(), papers_of("0")};
  large->say(make_frame(frame_type::hello, std::string(5000, 'x')));
  EXPECT_THAT(large->goodbye_heard(), HasSubstr("5000 bytes, of which at most 4096"));
  impostor early{port(), papers_of("0")};
  early->say(make_frame(frame_type::batch, encode_batch({letter(1)})));
  EXPECT_THAT(early->goodbye_heard(), HasSubstr("first frame is no hello"));
  impostor broken{port(), papers_of("0")};
  broken->say(make_frame(frame_type::hello, "\xff\xff\xff"));
  EXPECT_THAT(broken->goodbye_heard(), HasSubstr("hello: malformed"));
  EXPECT_FALSE(taken_in());
}

TEST_F(beside_an_honest_link, a_frame_over_the_limit_costs_the_link) {
  impostor x{port(), papers_of("0")};
  x->say_hello("0");
  ASSERT_EQ(x->hear()->type, frame_type::hello);
  x->say(std::string{"\x7f\xff\xff\xff\x02", 5});
  EXPECT_THAT(x->goodbye_heard(), HasSubstr("2147483647 bytes"));
  EXPECT_TRUE(n.b.until_down());
}

TEST_F(beside_an_honest_link, garbage_frames_cost_the_link) {
  struct garbage {
    std::string bytes;
    const char* why;
  };
  hello again;
  again.node = "0";
  const auto hello_again = encode_hello(again);
  std::uint64_t incarnation = 1;
  for (const auto& [bytes, why] : std::vector<garbage>{
           {make_frame(frame_type::batch, std::string(500, '\xff')), "batch: malformed"},
           {make_frame(frame_type::batch, ""), "batch: no envelopes"},
           {std::string{"\0\0\0\1\x63x", 6}, "unknown type 99"},
           {make_frame(frame_type::beat, "x"), "a heartbeat is empty"},
           {make_frame(frame_type::hello, hello_again), "a second hello"},
       }) {
    impostor x{port(), papers_of("0")};
    x->say_hello("0", incarnation++);
    ASSERT_TRUE(x->hear()) << why;
    x->say(bytes);
    EXPECT_THAT(x->goodbye_heard(), HasSubstr(why));
  }
}

TEST_F(beside_an_honest_link, more_silent_connections_than_are_kept_do_not_keep_a_peer_out) {
  std::list<raw_socket> silent(200);
  const auto most = settings_for("b").unproven_max;
  for (const auto& s : silent) {
    ASSERT_TRUE(s.connect(port()));
    EXPECT_LE(n.b->counts().unproven, most);
  }
  impostor x{port(), papers_of("0")};
  x->say_hello("0");
  EXPECT_TRUE(x->hear());
  for (const auto& s : silent)
    EXPECT_TRUE(s.closed_by_peer());
}

TEST_F(beside_an_honest_link, exhausted_descriptors_are_waited_out) {
  // These have their descriptor already; accepting them needs another one.
  std::list<raw_socket> waiting(5);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  auto fewer = before;
  fewer.rlim_cur = std::min<rlim_t>(before.rlim_cur, 256);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &fewer), 0);
  // The sanitizer looks at the type of what is called by a descriptor of its own, the first time.
  expect_link_lives();
  EXPECT_EQ(n.b->counts().accept_errors, 0u);
  const auto where = port();
  std::vector<int> taken;
  for (int fd = 0; (fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;)
    taken.push_back(fd);
  EXPECT_EQ(errno, EMFILE);
  for (const auto& s : waiting)
    EXPECT_TRUE(s.connect(where));
  EXPECT_TRUE(eventually([&] { return n.b->counts().accept_errors > 0; }));
  EXPECT_TRUE(n.b.until_told(notice_kind::accept_failed, "Too many open files"));
  expect_link_lives();
  for (const int fd : taken)
    ::close(fd);
  ::setrlimit(RLIMIT_NOFILE, &before);
  impostor x{port(), papers_of("0")};
  x->say_hello("0");
  EXPECT_TRUE(x->hear());
}

TEST_F(beside_an_honest_link, a_peer_that_stops_reading_costs_a_full_outbox_and_no_more) {
  impostor x{port(), papers_of("0")};
  x->say_hello("0");
  ASSERT_TRUE(x->hear());
  ASSERT_TRUE(n.b.until([](station& s) { return s.said.back() == "up 0"; }));
  const auto limit = settings_for("b").outbox_max_bytes;
  const std::string body(60000, 'b');
  std::uint64_t number = 0;
  auto said = offered::taken;
  EXPECT_TRUE(eventually([&] {
    said = n.b->offer("0", letter(++number, body));
    n.b->flush();
    EXPECT_LE(n.b->waiting("0"), limit);
    return said != offered::taken;
  }));
  // Full, or already silent for too long: it sends no heartbeats either.
  EXPECT_TRUE(said == offered::busy || said == offered::unlinked);
  // What the system's buffers hold, too, is bounded.
  EXPECT_LT(number, 2000u);
  EXPECT_TRUE(n.b.until_down());
  EXPECT_THAT(n.b.downs.front(), HasSubstr("silent"));
}

} // namespace
