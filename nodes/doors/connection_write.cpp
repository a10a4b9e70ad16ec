#include "nodes/doors/connection.hpp"

#include "nodes/doors/problem.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include <charconv>
#include <exception>

namespace troupe {

namespace {

constexpr std::size_t kept_capacity = 64u << 10; ///< a buffer that grew beyond it is given back
constexpr milliseconds linger_time{2000};

http_reply made(const mail& m) {
  try {
    return m.make();
  } catch (const std::exception& e) {
    problem p;
    p.word = "internal";
    p.title = "Internal error";
    p.detail = e.what();
    return to_reply(p);
  }
}

} // namespace

void connection::take(mail& m) {
  switch (m.what) {
  case mail::kind::reply:
    reply(std::move(m.ready));
    return;
  case mail::kind::make:
    reply(made(m));
    return;
  case mail::kind::open:
    open_stream(std::move(m.ready));
    return;
  case mail::kind::cut:
    close();
    return;
  case mail::kind::finish:
    finish_stream();
    return;
  case mail::kind::chunk:
    if (stage_ != stage::streaming)
      return;
    append_chunk(m.chunk);
    if (unsent() > home_.shared().settings.stream_backlog_bytes)
      close();
    else if (!writing_)
      flush();
    return;
  }
}

void connection::reply(http_reply r) {
  if (stage_ != stage::handling)
    return;
  if (home_.stopping())
    keep_ = false;
  reply_head head;
  head.reply = &r;
  head.length = r.body.size();
  head.keep = keep_;
  head.say_keep = !chunked_;
  head.date = home_.date();
  append_head(out_, head);
  if (!head_only_)
    out_ += r.body;
  request_done();
}

void connection::request_done() {
  serial_ = 0;
  call_at_ = steady::time_point::max();
  call_ = nullptr;
  when_gone_ = nullptr;
  leaves_ = false;
  parser_.reset();
  stage_ = stage::idle;
  deadline_ = home_.now() + home_.shared().settings.idle_timeout;
  last_ = !keep_;
  process();
}

void connection::open_stream(http_reply r) {
  if (stage_ != stage::handling)
    return;
  reply_head head;
  head.reply = &r;
  head.streamed = true;
  head.chunked = chunked_;
  keep_ = keep_ && chunked_ && !home_.stopping();
  head.keep = keep_;
  head.date = home_.date();
  append_head(out_, head);
  if (head_only_) {
    request_done();
    return;
  }
  stage_ = stage::streaming;
  call_at_ = steady::time_point::max();
  call_ = nullptr;
  append_chunk(r.body);
  if (ended_) {
    close();
    return;
  }
  if (home_.stopping())
    finish_stream();
  else if (!writing_)
    flush();
}

void connection::append_chunk(std::string_view piece) {
  last_chunk_ = home_.now();
  if (piece.empty())
    return; // An empty chunk would end the body.
  if (!chunked_) {
    out_ += piece;
    return;
  }
  char size[16];
  out_.append(size, std::to_chars(size, size + sizeof size, piece.size(), 16).ptr);
  out_ += "\r\n";
  out_ += piece;
  out_ += "\r\n";
}

void connection::finish_stream() {
  if (stage_ != stage::streaming)
    return;
  if (chunked_)
    out_ += "0\r\n\r\n";
  if (home_.stopping())
    keep_ = false;
  auto gone = std::move(when_gone_);
  request_done();
  if (gone)
    gone();
}

void connection::flush() {
  if (stage_ == stage::closed)
    return;
  while (unsent() > 0) {
    boost::system::error_code e;
    const auto n = write_some(out_.data() + sent_, unsent(), e);
    if (e == boost::asio::error::would_block || e == boost::asio::error::try_again) {
      wait_writable();
      return;
    }
    if (e) {
      close();
      return;
    }
    sent_ += n;
    write_deadline_ = steady::time_point::max();
  }
  sent_ = 0;
  if (out_.capacity() > kept_capacity)
    out_ = {};
  else
    out_.clear();
  if (last_)
    linger();
}

void connection::wait_writable() {
  // What has been sent is forgotten, lest a stream that is always a little behind grows without
  // end.
  out_.erase(0, sent_);
  sent_ = 0;
  if (write_deadline_ == steady::time_point::max())
    write_deadline_ = home_.now() + home_.shared().settings.write_timeout;
  writing_ = true;
  socket_.async_wait(client_socket::wait_write,
                     [self = shared_from_this()](const boost::system::error_code& e) {
                       self->writing_ = false;
                       if (e) {
                         self->close();
                         return;
                       }
                       self->flush();
                       if (self->stage_ != stage::closed && !self->writing_)
                         self->process();
                     });
}

void connection::linger() {
  if (stage_ == stage::lingering || stage_ == stage::closed)
    return;
  if (ended_) {
    close();
    return;
  }
  if (tls_)
    tls_->say_end();
  boost::system::error_code e;
  socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, e);
  if (e) {
    close();
    return;
  }
  stage_ = stage::lingering;
  deadline_ = home_.now() + linger_time;
  begin_ = end_ = 0;
  read();
}

} // namespace troupe
