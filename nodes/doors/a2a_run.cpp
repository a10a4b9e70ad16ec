#include "nodes/doors/a2a_run.hpp"

#include "nodes/doors/a2a_task.hpp"

#include <utility>

namespace troupe {

a2a_run::a2a_run(std::shared_ptr<client> node, responder answer, a2a_voice voice)
    : listener_(std::move(node))
    , answer_(std::move(answer))
    , voice_(std::move(voice)) {}

task_handlers a2a_run::handlers() {
  const auto self = shared_from_this();
  task_handlers h;
  h.accepted = [self](const task_accepted& a) { self->accepted(a, false); };
  h.refused_ = [self](const refused& why) { self->refused_by_node(why); };
  h.ended = [self](const task_record_ptr& record) { self->ended(record); };
  if (streams_)
    h.progressed = [self](const task_record_ptr& record) { self->progressed(record); };
  return h;
}

void a2a_run::stop_when_gone() {
  answer_.when_gone([self = shared_from_this()] { self->listener_.stop(); });
}

void a2a_run::send(a2a_message wish, milliseconds wait) {
  stop_when_gone();
  shape_ = wish.shape;
  context_id_ = wish.what.context_id;
  auto h = handlers();
  const auto self = shared_from_this();
  if (wish.at_once) {
    h.accepted = [self](const task_accepted& a) { self->accepted(a, true); };
    h.ended = nullptr;
  } else {
    answer_.after(wait, [self] {
      {
        const std::lock_guard hold{self->mutex_};
        self->due_ = true;
        if (self->id_.empty())
          return; // Said as soon as the node has taken the task.
      }
      self->say_state();
    });
  }
  listener_.submit(std::move(wish.what), std::move(h));
}

void a2a_run::stream(a2a_message wish) {
  stop_when_gone();
  streams_ = true;
  context_id_ = wish.what.context_id;
  listener_.submit(std::move(wish.what), handlers());
}

void a2a_run::follow(std::string id) {
  stop_when_gone();
  streams_ = true;
  listener_.node().find_task(
      id, [self = shared_from_this(), id](const task_record_ptr& record, const refused& why) {
        if (why.why != refusal::none || !record)
          return self->answer_.send(self->voice_.fault(
              why.why != refusal::none ? fault_of(why)
                                       : a2a_fault{a2a_error::task_not_found, "no such task", {}}));
        if (is_final(record->state))
          return self->answer_.send(self->voice_.fault(
              {a2a_error::unsupported_operation, "the task has ended: get it instead", {}}));
        {
          const std::lock_guard hold{self->mutex_};
          self->told_ = a2a_state(record->state);
          self->open({{"task", a2a_task(*record)}});
        }
        self->listener_.watch(id, self->handlers());
      });
}

void a2a_run::cancel(std::string id, milliseconds wait) {
  stop_when_gone();
  bare_ = true;
  auto h = handlers();
  const auto self = shared_from_this();
  answer_.after(wait, [self] { self->say_state(); });
  listener_.node().cancel(
      id, "cancelled by an agent that speaks A2A",
      [self, id, h](const task_record_ptr& record, const refused& why) {
        if (why.why == refusal::conflict)
          return self->answer_.send(
              self->voice_.fault({a2a_error::task_not_cancelable, "the task has ended", {}}));
        if (why.why != refusal::none || !record)
          return self->answer_.send(self->voice_.fault(
              why.why != refusal::none ? fault_of(why)
                                       : a2a_fault{a2a_error::task_not_found, "no such task", {}}));
        if (is_final(record->state))
          return self->answer_with(record);
        {
          const std::lock_guard hold{self->mutex_};
          self->id_ = id;
        }
        self->listener_.watch(id, h);
      });
}

void a2a_run::open(json first) {
  if (std::exchange(opened_, true))
    return;
  http_reply r;
  r.type = "text/event-stream";
  r.add("Cache-Control", "no-store");
  r.body = voice_.event(std::move(first));
  answer_.open_stream(std::move(r));
}

void a2a_run::accepted(const task_accepted& a, bool at_once) {
  if (taken_)
    taken_(a.id);
  bool look = a.known;
  {
    const std::lock_guard hold{mutex_};
    id_ = a.id;
    if (streams_) {
      told_ = a2a_state(task_state::submitted);
      return open({{"task", a2a_fresh_task(id_, context_id_)}});
    }
    if (!at_once && !due_)
      return;
    look = look || due_;
  }
  if (look)
    return say_state();
  answer_.send(voice_.result({{"task", a2a_fresh_task(a.id, context_id_)}}));
  listener_.stop();
}

void a2a_run::refused_by_node(const refused& why) {
  const std::lock_guard hold{mutex_};
  if (!opened_)
    return answer_.send(voice_.fault(fault_of(why)));
  answer_.write(voice_.fault_event(fault_of(why)));
  answer_.finish();
}

void a2a_run::progressed(const task_record_ptr& record) {
  const std::lock_guard hold{mutex_};
  const auto state = a2a_state(record->state);
  if (is_final(record->state) || state == told_ || !opened_)
    return;
  told_ = state;
  answer_.write(voice_.event(a2a_status_update(*record)));
}

void a2a_run::ended(const task_record_ptr& record) {
  if (!streams_)
    return answer_with(record);
  const std::lock_guard hold{mutex_};
  open({{"task", a2a_fresh_task(record->what->id, record->what->context_id)}});
  if (auto artifact = a2a_artifact(*record); !artifact.is_null())
    answer_.write(voice_.event(a2a_artifact_update(*record, std::move(artifact))));
  answer_.write(voice_.event(a2a_status_update(*record)));
  answer_.finish();
}

void a2a_run::answer_with(const task_record_ptr& record) {
  answer_.send_made([record, voice = voice_, shape = shape_, bare = bare_] {
    auto task = a2a_task(*record, shape);
    return voice.result(bare ? std::move(task) : json{{"task", std::move(task)}});
  });
}

void a2a_run::say_state() {
  listener_.stop();
  std::string id;
  {
    const std::lock_guard hold{mutex_};
    id = id_;
  }
  listener_.node().find_task(id, [self = shared_from_this(), id](const task_record_ptr& record,
                                                                 const refused&) {
    if (record)
      return self->answer_with(record);
    if (self->bare_)
      return self->answer_.send(self->voice_.fault({a2a_error::timeout, "no answer in time", {}}));
    self->answer_.send(self->voice_.result({{"task", a2a_fresh_task(id, self->context_id_)}}));
  });
}

} // namespace troupe
