#include "actors/agent_json.hpp"
#include "actors/work_desk.hpp"
#include "nodes/doors/api_parts.hpp"
#include "nodes/doors/body_form.hpp"
#include "nodes/doors/json_text.hpp"
#include "nodes/doors/uri.hpp"

#include <algorithm>
#include <atomic>

namespace troupe {

namespace {

constexpr std::int64_t poll_wait_max_ms = 60000;
constexpr std::int64_t retry_after_max_ms = 3600000;

bool has_worker(const std::vector<domain_spec>& domains, std::string_view path,
                std::string_view agent) {
  for (const auto& d : domains) {
    if (d.path == path)
      return std::any_of(d.agents.begin(), d.agents.end(), [&](const agent_spec& a) {
        return a.card.name == agent && a.card.kind == agent_kind::worker;
      });
    if (has_worker(d.domains, path, agent))
      return true;
  }
  return false;
}

http_reply loan_reply(const std::optional<work_desk::loan>& x) {
  http_reply out;
  if (!x) {
    out.body = R"({"work":[]})";
    return out;
  }
  out.body = R"({"work":[)";
  object_text o{out.body};
  o.text("id", std::to_string(x->item));
  o.text("lease", x->lease);
  o.integer("lease_ms", x->length.count());
  o.value("call", x->call);
  o.end();
  out.body += "]}";
  return out;
}

/// A loan on its way to a program: if it does not get there, it goes back to the desk.
class loan_on_its_way {
 public:
  loan_on_its_way(std::shared_ptr<work_desk> desk, work_desk::loan what)
      : desk_(std::move(desk))
      , what_(std::move(what)) {}
  loan_on_its_way(const loan_on_its_way&) = delete;
  loan_on_its_way& operator=(const loan_on_its_way&) = delete;
  ~loan_on_its_way() {
    if (!arrived_)
      desk_->give_back(what_.item, what_.lease);
  }
  /// The connection is there and writes it.
  http_reply arrive() {
    arrived_ = true;
    return loan_reply(what_);
  }

 private:
  std::shared_ptr<work_desk> desk_;
  work_desk::loan what_;
  bool arrived_ = false;
};

void no_such_work(const responder& to, std::string_view path) {
  refuse(to,
         not_found("unknown_work",
                   "there is no such work any more: it has ended, its lease has run "
                   "out, or nobody waits for it"),
         path);
}

void poll(const api_ptr& api, http_request& what, const responder& answer) {
  const auto& domain = what.parameters[0];
  if (const auto no = not_allowed_in(what, access_scope::answer, domain))
    return refuse(answer, *no, what.path);
  body_form form{what, answer, true};
  if (!form)
    return;
  const auto wait = form.in().integer("wait_ms", 0, poll_wait_max_ms).value_or(0);
  if (!form.ends())
    return;
  if (!has_worker(api->node.fleet_now()->domains, domain, what.parameters[1]))
    return refuse(answer, not_found("unknown_agent", "there is no agent of kind worker called so"),
                  what.path);
  // Whoever goes away does not wait any more; the number is known only after the question.
  const auto number = std::make_shared<std::atomic<std::uint64_t>>(0);
  answer.when_left([api, number] { api->settings.work->stop_waiting(number->load()); });
  *number = api->settings.work->ask(
      domain + "/" + what.parameters[1], milliseconds{wait},
      [answer, desk = std::weak_ptr{api->settings.work}](std::optional<work_desk::loan> x) {
        const auto lent_by = x ? desk.lock() : nullptr;
        if (!lent_by)
          return answer.send(loan_reply({}));
        answer.send_made([way = std::make_shared<loan_on_its_way>(lent_by, std::move(*x))] {
          return way->arrive();
        });
      });
}

/// What a program says of a call that it was lent.
struct word {
  std::uint64_t item = 0;
  std::string lease;
};

/// Reads the item's number and checks that whoever speaks may; answers by itself when not.
std::optional<word> read_word(const api_ptr& api, const http_request& what, const responder& answer,
                              member_reader& in) {
  word out;
  out.lease = in.text("lease", 64);
  if (out.lease.empty())
    in.fail("lease", "must be the one that came with the work");
  const auto n = parse_count(what.parameters[0], 1, ~std::uint64_t{0} >> 1);
  out.item = n.value_or(0);
  const auto agent = api->settings.work->agent_of(out.item);
  const auto domain = agent.substr(0, std::min(agent.size(), agent.rfind('/')));
  if (agent.empty() || not_allowed_in(what, access_scope::answer, domain)) {
    no_such_work(answer, what.path);
    return std::nullopt;
  }
  return out;
}

void heartbeat(const api_ptr& api, http_request& what, const responder& answer) {
  body_form form{what, answer};
  if (!form)
    return;
  const auto said = read_word(api, what, answer, form.in());
  if (!said || !form.ends())
    return;
  milliseconds left{0};
  if (api->settings.work->renew(said->item, said->lease, left) != work_desk::taken::yes)
    return no_such_work(answer, what.path);
  answer.send(json_reply({{"deadline_ms", left.count()}}));
}

void end_work(const api_ptr& api, http_request& what, const responder& answer, bool well) {
  body_form form{what, answer};
  if (!form)
    return;
  auto& in = form.in();
  const auto said = read_word(api, what, answer, in);
  if (!said)
    return;
  json result;
  if (well) {
    result = in.object("result");
    if (result.is_null() && form.sound())
      in.fail("result", "must be an object with text, data or both");
  } else {
    const auto why = in.word<reason>("reason").value_or(reason::crash);
    if (why == reason::none)
      in.fail("reason", "must say why it failed");
    json error{{"reason", to_string(why)}, {"detail", in.text("detail", 4096)}};
    if (const auto wait = in.integer("retry_after_ms", 0, retry_after_max_ms))
      error["retry_after_ms"] = *wait;
    result = {{"error", std::move(error)}};
  }
  auto x = form.sound() ? outcome_from_json(result) : outcome{};
  // Told to the program that made it rather than to the task: it may still say it better.
  if (well && x.failed)
    form.fail({"/result", x.failed.detail});
  if (!form.ends())
    return;
  if (api->settings.work->end(said->item, said->lease, std::move(x)) != work_desk::taken::yes)
    return no_such_work(answer, what.path);
  answer.send(json_reply(json::object()));
}

} // namespace

void add_work(router& to, const api_ptr& api) {
  const auto answers = route_need::somewhere(access_scope::answer);
  // A node whose doors were made without a desk lends nothing: to it, there is no such work.
  const auto at_desk = [api](auto run) {
    return [api, run](http_request& what, const responder& answer) {
      if (!api->settings.work)
        return no_such_work(answer, what.path);
      run(api, what, answer);
    };
  };
  to.add("POST", "/v1/work/{domain}/{agent}/poll", answers, at_desk(poll));
  to.add("POST", "/v1/work/{id}/heartbeat", answers, at_desk(heartbeat));
  to.add("POST", "/v1/work/{id}/complete", answers,
         at_desk([](const api_ptr& a, http_request& what, const responder& answer) {
           end_work(a, what, answer, true);
         }));
  to.add("POST", "/v1/work/{id}/fail", answers,
         at_desk([](const api_ptr& a, http_request& what, const responder& answer) {
           end_work(a, what, answer, false);
         }));
}

} // namespace troupe
