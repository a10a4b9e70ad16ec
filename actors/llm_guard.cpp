#include "actors/llm_guard.hpp"

#include <utility>

namespace troupe {

llm_guard::llm_guard(parts_ptr parts, const agent_spec& spec, const domain_spec* domain,
                     const caf::event_based_actor* self)
    : parts_(std::move(parts))
    , card_(spec.card)
    , rules_(boundary::of(spec, domain))
    , screens_(rules_ ? rules_->screens() : nullptr)
    , self_(self) {}

std::string llm_guard::canary() const {
  return screens_ ? screens_->canary() : std::string{};
}

void llm_guard::see(llm_call& t, const screening::seen& x) const {
  if (auto said = report_screen(*parts_, card_, *t.what, x, parts_->now(self_)); !said.empty())
    t.trail += said + "; ";
}

failure llm_guard::judge(llm_call& t, const screening::seen& x) const {
  see(t, x);
  return x.what.action == screen_action::block ? stopped_by_screen(x) : failure{};
}

failure llm_guard::begin(llm_call& t, json& passages) const {
  if (!screens_)
    return {};
  if (auto stopped = judge(t, screens_->documents(passages)))
    return stopped;
  t.things = screens_->known_to(*t.what);
  t.things.hear_data(passages);
  return {};
}

failure llm_guard::arguments(llm_call& t, json& x, const tool_card& card) const {
  return screens_ ? judge(t, screens_->arguments(x, card, t.things, *parts_)) : failure{};
}

failure llm_guard::result(llm_call& t, outcome& x, const std::string& tool) const {
  if (!screens_)
    return {};
  auto stopped = judge(t, screens_->result(x, tool));
  t.things.hear(x.text);
  t.things.hear_data(x.data);
  return stopped;
}

failure llm_guard::answer(llm_call& t, outcome& x) const {
  return screens_ ? judge(t, screens_->answer(x, t.things, *parts_)) : failure{};
}

} // namespace troupe
