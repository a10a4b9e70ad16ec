#include "nodes/doors/api_parts.hpp"
#include "nodes/doors/views.hpp"

#include <map>
#include <mutex>

namespace troupe {

namespace {

constexpr std::size_t family_max = 256; ///< tasks in one trace

/// Collects a task and all that it delegated, directly and further down, then answers with the
/// trace.
class family : public std::enable_shared_from_this<family> {
 public:
  family(std::shared_ptr<client> node, responder answer, std::string path)
      : node_(std::move(node))
      , answer_(std::move(answer))
      , path_(std::move(path)) {}

  void start(const std::string& id) {
    root_ = id;
    {
      std::lock_guard hold{mutex_};
      pending_ = asked_ = 1;
    }
    ask(id);
  }

 private:
  void ask(const std::string& id) {
    node_->find_task(
        id, [self = shared_from_this(), id](const task_record_ptr& record, const refused& why) {
          self->found(id, record, why);
        });
  }

  void found(const std::string& id, const task_record_ptr& record, const refused& why) {
    if (id == root_ && (!record || why.why != refusal::none)) {
      auto told = why;
      if (told.why == refusal::none)
        told = {refusal::unknown_task, "no such task, or it has been forgotten", {}};
      answer_.send(to_reply(problem_of(told), path_));
      return;
    }
    std::vector<std::string> next;
    bool done = false;
    {
      std::lock_guard hold{mutex_};
      if (record) {
        members_[id] = record;
        for (const auto& e : record->history)
          if (e.kind == event_kind::delegated && asked_ < family_max) {
            const auto* text = e.get<std::string>();
            auto child = text && !text->empty() ? *text : child_task_id(id, e.step);
            if (!members_.try_emplace(child).second)
              continue;
            next.push_back(std::move(child));
            ++asked_;
          }
      }
      pending_ += next.size();
      done = --pending_ == 0;
    }
    for (const auto& child : next)
      ask(child);
    if (done)
      answer_.send_made([self = shared_from_this()] { return self->render(); });
  }

  [[nodiscard]] http_reply render() const {
    std::map<std::string, std::string, std::less<>> models;
    for (const auto& a : node_->agents())
      if (a.spec && a.spec->settings.is_object())
        if (const auto m = a.spec->settings.find("model");
            m != a.spec->settings.end() && m->is_string())
          models[a.name] = m->get<std::string>();
    trace_sources more;
    more.find_task = [this](const std::string& id) {
      const auto hit = members_.find(id);
      return hit == members_.end() ? nullptr : hit->second;
    };
    more.model_of = [&](std::string_view agent) {
      auto hit = models.find(agent);
      if (hit == models.end())
        hit = models.find(agent.substr(0, agent.find('#')));
      return hit == models.end() ? std::string{} : hit->second;
    };
    return json_reply(trace_view(*members_.at(root_), more));
  }

  const std::shared_ptr<client> node_;
  const responder answer_;
  const std::string path_;
  std::string root_;
  std::mutex mutex_;
  std::map<std::string, task_record_ptr> members_; ///< null while it is asked for
  std::size_t pending_ = 0;
  std::size_t asked_ = 0;
};

http_reply explanation(const task_record_ptr& record, const std::string& path) {
  if (!record)
    return to_reply(
        problem_of({refusal::unknown_task, "no such task, or it has been forgotten", {}}), path);
  return json_reply(explain_view(*record));
}

} // namespace

void add_traces(router& to, const api_ptr& api) {
  to.add("GET", "/v1/tasks/{id}/trace", route_need::somewhere(access_scope::read),
         [api](http_request& what, const responder& answer) {
           if (const auto bad = query_reader{what.query}.end())
             return refuse(answer, *bad, what.path);
           std::make_shared<family>(api->node_for(what), answer, std::string{what.path})
               ->start(what.parameters[0]);
         });
  to.add("GET", "/v1/tasks/{id}/explain", route_need::somewhere(access_scope::read),
         [api](http_request& what, const responder& answer) {
           if (const auto bad = query_reader{what.query}.end())
             return refuse(answer, *bad, what.path);
           api->node_for(what)->find_task(
               what.parameters[0], rendered<task_record_ptr>(answer, what.path, explanation));
         });
}

} // namespace troupe
