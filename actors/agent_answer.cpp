#include "actors/agent.hpp"

#include "src/telemetry/log.hpp"
#include "src/telemetry/metrics.hpp"
#include "src/wire/codec.hpp"

#include <troupe/json_read.hpp>

#include <algorithm>
#include <cmath>

namespace troupe {

// What an agent says, before anybody hears it: held to its contract, without secrets, counted.

outcome_ptr agent_state::checked(outcome_ptr x, bool query) const {
  if (!x)
    return std::make_shared<const outcome>(
        outcome::of({reason::invalid_output, "the agent answered nothing", {}}));
  const bool fits = json_fits(x->data, json_depth_max);
  if (!x->ok() && fits)
    return x;
  failure why;
  if (!fits && !x->ok())
    why = x->failed;
  else if (!fits)
    why = {reason::invalid_output,
           "data nests deeper than " + std::to_string(json_depth_max) + " levels",
           {}};
  else if (!x->data.is_null() && !x->data.is_object())
    why = {reason::invalid_output, "data must be an object", {}};
  else if (!std::isfinite(x->confidence) || x->confidence < 0 || x->confidence > 1)
    why = {reason::invalid_output, "confidence must be between 0 and 1", {}};
  else if (!query) // What an effect has come to is looked at by whoever asked about it.
    why = refused_answer(*place_->spec(), boundary_.get(), *x);
  if (!why)
    return x;
  auto y = *x;
  y.failed = std::move(why);
  if (!fits)
    y.data = {};
  return std::make_shared<const outcome>(std::move(y));
}

outcome_ptr agent_state::without_secrets(outcome_ptr x) const {
  if (!x || !parts_->secrets || parts_->secrets->empty())
    return x;
  const auto& secrets = *parts_->secrets;
  const auto& f = x->failed;
  const bool clean = !secrets.finds(x->text) && !secrets.finds_in(x->data) &&
                     !secrets.finds(f.detail) &&
                     std::none_of(f.errors.begin(), f.errors.end(), [&](const flaw& e) {
                       return secrets.finds(e.pointer) || secrets.finds(e.message);
                     });
  if (clean)
    return x;
  auto y = *x;
  secrets.apply(y.text);
  secrets.apply(y.data);
  secrets.apply(y.failed.detail);
  for (auto& e : y.failed.errors) {
    secrets.apply(e.pointer);
    secrets.apply(e.message);
  }
  return std::make_shared<const outcome>(std::move(y));
}

outcome_ptr agent_state::answer(const caf::actor& to, std::uint64_t call, timestamp since,
                                outcome_ptr x, std::shared_ptr<const std::string> note,
                                bool query) {
  auto y = without_secrets(checked(std::move(x), query));
  // A call that nobody waited for any more says nothing about the agent.
  if (y->failed.why != reason::cancelled)
    count(*y, since);
  self_->send(to, call_ended{call, y, std::move(note)});
  return y;
}

void agent_state::count(const outcome& x, timestamp since) {
  place_->count(x.ok());
  if (!parts_->counters)
    return;
  if (!metrics_) {
    const auto& card = place_->spec()->card;
    metrics_ = parts_->counters->agent(card.domain, card.name, card.kind);
    place_->metrics.store(metrics_, std::memory_order_release);
    in_flight_ = metrics_->in_flight.watch([place = place_] {
      return static_cast<double>(place->load.load(std::memory_order_relaxed));
    });
  }
  metrics_->call_ended(x, parts_->now(self_) - since);
}

} // namespace troupe
