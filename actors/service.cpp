#include "actors/service.hpp"

#include "actors/call_messages.hpp"
#include "src/tools/process.hpp"

namespace troupe {

void service_state::init(caf::event_based_actor* self, parts_ptr parts, const service_spec& spec) {
  parts_ = std::move(parts);
  tools::process_spec process;
  process.argv = spec.command;
  process.workdir = parts_->fleet.dir;
  process.env = spec.environment;
  process.env.try_emplace("TROUPE_DATA_DIR", parts_->fleet.data_dir);
  process.env.try_emplace("TROUPE_FLEET_DIR", parts_->fleet.dir);
  auto to = caf::actor_cast<caf::actor_addr>(self);
  process_ = parts_->processes->start(
      std::move(process),
      [log = parts_->log, name = spec.name](std::string_view line) {
        log->info("service {}: {}", name, line);
      },
      [to](tools::process_result r) {
        if (auto me = caf::actor_cast<caf::actor>(to))
          caf::anon_send(me, runner_broke{"the process ended: " + std::string{to_string(r.end)} +
                                          " " + std::to_string(r.code) + " " + r.detail +
                                          r.err.substr(0, 200)});
      });
}

service_state::~service_state() {
  if (process_ != 0)
    parts_->processes->cancel(process_);
}

caf::behavior service(caf::stateful_actor<service_state>* self, parts_ptr parts,
                      service_spec spec) {
  guard(self, parts, "service " + spec.name);
  state_of(self).init(self, std::move(parts), spec);
  return {[self](const runner_broke& x) { self->quit(failure_error(x.why)); }};
}

} // namespace troupe
