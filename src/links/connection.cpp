#include "src/links/connection.hpp"

#include <algorithm>
#include <exception>

namespace troupe::links {

namespace {

/// Before a peer has proved who it is, it can make us keep no more than this.
constexpr std::size_t hello_max_bytes = 4096;

std::string place_of(const link_socket& socket) {
  boost::system::error_code e;
  const auto there = socket.remote_endpoint(e);
  if (e)
    return "somewhere";
  return there.address().to_string() + ":" + std::to_string(there.port());
}

} // namespace

connection::connection(connection_home& home, link_socket socket, std::string expected)
    : home_(home)
    , expected_(std::move(expected))
    , socket_(std::move(socket))
    , reader_(hello_max_bytes)
    , deadline_(steady::now() + home.settings().hello_timeout)
    , heard_(steady::now())
    , wrote_(heard_) {}

// -- from the first byte to hello ---------------------------------------------

void connection::start() {
  place_ = place_of(socket_);
  prove();
}

void connection::dial(const boost::asio::ip::tcp::endpoint& to) {
  place_ = to.address().to_string() + ":" + std::to_string(to.port());
  socket_.async_connect(to, [self = shared_from_this()](const boost::system::error_code& failed) {
    if (self->stage_ != stage::connecting)
      return;
    self->refused_ = failed == boost::asio::error::connection_refused;
    if (failed)
      self->close(reason_of(failed));
    else
      self->prove();
  });
}

void connection::prove() {
  stage_ = stage::proving;
  prepare_socket(socket_, home_.settings().socket_buffer_bytes);
  try {
    stream_ = home_.make_stream(std::move(socket_));
  } catch (const std::exception& e) {
    close(e.what());
    return;
  }
  handshaking_ = true;
  stream_->handshake(dialled() ? link_side::dialler : link_side::listener,
                     [self = shared_from_this()](const std::string& error) {
                       self->handshaking_ = false;
                       if (self->stage_ != stage::proving)
                         return;
                       if (error.empty()) {
                         self->proven_ = true;
                         self->greet();
                       } else {
                         // The alert that tells the peer is on its way.
                         self->leave(error);
                       }
                     });
}

void connection::greet() {
  stage_ = stage::greeting;
  if (dialled()) {
    // Who we are is said to nobody but the node that was meant.
    const auto names = proven_names();
    if (!home_.settings().plaintext &&
        std::find(names.begin(), names.end(), expected_) == names.end()) {
      leave("its certificate is not that of node " + expected_);
      return;
    }
    say_hello();
  }
  read();
}

void connection::say_hello() {
  const auto& s = home_.settings();
  hello x;
  x.node = s.node;
  x.incarnation = s.incarnation;
  x.region = s.region;
  x.version = s.version;
  x.frame_max_bytes = s.frame_max_bytes;
  control_ += make_frame(frame_type::hello, encode_hello(x));
  pump();
}

void connection::on_hello(std::string_view body) {
  const auto said = decode_hello(body);
  if (!said) {
    leave(said.error);
    return;
  }
  if (auto why = home_.judge(*this, *said); !why.empty()) {
    leave(why);
    return;
  }
  if (!dialled())
    say_hello();
  if (stage_ == stage::greeting)
    come_up(*said);
}

void connection::come_up(const hello& said) {
  const auto& s = home_.settings();
  peer_ = {said.node, said.incarnation, said.region, said.version};
  const auto frame_max = static_cast<std::size_t>(
      std::min<std::uint64_t>(s.frame_max_bytes, std::max<std::uint64_t>(said.frame_max_bytes, 1)));
  lane_ = std::make_shared<link_lane>(
      outbox::limits{s.outbox_max_bytes, frame_max, std::min(s.gather_bytes, frame_max)});
  reader_.take_up_to(s.frame_max_bytes);
  stage_ = stage::up;
  home_.linked(*this);
}

std::vector<std::string> connection::proven_names() const {
  return proven_ ? stream_->peer_names() : std::vector<std::string>{};
}

// -- reading ------------------------------------------------------------------

bool connection::paused() const noexcept {
  return lane_ && lane_->unhandled.load() >= home_.settings().unhandled_max;
}

void connection::read() {
  if (reading_ || stage_ < stage::greeting || stage_ == stage::gone)
    return;
  resting_ = stage_ == stage::up && paused();
  if (resting_)
    return;
  reading_ = true;
  stream_->read(reader_.space(),
                [self = shared_from_this()](const std::string& error, std::size_t n) {
                  self->on_read(error, n);
                });
}

void connection::on_read(const std::string& error, std::size_t n) {
  reading_ = false;
  if (stage_ == stage::gone)
    return;
  if (!error.empty()) {
    close(error);
    return;
  }
  heard_ = steady::now();
  // What a leaving connection still gets is written over by what comes next.
  if (stage_ != stage::leaving) {
    reader_.filled(n);
    process();
  }
  read();
}

void connection::process() {
  while (stage_ == stage::greeting || (stage_ == stage::up && !paused())) {
    const auto f = reader_.next();
    if (!f)
      break;
    handle(*f);
  }
  if (!reader_.error().empty() && stage_ < stage::leaving)
    leave(reader_.error());
}

void connection::handle(const frame& f) {
  if (f.type == frame_type::goodbye) {
    const auto bye = decode_goodbye(f.body);
    // A peer that gives up this one connection has not ended: who finds nobody there may say so.
    close(bye ? "it said: " + bye->why : bye.error,
          bye && bye->stopping ? link_loss::goodbye : link_loss::closed);
    return;
  }
  const bool greeting = stage_ == stage::greeting;
  if (greeting != (f.type == frame_type::hello))
    leave(greeting ? "the first frame is no hello" : "a second hello");
  else if (greeting)
    on_hello(f.body);
  else if (f.type == frame_type::batch)
    on_batch(f.body);
  else if (!f.body.empty())
    leave("a heartbeat is empty");
}

void connection::on_batch(std::string_view body) {
  auto batch = decode_batch(body);
  if (!batch) {
    leave(batch.error);
    return;
  }
  lane_->unhandled.fetch_add(1);
  home_.arrived(*this, std::make_shared<const envelope_batch>(*std::move(batch)));
}

void connection::resume() {
  if (stage_ != stage::up || reading_ || paused())
    return;
  // Nobody listened for a while: silence is counted from now.
  resting_ = false;
  heard_ = steady::now();
  process();
  read();
}

// -- writing ------------------------------------------------------------------

void connection::pump() {
  if (writing_ || parted_ || !proven_ || stage_ == stage::gone)
    return;
  std::size_t data_bytes = 0;
  if (!control_.empty()) {
    in_flight_ = std::move(control_);
    control_.clear();
  } else if (stage_ == stage::up) {
    in_flight_ = lane_->out.take();
    data_bytes = in_flight_.size();
  }
  if (in_flight_.empty()) {
    if (stage_ == stage::leaving)
      part();
    return;
  }
  writing_ = true;
  stream_->write(in_flight_, [self = shared_from_this(), data_bytes](const std::string& error) {
    self->on_written(error, data_bytes);
  });
}

void connection::on_written(const std::string& error, std::size_t data_bytes) {
  writing_ = false;
  in_flight_ = std::string{};
  if (data_bytes > 0)
    lane_->out.written(data_bytes);
  if (stage_ == stage::gone)
    return;
  if (!error.empty()) {
    // Why the peer closed may still be there to read.
    if (stage_ == stage::leaving || resting_)
      close(error);
    else
      parted_ = true;
    return;
  }
  wrote_ = steady::now();
  pump();
}

} // namespace troupe::links
