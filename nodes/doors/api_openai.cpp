#include "nodes/doors/api_parts.hpp"
#include "nodes/doors/guarded_client.hpp"
#include "nodes/doors/json_text.hpp"
#include "nodes/doors/openai_reply.hpp"
#include "nodes/doors/openai_request.hpp"
#include "nodes/doors/task_listener.hpp"
#include "nodes/doors/uri.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>

namespace troupe {

namespace {

/// How long an answer that is no stream is waited for: as long as clients of this API wait unless
/// told otherwise. A stream ends with its task.
constexpr milliseconds completion_wait{600000};

/// A chat completion on its way. The task goes on when the client goes away.
class chat : public std::enable_shared_from_this<chat> {
 public:
  chat(std::shared_ptr<client> node, responder answer, const chat_request& wish)
      : listener_(std::move(node))
      , answer_(std::move(answer))
      , streams_(wish.stream)
      , with_usage_(wish.stream_usage) {
    head_.model = wish.what.domain;
    head_.with_tools = wish.brings_tools;
    head_.created = std::chrono::duration_cast<std::chrono::seconds>(
                        std::chrono::system_clock::now().time_since_epoch())
                        .count();
  }

  void start(task_request what) {
    const auto self = shared_from_this();
    answer_.when_gone([self] { self->listener_.stop(); });
    if (!streams_)
      answer_.after(completion_wait, [self] { self->time_up(); });
    task_handlers h;
    h.accepted = [self](const task_accepted& a) { self->accepted(a.id); };
    h.refused_ = [self](const refused& why) { self->refused_by_node(why); };
    h.ended = [self](const task_record_ptr& record) { self->ended(record); };
    listener_.submit(std::move(what), std::move(h));
  }

 private:
  void accepted(const std::string& id) {
    const std::lock_guard hold{mutex_};
    head_.task = id;
    if (streams_)
      open();
  }

  void open() {
    if (std::exchange(opened_, true))
      return;
    http_reply r;
    r.type = "text/event-stream; charset=utf-8";
    r.add("Cache-Control", "no-store");
    r.add("x-request-id", head_.task);
    r.body = chunk_of_role(head_);
    answer_.open_stream(std::move(r));
  }

  void refused_by_node(const refused& why) {
    const auto p = problem_of(why);
    const std::lock_guard hold{mutex_};
    if (!opened_)
      return answer_.send(to_openai_reply(p));
    // Accepted, and then nothing more may be told: a key that was revoked, or a node that stops.
    answer_.write("data: " + openai_error_text(p) + "\n\n");
    answer_.finish();
  }

  void ended(const task_record_ptr& record) {
    const std::lock_guard hold{mutex_};
    head_.task = record->what->id;
    const bool good = record->result && record->result->ok();
    if (!streams_)
      return answer_.send_made([head = head_, record, good] {
        if (!good)
          return ended_badly(*record);
        http_reply out;
        out.body = completion_text(head, *record->result);
        out.add("x-request-id", head.task);
        return out;
      });
    if (!good && !opened_)
      return answer_.send(ended_badly(*record));
    open();
    answer_.write(good ? chunks_of(head_, *record->result, with_usage_)
                       : "data: " + openai_error_text(problem_of_end(*record)) + "\n\n");
    answer_.finish();
  }

  void time_up() {
    listener_.stop();
    const std::lock_guard hold{mutex_};
    answer_.send(not_ended_yet(head_.task));
  }

  task_listener listener_;
  const responder answer_;
  const bool streams_;
  const bool with_usage_;
  std::mutex mutex_;
  chat_head head_;
  bool opened_ = false;
};

void gather_paths(const domain_spec& from, std::vector<std::string>& to) {
  to.push_back(from.path);
  for (const auto& d : from.domains)
    gather_paths(d, to);
}

/// The domains to which whoever asks may submit, the fleet's entry first.
std::vector<std::string> models_for(const api_ptr& api, const http_request& what) {
  std::vector<std::string> out;
  const auto current = api->node.fleet_now();
  const auto& fleet = *current;
  for (const auto* d : domains_for(fleet, what.pass.get(), access_scope::submit))
    gather_paths(*d, out);
  std::stable_partition(out.begin(), out.end(), [&](const auto& x) { return x == fleet.entry; });
  return out;
}

/// Whether the domain at `path` takes tools of clients; one that there is not is refused later.
bool takes_tools(const std::vector<domain_spec>& all, const std::string& path) {
  for (const auto& d : all)
    if (d.path == path)
      return d.client_tools;
    else if (path.starts_with(d.path + "/"))
      return takes_tools(d.domains, path);
  return true;
}

void append_model(std::string& out, const std::string& path, const std::string& fleet) {
  object_text o{out};
  o.text("id", path);
  o.text("object", "model");
  o.integer("created", 0); // Domains have no date.
  o.text("owned_by", fleet);
  o.end();
}

void list_models(const api_ptr& api, http_request& what, const responder& answer) {
  http_reply out;
  out.body = R"({"object":"list","data":[)";
  bool first = true;
  for (const auto& path : models_for(api, what)) {
    if (!std::exchange(first, false))
      out.body += ',';
    append_model(out.body, path, api->node.fleet().name);
  }
  out.body += "]}";
  answer.send(std::move(out));
}

void find_model(const api_ptr& api, http_request& what, const responder& answer) {
  const auto& id = what.parameters[0];
  const auto known = models_for(api, what);
  if (std::find(known.begin(), known.end(), id) == known.end())
    return answer.send(to_openai_reply(
        problem_of({refusal::unknown_domain, "there is no domain '" + id + "'", {}})));
  http_reply out;
  append_model(out.body, id, api->node.fleet().name);
  answer.send(std::move(out));
}

} // namespace

void add_openai(router& to, const api_ptr& api) {
  const auto submits = route_need::somewhere(access_scope::submit);
  const std::vector<std::string_view> plain{"application/json"};
  to.add(
      "POST", "/v1/chat/completions", submits,
      [api](http_request& what, const responder& answer) {
        problem why;
        auto wish = read_chat(what, why);
        if (!wish)
          return answer.send(to_openai_reply(why));
        if (wish->brings_tools && !takes_tools(api->node.fleet_now()->domains, wish->what.domain)) {
          const std::string no = "the domain takes no tools of clients (client_tools)";
          return answer.send(to_openai_reply(bad_request("tools: " + no, {{"/tools", no}})));
        }
        std::make_shared<chat>(api->node_for(what, access_scope::submit), answer, *wish)
            ->start(std::move(wish->what));
      },
      {"application/json", "text/event-stream"}, to_openai_reply);
  to.add(
      "GET", "/v1/models", submits,
      [api](http_request& what, const responder& answer) { list_models(api, what, answer); }, plain,
      to_openai_reply);
  to.add(
      "GET", "/v1/models/{id}", submits,
      [api](http_request& what, const responder& answer) { find_model(api, what, answer); }, plain,
      to_openai_reply);
}

} // namespace troupe
