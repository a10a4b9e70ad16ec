// A bare Beast server: reads a request with a body and answers a fixed document. What the HTTP door
// is measured against.

// Boost 1.74 uses std::exchange without including what declares it.
#include <utility>

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <cstdlib>
#include <memory>
#include <string>

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

class session : public std::enable_shared_from_this<session> {
 public:
  explicit session(tcp::socket socket)
      : stream_(std::move(socket)) {
    stream_.set_option(tcp::no_delay{true});
  }
  void read() {
    request_ = {};
    http::async_read(stream_, buffer_, request_, [self = shared_from_this()](auto error, auto) {
      if (!error)
        self->answer();
    });
  }

 private:
  void answer() {
    response_ = {http::status::ok, request_.version()};
    response_.set(http::field::content_type, "application/json");
    response_.body() = "{\"state\":\"completed\",\"text\":\"" + request_.body() + "\"}";
    response_.keep_alive(request_.keep_alive());
    response_.prepare_payload();
    http::async_write(stream_, response_, [self = shared_from_this()](auto error, auto) {
      if (!error)
        self->read();
    });
  }

  tcp::socket stream_;
  boost::beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response<http::string_body> response_;
};

void accept(tcp::acceptor& from) {
  from.async_accept([&from](auto error, tcp::socket socket) {
    if (!error)
      std::make_shared<session>(std::move(socket))->read();
    accept(from);
  });
}

} // namespace

int main(int argc, char** argv) {
  asio::io_context io{1};
  const auto port = static_cast<unsigned short>(argc > 1 ? std::atoi(argv[1]) : 7591);
  tcp::acceptor listener{io, {asio::ip::address_v4::loopback(), port}};
  accept(listener);
  io.run();
}
