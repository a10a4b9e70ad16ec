#include "actors/post.hpp"
#include "actors/call_messages.hpp"
#include "bench/benches.hpp"
#include "bench/driver.hpp"
#include "nodes/scheduler.hpp"

#include <spdlog/sinks/null_sink.h>

#include <ctime>
#include <mutex>
#include <thread>

namespace troupe::bench {

namespace {

/// Two ends in one process: what is flushed at one arrives at the other at once.
class memory_wire {
 public:
  std::unique_ptr<links::carrier> open(int side) { return std::make_unique<end>(*this, side); }

 private:
  class end final : public links::carrier {
   public:
    end(memory_wire& wire, int side)
        : wire_(wire)
        , side_(side) {}
    ~end() override { stop(); }
    void start(links::carrier_events events) override {
      std::lock_guard hold{wire_.mutex_};
      wire_.sides_[side_] = std::move(events);
      wire_.there_[side_] = true;
      if (!wire_.there_[1 - side_])
        return;
      wire_.sides_[0].up(wire_.peer_of(1));
      wire_.sides_[1].up(wire_.peer_of(0));
    }
    void reach(std::vector<links::endpoint>) override {}
    links::offered offer(std::string_view, const envelope& what) override {
      waiting_.push_back(what);
      return links::offered::taken;
    }
    void flush() override {
      if (waiting_.empty())
        return;
      auto batch = std::make_shared<const envelope_batch>(std::move(waiting_));
      waiting_ = {};
      std::lock_guard hold{wire_.mutex_};
      if (wire_.there_[1 - side_])
        wire_.sides_[1 - side_].arrived(wire_.peer_of(side_), std::move(batch));
    }
    void consumed(std::string_view, std::size_t) override {}
    void cut(std::string_view, std::string_view) override {}
    void stop() override {
      std::lock_guard hold{wire_.mutex_};
      wire_.there_[side_] = false;
    }

   private:
    memory_wire& wire_;
    const int side_;
    envelope_batch waiting_; ///< only the post's thread comes here
  };

  [[nodiscard]] links::peer peer_of(int side) const {
    return {side == 0 ? "A" : "B", 1, "here", "bench"};
  }

  std::mutex mutex_;
  links::carrier_events sides_[2];
  bool there_[2] = {false, false};
};

struct place {
  std::shared_ptr<node_parts> parts = std::make_shared<node_parts>();
  caf::actor post;

  place(caf::actor_system& sys, memory_wire& wire, int side,
        milliseconds tell_every = milliseconds{20}) {
    parts->fleet.node_id = side == 0 ? "A" : "B";
    parts->seed = 1 + static_cast<std::uint64_t>(side);
    parts->time =
        timeline{std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now()),
                 sys.clock().now()};
    parts->log =
        std::make_shared<spdlog::logger>("bench", std::make_shared<spdlog::sinks::null_sink_mt>());
    post_config config;
    config.open = [&wire, side] { return wire.open(side); };
    config.place = parts->places->claim({address_kind::node, parts->fleet.node_id + "/post"});
    config.tell_every = tell_every;
    config.max_proxies = 200'000;
    post = sys.spawn(troupe::post, parts_ptr{parts}, config);
    config.place->take(post);
  }
};

caf::behavior answerer(caf::event_based_actor*) {
  return {[said = std::make_shared<const outcome>()](const run_call& x) {
    return call_ended{x.call, said, nullptr};
  }};
}

/// Keeps a window of calls at `to`.
caf::behavior caller(caf::event_based_actor* self, load_ptr work, caf::actor to,
                     agent_call_ptr what) {
  const auto send = [self, work, to, what] { self->send(to, run_call{work->begin_one(), what}); };
  for (std::uint64_t i = 0; i < work->window && work->more(); ++i)
    send();
  return {[self, work, send](const call_ended& x) {
    if (work->more())
      send();
    if (work->end_one(x.call))
      self->quit();
  }};
}

} // namespace

/// What a call costs more when its agent lives on another node, without the network itself: the
/// codec, two posts and two proxies, there and back. The floor is the same call and answer between
/// the two actors directly.
void call_remote() {
  const address where{address_kind::domain, "bench#0"};
  caf::actor_system_config settings;
  tune_scheduler(settings, 0);
  // Destroyed after the system, which waits for its actors.
  memory_wire wire;
  caf::actor_system sys{settings};
  place a{sys, wire, 0};
  place b{sys, wire, 1};
  const auto agent = sys.spawn(answerer);
  b.parts->places->claim(where)->take(agent);
  caf::actor far;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!far && std::chrono::steady_clock::now() < until)
    far = a.parts->places->resolve(where);
  if (far) {
    auto about = std::make_shared<task>();
    about->id = "018bcfe5680000000000000000a107";
    about->domain = "bench";
    about->text = std::string(256, 'x');
    auto what = std::make_shared<agent_call>();
    what->about = about;
    what->skill = "work";
    what->text = about->text;
    for (const std::uint64_t window : {1, 64, 512}) {
      const std::uint64_t count = window == 1 ? 5'000 : 50'000;
      std::vector<double> near_rate, far_rate, near_p50, far_p50;
      for (int round = 0; round < usual_rounds; ++round) {
        const auto one = [&](const caf::actor& to) {
          return drive(count, window,
                       [&](const load_ptr& work) { sys.spawn(caller, work, to, what); });
        };
        const auto near_run = one(agent);
        const auto far_run = one(far);
        near_rate.push_back(near_run.per_second);
        far_rate.push_back(far_run.per_second);
        near_p50.push_back(near_run.p50_us);
        far_p50.push_back(far_run.p50_us);
      }
      const auto note = "bare CAF call as floor; window " + std::to_string(window) +
                        "; 256-byte text; " + std::to_string(usual_rounds) + " x " +
                        std::to_string(count) + " calls, interleaved";
      report("call_remote_rate_w" + std::to_string(window), median(far_rate), "calls/s",
             median(near_rate), note);
      report("call_remote_p50_w" + std::to_string(window), median(far_p50), "us", median(near_p50),
             note);
    }
  } else {
    std::fprintf(stderr, "call_remote: the two posts did not meet\n");
  }
  for (const auto& who : {agent, a.post, b.post})
    caf::anon_send_exit(who, caf::exit_reason::kill);
}

/// What a hundred thousand agents cost a post that has to tell a peer of them, and how soon the
/// peer hears of one more.
void seat_news() {
  constexpr int agents = 100'000;
  constexpr std::chrono::seconds idle{10};
  caf::actor_system_config settings;
  tune_scheduler(settings, 0);
  memory_wire wire;
  caf::actor_system sys{settings};
  place a{sys, wire, 0, milliseconds{200}};
  place b{sys, wire, 1, milliseconds{200}};
  auto spec = std::make_shared<agent_spec>();
  spec->card.name = "work";
  spec->card.domain = "d";
  std::vector<caf::actor> who;
  const auto sit = [&](int i) {
    const address where{address_kind::agent, "d/work#" + std::to_string(i)};
    const auto seat = b.parts->places->claim(where, spec);
    who.push_back(sys.spawn(answerer));
    seat->take(who.back());
    b.parts->places->announce_taken(seat);
    return where;
  };
  const auto seen = [&](const address& where) {
    const auto until = load::clock::now() + std::chrono::seconds{60};
    while (!a.parts->places->resolve(where) && load::clock::now() < until)
      std::this_thread::sleep_for(std::chrono::microseconds{20});
  };
  const auto began = load::clock::now();
  for (int i = 0; i < agents; ++i)
    sit(i);
  for (int i = 0; i < agents; ++i)
    seen({address_kind::agent, "d/work#" + std::to_string(i)});
  const std::chrono::duration<double, std::milli> all = load::clock::now() - began;
  const auto before = std::clock();
  std::this_thread::sleep_for(idle);
  const double busy = 100.0 * static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC /
                      static_cast<double>(idle.count());
  std::vector<double> took;
  for (int i = 0; i < 200; ++i) {
    const auto from = load::clock::now();
    seen(sit(agents + i));
    took.push_back(std::chrono::duration<double, std::micro>(load::clock::now() - from).count());
  }
  const std::string note = "two posts in one process without a network, " + std::to_string(agents) +
                           " agents at one of them; floor: what is wanted";
  report("seat_news/all_ms", all.count(), "ms", 0, note + "; until the other has all of them");
  report("seat_news/idle_cpu_percent", busy, "% of a core", 5,
         note + "; both posts, nothing to do");
  report("seat_news/one_more_p50", median(took), "us", 10'000, note + "; until it has one more");
  for (const auto& x : {a.post, b.post})
    caf::anon_send_exit(x, caf::exit_reason::kill);
}

} // namespace troupe::bench
