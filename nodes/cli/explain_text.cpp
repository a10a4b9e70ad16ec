#include "nodes/cli/text_layout.hpp"
#include "nodes/cli/trace_text.hpp"

#include <cmath>
#include <cstdio>
#include <map>

namespace troupe::cli {

namespace {

std::string fixed(double x) {
  char out[32];
  const int size = std::snprintf(out, sizeof out, "%.3f", x);
  return {out, size > 0 ? static_cast<std::size_t>(size) : 0};
}

/// A verdict in the words of somebody who explains it, with the figures it rests on.
std::string verdict_words(const json& c) {
  const auto said = member(c, "verdict");
  const auto load = member(c, "load") + " of " + member(c, "capacity") + " places taken";
  if (said == "chosen")
    return "chosen (" + load + ", cost " + member(c, "cost") + ", quality " + member(c, "quality") +
           ", " + number_words(100 * number(c, "success_rate")) +
           "% of its recent calls went well)";
  if (said == "other_pinned")
    return "not taken: the step names another agent";
  if (said == "already_tried")
    return "not taken: an earlier attempt of this step failed there";
  if (said == "unhealthy")
    return "not taken: it is down, draining or in quarantine";
  if (said == "breaker_open")
    return "not taken: its circuit breaker, or its provider's, is open";
  if (said == "shed")
    return "not taken: the domain is overloaded and spares it";
  if (said == "farther")
    return "not taken: another one is nearer";
  if (said == "not_its_own")
    return "not taken: another replica serves the session";
  if (said == "probe_due")
    return "not taken: another one is tried first, to see whether it works again";
  if (said == "full")
    return "not taken: it has no place left (" + load + ")";
  if (said == "below_quality")
    return "not taken: its quality " + member(c, "quality") + " is below what is asked for";
  if (said == "costlier")
    return "not taken: it costs more (" + member(c, "cost") + ")";
  if (said == "more_loaded")
    return "not taken: it has more to do (" + load + ")";
  if (said == "lower_quality")
    return "not taken: its quality is lower (" + member(c, "quality") + ")";
  if (said == "drew_lower")
    return "not taken: more was drawn for another one";
  if (said == "fits_less")
    return "not taken: the message fits another one better (here " + fixed(number(c, "fit")) + ")";
  if (said == "not_first")
    return "not taken: another one stands before it";
  return said;
}

std::string strategy_words(const std::string& strategy) {
  static const std::map<std::string, std::string, std::less<>> words{
      {"static", "in the order they are declared"},
      {"least_loaded", "who has the least to do"},
      {"cheapest", "who costs the least"},
      {"best_quality", "who has the best quality"},
      {"classifier", "who fits the message best, then who has the least to do"},
      {"learned", "a draw from what is known of earlier calls"}};
  const auto hit = words.find(strategy);
  return hit == words.end() ? strategy : hit->second;
}

std::string failure_words(const json& failure) {
  const auto detail = member(failure, "detail");
  return member(failure, "reason") + (detail.empty() ? "" : ": " + brief(detail, 200));
}

void add_decision(std::string& out, const json& d, const std::string& stem) {
  const auto say = [&](const std::string& text) { out += stem + text + "\n"; };
  auto head = "attempt " + member(d, "attempt");
  if (const auto skill = member(d, "skill"); !skill.empty())
    head += " of " + skill;
  if (const auto chosen = member(d, "chosen"); !chosen.empty())
    head += " went to " + chosen +
            (member(d, "node").empty() ? std::string{} : " at node " + member(d, "node"));
  else if (d.contains("chosen"))
    head += " found nobody";
  if (const auto other = member(d, "delegated_to"); !other.empty())
    head += " went to another domain as task " + other;
  if (const auto asked = member(d, "asked"); !asked.empty())
    head += " asked a person: \"" + brief(asked) + "\"";
  if (const auto by = member(d, "decided_at"); !by.empty())
    head += ", decided at node " + by;
  say(head);
  if (const auto strategy = member(d, "strategy"); !strategy.empty())
    say("  compared by: " + strategy_words(strategy));
  if (const auto because = member(d, "because"); !because.empty())
    say("  because: " + because);
  const auto& seen = list(d, "considered");
  for (const auto& c : seen)
    say("  - " + member(c, "agent") + ": " + verdict_words(c));
  for (const auto& a : list(d, "arms"))
    say("  arm " + member(a, "agent") + ": worth " + fixed(number(a, "mean")) + " +- " +
        fixed(number(a, "spread")) + " by " + number_words(std::round(number(a, "trials"))) +
        " calls, drew " + fixed(number(a, "draw")));
  if (const auto of = number(d, "candidates"); of > static_cast<double>(seen.size()))
    say("  - and " + number_words(of - static_cast<double>(seen.size())) + " more");
  if (const auto& failure = object(d, "failure"); !failure.empty())
    say("  it failed: " + failure_words(failure));
  const auto& then = object(d, "then");
  if (then.empty())
    return;
  const auto what = member(then, "what");
  auto next = "  then: " + (what == "gave_up"     ? std::string{"gave up"}
                            : what == "ask_human" ? std::string{"asked a person"}
                                                  : what);
  if (const auto other = member(then, "to"); !other.empty())
    next += " to " + other;
  if (then.contains("after_ms"))
    next += " after " + duration_words(number(then, "after_ms"));
  say(next + ", for " + member(then, "why"));
}

void add_understanding(std::string& out, const json& x) {
  out += "\nHow the message was understood";
  if (x.contains("confidence"))
    out += " (confidence " + member(x, "confidence") + ")";
  out += "\n";
  for (const auto& c : list(x, "clauses")) {
    out += "  \"" + brief(member(c, "text"), 100) + "\" means " +
           (!member(c, "intent").empty()  ? member(c, "intent")
            : !member(c, "skill").empty() ? "skill " + member(c, "skill")
                                          : "nothing that is known");
    if (c.contains("confidence"))
      out += " (" + member(c, "confidence") + ")";
    for (const auto& n : list(c, "after"))
      out += ", after wish " + number_words(n.is_number() ? n.get<double>() + 1 : 0);
    out += "\n";
  }
  if (const auto& asked = object(x, "asked"); !asked.empty()) {
    const auto model = member(asked, "model");
    out += (model.empty() ? "  no model was asked, although "
                          : "  model " + model + " was asked, because ") +
           member(asked, "because") + ": " + member(asked, "outcome") + "\n";
    if (const auto screen = member(asked, "screen"); !screen.empty())
      out += "  " + screen + "\n";
    if (const auto repaired = member(asked, "repaired"); !repaired.empty())
      out += "  its first answer was wrong: " + repaired + "\n";
    if (const auto trouble = member(asked, "trouble"); !trouble.empty())
      out += "  before that: " + trouble + "\n";
  }
  if (const auto& failure = object(x, "failure"); !failure.empty())
    out += "  it was not understood: " + failure_words(failure) + "\n";
  for (const auto& d : list(x, "decisions"))
    add_decision(out, d, "  ");
}

void add_step(std::string& out, const json& x) {
  out += "\nStep " + member(x, "step") + ": " + member(x, "op");
  const auto name = member(x, "name");
  if (!name.empty())
    out += " " + name;
  out += ", " + member(x, "status");
  if (const auto urgency = member(x, "priority"); !urgency.empty() && urgency != "medium")
    out += ", " + urgency + " priority";
  out += "\n";
  if (const auto text = member(x, "text"); !text.empty())
    out += "  about: \"" + brief(text, 100) + "\"\n";
  if (const auto note = member(x, "note"); !note.empty())
    out += "  why it is there: " + note + "\n";
  if (const auto& one = object(x, "synthesis"); !one.empty())
    out += member(one, "why").empty()
               ? "  one answer was made of several\n"
               : "  the answers stand as several: " + member(one, "why") + "\n";
  for (const auto& d : list(x, "decisions"))
    add_decision(out, d, "  ");
  for (const auto& n : list(x, "notes"))
    out += "  meanwhile: " + member(n, "text") + "\n";
  if (const auto& failure = object(x, "failure"); !failure.empty())
    out += "  the step failed: " + failure_words(failure) + "\n";
}

} // namespace

std::string explain_text(const json& x) {
  auto out =
      "Task " + member(x, "task") + " in " + member(x, "domain") + ": " + member(x, "state") + "\n";
  if (const auto text = member(x, "text"); !text.empty())
    out += "  \"" + brief(text, 200) + "\"\n";
  const auto& who = object(x, "customer");
  if (!who.empty())
    out += "  for " + (member(who, "id").empty() ? "a customer" : member(who, "id")) +
           (member(who, "tier").empty() ? "" : " of tier " + member(who, "tier")) + "\n";
  if (const auto& understanding = object(x, "understanding"); !understanding.empty())
    add_understanding(out, understanding);
  for (const auto& step : list(x, "steps"))
    add_step(out, step);
  return out;
}

} // namespace troupe::cli
