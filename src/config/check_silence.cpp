#include "src/config/checks.hpp"
#include "src/config/section.hpp"
#include "src/tools/json_schema.hpp"

#include <troupe/silence.hpp>

#include <algorithm>

namespace troupe::config {

void check_silence(const fleet_draft& fleet, const agent_draft& agent, report& problems) {
  // A schema or a queue that is wrong itself has been told of.
  if (!agent.from.sound || !fleet.from.sound || agent.spec.gives.is_null() ||
      agent.spec.card.kind != agent_kind::human || !agent.spec.settings.is_object())
    return;
  const auto& queues = fleet.spec.human_queues;
  const auto name = agent.spec.settings.value("queue", std::string{});
  const auto queue =
      std::find_if(queues.begin(), queues.end(), [&](const auto& q) { return q.name == name; });
  if (queue == queues.end())
    return;
  const auto said = said_in_silence(*queue);
  const auto* at = section{fleet.from.root.get()}.in("humans").in(name).find("when_silent");
  if (!said || !at)
    return;
  const auto flaws =
      tools::json_schema::compile(agent.spec.gives)
          .validate(
              json{{"text", said->text}, {"data", said->data}, {"confidence", said->confidence}});
  if (flaws.empty())
    return;
  const auto& first = flaws.front();
  problems.error(*at, "is no answer that agent " +
                          problems.quoted(agent.spec.card.domain + '/' + agent.spec.card.name) +
                          " may give (see gives in " + agent.from.file +
                          "): " + (first.pointer.empty() ? "the whole" : first.pointer) + ' ' +
                          first.message +
                          (flaws.size() > 1 ? "; and " + std::to_string(flaws.size() - 1) + " more"
                                            : std::string{}));
}

} // namespace troupe::config
