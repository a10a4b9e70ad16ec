#include "src/links/relay.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <chrono>
#include <deque>
#include <functional>
#include <string>
#include <utility>

namespace troupe::links {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

using relay_clock = std::chrono::steady_clock;

constexpr std::size_t relay_piece = 64u << 10;
constexpr std::size_t under_way_max = 8u << 20; ///< per direction
constexpr std::chrono::milliseconds relay_pause{100};

tcp::endpoint on_loopback(std::uint16_t port) {
  return {asio::ip::address_v4::loopback(), port};
}

} // namespace

/// One connection: a socket at each end, and what is under way in each direction.
class relay::pipe : public std::enable_shared_from_this<relay::pipe> {
 public:
  pipe(tcp::socket near, asio::io_context& io, std::shared_ptr<const bool> alive,
       std::shared_ptr<conditions> with, std::function<void(const std::shared_ptr<pipe>&)> over)
      : near_(std::move(near))
      , far_(io)
      , there_(near_, far_, io)
      , back_(far_, near_, io)
      , alive_(std::move(alive))
      , with_(std::move(with))
      , over_(std::move(over)) {}

  void start(std::uint16_t target) {
    far_.async_connect(on_loopback(target), [me = shared_from_this()](const auto& e) {
      if (e)
        return me->close();
      boost::system::error_code none;
      me->near_.set_option(tcp::no_delay{true}, none);
      me->far_.set_option(tcp::no_delay{true}, none);
      me->linked_ = true;
      me->go_on();
    });
  }

  /// Looks at both directions again: the conditions have changed.
  void go_on() {
    if (!linked_)
      return;
    step(there_);
    step(back_);
  }

  void close() {
    boost::system::error_code none;
    near_.close(none);
    far_.close(none);
    there_.due.cancel();
    back_.due.cancel();
    if (!std::exchange(closed_, true) && *alive_)
      over_(shared_from_this());
  }

 private:
  struct piece {
    relay_clock::time_point due;
    std::string bytes;
  };
  struct direction {
    direction(tcp::socket& a, tcp::socket& b, asio::io_context& io)
        : from(a)
        , to(b)
        , due(io) {}
    tcp::socket& from;
    tcp::socket& to;
    asio::steady_timer due;
    std::array<char, relay_piece> buffer{};
    std::deque<piece> under_way;
    std::size_t bytes = 0;
    bool reading = false;
    bool writing = false;
    bool waiting = false;
    bool ended = false; ///< no more will come
    bool told = false;  ///< and the other end knows
  };

  void step(direction& d) {
    read(d);
    write(d);
  }

  void read(direction& d) {
    if (closed_ || with_->cut || d.reading || d.ended || d.bytes >= under_way_max)
      return;
    d.reading = true;
    d.from.async_read_some(
        asio::buffer(d.buffer), [me = shared_from_this(), &d](const auto& e, std::size_t n) {
          d.reading = false;
          if (n > 0) {
            d.under_way.push_back({relay_clock::now() + me->with_->delay, {d.buffer.data(), n}});
            d.bytes += n;
            me->with_->carried += n;
          }
          d.ended = d.ended || e;
          me->step(d);
        });
  }

  void write(direction& d) {
    if (closed_ || with_->cut || d.writing || d.waiting)
      return;
    if (d.under_way.empty()) {
      if (!d.ended || std::exchange(d.told, true))
        return;
      boost::system::error_code none;
      d.to.shutdown(tcp::socket::shutdown_send, none);
      if (there_.told && back_.told)
        close();
      return;
    }
    if (const auto due = d.under_way.front().due; due > relay_clock::now()) {
      d.waiting = true;
      d.due.expires_at(due);
      d.due.async_wait([me = shared_from_this(), &d](const auto&) {
        d.waiting = false;
        me->step(d);
      });
      return;
    }
    d.writing = true;
    asio::async_write(d.to, asio::buffer(d.under_way.front().bytes),
                      [me = shared_from_this(), &d](const auto& e, std::size_t) {
                        d.writing = false;
                        if (e)
                          return me->close();
                        d.bytes -= d.under_way.front().bytes.size();
                        d.under_way.pop_front();
                        me->step(d);
                      });
  }

  tcp::socket near_;
  tcp::socket far_;
  direction there_;
  direction back_;
  std::shared_ptr<const bool> alive_; ///< whether the relay is
  std::shared_ptr<conditions> with_;
  std::function<void(const std::shared_ptr<pipe>&)> over_;
  bool linked_ = false;
  bool closed_ = false;
};

relay::relay(asio::io_context& io, std::uint16_t target)
    : io_(io)
    , acceptor_(io, on_loopback(0))
    , again_(io)
    , port_(acceptor_.local_endpoint().port())
    , target_(target)
    , conditions_(std::make_shared<conditions>())
    , pipes_(std::make_shared<std::set<std::shared_ptr<pipe>>>())
    , alive_(std::make_shared<bool>(true)) {
  accept();
}

relay::~relay() {
  *alive_ = false;
  // Each of them holds the set that holds it.
  for (const auto& p : std::exchange(*pipes_, {}))
    p->close();
}

void relay::accept() {
  if (accepting_ || conditions_->cut)
    return;
  accepting_ = true;
  acceptor_.async_accept([this, alive = alive_](const auto& e, tcp::socket s) {
    if (!*alive)
      return;
    accepting_ = false;
    if (e) {
      // Out of descriptors, as a rule: later there may be some.
      again_.expires_after(relay_pause);
      again_.async_wait([this, alive](const auto& stopped) {
        if (*alive && !stopped)
          accept();
      });
      return;
    }
    const auto one = std::make_shared<pipe>(
        std::move(s), io_, alive_, conditions_,
        [all = pipes_](const std::shared_ptr<pipe>& gone) { all->erase(gone); });
    pipes_->insert(one);
    one->start(target_);
    accept();
  });
}

void relay::cut(bool on) {
  conditions_->cut = on;
  if (on)
    return;
  accept();
  for (const auto& p : std::set{*pipes_})
    p->go_on();
}

} // namespace troupe::links
