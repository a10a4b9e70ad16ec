#pragma once

#include "nodes/client.hpp"
#include "nodes/doors/responder.hpp"
#include "nodes/doors/task_listener.hpp"

#include <troupe/json.hpp>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace troupe {

/// The calls of tools that are under way at this door, so that they can be cancelled: by whose they
/// are (key and session) and their id there. Any thread.
class mcp_calls {
 public:
  using name = std::pair<std::string, std::string>;
  /// False, and nothing is kept, when there is one of that name.
  bool add(const name& which, std::function<void(std::string why)> cancel);
  void remove(const name& which);
  void cancel(const name& which, std::string why);

 private:
  std::mutex mutex_;
  std::map<name, std::function<void(std::string)>> table_;
};

/// A `tools/call` on its way: a task whose events are told as progress if that was asked for.
class mcp_call : public std::enable_shared_from_this<mcp_call> {
 public:
  struct request {
    task_request what;
    json id;
    json progress_token; ///< null: no progress is told
    mcp_calls::name name;
    bool streams = true;
  };
  mcp_call(std::shared_ptr<client> node, responder answer, std::shared_ptr<mcp_calls> calls,
           request wish);
  /// `wait`: for an answer that is no stream.
  void start(milliseconds wait);

 private:
  void accepted(const std::string& task);
  void refused_by_node(const refused& why);
  void progressed(const task_record_ptr& record);
  void ended(const task_record_ptr& record);
  void finish(std::string message);
  void cancel(std::string why);

  task_listener listener_;
  const responder answer_;
  const std::shared_ptr<mcp_calls> calls_;
  request wish_;
  std::mutex mutex_;
  std::string task_;
  std::string cancelled_; ///< why; empty: it was not
  std::size_t told_ = 0;
  bool opened_ = false;
  bool done_ = false;
};

} // namespace troupe
