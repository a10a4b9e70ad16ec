#include "actors/model_asker.hpp"
#include "actors/runner.hpp"
#include "actors/screening.hpp"
#include "policies/llm_talk.hpp"
#include "policies/model_triage.hpp"
#include "src/text/decompose.hpp"
#include "src/text/entities.hpp"
#include "src/text/normalize.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <unordered_map>

namespace troupe {

namespace {

constexpr std::uint32_t triage_repairs_max = 1;

json to_json(const std::vector<understood_clause>& clauses) {
  auto out = json::array();
  for (const auto& c : clauses) {
    out.push_back({{"text", c.text},
                   {"intent", c.intent},
                   {"confidence", c.confidence},
                   {"accepted", c.accepted},
                   {"after_previous", c.after_previous}});
    if (!c.skill.empty())
      out.back()["skill"] = c.skill;
    if (!c.after.empty())
      out.back()["after"] = c.after;
    for (const auto& s : c.scores)
      out.back()["scores"][s.intent] = s.score;
  }
  return out;
}

/// The block `ask_model` of a triage agent, read.
struct asking_settings {
  std::vector<std::string> models;
  model_triage_rules rules;
  std::uint32_t max_output = 0;

  static std::optional<asking_settings> of(const json& settings) {
    const auto from = settings.find("ask_model");
    if (from == settings.end() || !from->is_object())
      return std::nullopt;
    asking_settings out;
    out.models.push_back(from->value("model", std::string{}));
    for (const auto& name : from->value("fallback_models", std::vector<std::string>{}))
      out.models.push_back(name);
    auto& r = out.rules;
    r.plans = from->value("plan", r.plans);
    r.max_steps = from->value("max_steps", r.max_steps);
    r.plan_words = from->value("plan_words", r.plan_words);
    r.min_confidence = from->value("min_confidence", r.min_confidence);
    out.max_output = from->value("max_output", out.max_output);
    return out;
  }
};

/// The screen of what a model is asked, where neither the agent nor its domain declares one: those
/// have looked at the whole call before.
std::optional<screen_rule> screen_of_questions(const agent_spec& spec, const domain_spec* domain) {
  constexpr auto where = screen_place::request;
  if (spec.screens.at(where) || (domain && domain->screens.at(where)))
    return std::nullopt;
  return default_screens(where);
}

/// Finds out what a message wants: splits it into clauses, names the intent of each, and extracts
/// entities. Answers with the contract of `read_understanding`. Its own rules work on the agent's
/// own thread: messages are capped, so that takes less than a millisecond. What they are not sure
/// of a model may be asked for, as far as the agent is declared so, unless the message would take
/// the model over; its answer is checked, repaired once, and if it is of no use, what the rules
/// have found stands. `data.asked` says how that went.
class triage_runner final : public agent_runner {
 public:
  triage_runner(const parts_ptr& parts, const agent_spec& spec, const domain_spec* domain,
                std::shared_ptr<const text::classifier> by, caf::event_based_actor* self)
      : classifier_(std::move(by))
      , splits_(spec.settings.value("split", true))
      , writes_(spec.writes)
      , card_(spec.card)
      , parts_(parts)
      , self_(self)
      , asking_(asking_settings::of(spec.settings))
      , screen_(screen_of_questions(spec, domain)) {
    std::vector<text::gazetteer_entry> known;
    if (auto plans = spec.settings.find("plans"); plans != spec.settings.end())
      for (const auto& plan : *plans)
        known.push_back({"plan", plan.get<std::string>(), {plan.get<std::string>()}});
    std::vector<text::id_prefix> ids;
    if (const auto types = spec.settings.find("ids"); types != spec.settings.end())
      for (const auto& [type, prefixes] : types->items())
        for (const auto& prefix : prefixes)
          ids.push_back({type, prefix.get<std::string>()});
    entities_ = text::entity_extractor{known, ids};
    if (asking_)
      asker_.emplace(parts, spec, asking_->models, self);
  }

  outcome_ptr run(caf::event_based_actor*, std::uint64_t call,
                  const agent_call_ptr& what) override {
    // Of whatever is sent so much is read, and no more: by the rules and by the model.
    auto message = beginning_of(what->text, text::max_message_bytes);
    // The intents and the routing are those of the version that the task goes by.
    auto version = parts_->versions->find(what->about->fleet);
    if (!version)
      version = parts_->current();
    const auto* domain = version->domain(card_.domain);
    auto clauses = read(message, domain && domain->routing.uses(route_strategy::classifier));
    if (!asker_)
      return answer(*what, clauses, {}, {});
    auto why = why_ask_model(clauses, text::out_of_scope, asking_->rules);
    if (why.empty())
      return answer(*what, clauses, {}, {});
    if (!domain)
      return answer(*what, clauses, {}, {});
    auto& t = talks_[call];
    t.what = what;
    t.version = std::move(version);
    t.domain = domain;
    t.clauses = std::move(clauses);
    t.message = std::move(message);
    t.said = {{"because", std::move(why)}};
    if (!passes(t)) {
      settle(call, t, t.clauses, "the message may not go to a model: what the rules found stands");
      return nullptr;
    }
    t.messages = triage_talk(*t.domain, t.message, t.clauses, asking_->rules);
    ask(call, t);
    return nullptr;
  }

  bool stop(std::uint64_t call) override {
    if (const auto hit = talks_.find(call); hit != talks_.end()) {
      asker_->stop(call);
      end(call, std::make_shared<const outcome>(outcome::of({reason::cancelled, "stopped", {}})),
          {});
    }
    return true;
  }

  void ended(std::uint64_t call) override { talks_.erase(call); }

  void turn(const runner_turn& x) override {
    const auto hit = talks_.find(x.call);
    if (!asker_ || hit == talks_.end() || hit->second.done)
      return;
    if (const auto said = asker_->turn(x))
      on_answer(x.call, hit->second, *said);
  }

 private:
  struct talk {
    agent_call_ptr what;
    std::string message; ///< what is read of its text
    fleet_version_ptr version;
    const domain_spec* domain = nullptr;
    std::vector<understood_clause> clauses; ///< as the rules have read it
    std::vector<chat_message> messages;
    json said; ///< for `data.asked`
    usage used;
    std::uint32_t repairs = 0;
    bool done = false;
  };

  /// `by_content`: steps are routed by what else a clause may be about, so that is told as well.
  std::vector<understood_clause> read(const std::string& message, bool by_content) const {
    std::vector<understood_clause> out;
    const auto add = [&](const std::string& part, const text::classification& c, bool after) {
      out.push_back(
          {part, c.intent, c.confidence, c.accepted && c.intent != text::out_of_scope, after});
      if (by_content)
        for (const auto& x : c.alternatives)
          out.back().scores.push_back({x.intent, static_cast<float>(x.confidence)});
    };
    if (splits_)
      for (const auto& c : text::decompose(*classifier_, message))
        add(c.text, c.what, c.after_previous);
    if (out.empty())
      add(message, classifier_->classify(message), false);
    return out;
  }

  outcome_ptr answer(const agent_call& what, const std::vector<understood_clause>& clauses,
                     json asked, usage used) const {
    auto out = std::make_shared<outcome>();
    double least = 1;
    for (const auto& c : clauses)
      least = std::min(least, c.confidence);
    json entities = json::array();
    json context = json::object();
    for (const auto& e : entities_.extract(what.text)) {
      entities.push_back({{"type", e.type}, {"value", e.value}});
      // An entity becomes part of the typed context when this agent may write a field of its name.
      for (const auto& field : {e.type, e.type + "_id"})
        if (std::find(writes_.begin(), writes_.end(), field) != writes_.end())
          context[field] = e.value;
    }
    out->data = {{"clauses", to_json(clauses)},
                 {"entities", std::move(entities)},
                 {"complexity", clauses.size() > 1 ? "compound" : "simple"}};
    if (!context.empty())
      out->data["context"] = std::move(context);
    if (!asked.is_null())
      out->data["asked"] = std::move(asked);
    out->confidence = std::clamp(least, 0.0, 1.0);
    out->used = used;
    return out;
  }

  /// Whether the model may be asked about the message. The rules, which nobody can talk into
  /// anything, have read it all the same.
  bool passes(talk& t) const {
    if (!screen_)
      return true;
    auto text = t.message;
    const screening::seen seen{
        screen_place::request, screens::screen(text, screen_place::request, *screen_), {}};
    auto said = report_screen(*parts_, card_, *t.what, seen, parts_->now(self_));
    if (!said.empty())
      t.said["screen"] = std::move(said);
    return seen.what.action != screen_action::block;
  }

  void ask(std::uint64_t call, const talk& t) {
    asker_->ask(call, t.what,
                {t.messages, triage_schema(*t.domain, asking_->rules), asking_->max_output});
  }

  void on_answer(std::uint64_t call, talk& t, const model_asker::answer& said) {
    t.used += said.used;
    t.said["model"] = said.model;
    if (!said.trail.empty())
      t.said["trouble"] = said.trail;
    if (said.failed)
      return settle(call, t, t.clauses,
                    "no model has answered (" + std::string{to_string(said.failed.why)} +
                        "): what the rules found stands");
    auto read = read_triage(said.text, *t.domain, t.message, t.clauses, asking_->rules);
    if (read.flaws.empty())
      return settle(call, t, read.clauses,
                    t.repairs > 0 ? "its answer was taken, after one repair"
                                  : "its answer was taken");
    if (t.repairs < triage_repairs_max) {
      ++t.repairs;
      t.said["repaired"] = read.flaws.front().pointer + " " + read.flaws.front().message;
      t.messages.push_back({chat_role::assistant, said.text, {}, {}});
      t.messages.push_back({chat_role::user, repair_order(read.flaws), {}, {}});
      return ask(call, t);
    }
    settle(call, t, t.clauses,
           "its answer was refused (" + read.flaws.front().pointer + " " +
               read.flaws.front().message + "): what the rules found stands");
  }

  void settle(std::uint64_t call, talk& t, const std::vector<understood_clause>& clauses,
              std::string how) {
    t.said["outcome"] = how;
    auto x = answer(*t.what, clauses, t.said, t.used);
    auto note = (t.said.contains("model")
                     ? "model " + t.said.value("model", std::string{}) + " was asked, because "
                     : std::string{"no model was asked, although "}) +
                t.said.value("because", std::string{}) + ": " + how;
    if (t.said.contains("screen"))
      note += "; " + t.said["screen"].get<std::string>();
    end(call, std::move(x), std::make_shared<const std::string>(std::move(note)));
  }

  void end(std::uint64_t call, outcome_ptr x, std::shared_ptr<const std::string> note) {
    talks_[call].done = true;
    self_->send(self_, runner_ended{call, std::move(x), std::move(note)});
  }

  std::shared_ptr<const text::classifier> classifier_;
  text::entity_extractor entities_;
  bool splits_;
  std::vector<std::string> writes_;
  const agent_card card_;
  const parts_ptr parts_;
  caf::event_based_actor* self_;
  const std::optional<asking_settings> asking_;
  const std::optional<screen_rule> screen_; ///< of what the model is asked; none: it was declared
  std::optional<model_asker> asker_;
  std::unordered_map<std::uint64_t, talk> talks_;
};

} // namespace

runner_ptr make_triage_runner(const parts_ptr& parts, const fleet_version& version,
                              const agent_spec& spec, caf::event_based_actor* self) {
  const auto name = spec.card.domain + "/" + spec.card.name;
  auto hit = version.classifiers.find(name);
  if (hit == version.classifiers.end())
    throw std::runtime_error{"no model has been loaded for the triage agent " + name};
  return std::make_unique<triage_runner>(parts, spec, version.domain(spec.card.domain), hit->second,
                                         self);
}

} // namespace troupe
