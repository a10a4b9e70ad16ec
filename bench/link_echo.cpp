#include "bench/benches.hpp"
#include "bench/driver.hpp"
#include "bench/report.hpp"
#include "bench/tcp_floor.hpp"
#include "src/links/certificates.hpp"
#include "src/links/mesh.hpp"

#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

namespace troupe::bench {

namespace {

void must(bool ok, const char* what) {
  if (!ok)
    throw std::runtime_error{std::string{"link_echo: "} + what};
}

// -- two meshes -----------------------------------------------------------------

class echo_pair {
 public:
  echo_pair()
      : dir_(std::filesystem::temp_directory_path() /
             ("troupe-bench-links-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(dir_);
    const auto now = std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
    links::make_authority(dir_, now);
    b_ = make("b", now);
    a_ = make("a", now);
    b_->start({[](const links::peer&) {}, [](const links::peer&, link_loss, const std::string&) {},
               [this](const links::peer& from, const envelope_batch_ptr& batch) {
                 for (const auto& x : *batch)
                   b_->offer(from.node, x);
                 b_->flush();
                 b_->consumed(from.node, 1);
               }});
    a_->start({[this](const links::peer&) {
                 const std::lock_guard lock{guard_};
                 up_ = true;
                 changed_.notify_all();
               },
               [](const links::peer&, link_loss, const std::string&) {},
               [this](const links::peer& from, const envelope_batch_ptr& batch) {
                 for (const auto& x : *batch)
                   answered(x);
                 a_->flush();
                 a_->consumed(from.node, 1);
               }});
    b_->reach({{"a", {}}});
    a_->reach({{"b", {"127.0.0.1:" + std::to_string(b_->port())}}});
    std::unique_lock lock{guard_};
    must(changed_.wait_for(lock, std::chrono::seconds{10}, [this] { return up_; }), "no link");
  }
  ~echo_pair() {
    a_->stop();
    b_->stop();
    std::filesystem::remove_all(dir_);
  }
  echo_pair(const echo_pair&) = delete;
  echo_pair& operator=(const echo_pair&) = delete;

  run_result run(std::uint64_t count, std::uint64_t window) {
    auto work = std::make_shared<load>(count, window);
    auto result = work->finished.get_future();
    {
      // From here on the I/O thread sends one for each that comes back.
      const std::lock_guard lock{guard_};
      work_ = work;
      while (work->more() && work->sent < window)
        send_one(*work);
    }
    a_->flush();
    return result.get();
  }

 private:
  std::unique_ptr<links::mesh> make(const std::string& node, timestamp now) {
    links::link_settings s;
    s.node = node;
    const auto files = links::make_node_certificate(dir_, node, dir_, now);
    s.certificate = files.certificate;
    s.key = files.key;
    s.authority = links::authority_files(dir_).certificate;
    return std::make_unique<links::mesh>(s);
  }
  void send_one(load& work) {
    envelope x;
    x.number = work.begin_one() + 1;
    x.from = {address_kind::node, "a"};
    x.to = {address_kind::agent, "support/echo"};
    x.kind = "bench";
    x.body.assign(tcp_floor_bytes, 'x');
    must(a_->offer("b", std::move(x)) == links::offered::taken, "not taken");
  }
  void answered(const envelope& x) {
    const std::lock_guard lock{guard_};
    if (work_->end_one(x.number - 1))
      return;
    if (work_->more())
      send_one(*work_);
  }

  const std::filesystem::path dir_;
  std::unique_ptr<links::mesh> b_;
  std::unique_ptr<links::mesh> a_;
  std::mutex guard_;
  std::condition_variable changed_;
  bool up_ = false;
  load_ptr work_;
};

struct figures {
  std::vector<double> rate, p50, p99;
  void add(const run_result& r) {
    rate.push_back(r.per_second);
    p50.push_back(r.p50_us);
    p99.push_back(r.p99_us);
  }
};

} // namespace

void link_echo() {
  echo_pair pair;
  for (const auto& [window, count] : {std::pair{1u, 20000u}, {64u, 200000u}, {512u, 400000u}}) {
    figures floor;
    figures ours;
    tcp_floor(count / 10 + window, window);
    pair.run(count / 10 + window, window);
    for (int i = 0; i < usual_rounds; ++i) {
      floor.add(tcp_floor(count, window));
      ours.add(pair.run(count, window));
    }
    const auto name = "link_echo/" + std::to_string(window);
    const auto note = "envelopes of 256 bytes to an echo in a second mesh and back, TLS 1.3, in "
                      "flight " +
                      std::to_string(window) + ", " + std::to_string(usual_rounds) + " x " +
                      std::to_string(count) +
                      "; floor: blocking TCP, one write per message, no TLS";
    report(name + "/throughput", median(ours.rate), "envelopes/s", median(floor.rate), note);
    report(name + "/p50", median(ours.p50), "us", median(floor.p50), note);
    report(name + "/p99", median(ours.p99), "us", median(floor.p99), note);
  }
}

} // namespace troupe::bench
