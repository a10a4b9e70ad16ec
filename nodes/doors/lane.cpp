#include "nodes/doors/lane.hpp"

#include "nodes/doors/connection.hpp"

#include <boost/asio/post.hpp>

#include <pthread.h>
#include <signal.h>

#include <ctime>

namespace troupe {

namespace {

constexpr milliseconds tick_every{100};

} // namespace

lane::lane(server_state& shared)
    : shared_(shared)
    , work_(boost::asio::make_work_guard(io_))
    , timer_(io_)
    , box_(std::make_shared<mailbox>(*this, shared.settings.stream_backlog_bytes)) {}

lane::~lane() {
  stop(steady::now());
  box_->close();
}

void lane::start() {
  // The thread inherits the mask: signals go to the threads that the process keeps for them.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread{[this] {
    box_->set_thread(std::this_thread::get_id());
    io_.run();
    // What is left are connections whose time is up: their answers are dropped.
    box_->close();
    for (auto& c : connections_)
      if (auto last = c)
        last->close();
    connections_.clear();
  }};
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void lane::begin_stop(steady::time_point deadline) {
  boost::asio::post(io_, [this, deadline] {
    stopping_ = true;
    deadline_ = deadline;
    now_ = steady::now();
    for (std::size_t i = 0; i < connections_.size(); ++i)
      if (auto c = connections_[i])
        c->stop();
    arm();
    end_if_empty();
  });
}

void lane::stop(steady::time_point deadline) {
  if (!thread_.joinable())
    return;
  begin_stop(deadline);
  thread_.join();
}

void lane::end_if_empty() {
  if (stopping_ && (open_ == 0 || steady::now() >= deadline_))
    io_.stop();
}

void lane::adopt(client_socket who, bool turn_away, std::shared_ptr<SSL_CTX> tls) {
  boost::asio::post(io_, [this, held = std::move(who), turn_away, tls = std::move(tls)]() mutable {
    now_ = steady::now();
    if (stopping_) {
      shared_.connections.fetch_sub(1);
      return;
    }
    auto slot = static_cast<std::uint32_t>(connections_.size());
    if (free_.empty()) {
      connections_.emplace_back();
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    ++open_;
    auto c = std::make_shared<connection>(*this, slot, std::move(held));
    connections_[slot] = c;
    c->start(turn_away, tls);
    arm();
  });
}

void lane::remove(std::uint32_t slot) {
  if (slot >= connections_.size() || !connections_[slot])
    return;
  connections_[slot].reset();
  free_.push_back(slot);
  --open_;
  shared_.connections.fetch_sub(1);
  end_if_empty();
}

connection* lane::find(request_key key) const noexcept {
  if (key.slot >= connections_.size() || !connections_[key.slot])
    return nullptr;
  auto* c = connections_[key.slot].get();
  return c->serial() == key.serial ? c : nullptr;
}

void lane::deliver(mail& m) {
  if (m.unsent)
    m.unsent->fetch_sub(m.chunk.size());
  if (!find(m.to))
    return;
  const auto c = connections_[m.to.slot]; // It may close itself meanwhile.
  c->take(m);
}

void lane::open_mail() {
  now_ = steady::now();
  while (box_->take(opened_))
    for (auto& m : opened_)
      deliver(m);
}

void lane::arm() {
  if (armed_ || open_ == 0)
    return;
  armed_ = true;
  timer_.expires_after(tick_every);
  timer_.async_wait([this](const boost::system::error_code& e) {
    armed_ = false;
    if (!e)
      tick();
  });
}

void lane::tick() {
  now_ = steady::now();
  for (std::size_t i = 0; i < connections_.size(); ++i)
    if (auto c = connections_[i])
      c->tick();
  end_if_empty();
  arm();
}

const std::string& lane::date() {
  const auto seconds = std::time(nullptr);
  if (seconds != date_at_) {
    date_at_ = seconds;
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    char text[64];
    const auto n = std::strftime(text, sizeof text, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc);
    date_.assign(text, n);
  }
  return date_;
}

} // namespace troupe
