#include "src/links/knocker.hpp"

#include <boost/asio/error.hpp>

#include <utility>

namespace troupe::links {

void knocker::start(endpoint to) {
  stop();
  attempts_ = 0;
  parts_.connect = [weak = weak_from_this()](const std::string&, const auto& where) {
    if (const auto self = weak.lock())
      self->knock(where);
  };
  // What is wrong with its address, whoever dials it says.
  parts_.tell = [](const std::string&, const std::string&) {};
  dial_ = std::make_shared<dialler>(parts_, std::move(to));
  dial_->start();
}

void knocker::stop() {
  if (const auto dial = std::exchange(dial_, nullptr))
    dial->stop();
  boost::system::error_code ignored;
  if (const auto socket = std::exchange(socket_, nullptr))
    socket->close(ignored);
}

void knocker::tick(steady::time_point now) {
  boost::system::error_code ignored;
  if (socket_ && now - since_ >= patience_)
    socket_->close(ignored);
}

void knocker::knock(const boost::asio::ip::tcp::endpoint& to) {
  if (++attempts_ > attempts_most) {
    stop();
    return;
  }
  boost::system::error_code e;
  socket_ = std::make_shared<link_socket>(make_socket(parts_.io, to, e));
  since_ = steady::now();
  const auto over = [self = shared_from_this(),
                     socket = socket_](const boost::system::error_code& how) {
    boost::system::error_code ignored;
    socket->close(ignored);
    if (self->socket_ != socket || !self->dial_)
      return;
    self->socket_ = nullptr;
    self->dial_->ended(how ? reason_of(how) : "it listens",
                       how == boost::asio::error::connection_refused);
  };
  if (e)
    over(e);
  else
    socket_->async_connect(to, over);
}

} // namespace troupe::links
