#include "actors/model_list.hpp"

#include "actors/breaker_report.hpp"
#include "actors/call_messages.hpp"
#include "actors/model_report.hpp"
#include "src/models/model_port.hpp"

#include <memory>
#include <stdexcept>
#include <utility>

namespace troupe {

model_list::model_list(parts_ptr parts)
    : parts_(std::move(parts)) {
  if (!parts_->models)
    throw std::runtime_error{"there are no language models here"};
}

void model_list::add(const std::string& name) {
  const auto& fleet = parts_->fleet;
  for (const auto& m : fleet.models)
    if (m.name == name)
      for (const auto& p : fleet.providers)
        if (p.name == m.provider) {
          specs_.push_back(&m);
          providers_.push_back(parts_->places->claim_provider(p.name, p.breaker));
          return;
        }
  throw std::runtime_error{"the fleet has no model called '" + name + "'"};
}

bool model_list::enter(std::size_t which, timestamp now, bool& probe) const {
  const auto said = providers_[which]->breaker.enter(now);
  probe = said == admission::probe;
  return said != admission::barred;
}

timestamp model_list::reopens(std::size_t which, timestamp now) const {
  return providers_[which]->breaker.seen(now).reopens;
}

void model_list::heard(std::size_t which, const model_reply& x, bool probe, timestamp asked,
                       timestamp now) const {
  report_model(*parts_, *specs_[which], x, std::chrono::duration_cast<microseconds>(now - asked));
  auto& whose = *providers_[which];
  if (const auto turned = whose.breaker.ended(sign_of(x), probe, now))
    report_breaker(*parts_, "provider", whose.name, *turned);
}

call_sign model_list::sign_of(const model_reply& x) noexcept {
  if (x.cached != cache_hit::none)
    return call_sign::nothing;
  if (x.ok())
    return call_sign::good;
  // What has never been sent because it is too long says nothing either.
  return x.error == model_error::rate_limited || x.error == model_error::over_budget ||
                 (x.unsent && x.error == model_error::context_too_long)
             ? call_sign::nothing
             : sign_for_provider(reason_of(x.error));
}

std::uint64_t model_list::send(const model_request& what, caf::event_based_actor* agent,
                               std::uint64_t call, std::uint64_t turn) const {
  const auto to = caf::actor_cast<caf::actor_addr>(agent);
  // Also what comes when the agent has gone has been spent for somebody.
  return parts_->models->send(what, [to, call, turn, about = what.by.about,
                                     counters = parts_->counters](model_reply x) {
    report_spent(counters.get(), about, x);
    if (auto who = caf::actor_cast<caf::actor>(to))
      caf::anon_send(who,
                     runner_turn{call, turn, std::make_shared<const model_reply>(std::move(x))});
  });
}

} // namespace troupe
