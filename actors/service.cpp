#include "actors/service.hpp"

#include "actors/call_messages.hpp"
#include "actors/tick.hpp"
#include "src/tools/http.hpp"
#include "src/tools/process.hpp"

namespace troupe {

namespace {

constexpr milliseconds service_asked_every{100};
constexpr milliseconds service_says_within{1000};

} // namespace

void service_state::init(caf::event_based_actor* self, parts_ptr parts, service_spec spec) {
  self_ = self;
  parts_ = std::move(parts);
  spec_ = std::move(spec);
  tools::process_spec process;
  process.argv = spec_.command;
  process.workdir = parts_->fleet.dir;
  process.env = spec_.environment;
  process.env.try_emplace("TROUPE_DATA_DIR", parts_->fleet.data_dir);
  process.env.try_emplace("TROUPE_FLEET_DIR", parts_->fleet.dir);
  auto to = caf::actor_cast<caf::actor_addr>(self);
  process_ = parts_->processes->start(
      std::move(process),
      [log = parts_->log, name = spec_.name](std::string_view line) {
        log->info("service {}: {}", name, line);
      },
      [to](tools::process_result r) {
        if (auto me = caf::actor_cast<caf::actor>(to))
          caf::anon_send(me, runner_broke{"the process ended: " + std::string{to_string(r.end)} +
                                          " " + std::to_string(r.code) + " " + r.detail +
                                          r.err.substr(0, 200)});
      });
  look();
}

void service_state::look() {
  if (!parts_->services->has(spec_.name))
    return;
  tools::http_request what;
  what.method = "GET";
  what.url = spec_.ready;
  what.connect_timeout = what.deadline = service_says_within;
  auto to = caf::actor_cast<caf::actor_addr>(self_);
  question_ = parts_->http->send(std::move(what), [to](const tools::http_response& r) {
    auto me = caf::actor_cast<caf::actor>(to);
    if (!me || r.failed == tools::http_response::error::cancelled)
      return;
    if (r.failed == tools::http_response::error::none && r.status / 100 == 2)
      caf::anon_send(me, service_ready{});
    else
      caf::delayed_anon_send(me, service_asked_every, tick{});
  });
}

void service_state::on_ready() {
  parts_->services->over(spec_.name);
  parts_->log->info("service {}: is ready", spec_.name);
}

service_state::~service_state() {
  if (question_ != 0)
    parts_->http->cancel(question_);
  if (process_ != 0)
    parts_->processes->cancel(process_);
}

caf::behavior service(caf::stateful_actor<service_state>* self, parts_ptr parts,
                      service_spec spec) {
  guard(self, parts, "service " + spec.name);
  state_of(self).init(self, std::move(parts), std::move(spec));
  return {[self](const runner_broke& x) { self->quit(failure_error(x.why)); },
          [self](tick) { state_of(self).look(); },
          [self](service_ready) { state_of(self).on_ready(); }};
}

} // namespace troupe
