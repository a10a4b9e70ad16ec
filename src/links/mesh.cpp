#include "src/links/mesh.hpp"

#include "src/links/switchboard.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <csignal>
#include <stdexcept>
#include <thread>

namespace troupe::links {

namespace {

link_settings checked(link_settings s) {
  if (const auto wrong = s.validate(); !wrong.empty())
    throw std::invalid_argument{"links: " + wrong.front()};
  return s;
}

} // namespace

class mesh::impl {
 public:
  impl(link_settings settings, tell told)
      : board_(io_, checked(std::move(settings)), std::move(told))
      , work_(io_.get_executor()) {}

  ~impl() { stop(); }

  void start(carrier_events events) {
    if (thread_.joinable() || stopped_)
      throw std::logic_error{"links: started once already, or stopped"};
    board_.open(std::move(events));
    port_ = board_.port();
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    // Signals are left to the process's other threads.
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread{[this] { run(); }};
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  template <class F>
  void post(F&& work) {
    if (!stopped_)
      boost::asio::post(io_, std::forward<F>(work));
  }

  void flush() {
    if (kicked_.exchange(true))
      return;
    post([this] {
      // Before the look, so that what is offered after it is flushed by a kick of its own.
      kicked_ = false;
      board_.pump();
    });
  }

  void consumed(std::string_view node, std::size_t batches) {
    const auto lane = board_.lanes().find(node);
    if (!lane || batches == 0)
      return;
    auto before = lane->unhandled.load();
    // Batches of the link before this one may be counted here: never below nothing.
    while (!lane->unhandled.compare_exchange_weak(before, before - std::min(before, batches))) {
    }
    const auto limit = board_.settings().unhandled_max;
    if (before >= limit && before - std::min(before, batches) < limit)
      post([this, node = std::string{node}] { board_.resume(node); });
  }

  void stop() {
    if (stopped_.exchange(true))
      return;
    if (!thread_.joinable())
      return;
    boost::asio::post(io_, [this] {
      board_.stop();
      work_.reset();
    });
    thread_.join();
  }

  switchboard& board() noexcept { return board_; }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  void run() {
    pthread_setname_np(pthread_self(), "troupe-links");
    boost::asio::post(io_, [this] { board_.begin(); });
    while (true) {
      try {
        io_.run();
        return;
      } catch (const std::exception& e) {
        board_.tell(notice_kind::internal_error, e.what());
      }
    }
  }

  boost::asio::io_context io_{1};
  switchboard board_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
  std::atomic<bool> kicked_{false};
  std::atomic<bool> stopped_{false};
  std::atomic<std::uint16_t> port_{0};
};

mesh::mesh(link_settings settings, tell told)
    : impl_(std::make_unique<impl>(std::move(settings), std::move(told))) {}
mesh::~mesh() = default;

void mesh::start(carrier_events events) {
  impl_->start(std::move(events));
}

void mesh::reach(std::vector<endpoint> nodes) {
  impl_->post(
      [this, nodes = std::move(nodes)]() mutable { impl_->board().reach(std::move(nodes)); });
}

offered mesh::offer(std::string_view node, const envelope& what) {
  const auto lane = impl_->board().lanes().find(node);
  return lane ? lane->out.offer(what) : offered::unlinked;
}

void mesh::flush() {
  impl_->flush();
}

void mesh::consumed(std::string_view node, std::size_t batches) {
  impl_->consumed(node, batches);
}

void mesh::cut(std::string_view node, std::string_view why) {
  impl_->post([this, node = std::string{node}, why = std::string{why}] {
    impl_->board().leave(node, why);
  });
}

void mesh::stop() {
  impl_->stop();
}

std::uint16_t mesh::port() const noexcept {
  return impl_->port();
}

mesh_counts mesh::counts() const noexcept {
  return impl_->board().counts();
}

certificate_status mesh::certificate() const {
  return impl_->board().certificate();
}

std::size_t mesh::waiting(std::string_view node) const {
  const auto lane = impl_->board().lanes().find(node);
  return lane ? lane->out.bytes() : 0;
}

} // namespace troupe::links
