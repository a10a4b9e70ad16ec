#include "nodes/doors/history.hpp"
#include "nodes/doors/uri.hpp"
#include "nodes/doors/views.hpp"

namespace troupe {

namespace {

json considered_view(const considered& c, route_strategy by) {
  json out{{"agent", c.agent},
           {"verdict", to_string(c.said)},
           {"load", c.load},
           {"capacity", c.capacity},
           {"cost", c.cost},
           {"quality", c.quality},
           {"success_rate", c.success_rate}};
  if (by == route_strategy::classifier)
    out["fit"] = c.fit;
  return out;
}

void put_route(json& out, const route& r) {
  out["skill"] = r.skill;
  out["chosen"] = r.agent.empty() ? json() : json(r.agent);
  if (!r.node.empty())
    out["node"] = r.node;
  if (!r.decided_at.empty())
    out["decided_at"] = r.decided_at;
  out["strategy"] = to_string(r.strategy);
  out["because"] = r.because;
  out["candidates"] = r.of;
  out["repeatable"] = r.repeatable;
  out["considered"] = json::array();
  for (const auto& c : r.seen)
    out["considered"].push_back(considered_view(c, r.strategy));
  for (const auto& a : r.arms)
    out["arms"].push_back({{"agent", a.agent},
                           {"trials", a.trials},
                           {"mean", a.mean},
                           {"spread", a.spread},
                           {"draw", a.draw}});
}

json decision_view(const attempt_seen& a) {
  json out{{"attempt", a.attempt}, {"at", time_text(a.started)}, {"rung", a.rung}};
  if (a.how)
    put_route(out, *a.how);
  if (a.began_as == event_kind::delegated)
    out["delegated_to"] = a.detail;
  if (a.began_as == event_kind::asked)
    out["asked"] = shortened(a.detail);
  if (a.over())
    out["ended"] = time_text(a.ended);
  if (a.failed)
    out["failure"] = {{"reason", to_string(a.failed.why)}, {"detail", a.failed.detail}};
  if (a.then == after_failure::none)
    return out;
  json then{{"what", to_string(a.then)}};
  if (a.then == after_failure::retry && a.next_at >= a.ended) {
    then["after_ms"] = static_cast<double>((a.next_at - a.ended).count()) / 1000.0;
    then["why"] = std::string{to_string(a.failed.why)} + " may get better by another attempt";
  } else if (a.then == after_failure::fallback) {
    then["to"] = a.fallback;
    then["why"] = "the retries of this rung are used up, or would not help against " +
                  std::string{to_string(a.failed.why)};
  } else if (a.then == after_failure::ask_human) {
    then["why"] = a.asked_because;
  } else if (a.then == after_failure::gave_up) {
    then["why"] = "there was no retry and no rung left for " + std::string{to_string(a.failed.why)};
  }
  out["then"] = std::move(then);
  return out;
}

json understanding_view(const history_seen& seen) {
  json out{{"decisions", json::array()}};
  for (const auto& a : seen.triage)
    out["decisions"].push_back(decision_view(a));
  if (!seen.understood)
    return out;
  out["confidence"] = seen.understood->confidence;
  if (seen.understood->failed)
    out["failure"] = {{"reason", to_string(seen.understood->failed.why)},
                      {"detail", seen.understood->failed.detail}};
  if (seen.understood->data.is_object())
    for (const auto* key : {"clauses", "entities", "complexity", "asked"})
      if (const auto hit = seen.understood->data.find(key); hit != seen.understood->data.end())
        out[key] = *hit;
  return out;
}

/// A step and those below it, as far as they are shown.
void put_steps(json& out, const history_seen& seen, std::uint32_t i) {
  const auto& node = seen.run->node(i);
  const auto& s = seen.steps[i];
  json step{{"step", i},
            {"name", seen.run->table().name(i)},
            {"op", to_string(node.op)},
            {"status", to_string(s.status)},
            {"priority", to_string(node.urgency)},
            {"decisions", json::array()}};
  if (i != 0)
    step["parent"] = seen.run->table().parent(i);
  if (seen.run->table().is_undo(i))
    step["undoes"] = seen.run->table().name(seen.run->table().parent(i));
  if (auto items = items_view(*seen.run, i); !items.is_null())
    step["items"] = std::move(items);
  for (const auto& [key, text] :
       {std::pair{"skill", &node.skill}, {"target", &node.target}, {"note", &node.note}})
    if (!text->empty())
      step[key] = *text;
  if (!node.text.empty())
    step["text"] = shortened(node.text);
  if (!node.fallback.empty())
    step["fallback"] = node.fallback;
  if (s.result && s.result->failed)
    step["failure"] = {{"reason", to_string(s.result->failed.why)},
                       {"detail", s.result->failed.detail}};
  if (node.how == join::synthesis && s.result && s.result->data.is_object())
    if (const auto said = s.result->data.find("synthesis"); said != s.result->data.end())
      step["synthesis"] = *said;
  for (const auto& a : s.attempts)
    step["decisions"].push_back(decision_view(a));
  for (const auto& n : s.notes)
    step["notes"].push_back({{"at", time_text(n.at)}, {"text", n.text}});
  out.push_back(std::move(step));
  for (auto c : shown_below(*seen.run, i))
    put_steps(out, seen, c);
}

} // namespace

json explain_view(const task_record& x) {
  const auto seen = read_history(x);
  json out{{"task", x.what->id},
           {"domain", x.what->domain},
           {"text", shortened(x.what->text)},
           {"priority", to_string(x.what->urgency)},
           {"state", to_string(x.state)},
           {"steps", json::array()}};
  if (x.cut)
    out["cut"] = true;
  if (!x.what->who.tier.empty() || !x.what->who.id.empty())
    out["customer"] = {{"id", x.what->who.id}, {"tier", x.what->who.tier}};
  if (!seen.triage.empty() || seen.understood)
    out["understanding"] = understanding_view(seen);
  if (seen.run)
    put_steps(out["steps"], seen, 0);
  return out;
}

json event_view(const event& e, const plan* how) {
  json out{{"kind", to_string(e.kind)}, {"at", time_text(e.at)}};
  if (e.triage)
    out["triage"] = true;
  if (e.step != whole_task) {
    out["step"] = e.step;
    out["attempt"] = e.attempt;
    if (!e.triage && how && e.step < how->steps.size())
      out["name"] = how->steps[e.step].node.name;
  }
  if (const auto* r = e.get<route>()) {
    out["skill"] = r->skill;
    out["agent"] = r->agent;
    if (!r->node.empty())
      out["node"] = r->node;
    out["because"] = r->because;
  } else if (const auto* o = e.get<outcome>()) {
    out["text"] = shortened(o->text);
    out["confidence"] = o->confidence;
    if (o->failed)
      out["error"] = {{"reason", to_string(o->failed.why)},
                      {"detail", shortened(o->failed.detail)}};
  } else if (const auto* f = e.get<failure>()) {
    out["error"] = {{"reason", to_string(f->why)}, {"detail", shortened(f->detail)}};
  } else if (const auto* text = e.get<std::string>()) {
    out["text"] = shortened(*text);
  } else if (const auto* p = e.get<plan>()) {
    out["steps"] = p->steps.size();
  }
  return out;
}

} // namespace troupe
