#include "nodes/doors/mcp_call.hpp"

#include "nodes/doors/mcp_words.hpp"

#include <utility>

namespace troupe {

namespace {

std::string mcp_event(const std::string& message) {
  return "event: message\ndata: " + message + "\n\n";
}

int code_of(refusal why) noexcept {
  switch (why) {
  case refusal::invalid_request:
  case refusal::invalid_input:
  case refusal::unknown_domain:
  case refusal::too_large:
    return -32602;
  case refusal::internal:
    return -32603;
  default:
    return -32000;
  }
}

} // namespace

bool mcp_calls::add(const name& which, std::function<void(std::string)> cancel) {
  const std::lock_guard hold{mutex_};
  return table_.emplace(which, std::move(cancel)).second;
}

void mcp_calls::remove(const name& which) {
  std::function<void(std::string)> gone; // Let go without the mutex: it may hold the call.
  const std::lock_guard hold{mutex_};
  if (const auto hit = table_.find(which); hit != table_.end()) {
    gone = std::move(hit->second);
    table_.erase(hit);
  }
}

void mcp_calls::cancel(const name& which, std::string why) {
  std::function<void(std::string)> run;
  {
    const std::lock_guard hold{mutex_};
    if (const auto hit = table_.find(which); hit != table_.end())
      run = hit->second;
  }
  if (run)
    run(std::move(why));
}

mcp_call::mcp_call(std::shared_ptr<client> node, responder answer, std::shared_ptr<mcp_calls> calls,
                   request wish)
    : listener_(std::move(node))
    , answer_(std::move(answer))
    , calls_(std::move(calls))
    , wish_(std::move(wish)) {}

void mcp_call::start(milliseconds wait) {
  const auto self = shared_from_this();
  if (!calls_->add(wish_.name, [self](std::string why) { self->cancel(std::move(why)); })) {
    http_reply no;
    no.status = 400;
    no.body = mcp_error(wish_.id, -32600, "a request with this id is under way");
    return answer_.send(std::move(no));
  }
  answer_.when_gone([self] {
    self->listener_.stop();
    self->calls_->remove(self->wish_.name);
  });
  if (!wish_.streams)
    answer_.after(wait, [self] {
      self->listener_.stop();
      const std::lock_guard hold{self->mutex_};
      self->finish(
          mcp_error(self->wish_.id, -32000, "no answer in time; task " + self->task_ + " goes on"));
    });
  task_handlers h;
  h.accepted = [self](const task_accepted& a) { self->accepted(a.id); };
  h.refused_ = [self](const refused& why) { self->refused_by_node(why); };
  h.ended = [self](const task_record_ptr& record) { self->ended(record); };
  if (wish_.streams && !wish_.progress_token.is_null())
    h.progressed = [self](const task_record_ptr& record) { self->progressed(record); };
  listener_.submit(std::move(wish_.what), std::move(h));
}

void mcp_call::accepted(const std::string& task) {
  std::string why;
  {
    const std::lock_guard hold{mutex_};
    task_ = task;
    why = cancelled_;
    if (wish_.streams && !std::exchange(opened_, true)) {
      http_reply r;
      r.type = "text/event-stream";
      r.add("Cache-Control", "no-store");
      answer_.open_stream(std::move(r));
    }
  }
  if (!why.empty())
    cancel(std::move(why));
}

void mcp_call::refused_by_node(const refused& why) {
  const std::lock_guard hold{mutex_};
  finish(mcp_error(wish_.id, code_of(why.why), problem_of(why).detail));
}

void mcp_call::progressed(const task_record_ptr& record) {
  const std::lock_guard hold{mutex_};
  const auto seen = record->before + record->history.size();
  if (done_ || !opened_ || seen <= told_)
    return;
  told_ = seen;
  answer_.write(mcp_event(
      mcp_notification("notifications/progress", {{"progressToken", wish_.progress_token},
                                                  {"progress", seen},
                                                  {"message", to_string(record->phase)}})));
}

void mcp_call::ended(const task_record_ptr& record) {
  const std::lock_guard hold{mutex_};
  finish(mcp_result(wish_.id, mcp_tool_result(*record)));
}

void mcp_call::finish(std::string message) {
  if (std::exchange(done_, true))
    return;
  calls_->remove(wish_.name);
  if (opened_) {
    answer_.write(mcp_event(message));
    answer_.finish();
    return;
  }
  http_reply r;
  r.body = std::move(message);
  answer_.send(std::move(r));
}

void mcp_call::cancel(std::string why) {
  std::string task;
  {
    const std::lock_guard hold{mutex_};
    cancelled_ = why.empty() ? "cancelled by the client" : why;
    task = task_;
  }
  // One that has not been taken yet is cancelled as soon as it is.
  if (!task.empty())
    listener_.node().cancel(task, std::move(why), [](const task_record_ptr&, const refused&) {});
}

} // namespace troupe
