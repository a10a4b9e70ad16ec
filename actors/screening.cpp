#include "actors/screening.hpp"

#include "actors/audit.hpp"
#include "actors/llm_settings.hpp"
#include "policies/llm_talk.hpp"
#include "src/telemetry/log.hpp"
#include "src/telemetry/metrics.hpp"

#include <troupe/json_read.hpp>

#include <prometheus/counter.h>

#include <algorithm>
#include <array>

namespace troupe {

namespace {

/// What others have said, within a step's input.
constexpr std::array<std::string_view, 7> said_by_others{
    "previous", "documents", "knowledge", "retrieved", "sources", "client", "errors"};

bool is_said_by_others(std::string_view key) {
  return std::find(said_by_others.begin(), said_by_others.end(), key) != said_by_others.end();
}

/// Whether a message of a conversation that came with the request was written by whoever asks.
bool is_said_by_user(const json& message) {
  return message.is_string() || text_at(message, "role") == "user";
}

/// Takes out of a conversation what others have said in it; both keep their places with nulls.
json others_of(json& conversation) {
  auto out = json::array();
  for (auto& m : conversation) {
    out.push_back(nullptr);
    if (!is_said_by_user(m))
      std::swap(out.back(), m);
  }
  return out;
}

/// Puts it back.
void put_back(json& conversation, json others) {
  for (std::size_t i = 0; i < conversation.size(); ++i)
    if (conversation[i].is_null())
      conversation[i] = std::move(others[i]);
}

std::string record_id(const agent_call& what, const screening::seen& x, timestamp now) {
  return (what.about ? what.about->id : std::string{"none"}) + "/" + std::to_string(what.step) +
         "/" + std::to_string(what.attempt) + "/screen/" + std::string{to_string(x.where)} + "/" +
         x.subject + "/" + std::to_string(now.time_since_epoch().count());
}

} // namespace

std::shared_ptr<const screening> screening::of(const agent_spec& spec, const domain_spec* domain) {
  std::shared_ptr<screening> out{new screening};
  const bool thinks = spec.card.kind == agent_kind::llm;
  bool any = false;
  for (const auto where : {screen_place::request, screen_place::results, screen_place::actions,
                           screen_place::answers}) {
    auto& rule = out->rules_[static_cast<std::size_t>(where)];
    if (thinks)
      rule = default_screens(where);
    if (domain && domain->screens.at(where))
      rule = *domain->screens.at(where);
    if (spec.screens.at(where))
      rule = *spec.screens.at(where);
    any = any || rule.action != screen_action::allow;
  }
  if (!any)
    return nullptr;
  if (domain && domain->screens.hosts)
    out->hosts_ = *domain->screens.hosts;
  if (spec.screens.hosts)
    out->hosts_ = *spec.screens.hosts;
  out->acts_by_itself_ = !thinks && spec.card.does != effects::none;
  if (thinks) {
    out->instructions_ = llm_settings::of(spec).instructions;
    out->canary_ = screens::canary_of(spec.card.domain + "/" + spec.card.name, out->instructions_);
    out->secret_ = std::make_unique<const screens::secret_words>(
        out->instructions_, house_rules(true, {}), out->canary_);
  }
  return out;
}

bool screening::screened_call::refused() const {
  return std::any_of(all.begin(), all.end(),
                     [](const seen& x) { return x.what.action == screen_action::block; });
}

screening::screened_call screening::incoming(const agent_call_ptr& what) const {
  screened_call out{what, {}};
  auto copy = std::make_shared<agent_call>(*what);
  const auto note = [&](screen_place where, const screens::verdict& x) {
    if (x.action != screen_action::allow)
      out.all.push_back({where, x, {}});
  };
  const auto asked = rule(screen_place::request);
  note(screen_place::request, screens::screen(copy->text, screen_place::request, asked));
  // The same words often stand in several places: what was asked, and what the plan made of it.
  auto own = json::object(), others = json::object();
  const bool has_input = copy->input.is_object();
  if (has_input)
    for (auto& [key, value] : copy->input.items()) {
      if (key == "messages" && value.is_array()) {
        others[key] = others_of(value);
        own[key] = std::move(value);
      } else {
        (is_said_by_others(key) ? others : own)[key] = std::move(value);
      }
    }
  note(screen_place::request, screens::screen(own, screen_place::request, asked));
  note(screen_place::results,
       screens::screen(others, screen_place::results, rule(screen_place::results)));
  note(screen_place::results,
       screens::screen(copy->context, screen_place::results, rule(screen_place::results)));
  if (acts_by_itself_ && !out.refused()) {
    const auto acting = rule(screen_place::actions);
    note(screen_place::actions, screens::screen(copy->text, screen_place::actions, acting));
    note(screen_place::actions, screens::screen(own, screen_place::actions, acting));
    note(screen_place::actions, screens::screen(others, screen_place::actions, acting));
  }
  if (std::none_of(out.all.begin(), out.all.end(), [](const seen& x) { return x.what.parts > 0; }))
    return out;
  if (has_input) {
    if (others.contains("messages")) {
      put_back(own["messages"], std::move(others["messages"]));
      others.erase("messages");
    }
    copy->input = std::move(own);
    copy->input.update(others);
  }
  out.what = std::move(copy);
  return out;
}

screening::seen screening::documents(json& passages) const {
  seen out{screen_place::results, {}, "knowledge"};
  if (passages.is_array())
    for (auto& x : passages)
      if (x.is_object() && x.contains("text"))
        out.what.take(
            screens::screen(x["text"], screen_place::results, rule(screen_place::results)));
  return out;
}

screening::seen screening::result(outcome& x, const std::string& tool) const {
  seen out{screen_place::results, {}, tool};
  const auto held = rule(screen_place::results);
  out.what.take(screens::screen(x.text, screen_place::results, held));
  out.what.take(screens::screen(x.data, screen_place::results, held));
  out.what.take(screens::screen(x.failed.detail, screen_place::results, held));
  return out;
}

screening::seen screening::description(const tool_card& card) const {
  seen out{screen_place::results, {}, card.name};
  auto text = card.name + ": " + card.description;
  const auto held = rule(screen_place::results);
  out.what.take(screens::screen(text, screen_place::results, held));
  auto parameters = card.parameters;
  out.what.take(screens::screen(parameters, screen_place::results, held));
  return out;
}

screens::outgoing screening::outgoing(const screens::known_things& known,
                                      const node_parts& parts) const {
  screens::outgoing by;
  by.secret = secret_.get();
  by.known = &known;
  by.hosts = &hosts_;
  if (parts.secrets && !parts.secrets->empty())
    by.holds_key = [secrets = parts.secrets](const std::string& x) {
      return secrets->finds(x) || secrets->finds(std::string{x.rbegin(), x.rend()});
    };
  return by;
}

screening::seen screening::arguments(json& x, const tool_card& card,
                                     const screens::known_things& known,
                                     const node_parts& parts) const {
  seen out{screen_place::actions, {}, card.name};
  const auto held = rule(screen_place::actions);
  if (card.does != effects::none)
    out.what.take(screens::screen(x, screen_place::actions, held));
  out.what.take(screens::screen_outgoing(x, screen_place::actions, held, outgoing(known, parts)));
  return out;
}

screening::seen screening::answer(outcome& x, const screens::known_things& known,
                                  const node_parts& parts) const {
  seen out{screen_place::answers, {}, {}};
  const auto held = rule(screen_place::answers);
  const auto by = outgoing(known, parts);
  const bool said = !x.text.empty();
  out.what.take(screens::screen_outgoing(x.text, screen_place::answers, held, by));
  out.what.take(screens::screen_outgoing(x.data, screen_place::answers, held, by));
  // Of which nothing is left is no answer.
  if (said && x.text == screens::withheld_mark)
    out.what.action = screen_action::block;
  return out;
}

screens::known_things screening::known_to(const agent_call& what) const {
  screens::known_things out{what.about ? what.about->who.id : std::string{}};
  out.trust(instructions_);
  out.trust(what.text);
  out.trust_data(what.context);
  if (what.input.is_object())
    for (const auto& [key, value] : what.input.items()) {
      if (key == "messages" && value.is_array())
        for (const auto& m : value)
          is_said_by_user(m) ? out.trust_data(m) : out.hear(as_text(m));
      else if (is_said_by_others(key))
        out.hear_data(value);
      else
        out.trust_data(value);
    }
  return out;
}

std::string report_screen(const node_parts& parts, const agent_card& who, const agent_call& what,
                          const screening::seen& x, timestamp now) {
  const auto action = x.what.action;
  if (action == screen_action::allow)
    return {};
  if (parts.counters)
    prometheus::BuildCounter()
        .Name("troupe_screened_total")
        .Help("Texts that a screen had something to say about.")
        .Register(parts.counters->registry())
        .Add({{"region", parts.fleet.region},
              {"domain", who.domain},
              {"agent", who.name},
              {"place", std::string{to_string(x.where)}},
              {"action", std::string{to_string(action)}}})
        .Increment();
  auto signals = json::array();
  for (const auto s : x.what.signals)
    signals.push_back(to_string(s));
  if (action >= screen_action::strip)
    send_audit(parts, audit_write(record_id(what, x, now), now, "screen.stopped",
                                  {{"task", what.about ? what.about->id : std::string{}},
                                   {"step", what.step},
                                   {"attempt", what.attempt},
                                   {"agent", who.domain + "/" + who.name},
                                   {"place", to_string(x.where)},
                                   {"subject", x.subject},
                                   {"action", to_string(action)},
                                   {"signals", std::move(signals)},
                                   {"score", x.what.score}}));
  auto out = "screen of " + std::string{to_string(x.where)};
  if (!x.subject.empty())
    out += " (" + beginning_of(x.subject, 40) + ")";
  out += action == screen_action::block  ? " blocked"
         : action == screen_action::flag ? " flagged"
                                         : " stripped " + std::to_string(x.what.parts) +
                                               (x.what.parts == 1 ? " part" : " parts");
  return out + ": " + x.what.why();
}

failure stopped_by_screen(const screening::seen& x) {
  return {reason::policy_denied,
          "stopped by the screen of " + std::string{to_string(x.where)} + ": " + x.what.why(),
          {}};
}

} // namespace troupe
