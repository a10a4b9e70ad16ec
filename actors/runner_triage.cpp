#include "actors/runner.hpp"
#include "src/text/decompose.hpp"
#include "src/text/entities.hpp"
#include "src/text/normalize.hpp"

#include <algorithm>
#include <stdexcept>

namespace troupe {

namespace {

/// Finds out what a message wants: splits it into clauses, names the intent of each, and extracts
/// entities. Answers with the contract of `read_understanding`. Works on the agent's own thread:
/// messages are capped, so that a call takes less than a millisecond.
class triage_runner final : public agent_runner {
 public:
  triage_runner(std::shared_ptr<const text::classifier> by, const agent_spec& spec)
      : classifier_(std::move(by))
      , splits_(spec.settings.value("split", true))
      , writes_(spec.writes) {
    std::vector<text::gazetteer_entry> known;
    if (auto plans = spec.settings.find("plans"); plans != spec.settings.end())
      for (const auto& plan : *plans)
        known.push_back({"plan", plan.get<std::string>(), {plan.get<std::string>()}});
    entities_ = text::entity_extractor{known};
  }

  outcome_ptr run(caf::event_based_actor*, std::uint64_t, const agent_call_ptr& what) override {
    auto out = std::make_shared<outcome>();
    json clauses = json::array();
    double least = 1;
    const auto add = [&](const std::string& part, const text::classification& c, bool after) {
      clauses.push_back({{"text", part},
                         {"intent", c.intent},
                         {"confidence", c.confidence},
                         {"accepted", c.accepted && c.intent != text::out_of_scope},
                         {"after_previous", after}});
      least = std::min(least, c.confidence);
    };
    if (splits_) {
      for (const auto& c : text::decompose(*classifier_, what->text))
        add(c.text, c.what, c.after_previous);
    }
    if (clauses.empty())
      add(what->text, classifier_->classify(what->text), false);
    json entities = json::array();
    json context = json::object();
    for (const auto& e : entities_.extract(what->text)) {
      entities.push_back({{"type", e.type}, {"value", e.value}});
      // An entity becomes part of the typed context when this agent may write a field of its name.
      for (const auto& field : {e.type, e.type + "_id"})
        if (std::find(writes_.begin(), writes_.end(), field) != writes_.end())
          context[field] = e.value;
    }
    const bool compound = clauses.size() > 1;
    out->data = {{"clauses", std::move(clauses)},
                 {"entities", std::move(entities)},
                 {"complexity", compound ? "compound" : "simple"}};
    if (!context.empty())
      out->data["context"] = std::move(context);
    out->confidence = std::clamp(least, 0.0, 1.0);
    return out;
  }
  bool stop(std::uint64_t) override { return true; }

 private:
  std::shared_ptr<const text::classifier> classifier_;
  text::entity_extractor entities_;
  bool splits_;
  std::vector<std::string> writes_;
};

} // namespace

runner_ptr make_triage_runner(const fleet_version& version, const agent_spec& spec) {
  const auto name = spec.card.domain + "/" + spec.card.name;
  auto hit = version.classifiers.find(name);
  if (hit == version.classifiers.end())
    throw std::runtime_error{"no model has been loaded for the triage agent " + name};
  return std::make_unique<triage_runner>(hit->second, spec);
}

} // namespace troupe
