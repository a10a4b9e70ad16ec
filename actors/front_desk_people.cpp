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
    std::size_t missing = 0;
    std::vector<question_ptr> all;
    std::set<std::string> known; ///< one that has moved may be at two desks for a while
    std::function<void(std::vector<question_ptr>, const refused&)> then;
  };
  const auto desks = human_desks();
  auto x = std::make_shared<gathered>();
  x->missing = desks.size();
  x->then = std::move(then);
  const auto request = seat_guest<questions_seen>(
      queues_,
      [x](const questions_seen& seen) {
        for (const auto& q : seen.open)
          if (x->known.insert(q->id).second)
            x->all.push_back(q);
        if (--x->missing > 0)
          return false;
        std::stable_sort(x->all.begin(), x->all.end(), [](const auto& a, const auto& b) {
          return a->urgency != b->urgency ? a->urgency < b->urgency : a->asked < b->asked;
        });
        x->then(std::move(x->all), {});
        return true;
      },
      [x](const refused& why) { x->then({}, why); });
  for (const auto& desk : desks)
    send_to(self_, desk, list_questions{request, queue});
}

std::uint64_t front_desk_state::ask_desks(std::size_t desks,
                                          std::function<void(question_ptr, const refused&)> then) {
  struct gathered {
    std::size_t missing = 0;
    std::function<void(question_ptr, const refused&)> then;
  };
  auto x = std::make_shared<gathered>(gathered{desks, std::move(then)});
  return seat_guest<question_done>(
      answers_,
      [x](const question_done& said) {
        // Whoever does not know the question says nothing about it, unless nobody knows it.
        if (said.why.why == refusal::unknown_question && --x->missing > 0)
          return false;
        x->then(said.what, said.why);
        return true;
      },
      [x](const refused& why) { x->then(nullptr, why); });
}

void front_desk_state::claim(std::string id, std::string by,
                             std::function<void(question_ptr, const refused&)> then) {
  const auto desks = human_desks();
  const auto request = ask_desks(desks.size(), std::move(then));
  for (const auto& desk : desks)
    send_to(self_, desk, claim_question{request, id, by});
}

void front_desk_state::answer(std::string id, std::string by, outcome_ptr x,
                              std::function<void(question_ptr, const refused&)> then) {
  const auto desks = human_desks();
  const auto request = ask_desks(desks.size(), std::move(then));
  for (const auto& desk : desks)
    send_to(self_, desk, answer_question{request, id, by, x});
}

} // namespace troupe
