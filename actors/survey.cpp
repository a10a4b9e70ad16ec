#include "actors/survey.hpp"

#include "actors/node_messages.hpp"
#include "actors/node_parts.hpp"
#include "actors/respondent.hpp"
#include "policies/deadline.hpp"
#include "src/wire/json_text.hpp"

#include <map>
#include <memory>
#include <utility>

namespace troupe {

namespace {

constexpr std::uint32_t surveys_at_once = 64;
constexpr std::string_view seat_name = "/respondent";

/// One survey while it runs. Whatever becomes of its actor, `then` is called.
struct survey_run {
  parts_ptr parts;
  survey_question what;
  std::string query;
  survey_answers said;
  std::vector<seat_ptr> seats;
  std::vector<std::string> texts; ///< of answers that come in parts
  std::size_t pending = 1;
  timestamp due{};
  std::function<void(survey_answers, const refused&)> then;

  survey_run() = default;
  survey_run(const survey_run&) = delete;
  survey_run& operator=(const survey_run&) = delete;
  ~survey_run() {
    parts->surveys->fetch_sub(1);
    if (then)
      then({}, {refusal::stopping, "the node is stopping", {}});
  }
  void done() {
    if (--pending == 0)
      std::exchange(then, nullptr)(std::move(said), {});
  }
  void miss(std::size_t i, refusal why, std::string detail) {
    said[i].missing = {why, std::move(detail), {}};
    done();
  }
};
using survey_run_ptr = std::shared_ptr<survey_run>;

/// The respondents that there should be: of the members, and of whoever else has told of one.
std::map<std::string, std::string> nodes_to_ask(const node_parts& parts) {
  std::map<std::string, std::string> out{{parts.fleet.node_id, parts.fleet.region}};
  for (const auto& place : parts.places->all(address_kind::node)) {
    const auto& name = place->where().name;
    if (name.ends_with(seat_name) && place->now().handle)
      out.emplace(name.substr(0, name.size() - seat_name.size()), std::string{});
  }
  if (parts.cluster)
    for (const auto& m : parts.cluster->seen().rows) {
      if (m.state != member_state::down)
        out[m.node] = m.region;
    }
  return out;
}

void ask(caf::event_based_actor* self, const survey_run_ptr& run, std::size_t i,
         std::uint64_t rest) {
  const auto who = run->seats[i] ? run->seats[i]->now().handle : caf::actor{};
  if (!who)
    return run->miss(i, refusal::stopping, "there is no link with it");
  const auto wait = left(run->due, run->parts->now(self));
  auto question = rest == 0 ? ask_node{run->what.subject, run->query, 0, 0}
                            : ask_node{{}, {}, rest, run->texts[i].size()};
  self->request(who, wait, std::move(question))
      .then(
          [self, run, i](const node_answered& x) {
            if (x.why.why != refusal::none) {
              run->said[i].missing = x.why;
              return run->done();
            }
            auto& text = run->texts[i];
            text += x.part;
            if (text.size() > respondent_state::whole_bytes || (x.rest != 0 && x.part.empty()))
              return run->miss(i, refusal::too_large, "its answer is too long");
            if (x.rest != 0)
              return ask(self, run, i, x.rest);
            std::string bad;
            auto answer = json_of_text(text, bad);
            text.clear();
            if (!answer)
              return run->miss(i, refusal::internal, "its answer cannot be read: " + bad);
            run->said[i].answer = *std::move(answer);
            run->done();
          },
          [self, run, i](const caf::error& why) {
            if (why == caf::sec::request_timeout)
              return run->miss(i, refusal::timeout,
                               "no answer within " + std::to_string(run->what.within.count()) +
                                   " ms");
            run->miss(i, refusal::stopping, "it was lost: " + failure_text(self->system(), why));
          });
}

} // namespace

void survey(caf::actor_system& sys, const parts_ptr& parts, survey_question what,
            std::function<void(survey_answers, const refused&)> then) {
  if (parts->surveys->fetch_add(1) >= surveys_at_once) {
    parts->surveys->fetch_sub(1);
    return then({}, {refusal::busy, "too many questions to all nodes are open", {}});
  }
  auto run = std::make_shared<survey_run>();
  run->parts = parts;
  run->then = std::move(then);
  const auto nodes = nodes_to_ask(*parts);
  for (const auto& [node, region] : nodes) {
    if (!what.only.empty() && what.only != node)
      continue;
    run->said.push_back({node, region, {}, {}});
    run->seats.push_back(parts->places->find({address_kind::node, node + std::string{seat_name}}));
  }
  if (run->said.empty())
    return std::exchange(run->then, nullptr)(
        {}, {refusal::unknown_node, "there is no node '" + what.only + "'", {}});
  run->texts.resize(run->said.size());
  run->query = json_text(what.query);
  run->what = std::move(what);
  // Short-lived: it ends when the last answer, or the time for it, has come.
  sys.spawn([run](caf::event_based_actor* self) {
    guard(self, run->parts, "survey");
    run->due = later(run->parts->now(self), run->what.within);
    for (std::size_t i = 0; i < run->said.size(); ++i) {
      ++run->pending;
      ask(self, run, i, 0);
    }
    run->done();
  });
}

} // namespace troupe
