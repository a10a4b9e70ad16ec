#include "nodes/doors/connection.hpp"

#include "nodes/doors/host_check.hpp"
#include "nodes/doors/problem.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/http/error.hpp>

#include <cstring>
#include <exception>

namespace troupe {

namespace {

constexpr std::size_t pipelined_out_max = 64u << 10; ///< answers gathered before they are written
constexpr std::size_t linger_max = 16u << 20;        ///< bytes thrown away after the last answer

} // namespace

connection::connection(lane& home, std::uint32_t slot, client_socket socket)
    : home_(home)
    , slot_(slot)
    , socket_(std::move(socket))
    , deadline_(home.now() + home.shared().settings.header_timeout)
    , in_(new char[buffer_bytes]) {
  boost::system::error_code e;
  socket_.non_blocking(true, e);
  const auto from = socket_.remote_endpoint(e);
  if (!e)
    remote_ = from.address().to_string();
}

connection::~connection() = default;

void connection::start(bool turn_away, const std::shared_ptr<SSL_CTX>& tls) {
  if (!socket_.is_open() || (tls && turn_away)) {
    close(); // Agreeing on TLS only to say that there is no room would cost more than a request.
    return;
  }
  if (tls) {
    tls_ = std::make_unique<tls_session>(tls, socket_.native_handle());
    stage_ = stage::handshake;
    shake_hands();
    return;
  }
  if (turn_away) {
    refuse(503, "busy", "Busy", "this server has as many connections as it takes");
    return;
  }
  read();
}

void connection::stop() {
  if (stage_ == stage::handshake || (stage_ == stage::idle && unsent() == 0))
    close();
  else if (stage_ == stage::idle)
    last_ = true;
  else if (stage_ == stage::streaming)
    finish_stream();
}

void connection::close() {
  if (stage_ == stage::closed)
    return;
  const bool unfinished = stage_ == stage::handling || stage_ == stage::streaming;
  stage_ = stage::closed;
  serial_ = 0;
  boost::system::error_code ignored;
  socket_.close(ignored);
  auto gone = std::move(when_gone_);
  when_gone_ = nullptr;
  call_ = nullptr;
  const auto self = shared_from_this();
  home_.remove(slot_);
  if (unfinished && gone)
    gone();
}

void connection::tick() {
  const auto now = home_.now();
  if (now >= write_deadline_) {
    close();
    return;
  }
  if (stage_ == stage::handling && now >= call_at_) {
    call_at_ = steady::time_point::max();
    auto call = std::move(call_);
    call_ = nullptr;
    call();
    return;
  }
  if (stage_ == stage::streaming && now - last_chunk_ >= home_.shared().settings.heartbeat) {
    append_chunk(": alive\n\n");
    flush();
    return;
  }
  if (now < deadline_)
    return;
  if (stage_ == stage::header || stage_ == stage::body)
    refuse(408, "too_slow", "Request timeout",
           stage_ == stage::header ? "the header did not arrive in time"
                                   : "the body did not arrive in time");
  else if (stage_ == stage::idle || stage_ == stage::lingering)
    close();
  else if (stage_ == stage::handshake) {
    home_.shared().bad_handshakes.fetch_add(1);
    close();
  }
}

// -- TLS ----------------------------------------------------------------------

void connection::wait_for(tls_session::step step, void (connection::*then)()) {
  socket_.async_wait(step == tls_session::step::wants_write ? client_socket::wait_write
                                                            : client_socket::wait_read,
                     [self = shared_from_this(), then](const boost::system::error_code& e) {
                       if (self->stage_ == stage::closed)
                         return;
                       if (e)
                         self->close();
                       else
                         (self.get()->*then)();
                     });
}

void connection::shake_hands() {
  using step = tls_session::step;
  switch (const auto found = tls_->accept()) {
  case step::done:
    stage_ = stage::idle;
    deadline_ = lane::steady::now() + home_.shared().settings.header_timeout;
    read();
    return;
  case step::wants_read:
  case step::wants_write:
    wait_for(found, &connection::shake_hands);
    return;
  case step::plaintext:
    // Whoever has only forgotten the s should not have to guess.
    home_.shared().bad_handshakes.fetch_add(1);
    tls_ = nullptr;
    refuse(400, "plaintext", "TLS is needed", "this port speaks TLS: use https://");
    return;
  default:
    home_.shared().bad_handshakes.fetch_add(1);
    close();
  }
}

void connection::read_tls() {
  using step = tls_session::step;
  std::size_t n = 0;
  const auto found = tls_->read(in_.get() + end_, buffer_bytes - end_, n);
  if (found == step::wants_read || found == step::wants_write) {
    wait_for(found, &connection::read_tls);
    return;
  }
  boost::system::error_code e;
  if (found == step::ended)
    e = boost::asio::error::eof;
  else if (found != step::done)
    e = boost::asio::error::connection_reset;
  // Not from within: whoever reads may be in the middle of an answer.
  boost::asio::post(home_.io(), [self = shared_from_this(), e, n] { self->on_read(e, n); });
}

std::size_t connection::write_some(const char* from, std::size_t size,
                                   boost::system::error_code& e) {
  if (!tls_)
    return socket_.write_some(boost::asio::buffer(from, size), e);
  std::size_t n = 0;
  const auto found = tls_->write(from, size, n);
  if (found == tls_session::step::wants_write || found == tls_session::step::wants_read)
    e = boost::asio::error::would_block;
  else if (found != tls_session::step::done)
    e = boost::asio::error::broken_pipe;
  return n;
}

// -- reading ------------------------------------------------------------------

void connection::read() {
  if (reading_ || ended_ || stage_ == stage::closed)
    return;
  if (begin_ > 0) {
    std::memmove(in_.get(), in_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_bytes)
    return; // Goes on when the answer has been written: the client is slowed down meanwhile.
  reading_ = true;
  if (tls_) {
    read_tls();
    return;
  }
  socket_.async_read_some(boost::asio::buffer(in_.get() + end_, buffer_bytes - end_),
                          [self = shared_from_this()](const boost::system::error_code& e,
                                                      std::size_t n) { self->on_read(e, n); });
}

void connection::on_read(const boost::system::error_code& e, std::size_t n) {
  reading_ = false;
  if (stage_ == stage::closed)
    return;
  if (e) {
    // A client may close its sending side and still wait for its answers, unless the handler takes
    // that for its end; a stream's reader has nothing left to wait for.
    ended_ = true;
    if (e != boost::asio::error::eof || stage_ == stage::streaming || stage_ == stage::lingering ||
        (stage_ == stage::handling && leaves_))
      close();
    else if (stage_ != stage::handling)
      process();
    return;
  }
  if (stage_ == stage::lingering) {
    thrown_away_ += n;
    if (thrown_away_ > linger_max)
      close();
    else
      read();
    return;
  }
  end_ += n;
  process();
}

void connection::process() {
  if (processing_)
    return;
  processing_ = true;
  while (!last_ && unsent() < pipelined_out_max && stage_ <= stage::body && parse()) {
  }
  processing_ = false;
  if (stage_ == stage::handling && ended_ && leaves_)
    close();
  if (stage_ == stage::closed)
    return;
  // What could be answered has been; the rest of a request that has begun will never come.
  if (ended_ && stage_ <= stage::body && unsent() < pipelined_out_max)
    last_ = true;
  if (!writing_)
    flush();
  if (stage_ != stage::closed)
    read();
}

bool connection::parse() {
  if (begin_ == end_)
    return false;
  const auto& limits = home_.shared().settings;
  if (!parser_) {
    // What can be no method is told at once instead of after the header's time is up.
    if (in_[begin_] < 'A' || in_[begin_] > 'Z') {
      refuse(400, "malformed_request", "Malformed request", "this is not HTTP");
      return false;
    }
    request_.clear();
    parser_.emplace(request_);
    parser_->eager(true);
    parser_->header_limit(limits.header_max_bytes);
    parser_->body_limit(limits.body_max_bytes);
    stage_ = stage::header;
    deadline_ = lane::steady::now() + limits.header_timeout;
  }
  boost::beast::error_code e;
  begin_ += parser_->put(boost::asio::buffer(in_.get() + begin_, end_ - begin_), e);
  if (stage_ == stage::header && parser_->is_header_done()) {
    stage_ = stage::body;
    deadline_ = lane::steady::now() + limits.body_timeout;
    if (parser_->expects_continue() && !parser_->is_done() &&
        (!e || e == boost::beast::http::error::need_more))
      out_ += "HTTP/1.1 100 Continue\r\n\r\n";
  }
  if (e && e != boost::beast::http::error::need_more) {
    auto why = refusal_of(e);
    refuse(why.status, why.word, why.title, std::move(why.detail));
    return false;
  }
  if (parser_->is_done()) {
    dispatch();
    return true;
  }
  if (e && end_ - begin_ == buffer_bytes)
    refuse(431, "header_too_large", "Header too large",
           "the header is larger than this server takes");
  return !e;
}

// -- answering ----------------------------------------------------------------

void connection::dispatch() {
  keep_ = parser_->keep_alive();
  chunked_ = parser_->http_version() == 11;
  head_only_ = request_.method == "HEAD";
  stage_ = stage::handling;
  deadline_ = steady::time_point::max();
  serial_ = home_.next_serial();
  request_.remote = remote_;
  const responder answer{home_.box(), {slot_, serial_}};
  if (parser_->http_version() == 11 && request_.count("host") != 1) {
    answer.send(to_reply(bad_request("HTTP/1.1 asks for exactly one Host header"), request_.path));
    return;
  }
  if (home_.shared().loopback && !names_this_machine(request_.header("host"))) {
    problem p;
    p.status = 421;
    p.word = "misdirected";
    p.title = "Misdirected request";
    p.detail = "this server listens on the loopback address and only answers to localhost, "
               "127.0.0.1 and [::1]";
    answer.send(to_reply(p, request_.path));
    return;
  }
  try {
    home_.shared().routes.route(request_, answer);
  } catch (const std::exception& e) {
    problem p;
    p.word = "internal";
    p.title = "Internal error";
    p.detail = e.what();
    answer.send(to_reply(p, request_.path));
  }
}

void connection::call_after(milliseconds wait, std::function<void()> then) {
  call_at_ = lane::steady::now() + wait;
  call_ = std::move(then);
}

void connection::refuse(unsigned status, std::string_view word, std::string_view title,
                        std::string detail) {
  // Where the next request would begin is unknown now: this answer is the connection's last.
  keep_ = false;
  head_only_ = false;
  stage_ = stage::handling;
  problem p;
  p.status = status;
  p.word = word;
  p.title = title;
  p.detail = std::move(detail);
  const auto form = parser_ ? home_.shared().routes.form_at(request_.path) : to_reply;
  reply(form(p, {}));
}

} // namespace troupe
