#pragma once

#include "actors/task_messages.hpp"
#include "nodes/doors/a2a_request.hpp"
#include "nodes/doors/a2a_voice.hpp"
#include "nodes/doors/responder.hpp"
#include "nodes/doors/task_listener.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace troupe {

/// A request of A2A that listens to a task: it is submitted and waited for or streamed, followed,
/// or cancelled. The task goes on when the client goes away.
class a2a_run : public std::enable_shared_from_this<a2a_run> {
 public:
  a2a_run(std::shared_ptr<client> node, responder answer, a2a_voice voice);

  /// Is told of the task once it has been taken.
  void when_taken(std::function<void(const std::string&)> then) { taken_ = std::move(then); }
  /// Answers with the task when it has ended, when `wait` is over, or as soon as it has been taken.
  void send(a2a_message wish, milliseconds wait);
  /// Streams what happens to a new task.
  void stream(a2a_message wish);
  /// Streams what happens to a task that has not ended.
  void follow(std::string id);
  /// Cancels, and answers with the task when it has ended, at the latest after `wait`.
  void cancel(std::string id, milliseconds wait);

 private:
  /// To be called by the request's handler itself.
  void stop_when_gone();
  [[nodiscard]] task_handlers handlers();
  void open(json first);
  void accepted(const task_accepted& a, bool at_once);
  void refused_by_node(const refused& why);
  void progressed(const task_record_ptr& record);
  void ended(const task_record_ptr& record);
  /// Answers with the task as it stands.
  void say_state();
  void answer_with(const task_record_ptr& record);

  std::function<void(const std::string&)> taken_;
  task_listener listener_;
  const responder answer_;
  const a2a_voice voice_;
  a2a_shape shape_;
  bool streams_ = false;
  bool bare_ = false; ///< the answer is the task itself, not an object that holds it
  std::mutex mutex_;
  std::string id_;
  std::string context_id_;
  bool opened_ = false;
  bool due_ = false;
  std::string_view told_; ///< the state that a stream's reader knows
};

} // namespace troupe
