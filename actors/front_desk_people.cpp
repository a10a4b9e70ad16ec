#include "actors/front_desk.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

// Every node of a cluster has a human desk, with the questions of the tasks it works on. People
// need not know which: all desks are asked, and what they say is joined.

namespace {

/// For an orchestrator to read its shard and to ask its questions again.
constexpr milliseconds takes_up_within{2000};

} // namespace

std::vector<seat_ptr> front_desk_state::human_desks() const {
  std::vector<seat_ptr> out;
  for (const auto& place : parts_->places->all(address_kind::node))
    if (place == human_desk_ ||
        (place->where().name.ends_with("/human_desk") && place->now().handle))
      out.push_back(place);
  return out;
}

void front_desk_state::questions(
    std::string queue, std::function<void(std::vector<question_ptr>, const refused&)> then) {
  struct gathered {
    std::vector<question_ptr> all;
    std::set<std::string> known; ///< one that has moved may be at two desks for a while
  };
  const auto x = std::make_shared<gathered>();
  const auto about = std::make_shared<inquiry<questions_seen>>(
      [x](const questions_seen& seen) {
        for (const auto& q : seen.open)
          if (x->known.insert(q->id).second)
            x->all.push_back(q);
        return false;
      },
      [x, then = std::move(then)](const inquiry<questions_seen>::ending& end) {
        if (end.why.why != refusal::none)
          return then({}, end.why);
        std::stable_sort(x->all.begin(), x->all.end(), [](const auto& a, const auto& b) {
          return a->urgency != b->urgency ? a->urgency < b->urgency : a->asked < b->asked;
        });
        then(std::move(x->all), {});
      });
  ask_all(queues_, about, human_desks(), [&](std::uint64_t request) {
    return list_questions{request, queue};
  });
  about->all_asked();
}

bool front_desk_state::is_moving(const std::string& question) const {
  const auto shard = shard_of_task_id(std::string_view{question}.substr(0, question.find(':')));
  if (!parts_->cluster || !shard)
    return false;
  const auto places = orchestrators_of_shard(*shard % parts_->layout.shards());
  const auto now = parts_->now(self_);
  return std::any_of(places.begin(), places.end(), [&](const seat_ptr& place) {
    return !place->now().handle || now < later(place->since(), takes_up_within);
  });
}

void front_desk_state::tell_desks(
    const std::string& id, timestamp due,
    std::function<void(const seat::sitter& desk, std::uint64_t request)> order,
    std::function<void(question_ptr, const refused&)> then) {
  if (closing_)
    return then(nullptr, stopping());
  const auto about = std::make_shared<inquiry<question_done>>(
      [then](const question_done& said) {
        // Whoever does not know the question says nothing about it, unless nobody knows it.
        if (said.why.why == refusal::unknown_question)
          return false;
        then(said.what, said.why);
        return true;
      },
      [this, id, due, order, then](const inquiry<question_done>::ending& end) {
        if (end.why.why != refusal::none)
          then(nullptr, end.why);
        else if (parts_->now(self_) < due && (end.lost > 0 || is_moving(id)))
          try_later([this, id, due, order, then] { tell_desks(id, due, order, then); });
        else
          then(nullptr, {refusal::unknown_question, "no open question " + id, {}});
      });
  ask_all(answers_, about, human_desks(), order);
  about->all_asked();
}

void front_desk_state::claim(std::string id, std::string by,
                             std::function<void(question_ptr, const refused&)> then) {
  tell_desks(
      id, later(parts_->now(self_), patience),
      [this, id, by](const seat::sitter& desk, std::uint64_t request) {
        self_->send(desk.handle, claim_question{request, id, by});
      },
      std::move(then));
}

void front_desk_state::answer(std::string id, std::string by, outcome_ptr x,
                              std::function<void(question_ptr, const refused&)> then) {
  tell_desks(
      id, later(parts_->now(self_), patience),
      [this, id, by, x](const seat::sitter& desk, std::uint64_t request) {
        self_->send(desk.handle, answer_question{request, id, by, x});
      },
      std::move(then));
}

} // namespace troupe
