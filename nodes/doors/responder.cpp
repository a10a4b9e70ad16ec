#include "nodes/doors/connection.hpp"
#include "nodes/doors/lane.hpp"
#include "nodes/doors/problem.hpp"

#include <utility>

#include <boost/asio/post.hpp>

namespace troupe {

void mailbox::post(mail m) {
  std::lock_guard hold{mutex_};
  if (!owner_)
    return;
  waiting_.push_back(std::move(m));
  if (awake_)
    return;
  awake_ = true;
  boost::asio::post(owner_->io(), [to = owner_] { to->open_mail(); });
}

bool mailbox::take(std::vector<mail>& into) {
  into.clear();
  std::lock_guard hold{mutex_};
  if (waiting_.empty()) {
    awake_ = false;
    return false;
  }
  std::swap(into, waiting_);
  return true;
}

void mailbox::close() {
  // What waited may hold the last copy of a responder, which would want to answer: it is let go
  // without the mutex.
  std::vector<mail> dropped;
  std::lock_guard hold{mutex_};
  owner_ = nullptr;
  thread_.store({}, std::memory_order_relaxed);
  std::swap(dropped, waiting_);
}

struct responder::state {
  std::shared_ptr<mailbox> box;
  request_key key;
  std::atomic<bool> answered{false};
  std::atomic<bool> streaming{false};
  std::atomic<std::size_t> unsent{0};

  ~state() {
    if (!answered.exchange(true)) {
      problem p;
      p.word = "internal";
      p.title = "Internal error";
      p.detail = "the request was dropped without an answer";
      deliver({mail::kind::reply, key, to_reply(p), {}, {}, {}});
    } else if (streaming.exchange(false)) {
      box->post({mail::kind::finish, key, {}, {}, {}, {}});
    }
  }

  /// On the lane's own thread the detour is spared, and with it a wake-up.
  void deliver(mail m) const {
    if (box->on_lane()) {
      if (auto* to = box->owner())
        to->deliver(m);
      return;
    }
    box->post(std::move(m));
  }
};

responder::responder(std::shared_ptr<mailbox> box, request_key key)
    : state_(std::make_shared<state>()) {
  state_->box = std::move(box);
  state_->key = key;
}

void responder::send(http_reply reply) const {
  if (state_ && !state_->answered.exchange(true))
    state_->deliver({mail::kind::reply, state_->key, std::move(reply), {}, {}, {}});
}

void responder::send_made(std::function<http_reply()> make) const {
  if (state_ && !state_->answered.exchange(true))
    state_->deliver({mail::kind::make, state_->key, {}, std::move(make), {}, {}});
}

bool responder::answered() const noexcept {
  return !state_ || state_->answered.load();
}

void responder::after(milliseconds wait, std::function<void()> then) const {
  if (auto* to = state_ && state_->box->on_lane() ? state_->box->owner() : nullptr)
    if (auto* who = to->find(state_->key))
      who->call_after(wait, std::move(then));
}

void responder::when_gone(std::function<void()> then) const {
  if (auto* to = state_ && state_->box->on_lane() ? state_->box->owner() : nullptr)
    if (auto* who = to->find(state_->key))
      who->call_when_gone(std::move(then));
}

void responder::when_left(std::function<void()> then) const {
  if (auto* to = state_ && state_->box->on_lane() ? state_->box->owner() : nullptr)
    if (auto* who = to->find(state_->key))
      who->call_when_left(std::move(then));
}

void responder::open_stream(http_reply reply) const {
  if (!state_ || state_->answered.exchange(true))
    return;
  state_->streaming = true;
  state_->deliver({mail::kind::open, state_->key, std::move(reply), {}, {}, {}});
}

bool responder::write(std::string piece) const {
  if (!state_ || !state_->streaming)
    return false;
  // Pieces come from several threads; only the mailbox keeps them in order, so none takes the short
  // cut.
  if (state_->unsent.fetch_add(piece.size()) + piece.size() > state_->box->stream_backlog) {
    cut();
    return false;
  }
  state_->box->post(
      {mail::kind::chunk, state_->key, {}, {}, std::move(piece), {state_, &state_->unsent}});
  return true;
}

void responder::cut() const {
  if (state_ && state_->streaming.exchange(false))
    state_->box->post({mail::kind::cut, state_->key, {}, {}, {}, {}});
}

void responder::finish() const {
  if (state_ && state_->streaming.exchange(false))
    state_->box->post({mail::kind::finish, state_->key, {}, {}, {}, {}});
}

} // namespace troupe
