#include "bench/floor.hpp"

#include "bench/answer.hpp"
#include "bench/memory.hpp"

#include <chrono>
#include <map>
#include <utility>

namespace troupe::bench {

namespace {

// A floor does not even keep deadlines.
constexpr auto patience = caf::infinite;

caf::behavior floor_agent(caf::event_based_actor*) {
  return {
      [](const floor_task& t) {
        return floor_answer{t.number, answer_to(t.body)};
      },
      [](const floor_poke& p) { return p; },
  };
}

caf::behavior floor_router(caf::event_based_actor* self, caf::actor agent) {
  auto table = std::make_shared<std::map<std::string, caf::actor>>();
  table->emplace("noop", std::move(agent));
  return {[self, table](floor_task& t) { return self->delegate(table->at(t.kind), std::move(t)); }};
}

caf::behavior floor_classifier(caf::event_based_actor*) {
  return {[](const floor_task&) { return std::pair<int, int>{0, 1}; }};
}

caf::behavior floor_join(caf::event_based_actor* self, caf::actor classifier, caf::actor a,
                         caf::actor b) {
  return {[self, classifier, a, b](const floor_task& t) -> caf::result<floor_answer> {
    auto promise = self->make_response_promise<floor_answer>();
    self->request(classifier, patience, t).then([self, a, b, t, promise](std::pair<int, int>) {
      auto first = std::make_shared<std::string>();
      const auto take = [first, promise, number = t.number](const floor_answer& x) mutable {
        if (first->empty())
          *first = x.text;
        else
          promise.deliver(floor_answer{number, *first + x.text});
      };
      self->request(a, patience, t).then(take);
      self->request(b, patience, t).then(take);
    });
    return promise;
  }};
}

caf::behavior floor_driver(caf::event_based_actor* self, caf::actor target, load_ptr work) {
  const auto one = std::make_shared<std::function<void()>>();
  *one = [self, target, work, one] {
    const auto i = work->begin_one();
    self->request(target, patience,
                  floor_task{i, "noop",
                             "please handle this request in the same words, its number is " +
                                 std::to_string(i)})
        .then([self, work, one](const floor_answer& x) {
          if (work->end_one(x.number)) {
            *one = nullptr;
            self->quit();
          } else if (work->more()) {
            (*one)();
          }
        });
  };
  for (std::uint64_t i = 0; i < work->window && work->more(); ++i)
    (*one)();
  return {[](floor_crash) {}};
}

caf::behavior floor_fragile(caf::event_based_actor* self) {
  return {
      [self](floor_crash) { self->quit(caf::exit_reason::unhandled_exception); },
      [](const floor_poke& p) { return p; },
  };
}

struct floor_supervisor_state {
  caf::actor child;
};

caf::behavior floor_supervisor(caf::stateful_actor<floor_supervisor_state>* self) {
  const auto start = [self] { state_of(self).child = self->spawn<caf::monitored>(floor_fragile); };
  self->set_down_handler([start](const caf::down_msg&) { start(); });
  start();
  return {
      [self](floor_crash x) { self->send(state_of(self).child, x); },
      [self](const floor_poke& p) { return self->delegate(state_of(self).child, p); },
  };
}

} // namespace

run_result floor_route(caf::actor_system& sys, std::uint64_t count, std::uint64_t window) {
  auto agent = sys.spawn(floor_agent);
  auto router = sys.spawn(floor_router, agent);
  auto result = drive(count, window, [&](load_ptr work) { sys.spawn(floor_driver, router, work); });
  caf::anon_send_exit(router, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(agent, caf::exit_reason::user_shutdown);
  return result;
}

run_result floor_compound(caf::actor_system& sys, std::uint64_t count, std::uint64_t window) {
  auto classifier = sys.spawn(floor_classifier);
  auto a = sys.spawn(floor_agent);
  auto b = sys.spawn(floor_agent);
  auto join = sys.spawn(floor_join, classifier, a, b);
  auto result = drive(count, window, [&](load_ptr work) { sys.spawn(floor_driver, join, work); });
  for (const auto& x : {classifier, a, b, join})
    caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
  return result;
}

std::vector<double> floor_crash_restart(caf::actor_system& sys, std::size_t rounds) {
  auto supervisor = sys.spawn(floor_supervisor);
  std::vector<double> took;
  {
    caf::scoped_actor me{sys};
    for (std::size_t i = 0; i < rounds; ++i) {
      me->request(supervisor, patience, floor_poke{i})
          .receive([](const floor_poke&) {}, [](const caf::error&) {});
      const auto began = std::chrono::steady_clock::now();
      me->send(supervisor, floor_crash{});
      for (bool answered = false; !answered;)
        me->request(supervisor, patience, floor_poke{i})
            .receive([&](const floor_poke&) { answered = true; }, [](const caf::error&) {});
      took.push_back(
          std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began)
              .count());
    }
  }
  caf::anon_send_exit(supervisor, caf::exit_reason::user_shutdown);
  return took;
}

double floor_idle_bytes(caf::actor_system& sys, std::size_t count) {
  const auto before = resident_bytes();
  std::vector<caf::actor> agents;
  agents.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    agents.push_back(sys.spawn(floor_agent));
  {
    caf::scoped_actor me{sys};
    for (const auto& a : agents)
      me->request(a, patience, floor_poke{1})
          .receive([](const floor_poke&) {}, [](const caf::error&) {});
  }
  const auto after = resident_bytes();
  for (const auto& a : agents)
    caf::anon_send_exit(a, caf::exit_reason::user_shutdown);
  return static_cast<double>(after - before) / static_cast<double>(count);
}

} // namespace troupe::bench
