#include "nodes/cli/chaos_garbage.hpp"

#include "policies/dice.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <deque>
#include <thread>

namespace troupe::cli {

namespace {

using boost::asio::ip::tcp;

constexpr std::size_t silent_max = 32; ///< connections that are kept open
constexpr milliseconds garbage_pause{10};

std::string random_bytes(dice_box& dice, std::size_t most) {
  std::string out(1 + dice.draw() % most, ' ');
  for (auto& c : out)
    c = static_cast<char>(dice.draw());
  return out;
}

std::string for_a_door(dice_box& dice) {
  switch (dice.draw() % 6) {
  case 0:
    return "GET /v1/tasks HTTP/9.9\r\n\r\n";
  case 1:
    return "POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n{";
  case 2:
    return "POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
           "Content-Length: 12\r\n\r\n{\"text\": [[[";
  case 3:
    return "GET /" + std::string(1 + dice.draw() % 20000, 'x') + " HTTP/1.1\r\n";
  case 4:
    return "GET / HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n";
  default:
    return random_bytes(dice, 4096);
  }
}

std::string for_links(dice_box& dice) {
  switch (dice.draw() % 4) {
  case 0: // a frame that promises four gigabytes
    return std::string(4, '\xff') + random_bytes(dice, 512);
  case 1: // the beginning of a TLS handshake, and then nothing that fits
    return std::string{"\x16\x03\x01\x02\x00\x01", 6} + random_bytes(dice, 512);
  case 2:
    return "GET / HTTP/1.1\r\n\r\n";
  default:
    return random_bytes(dice, 4096);
  }
}

} // namespace

garbage_sent send_garbage(std::uint16_t door, std::uint16_t links, std::uint64_t seed,
                          milliseconds for_so_long) {
  garbage_sent out;
  if (door == 0 && links == 0)
    return out;
  dice_box dice{seed};
  boost::asio::io_context io;
  std::deque<tcp::socket> silent;
  const auto end = std::chrono::steady_clock::now() + for_so_long;
  while (std::chrono::steady_clock::now() < end) {
    const bool to_door = links == 0 || (door != 0 && dice.draw() % 2 == 0);
    tcp::socket s{io};
    boost::system::error_code e;
    s.connect({boost::asio::ip::address_v4::loopback(), to_door ? door : links}, e);
    if (!e) {
      ++out.connections;
      const auto what = to_door ? for_a_door(dice) : for_links(dice);
      const bool says_nothing = dice.draw() % 4 == 0;
      s.non_blocking(true, e); // Whoever does not read must not hold us up.
      if (!says_nothing)
        out.bytes += s.write_some(boost::asio::buffer(what), e);
      if (dice.draw() % 2 == 0) {
        silent.push_back(std::move(s));
        if (silent.size() > silent_max)
          silent.pop_front();
      }
    }
    std::this_thread::sleep_for(garbage_pause);
  }
  return out;
}

} // namespace troupe::cli
