#include "src/links/relay.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>

namespace {

using namespace troupe;
using boost::asio::ip::tcp;
using clock_type = std::chrono::steady_clock;

constexpr std::chrono::seconds patience{20};

/// A server behind a relay, and a client before it, on one thread.
struct relayed : testing::Test {
  boost::asio::io_context io;
  tcp::acceptor server{io, {boost::asio::ip::address_v4::loopback(), 0}};
  links::relay way{io, server.local_endpoint().port()};
  tcp::socket client{io};
  tcp::socket inside{io};

  void run_until(const std::function<bool()>& done) {
    const auto end = clock_type::now() + patience;
    while (!done() && clock_type::now() < end)
      io.run_for(std::chrono::milliseconds{5});
    ASSERT_TRUE(done());
  }
  void link() {
    bool both = false;
    server.async_accept(inside, [&](const auto& e) { both = !e; });
    client.connect({boost::asio::ip::address_v4::loopback(), way.port()});
    run_until([&] { return both; });
  }
  /// Says it on one side; it counts as heard when as many bytes have come on the other.
  bool hears(tcp::socket& from, tcp::socket& to, const std::string& text, milliseconds within) {
    boost::asio::write(from, boost::asio::buffer(text));
    got.assign(text.size(), ' ');
    heard = false;
    boost::asio::async_read(to, boost::asio::buffer(got),
                            [&](const auto& e, std::size_t) { heard = !e; });
    const auto end = clock_type::now() + within;
    while (!heard && clock_type::now() < end)
      io.run_for(std::chrono::milliseconds{5});
    return heard && got == text;
  }
  std::string got;
  bool heard = false;
};

TEST_F(relayed, carries_both_ways_and_counts) {
  link();
  EXPECT_TRUE(hears(client, inside, std::string(300000, 'x'), patience));
  EXPECT_TRUE(hears(inside, client, "and back", patience));
  EXPECT_EQ(way.carried(), 300008u);
}

TEST_F(relayed, delivers_nothing_while_it_is_cut_and_everything_afterwards) {
  link();
  EXPECT_TRUE(hears(client, inside, "before", patience));
  way.cut(true);
  EXPECT_FALSE(hears(client, inside, "meanwhile", milliseconds{200}));
  way.cut(false);
  run_until([&] { return heard; });
  EXPECT_EQ(got, "meanwhile");
}

TEST_F(relayed, takes_its_time_when_it_is_slow) {
  link();
  way.slow(milliseconds{120});
  const auto began = clock_type::now();
  EXPECT_TRUE(hears(client, inside, "late", patience));
  EXPECT_GE(clock_type::now() - began, milliseconds{120});
}

TEST_F(relayed, ends_both_when_one_ends) {
  link();
  bool ended = false;
  char byte = 0;
  inside.async_read_some(boost::asio::buffer(&byte, 1),
                         [&](const auto& e, std::size_t) { ended = static_cast<bool>(e); });
  client.close();
  run_until([&] { return ended; });
  inside.close();
  run_until([&] { return way.connections() == 0; });
}

TEST_F(relayed, leads_to_nobody_without_harm) {
  server.close();
  client.connect({boost::asio::ip::address_v4::loopback(), way.port()});
  bool ended = false;
  char byte = 0;
  client.async_read_some(boost::asio::buffer(&byte, 1),
                         [&](const auto& e, std::size_t) { ended = static_cast<bool>(e); });
  run_until([&] { return ended; });
  EXPECT_EQ(way.connections(), 0u);
}

} // namespace
