#include "actors/runner.hpp"

#include <stdexcept>

namespace troupe {

runner_ptr make_runner(const parts_ptr& parts, const fleet_version& version,
                       const std::shared_ptr<const agent_spec>& spec,
                       caf::event_based_actor* self) {
  switch (spec->card.kind) {
  case agent_kind::native:
    return make_native_runner(parts, *spec);
  case agent_kind::rules:
    return make_rules_runner(*spec);
  case agent_kind::subprocess:
    return make_process_runner(parts, version, *spec, self);
  case agent_kind::http:
    return make_http_runner(parts, *spec);
  case agent_kind::human:
    return make_human_runner(*spec);
  case agent_kind::triage:
    return make_triage_runner(parts, version, *spec, self);
  case agent_kind::llm:
    return make_llm_runner(parts, version, *spec, self);
  case agent_kind::a2a:
    return make_a2a_runner(parts, *spec);
  case agent_kind::mcp:
    return make_mcp_runner(parts, version, *spec);
  case agent_kind::worker:
    return make_worker_runner(parts, *spec);
  case agent_kind::knowledge:
    return make_knowledge_runner(parts, version, *spec);
  }
  throw std::runtime_error{"unknown kind of agent"};
}

} // namespace troupe
