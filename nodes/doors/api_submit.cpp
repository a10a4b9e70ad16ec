#include "nodes/doors/api_parts.hpp"
#include "nodes/doors/json_text.hpp"
#include "nodes/doors/submit_request.hpp"
#include "nodes/doors/uri.hpp"
#include "nodes/doors/views.hpp"

#include <algorithm>
#include <mutex>

namespace troupe {

namespace {

/// A submission on its way: what the node's callbacks, the clock and the client's going away have
/// to agree on.
class submission : public std::enable_shared_from_this<submission> {
 public:
  submission(std::shared_ptr<client> node, responder answer, std::string context_id)
      : node_(std::move(node))
      , answer_(std::move(answer))
      , context_id_(std::move(context_id)) {}

  void start(task_request what, std::optional<milliseconds> wait) {
    waits_ = wait.has_value();
    const auto self = shared_from_this();
    if (waits_) {
      answer_.after(*wait, [self] { self->time_up(); });
      answer_.when_gone([self] { self->forget(); });
    }
    task_handlers h;
    h.accepted = [self](const task_accepted& a) { self->accepted(a); };
    h.refused_ = [self](const refused& why) {
      self->answer_.send(to_reply(problem_of(why), "/v1/tasks"));
    };
    if (waits_)
      h.ended = [self](const task_record_ptr& record) { self->ended(record); };
    const auto number = node_->submit(std::move(what), std::move(h));
    std::unique_lock hold{mutex_};
    number_ = number;
    if (!forgotten_)
      return;
    hold.unlock();
    node_->forget(number);
  }

 private:
  void accepted(const task_accepted& a) {
    {
      std::lock_guard hold{mutex_};
      id_ = a.id;
      known_ = a.known;
      if (waits_ && !due_)
        return;
    }
    say_state();
  }

  void ended(const task_record_ptr& record) {
    answer_.send_made([record] {
      http_reply out;
      append_task(out.body, *record);
      return out;
    });
  }

  void time_up() {
    {
      std::lock_guard hold{mutex_};
      due_ = true;
      if (id_.empty())
        return; // Said as soon as the node has taken the task, which it does or refuses within its
                // own limit.
    }
    say_state();
  }

  /// The task goes on without us: answered with how it stands.
  void say_state() {
    forget();
    if (!known_ && !waits_) {
      answer_.send(fresh());
      return;
    }
    node_->find_task(
        id_, [self = shared_from_this()](const task_record_ptr& record, const refused& why) {
          if (why.why != refusal::none || !record) {
            self->answer_.send(self->fresh());
            return;
          }
          self->answer_.send_made([record] {
            http_reply out;
            out.status = is_final(record->state) ? 200 : 202;
            append_task(out.body, *record);
            out.add("Location", "/v1/tasks/" + record->what->id);
            return out;
          });
        });
  }

  [[nodiscard]] http_reply fresh() const {
    http_reply out;
    out.status = 202;
    object_text o{out.body};
    o.text("id", id_);
    o.text_if("contextId", context_id_);
    object_text s{o.key("status")};
    s.text("state", to_string(task_state::submitted));
    s.text("phase", to_string(task_phase::planning));
    s.end();
    o.end();
    out.add("Location", "/v1/tasks/" + id_);
    return out;
  }

  /// Whichever comes later, the number or the wish to forget it, does it.
  void forget() {
    std::unique_lock hold{mutex_};
    if (std::exchange(forgotten_, true) || number_ == 0)
      return;
    const auto number = number_;
    hold.unlock();
    node_->forget(number);
  }

  const std::shared_ptr<client> node_;
  const responder answer_;
  const std::string context_id_;
  bool waits_ = false;
  std::mutex mutex_;
  std::string id_;
  bool known_ = false;
  bool due_ = false;
  bool forgotten_ = false;
  std::uint64_t number_ = 0;
};

} // namespace

void add_submit(router& to, const api_ptr& api) {
  to.add("POST", "/v1/tasks", route_need::somewhere(access_scope::submit),
         [api](http_request& what, const responder& answer) {
           std::optional<milliseconds> wait;
           if (!what.query.empty()) {
             query_reader query{what.query};
             const auto given = query.text("wait");
             if (given == "true")
               wait = api->settings.wait_max;
             else if (!given.empty() && given != "false" && !(wait = parse_wait(given)))
               query.fail("wait must be a duration such as 30s or 1500 (milliseconds), or true");
             if (const auto bad = query.end())
               return refuse(answer, *bad, what.path);
             if (wait)
               wait = std::min(*wait, api->settings.wait_max);
           }
           problem why;
           auto request = read_submission(what, why);
           if (!request)
             return refuse(answer, why, what.path);
           if (const auto no = not_allowed_in(what, access_scope::submit,
                                              request->domain.empty() ? api->node.fleet_now()->entry
                                                                      : request->domain))
             return refuse(answer, *no, what.path);
           auto context_id = request->context_id;
           std::make_shared<submission>(api->node_for(what, access_scope::submit), answer,
                                        std::move(context_id))
               ->start(std::move(*request), wait);
         });
}

} // namespace troupe
