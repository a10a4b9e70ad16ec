#include "nodes/doors/uri.hpp"
#include "nodes/doors/views.hpp"

#include <algorithm>
#include <set>

namespace troupe {

json domain_view(const domain_spec& x) {
  json out{{"path", x.path},
           {"description", x.description},
           {"durability", to_string(x.keep)},
           {"strategy", to_string(x.routing.strategy)},
           {"supervision", to_string(x.strategy)},
           {"task_timeout_ms", x.task_timeout.count()},
           {"step_timeout_ms", x.step_timeout.count()},
           {"agents", json::array()},
           {"intents", json::array()},
           {"skills", json::array()},
           {"domains", json::array()}};
  for (const auto& a : x.agents)
    out["agents"].push_back(a.card.name);
  for (const auto& [name, intent] : x.understanding.intents) {
    json i{{"intent", name}, {"skill", intent.skill}, {"priority", to_string(intent.urgency)}};
    if (!intent.domain.empty())
      i["domain"] = intent.domain;
    out["intents"].push_back(std::move(i));
  }
  std::set<std::string> skills;
  for (const auto& a : x.agents)
    skills.insert(a.card.skills.begin(), a.card.skills.end());
  for (const auto& [name, how] : x.plans)
    skills.insert(name);
  out["skills"] = skills;
  for (const auto& d : x.domains)
    out["domains"].push_back(domain_view(d));
  return out;
}

json session_view(const session_snapshot& x) {
  json out{{"id", x.id},
           {"domain", x.domain},
           {"context", x.context.is_null() ? json::object() : x.context},
           {"customer", {{"id", x.who.id}, {"tier", x.who.tier}}},
           {"updated", time_text(x.updated)},
           {"failures", x.failures},
           {"instances", x.instances},
           {"turns", json::array()}};
  for (const auto& t : x.turns)
    out["turns"].push_back({{"at", time_text(t.at)},
                            {"task", t.task_id},
                            {"text", t.text},
                            {"answer", t.answer},
                            {"state", to_string(t.state)}});
  return out;
}

json question_view(const question& x) {
  json out{{"id", x.id},
           {"task", x.task},
           {"step", x.step},
           {"attempt", x.attempt},
           {"domain", x.domain},
           {"queue", x.queue},
           {"text", x.text},
           {"context", x.context.is_null() ? json::object() : x.context},
           {"customer", {{"id", x.who.id}, {"tier", x.who.tier}}},
           {"priority", to_string(x.urgency)},
           {"asked", time_text(x.asked)}};
  if (const auto due = std::min(x.due, x.until); due != no_deadline)
    out["due"] = time_text(due);
  if (!x.claimed_by.empty()) {
    out["claimed_by"] = x.claimed_by;
    out["claimed_until"] = time_text(x.claimed_until);
  }
  return out;
}

} // namespace troupe
