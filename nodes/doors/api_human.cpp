#include "nodes/doors/api_parts.hpp"
#include "nodes/doors/body_form.hpp"
#include "nodes/doors/views.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr std::size_t questions_listed = 1000;

/// A queue that the fleet has no more may have left questions: only when there are none either is
/// it not there.
bool known_queue(const fleet_spec& fleet, const std::string& queue) {
  return queue.empty() || std::any_of(fleet.human_queues.begin(), fleet.human_queues.end(),
                                      [&](const human_queue_spec& q) { return q.name == queue; });
}

http_reply first_of(const std::vector<question_ptr>& all, std::size_t limit) {
  json shown = json::array();
  for (std::size_t i = 0; i < all.size() && shown.size() < limit; ++i)
    if (all[i])
      shown.push_back(question_view(*all[i]));
  return json_reply({{"questions", std::move(shown)}, {"waiting", all.size()}});
}

http_reply one(const question_ptr& q, const std::string& path) {
  if (!q)
    return to_reply(problem_of({refusal::unknown_question, "no such question", {}}), path);
  return json_reply(question_view(*q));
}

std::string read_by(member_reader& in) {
  auto by = in.text("by", name_max);
  const auto* given = in.find("by");
  if (!given || (given->is_string() && by.empty() && given->get_ref<const std::string&>().empty()))
    in.fail("by", "must name the person");
  return by;
}

void claim(const api_ptr& api, http_request& what, const responder& answer) {
  body_form form{what, answer};
  if (!form)
    return;
  auto by = read_by(form.in());
  if (form.ends())
    api->node_for(what, access_scope::answer)
        ->claim(what.parameters[0], std::move(by), rendered<question_ptr>(answer, what.path, one));
}

void give_answer(const api_ptr& api, http_request& what, const responder& answer) {
  body_form form{what, answer};
  if (!form)
    return;
  auto& in = form.in();
  auto by = read_by(in);
  outcome x;
  x.text = in.text("text");
  x.data = in.object("data");
  const bool deny = in.boolean("deny");
  if (x.text.empty() && x.data.is_null() && !deny && form.sound())
    in.fail("text", "must not be missing unless data is given or the request is denied");
  if (!form.ends())
    return;
  if (deny) {
    x.failed = {reason::policy_denied, x.text.empty() ? by + " denied it" : x.text, {}};
    x.confidence = 0;
  }
  api->node_for(what, access_scope::answer)
      ->answer(what.parameters[0], std::move(by), std::move(x),
               rendered<question_ptr>(answer, what.path, one));
}

} // namespace

void add_human(router& to, const api_ptr& api) {
  to.add("GET", "/v1/human", route_need::somewhere(access_scope::answer),
         [api](http_request& what, const responder& answer) {
           query_reader query{what.query};
           auto queue = query.text("queue");
           const auto limit = query.count("limit", 100, questions_listed);
           if (const auto bad = query.end())
             return refuse(answer, *bad, what.path);
           const auto nobody = known_queue(*api->node.fleet_now(), queue)
                                   ? std::string{}
                                   : "there is no human queue '" + queue + "'";
           api->node_for(what, access_scope::answer)
               ->questions(std::move(queue),
                           rendered<std::vector<question_ptr>>(
                               answer, what.path,
                               [limit, nobody](const auto& all, const std::string& path) {
                                 return all.empty() && !nobody.empty()
                                            ? to_reply(not_found("unknown_queue", nobody), path)
                                            : first_of(all, limit);
                               }));
         });
  to.add("POST", "/v1/human/{id}/claim", route_need::somewhere(access_scope::answer),
         [api](http_request& what, const responder& answer) { claim(api, what, answer); });
  to.add("POST", "/v1/human/{id}/answer", route_need::somewhere(access_scope::answer),
         [api](http_request& what, const responder& answer) { give_answer(api, what, answer); });
}

} // namespace troupe
