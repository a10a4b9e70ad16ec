#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <boost/asio.hpp>

namespace troupe::tools::test {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

/// A server for one test: gives each request, head and body, to a function and sends the bytes it
/// answers. No answer means that the client is left waiting; an answer that ends in `close` closes
/// the connection.
class server {
 public:
  using handler = std::function<std::string(const std::string& request)>;
  inline static const std::string close = "\x01";

  explicit server(handler answer)
      : answer_{std::move(answer)} {
    accept();
    thread_ = std::thread{[this] { io_.run(); }};
  }
  ~server() {
    io_.stop();
    thread_.join();
  }
  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + path;
  }
  int connections() const { return connections_; }

 private:
  struct session {
    explicit session(tcp::socket s)
        : socket{std::move(s)} {}
    tcp::socket socket;
    std::string in;
    std::string out;
  };

  void accept() {
    acceptor_.async_accept([this](boost::system::error_code e, tcp::socket socket) {
      if (e)
        return;
      ++connections_;
      read(std::make_shared<session>(std::move(socket)));
      accept();
    });
  }
  void read(const std::shared_ptr<session>& one) {
    const auto complete = [one](const boost::system::error_code& e, std::size_t) -> std::size_t {
      return e || whole(one->in) > 0 ? 0 : 4096;
    };
    asio::async_read(one->socket, asio::dynamic_buffer(one->in), complete,
                     [this, one](boost::system::error_code e, std::size_t) {
                       if (whole(one->in) > 0)
                         respond(one);
                       else if (!e)
                         read(one);
                     });
  }
  /// The length of the request at the front; 0 if it is not complete.
  static std::size_t whole(const std::string& text) {
    const auto end = text.find("\r\n\r\n");
    if (end == std::string::npos)
      return 0;
    std::size_t body = 0;
    if (const auto at = text.find("Content-Length: "); at < end)
      body = std::stoul(text.substr(at + 16));
    return text.size() >= end + 4 + body ? end + 4 + body : 0;
  }
  void respond(const std::shared_ptr<session>& one) {
    const auto length = whole(one->in);
    one->out = answer_(one->in.substr(0, length));
    one->in.erase(0, length);
    const bool last = one->out.ends_with(close);
    if (last)
      one->out.pop_back();
    else if (one->out.empty())
      return read(one);
    asio::async_write(one->socket, asio::buffer(one->out),
                      [this, one, last](boost::system::error_code e, std::size_t) {
                        if (!e && !last)
                          read(one);
                      });
  }

  handler answer_;
  asio::io_context io_;
  tcp::acceptor acceptor_{io_, tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
  std::atomic<int> connections_{0};
  std::thread thread_;
};

/// A plain answer with this body.
inline std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Two: 2\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

} // namespace troupe::tools::test
