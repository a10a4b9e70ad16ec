#include "bench/basp_floor.hpp"

#include "bench/second_process.hpp"

#include <caf/all.hpp>
#include <caf/io/all.hpp>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>

namespace troupe::bench {

namespace {

struct stock_system {
  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> sys;
  stock_system() {
    config.load<caf::io::middleman>();
    sys = std::make_unique<caf::actor_system>(config);
  }
};

caf::behavior echo(caf::event_based_actor*) {
  return {[](std::string& x) { return std::move(x); }};
}

caf::behavior asker(caf::event_based_actor* self, const load_ptr& work, const caf::actor& to) {
  const auto one = std::make_shared<std::function<void()>>();
  *one = [self, work, to, again = std::weak_ptr{one}] {
    const auto i = work->begin_one();
    self->request(to, std::chrono::seconds{60}, std::string(256, 'x'))
        .then(
            [self, work, i, again](const std::string&) {
              if (work->end_one(i))
                self->quit();
              else if (const auto next = again.lock(); next && work->more())
                (*next)();
            },
            [](const caf::error&) {
              std::fprintf(stderr, "a request over BASP was not answered\n");
              std::_Exit(1);
            });
  };
  for (std::uint64_t i = 0; i < work->window && work->more(); ++i)
    (*one)();
  return {[one](caf::unit_t) {}};
}

} // namespace

struct basp_floor::parts {
  second_process other{"basp", ""};
  stock_system here;
  caf::actor to;
};

basp_floor::basp_floor()
    : parts_(std::make_unique<parts>()) {
  auto found = parts_->here.sys->middleman().remote_actor(
      "127.0.0.1", static_cast<std::uint16_t>(std::stoul(parts_->other.said())));
  if (!found)
    throw std::runtime_error{"no actor over BASP"};
  parts_->to = *found;
}

basp_floor::~basp_floor() {
  parts_->to = nullptr;
}

run_result basp_floor::run(std::uint64_t count, std::uint64_t window) {
  return drive(count, window,
               [&](const load_ptr& work) { parts_->here.sys->spawn(asker, work, parts_->to); });
}

void serve_basp_echo() {
  stock_system here;
  const auto who = here.sys->spawn(echo);
  const auto port = here.sys->middleman().publish(who, 0, "127.0.0.1");
  if (port)
    serve_until_let_go(std::to_string(*port));
}

} // namespace troupe::bench
