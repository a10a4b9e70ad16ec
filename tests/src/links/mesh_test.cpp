// Links between nodes that are there: what they carry, how they break and stop.
#include "tests/src/links/link_kit.hpp"

#include <chrono>
#include <future>
#include <thread>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

namespace {

using namespace troupe;
using namespace troupe::links;
using namespace troupe::links::test;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(mesh, two_nodes_link_and_know_each_other) {
  auto for_b = settings_for("b");
  for_b.incarnation = 77;
  for_b.region = "eu";
  for_b.version = "9.9";
  pair_of_nodes n{settings_for("a"), for_b};
  ASSERT_TRUE(n.up());
  EXPECT_EQ(n.a.up->node, "b");
  EXPECT_EQ(n.a.up->incarnation, 77u);
  EXPECT_EQ(n.a.up->region, "eu");
  EXPECT_EQ(n.a.up->version, "9.9");
  EXPECT_EQ(n.b.up->node, "a");
  EXPECT_EQ(n.a->counts().links, 1u);
}

TEST(mesh, envelopes_come_through_whole_both_ways) {
  pair_of_nodes n;
  ASSERT_TRUE(n.up());
  n.b.change([&] { n.b.echo = true; });
  const std::string large(3u << 20, 'x');
  for (std::uint64_t i = 1; i <= 100; ++i)
    ASSERT_TRUE(n.a.send("b", letter(i, i == 50 ? large : "body " + std::to_string(i))));
  n.a->flush();
  ASSERT_TRUE(n.a.until([](station& s) { return s.count == 100; }));
  EXPECT_TRUE(n.a.in_order);
  EXPECT_TRUE(n.b.in_order);
}

TEST(mesh, a_flush_is_not_needed_for_ever) {
  pair_of_nodes n;
  ASSERT_TRUE(n.up());
  ASSERT_EQ(n.a->offer("b", letter(1)), offered::taken);
  EXPECT_TRUE(n.b.until([](station& s) { return s.count == 1; }));
}

TEST(mesh, order_is_kept_under_load) {
  constexpr std::uint64_t many = 100000;
  pair_of_nodes n;
  ASSERT_TRUE(n.up());
  const std::string body(200, 'b');
  for (std::uint64_t i = 1; i <= many; ++i) {
    ASSERT_TRUE(n.a.send("b", letter(i, body)));
    if (i % 64 == 0)
      n.a->flush();
  }
  n.a->flush();
  ASSERT_TRUE(n.b.until([&](station& s) { return s.count == many; }));
  EXPECT_TRUE(n.b.in_order);
  EXPECT_EQ(n.b.last, many);
}

TEST(mesh, what_cannot_be_taken_is_said_at_once) {
  pair_of_nodes n;
  EXPECT_EQ(n.a->offer("nobody", letter(1)), offered::unlinked);
  ASSERT_TRUE(n.up());
  const auto limit = link_settings{}.frame_max_bytes;
  EXPECT_EQ(n.a->offer("b", letter(1, std::string(limit, 'x'))), offered::too_large);
  EXPECT_EQ(n.a->offer("b", letter(1, std::string(limit + 1, 'x'))), offered::too_large);
  EXPECT_EQ(n.a->offer("b", letter(1, std::string(limit - 100, 'x'))), offered::taken);
  EXPECT_TRUE(n.b.until([](station& s) { return s.count == 1; }));
}

TEST(mesh, the_smaller_frame_limit_of_both_sides_holds) {
  auto for_b = settings_for("b");
  for_b.frame_max_bytes = 4096;
  pair_of_nodes n{settings_for("a"), for_b};
  ASSERT_TRUE(n.up());
  EXPECT_EQ(n.a->offer("b", letter(1, std::string(4096, 'x'))), offered::too_large);
  for (std::uint64_t i = 1; i <= 1000; ++i)
    ASSERT_TRUE(n.a.send("b", letter(i, std::string(3000, 'x'))));
  ASSERT_TRUE(n.b.until([](station& s) { return s.count == 1000; }));
  EXPECT_TRUE(n.b.downs.empty());
}

TEST(mesh, a_receiver_that_is_behind_slows_its_senders) {
  auto for_a = settings_for("a");
  for_a.outbox_max_bytes = 4u << 20;
  auto for_b = settings_for("b");
  // Idle in both directions for longer than silence is suffered.
  for_a.heartbeat = for_b.heartbeat = 50ms;
  for_b.heartbeats_missed = 8;
  pair_of_nodes n{for_a, for_b};
  ASSERT_TRUE(n.up());
  n.b.change([&] { n.b.consuming = false; });
  const std::string body(16u << 10, 'b');
  std::uint64_t taken = 0;
  auto busy_since = std::chrono::steady_clock::time_point::max();
  // A link that reads nothing for a long time is full, and it lives.
  const auto full_since = [&] {
    const auto said = n.a->offer("b", letter(taken + 1, body));
    n.a->flush();
    if (said == offered::taken) {
      ++taken;
      busy_since = std::chrono::steady_clock::time_point::max();
    } else {
      EXPECT_EQ(said, offered::busy);
      busy_since = std::min(busy_since, std::chrono::steady_clock::now());
    }
    EXPECT_LE(n.a->waiting("b"), for_a.outbox_max_bytes);
    return std::chrono::steady_clock::now() - 1s > busy_since;
  };
  ASSERT_TRUE(eventually(full_since));
  EXPECT_EQ(n.b.batches, for_b.unhandled_max);
  EXPECT_LT(n.b.count, taken);
  EXPECT_TRUE(n.a.downs.empty());
  EXPECT_TRUE(n.b.downs.empty());
  n.b.change([&] { n.b.consuming = true; });
  n.b->consumed("a", for_b.unhandled_max);
  ASSERT_TRUE(n.b.until([&](station& s) { return s.count == taken; }));
  EXPECT_TRUE(n.b.in_order);
  ASSERT_TRUE(n.a.send("b", letter(taken + 1, body)));
  EXPECT_TRUE(n.b.until([&](station& s) { return s.count == taken + 1; }));
}

TEST(mesh, an_idle_link_stays) {
  auto for_a = settings_for("a");
  auto for_b = settings_for("b");
  for_a.heartbeat = for_b.heartbeat = 10ms;
  for_a.heartbeats_missed = for_b.heartbeats_missed = 50;
  pair_of_nodes n{for_a, for_b};
  ASSERT_TRUE(n.up());
  const auto end = std::chrono::steady_clock::now() + 1500ms;
  EXPECT_TRUE(eventually([&] { return std::chrono::steady_clock::now() >= end; }));
  EXPECT_TRUE(n.a.downs.empty());
  EXPECT_TRUE(n.b.downs.empty());
}

TEST(mesh, a_node_that_was_frozen_itself_blames_nobody) {
  auto for_a = settings_for("a");
  auto for_b = settings_for("b");
  for_a.heartbeat = for_b.heartbeat = 50ms;
  for_a.heartbeats_missed = 1000; // or it would end the link, and rightly
  for_b.heartbeats_missed = 6;
  pair_of_nodes n{for_a, for_b};
  ASSERT_TRUE(n.up());
  // The I/O thread of `b` stands still in its receiver for much longer than it suffers silence.
  n.b.change([&] { n.b.freeze_for = 900ms; });
  ASSERT_TRUE(n.a.send("b", letter(1)));
  ASSERT_TRUE(n.b.until([](station& s) { return s.count == 1; }));
  for (std::uint64_t i = 2; i < 200; ++i)
    ASSERT_TRUE(n.a.send("b", letter(i)));
  ASSERT_TRUE(n.b.until([](station& s) { return s.count == 199; }));
  EXPECT_TRUE(n.b.downs.empty());
}

TEST(mesh, a_cut_link_is_made_again) {
  pair_of_nodes n;
  ASSERT_TRUE(n.up());
  n.b->cut("a", "enough");
  ASSERT_TRUE(n.a.until([](station& s) { return s.said.size() == 3; }));
  EXPECT_THAT(n.a.said, ElementsAre("up b", "down b", "up b"));
  EXPECT_THAT(n.a.downs.front(), HasSubstr("it said: enough"));
  // Only this one connection is over: nobody there has said that it closes its door.
  EXPECT_EQ(n.a.losses.front(), link_loss::closed);
  ASSERT_TRUE(n.b.until([](station& s) { return s.said.size() == 3; }));
  EXPECT_THAT(n.b.said, ElementsAre("up a", "down a", "up a"));
  EXPECT_EQ(n.b.downs.front(), "enough");
  EXPECT_EQ(n.b.losses.front(), link_loss::closed);
}

TEST(mesh, whoever_is_found_silent_is_not_told_a_goodbye) {
  auto for_a = settings_for("a");
  auto for_b = settings_for("b");
  // It says nothing for so long that its peer gives it up.
  for_a.heartbeat = 30s;
  for_b.heartbeat = 20ms;
  for_b.heartbeats_missed = 4;
  pair_of_nodes n{for_a, for_b};
  ASSERT_TRUE(n.a.until_down());
  EXPECT_EQ(n.a.downs.front(), "it said: silent for 80 ms");
  EXPECT_EQ(n.a.losses.front(), link_loss::closed);
  ASSERT_TRUE(n.b.until_down());
  EXPECT_EQ(n.b.losses.front(), link_loss::silent);
}

TEST(mesh, a_stop_says_goodbye) {
  pair_of_nodes n;
  ASSERT_TRUE(n.up());
  n.b.stop();
  EXPECT_THAT(n.b.said, ElementsAre("up a", "down a"));
  ASSERT_TRUE(n.a.until_down());
  EXPECT_EQ(n.a.downs.front(), "it said: node b stops");
  EXPECT_EQ(n.a.losses.front(), link_loss::goodbye);
}

TEST(mesh, stops_under_load) {
  pair_of_nodes n;
  ASSERT_TRUE(n.up());
  std::atomic<bool> go{true};
  const std::string body(2000, 'b');
  std::thread load{[&] {
    for (std::uint64_t i = 1; go; ++i) {
      if (n.a->offer("b", letter(i, body)) != offered::taken)
        std::this_thread::yield();
      n.a->flush();
    }
  }};
  EXPECT_TRUE(n.b.until([](station& s) { return s.count > 1000; }));
  auto stopped = std::async(std::launch::async, [&] { n.a.stop(); });
  EXPECT_EQ(stopped.wait_for(patience), std::future_status::ready);
  EXPECT_EQ(n.a->offer("b", letter(1)), offered::unlinked);
  go = false;
  load.join();
  EXPECT_TRUE(n.b.until_down());
}

TEST(mesh, stops_without_a_start_and_more_than_once) {
  station a{settings_for("a")};
  a->reach({{"b", {"127.0.0.1:1"}}});
  a->flush();
  a.stop();
  a.stop();
}

TEST(mesh, stops_while_it_dials_and_looks_up_names) {
  auto s = settings_for("a");
  s.hello_timeout = 60s;
  station a{s};
  a.start();
  // Addresses and a name that documentation has to itself: nobody answers (RFC 5737, RFC 2606).
  a->reach({{"b", {"192.0.2.1:7421"}}, {"c", {"node-c.invalid:7421"}}});
  EXPECT_TRUE(eventually([&] { return a->counts().dialled > 0; }));
  auto stopped = std::async(std::launch::async, [&] { a.stop(); });
  EXPECT_EQ(stopped.wait_for(patience), std::future_status::ready);
  EXPECT_TRUE(a.said.empty());
}

TEST(mesh, a_port_that_is_taken_is_said) {
  station a{settings_for("a")};
  a.start();
  auto s = settings_for("b");
  s.port = a->port();
  station b{s};
  try {
    b.start();
    FAIL() << "two nodes on one port";
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("cannot listen for links on 127.0.0.1:"));
  }
}

TEST(mesh, no_socket_is_inherited_by_programs_that_the_node_starts) {
  const auto sockets = [] {
    std::vector<int> out;
    auto* dir = ::opendir("/proc/self/fd");
    while (const auto* x = ::readdir(dir)) {
      const int fd = std::atoi(x->d_name);
      struct stat what {};
      if (x->d_name[0] != '.' && ::fstat(fd, &what) == 0 &&
          (S_ISSOCK(what.st_mode) || (what.st_mode & S_IFMT) == 0))
        out.push_back(fd);
    }
    ::closedir(dir);
    return out;
  };
  const auto before = sockets();
  pair_of_nodes n;
  ASSERT_TRUE(n.up());
  const auto after = sockets();
  // Two listeners and both ends of the link, beside epoll and its timers.
  EXPECT_GE(after.size(), before.size() + 4);
  for (const int fd : after)
    if (std::find(before.begin(), before.end(), fd) == before.end()) {
      EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0) << fd;
    }
}

TEST(mesh, plaintext_links_on_loopback_when_asked) {
  link_settings s;
  s.plaintext = true;
  s.node = "a";
  auto t = s;
  t.node = "b";
  pair_of_nodes n{s, t};
  ASSERT_TRUE(n.up());
  ASSERT_TRUE(n.a.send("b", letter(1)));
  EXPECT_TRUE(n.b.until([](station& x) { return x.count == 1; }));
}

} // namespace
