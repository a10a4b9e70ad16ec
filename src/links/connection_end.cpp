// How a connection comes to its end: deadlines, silence, goodbyes.
#include "src/links/connection.hpp"

namespace troupe::links {

void connection::tick(steady::time_point now, steady::time_point thawed) {
  const auto& s = home_.settings();
  if (stage_ == stage::gone)
    return;
  if (stage_ != stage::up) {
    if (now >= deadline_)
      close("no hello within " + std::to_string(s.hello_timeout.count()) + " ms");
    return;
  }
  const auto limit = s.heartbeat * s.heartbeats_missed;
  if (resting_) {
    resume();
  } else if (now - heard_ > limit && now - thawed > s.heartbeat) {
    leave("silent for " + std::to_string(limit.count()) + " ms", link_loss::silent);
    return;
  }
  // A little early rather than a look too late.
  if (!writing_ && !parted_ && now - wrote_ >= s.heartbeat * 3 / 4)
    control_ += make_frame(frame_type::beat, {});
  pump();
}

void connection::leave(const std::string& why, link_loss how) {
  if (stage_ >= stage::leaving)
    return;
  if (stage_ == stage::connecting || handshaking_) {
    close(why, how);
    return;
  }
  const auto self = shared_from_this();
  if (proven_ && !parted_)
    control_ += make_frame(frame_type::goodbye, encode_goodbye({why, how == link_loss::goodbye}));
  stage_ = stage::leaving;
  deadline_ = steady::now() + home_.settings().farewell;
  end(why, how);
  if (stage_ != stage::leaving)
    return;
  if (!proven_ || parted_)
    part();
  else
    pump();
}

/// Says no more and waits for the peer to close.
void connection::part() {
  parted_ = true;
  boost::system::error_code ignored;
  stream_->socket().shutdown(link_socket::shutdown_send, ignored);
  if (!reading_)
    drain();
}

void connection::drain() {
  reading_ = true;
  stream_->drain([self = shared_from_this()](const std::string& error, std::size_t) {
    self->reading_ = false;
    if (self->stage_ != stage::leaving)
      return;
    if (error.empty())
      self->drain();
    else
      self->close(error);
  });
}

void connection::close(const std::string& why, link_loss how) {
  if (stage_ == stage::gone)
    return;
  const auto self = shared_from_this();
  stage_ = stage::gone;
  boost::system::error_code ignored;
  (stream_ ? stream_->socket() : socket_).close(ignored);
  end(why, how);
  home_.gone(*this);
}

void connection::end(const std::string& why, link_loss how) {
  if (ended_)
    return;
  ended_ = true;
  if (lane_)
    lane_->out.close();
  home_.ended(*this, how, why);
}

} // namespace troupe::links
