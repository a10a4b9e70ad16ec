#include "actors/call_messages.hpp"
#include "actors/post.hpp"
#include "actors/tick.hpp"
#include "bench/basp_floor.hpp"
#include "bench/benches.hpp"
#include "bench/fleets.hpp"
#include "bench/memory.hpp"
#include "bench/second_process.hpp"
#include "bench/tcp_floor.hpp"
#include "nodes/scheduler.hpp"
#include "src/links/certificates.hpp"
#include "src/links/mesh.hpp"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include <unistd.h>

namespace troupe::bench {

namespace {

/// A node with a post and a TLS link.
class linked_node {
 public:
  /// The fleet's only agent runs here, or at another node.
  linked_node(const std::string& name, bool has_agent, const std::filesystem::path& certificates) {
    tune_scheduler(config_, 0);
    sys_ = std::make_unique<caf::actor_system>(config_);
    bench_node::settings s;
    s.node_id = name;
    s.agents = has_agent ? 1 : 0;
    node_ = std::make_unique<bench_node>(*sys_, s);
    const auto parts = node_->inner().parts();
    post_config c;
    c.open = [this, name, certificates] {
      links::link_settings l;
      l.node = name;
      l.incarnation = 1;
      const auto files = links::node_files(certificates, name);
      l.certificate = files.certificate;
      l.key = files.key;
      l.authority = links::authority_files(certificates).certificate;
      auto out = std::make_unique<links::mesh>(l);
      mesh_ = out.get();
      return out;
    };
    c.place = parts->places->claim({address_kind::node, name + "/post"});
    c.registry = parts->places->claim({address_kind::node, name + "/registry"});
    post_ = sys_->spawn(troupe::post, parts, c);
    c.place->take(post_);
  }
  ~linked_node() { caf::anon_send_exit(post_, caf::exit_reason::kill); }
  linked_node(const linked_node&) = delete;
  linked_node& operator=(const linked_node&) = delete;

  void reach(const std::string& node, std::vector<std::string> at) {
    caf::anon_send(post_, reach_nodes{{{node, std::move(at)}}});
  }
  [[nodiscard]] std::uint16_t port() {
    // It listens once the post has begun.
    for (int i = 0; i < 1000 && (!mesh_ || mesh_.load()->port() == 0); ++i)
      std::this_thread::sleep_for(milliseconds{5});
    return mesh_ ? mesh_.load()->port() : std::uint16_t{0};
  }
  /// The agent as it is seen from here.
  [[nodiscard]] caf::actor agent() {
    for (int i = 0; i < 2000; ++i) {
      const auto place = node_->inner().parts()->places->find({address_kind::agent, "d/noop"});
      if (place && place->now().handle && place->serves())
        return place->now().handle;
      std::this_thread::sleep_for(milliseconds{5});
    }
    throw std::runtime_error{"the agent of the other node is not seen"};
  }
  bench_node& inner() noexcept { return *node_; }
  caf::actor_system& system() noexcept { return *sys_; }

 private:
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> sys_;
  std::unique_ptr<bench_node> node_;
  std::atomic<links::mesh*> mesh_{nullptr};
  caf::actor post_;
};

/// A folder with certificates for `a` and `b`.
class certificate_folder {
 public:
  certificate_folder()
      : dir_(std::filesystem::temp_directory_path() /
             ("troupe-bench-remote-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(dir_);
    const auto now = std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
    links::make_authority(dir_, now);
    for (const auto* node : {"a", "b"})
      links::make_node_certificate(dir_, node, dir_, now);
  }
  ~certificate_folder() { std::filesystem::remove_all(dir_); }
  certificate_folder(const certificate_folder&) = delete;
  certificate_folder& operator=(const certificate_folder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return dir_; }

 private:
  const std::filesystem::path dir_;
};

/// This node, whose only agent lives in a second process.
struct two_nodes {
  certificate_folder certificates;
  second_process other{"node", certificates.path().string()};
  linked_node here{"a", false, certificates.path()};
  caf::actor agent;
  two_nodes() {
    here.reach("b", {"127.0.0.1:" + other.said()});
    agent = here.agent();
  }
};

/// Offers calls as fast as it may, a few at a time, and counts what comes back.
struct flood {
  std::uint64_t left = 0;
  std::uint64_t refused = 0;
  std::ptrdiff_t most = 0; ///< bytes resident
  std::promise<void> offered;
};

caf::behavior flooder(caf::event_based_actor* self, std::shared_ptr<flood> work, caf::actor to,
                      agent_call_ptr what) {
  self->send(self, tick{});
  return {
      [self, work, to, what](tick) {
        for (int i = 0; i < 200 && work->left > 0; ++i)
          self->send(to, run_call{work->left--, what});
        if (work->left % 2000 == 0)
          work->most = std::max(work->most, resident_bytes());
        if (work->left > 0) {
          self->send(self, tick{});
          return;
        }
        work->offered.set_value();
        self->quit();
      },
      [work](const call_ended&) { ++work->refused; },
  };
}

} // namespace

void serve_remote_node(const std::string& certificates) {
  linked_node here{"b", true, certificates};
  here.reach("a", {});
  serve_until_let_go(std::to_string(here.port()));
}

/// A task to an agent of another node, in another process, TLS on. Two floors: a request to an
/// actor of another process over CAF's own protocol, and bare TCP.
void remote_route() {
  two_nodes ours;
  basp_floor basp;
  for (const auto& [window, count] : {std::pair{1u, 5000u}, {64u, 50000u}, {512u, 100000u}}) {
    std::vector<double> rate, p50, basp_rate, basp_p50, tcp_rate;
    for (int i = -1; i < usual_rounds; ++i) {
      // The first round only warms up.
      const auto n = i < 0 ? count / 10 + window : count;
      const auto theirs = basp.run(n, window);
      const auto mine = ours.here.inner().run(n, window, "noop", tcp_floor_bytes);
      const auto bare = tcp_floor(n, window);
      if (i < 0)
        continue;
      rate.push_back(mine.per_second);
      p50.push_back(mine.p50_us);
      basp_rate.push_back(theirs.per_second);
      basp_p50.push_back(theirs.p50_us);
      tcp_rate.push_back(bare.per_second);
    }
    const auto name = "remote_route/" + std::to_string(window);
    const auto note = "tasks of durability none to a no-op agent in another process, TLS 1.3, 256 "
                      "bytes of text, in flight " +
                      std::to_string(window) + ", " + std::to_string(usual_rounds) + " x " +
                      std::to_string(count) + ", interleaved; floor: ";
    const auto bare_caf = note + "request() to an actor in another process over BASP, plain, stock";
    report(name + "/throughput", median(rate), "tasks/s", median(basp_rate), bare_caf);
    report(name + "/p50", median(p50), "us", median(basp_p50), bare_caf);
    report(name + "/throughput_tcp", median(rate), "tasks/s", median(tcp_rate),
           note + "blocking TCP, one write per message, no TLS");
  }
}

/// What a sender keeps for a peer that has been stopped.
void slow_peer() {
  constexpr std::uint64_t calls = 200'000;
  two_nodes ours;
  auto about = std::make_shared<task>();
  about->id = "018bcfe5680000000000000000a107";
  about->domain = "d";
  about->text = std::string(2000, 'x');
  auto what = std::make_shared<agent_call>();
  what->about = about;
  what->skill = "noop";
  what->text = about->text;
  auto work = std::make_shared<flood>();
  const auto offer = [&](std::uint64_t n) {
    work->left = n;
    work->offered = {};
    auto offered = work->offered.get_future();
    ours.here.system().spawn(flooder, work, ours.agent, what);
    offered.get();
  };
  // A few are answered first: code that is read for the first time is no queue.
  offer(400);
  std::this_thread::sleep_for(milliseconds{500});
  const auto before = resident_bytes();
  ::kill(ours.other.id(), SIGSTOP);
  const auto began = std::chrono::steady_clock::now();
  offer(calls);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
  const auto grown = static_cast<double>(std::max(work->most, resident_bytes()) - before);
  const delivery_limits window;
  const auto credit = static_cast<double>(window.bytes + links::link_settings{}.outbox_max_bytes);
  report("slow_peer/bytes", grown, "bytes", credit,
         "grown while " + std::to_string(calls) + " calls of 2 kB were offered, in " +
             std::to_string(static_cast<int>(took.count())) +
             " ms, to an agent of a node that is stopped; floor: the credit of a peer and its "
             "outbox");
}

} // namespace troupe::bench
