#include "actors/llm_models.hpp"

#include "actors/budget_book.hpp"
#include "actors/model_report.hpp"
#include "policies/budget.hpp"
#include "policies/context_fit.hpp"
#include "policies/context_forward.hpp"
#include "policies/deadline.hpp"
#include "src/models/model_port.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace troupe {

namespace {

std::size_t rung_of(const std::string& name, const std::vector<std::string>& all) {
  return static_cast<std::size_t>(std::find(all.begin(), all.end(), name) - all.begin());
}

} // namespace

llm_models::llm_models(parts_ptr parts, const agent_spec& spec, const llm_settings& settings)
    : parts_(std::move(parts))
    , settings_(settings)
    , models_(parts_)
    , dice_(parts_->seed ^ stable_hash(spec.card.domain + "/" + spec.card.name)) {
  for (const auto& name : settings_.models)
    models_.add(name);
  if (settings_.simple_model.empty())
    return;
  simple_ = rung_of(settings_.simple_model, settings_.models);
  if (simple_ == ladder())
    models_.add(settings_.simple_model);
}

const model_spec& llm_models::of(const llm_call& t) const {
  return models_[std::min(t.model.at.model, models_.size() - 1)];
}

void llm_models::begin(llm_call& t) const {
  if (settings_.simple_model.empty())
    return;
  auto& m = t.model;
  m.complexity = complexity_of(signs_of(t.what->text, t.what->input));
  m.simple = asks_simple_model(m.complexity, settings_.simple_below, learned_);
  if (m.simple)
    m.at = {simple_, 0};
  char seen[48];
  std::snprintf(seen, sizeof seen, "complexity %.2f: ", m.complexity);
  t.trail += seen + models_[m.at.model].name + "; ";
}

void llm_models::save(llm_call& t, const model_caller& by) const {
  if (!parts_->budgets)
    return;
  const auto stance = parts_->budgets->stance(by);
  if (!stance.tight)
    return;
  auto& m = t.model;
  const auto declared = rung_of(settings_.cheaper_model, settings_.models);
  // Once: a cheaper model that has failed is not gone back to.
  const auto to =
      m.saving || m.saved ? m.at.model : cheaper_model(models_.specs(), m.at.model, declared);
  if (!m.tight) {
    m.tight = true;
    t.steps_most = std::min(t.steps_most, std::max(t.steps, tight_steps(settings_.max_steps)));
    t.trail += std::to_string(static_cast<int>(stance.share * 100)) + " % of the limit on " +
               stance.limit + " used: at most " + std::to_string(t.steps_most) + " steps" +
               (to == m.at.model ? "" : ", model " + models_[to].name) + "; ";
  }
  if (to == m.at.model)
    return;
  m.at = {to, 0};
  m.simple = false;
  m.saving = true;
}

bool llm_models::stop_saving(model_standing& m) {
  if (!m.saving)
    return false;
  m.saving = false;
  m.saved = true;
  m.at = {};
  return true;
}

bool llm_models::choose(llm_call& t, timestamp now) const {
  return pass_over(t.model, now) || (stop_saving(t.model) && pass_over(t.model, now));
}

bool llm_models::pass_over(model_standing& m, timestamp now) const {
  m.probe = false;
  if (m.simple) {
    if (models_.enter(simple_, now, m.probe))
      return true;
    m.simple = false;
    m.at = {};
  }
  // To save money it may stand beyond the ladder.
  const auto end = m.at.model < ladder() ? ladder() : models_.size();
  for (; m.at.model < end; m.at = {m.at.model + 1, 0})
    if (models_.enter(m.at.model, now, m.probe))
      return true;
  return false;
}

milliseconds llm_models::opens_in(timestamp now) const {
  const auto opens = models_.reopens(models_.size() - 1, now);
  return opens == no_deadline ? milliseconds{0} : left(opens, now);
}

bool llm_models::has_room(const llm_call& t) const {
  std::size_t bytes = 0;
  for (const auto& m : t.messages)
    bytes += m.text.size();
  return static_cast<double>(models::tokens_of(bytes)) <= context_full_at * of(t).context_tokens;
}

bool llm_models::fits_nowhere(std::size_t bytes) const {
  const auto& all = models_.specs();
  return std::all_of(all.begin(), all.end(),
                     [&](const auto* x) { return models::tokens_of(bytes) > x->context_tokens; });
}

std::optional<model_reply> llm_models::fit(llm_call& t, std::size_t beside) const {
  constexpr double bytes_of_token = 4;
  const auto& model = of(t);
  const auto room = context_full_at * bytes_of_token * model.context_tokens;
  std::vector<chat_message> whole;
  if (models::tokens_of(context_bytes(t.messages) + beside) > model.context_tokens)
    whole = t.messages;
  const auto done = fit_context(
      t.messages, static_cast<std::size_t>(std::max(room - static_cast<double>(beside), 0.0)));
  if (const auto tokens = models::tokens_of(done.after + beside); tokens > model.context_tokens) {
    t.messages = std::move(whole);
    model_reply no;
    no.error = model_error::context_too_long;
    no.unsent = true;
    no.detail = "the request is about " + std::to_string(tokens) +
                " tokens long, and the model takes " + std::to_string(model.context_tokens);
    return no;
  }
  if (done.shortened > 0)
    t.trail += "context shortened from " + std::to_string(done.before) + " to " +
               std::to_string(done.after) + " bytes; ";
  return std::nullopt;
}

void llm_models::send(llm_call& t, const model_request& what, caf::event_based_actor* agent,
                      std::uint64_t turn, timestamp now) const {
  t.asking = true;
  t.model.asked_at = now;
  t.request = models_.send(what, agent, t.number, turn);
}

void llm_models::heard(llm_call& t, const model_reply& x, timestamp now) const {
  t.asking = false;
  t.used += x.used;
  const auto which = t.model.at.model;
  t.fullest = std::max(t.fullest, context_share(models_[which], x));
  models_.heard(which, x, t.model.probe, t.model.asked_at, now);
  if (x.ok()) {
    t.model.at.failed = 0;
    const auto& name = models_[which].name;
    auto of = std::find_if(t.answers.begin(), t.answers.end(),
                           [&](const auto& a) { return a.first == name; });
    if (of == t.answers.end())
      of = t.answers.emplace(of, name, 0);
    ++of->second;
  } else {
    t.trail += models_[which].name + ": " + std::string{to_string(x.error)} + "; ";
  }
}

model_move llm_models::after(llm_call& t, const model_reply& failed, timestamp now) {
  auto& m = t.model;
  if (m.simple && failed.error != model_error::cancelled) {
    leave_simple(t, std::string{to_string(failed.error)});
    return {false, m.at, milliseconds{0}};
  }
  const auto left_over = left(t.what->deadline, now);
  const auto next = after_failure(m.at, failed, std::max(ladder(), m.at.model + 1), left_over,
                                  unit_interval(dice_.draw()));
  if (!next.give_up)
    m.at = next.to;
  else if (failed.error != model_error::over_budget && failed.error != model_error::cancelled &&
           left_over.count() > 0 && stop_saving(m))
    return {false, m.at, milliseconds{0}};
  return next;
}

void llm_models::leave_simple(llm_call& t, const std::string& why) const {
  t.trail += models_[simple_].name + " did not do (" + why + "): " + models_[0].name + "; ";
  t.model.simple = false;
  t.model.at = {};
}

} // namespace troupe
