#include "actors/respondent.hpp"

#include "actors/tick.hpp"
#include "policies/deadline.hpp"
#include "src/wire/json_text.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace troupe {

namespace {

void refuse(caf::response_promise& promise, refusal why, std::string detail) {
  promise.deliver(node_answered{{}, 0, 0, {why, std::move(detail), {}}});
}

} // namespace

respondent_state::~respondent_state() {
  for (auto& [number, x] : open_)
    refuse(x.promise, refusal::stopping, "the node is stopping");
}

void respondent_state::init(caf::event_based_actor* self, parts_ptr parts, node_subjects subjects) {
  self_ = self;
  parts_ = std::move(parts);
  subjects_ = std::move(subjects);
}

node_answered respondent_state::part_of(std::string_view text, std::uint64_t from,
                                        std::uint64_t number) {
  const auto part = text.substr(std::min<std::size_t>(from, text.size()), part_bytes);
  const bool more = from + part.size() < text.size();
  return {std::string{part}, text.size(), more ? number : 0, {}};
}

caf::response_promise respondent_state::on_ask(const ask_node& x) {
  expire();
  auto promise = self_->make_response_promise();
  const auto refused_with = [&](refusal why, std::string detail) {
    refuse(promise, why, std::move(detail));
    return promise;
  };
  if (x.rest != 0) {
    const auto hit = kept_.find(x.rest);
    if (hit == kept_.end())
      return refused_with(refusal::timeout, "the rest of the answer is not kept any longer");
    auto part = part_of(hit->second.text, x.from, x.rest);
    if (part.rest == 0)
      kept_.erase(hit);
    promise.deliver(std::move(part));
    return promise;
  }
  const auto subject = subjects_.find(x.subject);
  if (subject == subjects_.end())
    return refused_with(refusal::invalid_request, "this node knows nothing of '" + x.subject + "'");
  if (open_.size() >= most_open)
    return refused_with(refusal::busy, "too many questions are open at this node");
  std::string bad;
  const auto query = json_of_text(x.query, bad);
  if (!query)
    return refused_with(refusal::invalid_request, bad);
  const auto number = ++next_;
  open_.emplace(number, open_question{promise, later(parts_->now(self_), keep_for)});
  arm();
  // Who answers late must not keep a respondent alive that has ended.
  const auto me = caf::actor_cast<caf::actor_addr>(self_);
  const node_reply reply = [me, number](json answer, const refused& why) {
    auto to = caf::actor_cast<caf::actor>(me);
    if (!to)
      return;
    std::string text;
    auto told = why;
    try {
      if (told.why == refusal::none)
        text = json_text(answer);
    } catch (const std::exception& e) {
      told = {refusal::internal, e.what(), {}};
    }
    caf::anon_send(to, subject_done{number, std::move(text), std::move(told)});
  };
  try {
    subject->second(*query, reply);
  } catch (const std::exception& e) {
    reply({}, {refusal::internal, x.subject + ": " + e.what(), {}});
  }
  return promise;
}

void respondent_state::on_done(std::uint64_t number, std::string text, refused why) {
  auto hit = open_.extract(number);
  if (hit.empty())
    return;
  auto& promise = hit.mapped().promise;
  if (why.why == refusal::none && text.size() > whole_bytes)
    why = {refusal::too_large, "the answer has more than 4 MiB: ask for less", {}};
  if (why.why == refusal::none && text.size() > part_bytes && kept_.size() >= most_kept)
    why = {refusal::busy, "too many long answers are kept at this node", milliseconds{1000}};
  if (why.why != refusal::none) {
    promise.deliver(node_answered{{}, 0, 0, std::move(why)});
    return;
  }
  promise.deliver(part_of(text, 0, number));
  if (text.size() <= part_bytes)
    return;
  kept_.emplace(number, kept_answer{std::move(text), later(parts_->now(self_), keep_for)});
  arm();
}

void respondent_state::expire() {
  const auto now = parts_->now(self_);
  for (auto i = open_.begin(); i != open_.end() && i->second.until <= now; i = open_.erase(i))
    refuse(i->second.promise, refusal::timeout, "nobody answered here");
  std::erase_if(kept_, [now](const auto& x) { return x.second.until <= now; });
}

void respondent_state::arm() {
  auto next = no_deadline;
  for (const auto& [number, x] : open_)
    next = std::min(next, x.until);
  for (const auto& [number, x] : kept_)
    next = std::min(next, x.until);
  if (next >= armed_)
    return;
  armed_ = next;
  self_->delayed_send(self_, left(next, parts_->now(self_)) + milliseconds{1}, tick{});
}

void respondent_state::on_tick() {
  armed_ = no_deadline;
  expire();
  arm();
}

caf::behavior respondent(caf::stateful_actor<respondent_state>* self, parts_ptr parts,
                         node_subjects subjects) {
  guard(self, parts, "respondent");
  state_of(self).init(self, std::move(parts), std::move(subjects));
  return {
      [self](const ask_node& x) { return state_of(self).on_ask(x); },
      [self](const subject_done& x) { state_of(self).on_done(x.number, x.text, x.why); },
      [self](tick) { state_of(self).on_tick(); },
  };
}

} // namespace troupe
