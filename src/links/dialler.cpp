#include "src/links/dialler.hpp"

#include "src/links/settings.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace troupe::links {

namespace {

/// A link that ends sooner was no success: a peer that refuses right after its hello would
/// otherwise be dialled without a pause. Not longer than it takes to be sure of that: a link that
/// breaks is dialled again at once, and only the refusal of that attempt tells that a process has
/// died, however young it was.
constexpr std::chrono::milliseconds stable{200};

} // namespace

dialler::dialler(const parts& all, endpoint to)
    : all_(all)
    , to_(std::move(to))
    , timer_(all.io) {}

void dialler::stop() {
  stopped_ = true;
  timer_.cancel();
}

void dialler::step() {
  if (stopped_)
    return;
  if (!found_.empty()) {
    const auto there = found_.front();
    found_.pop_front();
    all_.connect(to_.node, there);
  } else if (next_ < to_.reached_at.size()) {
    look(to_.reached_at[next_++]);
  } else {
    back_off();
  }
}

void dialler::look(const std::string& text) {
  const auto [host, port] = split_address(text);
  if (host.empty()) {
    failed(text + " is no address like host:port");
    return;
  }
  boost::system::error_code e;
  if (const auto numeric = boost::asio::ip::make_address(host, e); !e) {
    found_.emplace_back(numeric, port);
    step();
    return;
  }
  // The question may outlive this: its thread must hold nothing that belongs to the I/O thread.
  all_.names.ask(host, port,
                 [weak = weak_from_this(), host = host](name_lookup::endpoints there,
                                                        const std::string& error) {
                   const auto self = weak.lock();
                   if (!self)
                     return;
                   boost::asio::post(self->all_.io, [self, host, there = std::move(there), error] {
                     self->answered(host, there, error);
                   });
                 });
}

void dialler::answered(const std::string& host, const name_lookup::endpoints& there,
                       const std::string& error) {
  if (there.empty()) {
    failed(host + ": " + (error.empty() ? "no address" : error));
    return;
  }
  found_.assign(there.begin(), there.end());
  step();
}

void dialler::linked() {
  up_ = true;
  since_ = steady::now();
  told_.clear();
}

void dialler::ended(const std::string& why, bool refused) {
  if (up_) {
    up_ = false;
    failed_ = refused_ = 0;
    found_.clear();
    next_ = 0;
    if (steady::now() - since_ >= stable) {
      rounds_ = 0;
      step_soon();
    } else {
      back_off();
    }
    return;
  }
  refused_ += refused ? 1 : 0;
  failed(why);
}

void dialler::failed(const std::string& why) {
  if (stopped_)
    return;
  ++failed_;
  constexpr std::size_t reasons_kept = 16;
  if (told_.size() < reasons_kept && told_.insert(why).second)
    all_.tell(to_.node, why);
  step_soon();
}

void dialler::step_soon() {
  // Not at once: a handler higher up is still at work with what has just ended.
  boost::asio::post(all_.io, [self = shared_from_this()] { self->step(); });
}

void dialler::back_off() {
  if (stopped_)
    return;
  const auto least = all_.min_backoff.count();
  const auto most = std::min(all_.max_backoff.count(), least << std::min(rounds_ + 1, 10u));
  ++rounds_;
  next_ = 0;
  if (failed_ > 0 && std::exchange(refused_, 0) == std::exchange(failed_, 0))
    all_.refused(to_.node);
  const std::chrono::milliseconds wait{
      std::uniform_int_distribution<long long>{least, std::max(least, most)}(all_.dice)};
  timer_.expires_after(wait);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& e) {
    if (!e)
      self->step();
  });
}

} // namespace troupe::links
