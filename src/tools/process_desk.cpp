#include "src/tools/process_desk.hpp"

#include <utility>

namespace troupe::tools {

process_result never_ran(process_end end, std::string detail) {
  process_result result;
  result.end = end;
  result.detail = std::move(detail);
  return result;
}

process_id process_desk::enter(process_order order) {
  std::string why;
  process_id id = 0;
  {
    std::lock_guard lock{mutex_};
    id = ++last_id_;
    if (closing_) {
      why = "the port is closing";
    } else if (entries_.size() + stuck_ >= limits_.processes_max) {
      why = "there are already " + std::to_string(limits_.processes_max) +
            " processes, which is the limit";
    } else if (order.input.size() > limits_.input_max_bytes) {
      why = "its input is longer than " + std::to_string(limits_.input_max_bytes) + " bytes";
    } else {
      auto& kept = entries_[id];
      kept.takes_lines = order.worker;
      kept.order = std::move(order);
      kept.order.id = id;
      post(id, kept);
    }
  }
  if (!why.empty())
    call_guarded("process done", order.done,
                 never_ran(process_end::failed_to_start, std::move(why)));
  return id;
}

bool process_desk::cancel(process_id id) {
  std::lock_guard lock{mutex_};
  const auto found = entries_.find(id);
  if (found == entries_.end())
    return false;
  found->second.order.cancelled = true;
  post(id, found->second);
  return true;
}

line_fate process_desk::write_line(process_id id, std::string_view text) {
  if (text.find('\n') != std::string_view::npos || text.size() >= limits_.input_max_bytes)
    return line_fate::unusable;
  std::lock_guard lock{mutex_};
  const auto found = entries_.find(id);
  if (found == entries_.end() || !found->second.takes_lines || closing_)
    return line_fate::gone;
  auto& known = found->second;
  const auto most = limits_.stdin_backlog_max_bytes;
  if (known.backlog > 0 && (text.size() >= most || known.backlog > most - text.size() - 1))
    return line_fate::full;
  known.order.lines += text;
  known.order.lines += '\n';
  known.backlog += text.size() + 1;
  post(id, known);
  return line_fate::queued;
}

void process_desk::close() {
  std::lock_guard lock{mutex_};
  closing_ = true;
}

process_desk::batch process_desk::fetch() {
  batch result;
  std::lock_guard lock{mutex_};
  result.closing = closing_;
  for (const auto id : std::exchange(posted_, {})) {
    auto& known = entries_.at(id);
    known.posted = false;
    auto& order = known.order;
    auto& taken = result.orders.emplace_back();
    taken.id = id;
    taken.worker = order.worker;
    taken.cancelled = order.cancelled;
    taken.lines = std::exchange(order.lines, {});
    taken.fresh = std::exchange(order.fresh, false);
    if (taken.fresh) {
      taken.spec = std::move(order.spec);
      taken.input = std::move(order.input);
      taken.line = std::move(order.line);
      taken.deadline = order.deadline;
    }
  }
  return result;
}

void process_desk::note_input(process_id id, std::size_t backlog, bool takes_input) {
  std::lock_guard lock{mutex_};
  auto& known = entries_.at(id);
  known.backlog = backlog + known.order.lines.size();
  known.takes_lines = known.takes_lines && takes_input;
}

void process_desk::note_stuck(std::size_t count) {
  std::lock_guard lock{mutex_};
  stuck_ = count;
}

void process_desk::report(process_id id, process_result result) {
  process_port::done_fn done;
  {
    std::lock_guard lock{mutex_};
    const auto found = entries_.find(id);
    done = std::move(found->second.order.done);
    std::erase(posted_, id);
    entries_.erase(found);
  }
  call_guarded("process done", done, std::move(result));
}

void process_desk::post(process_id id, entry& changed) {
  if (!std::exchange(changed.posted, true))
    posted_.push_back(id);
}

failure why_not_taken(line_fate fate, std::string_view whom) {
  auto who = std::string{whom};
  switch (fate) {
  case line_fate::full:
    return {reason::rate_limited, std::move(who) + " has to read first what waits for it", {}};
  case line_fate::unusable:
    return {reason::invalid_input, "the call is longer than " + std::move(who) + " is given", {}};
  default:
    return {reason::unavailable, std::move(who) + " takes no more", {}};
  }
}

} // namespace troupe::tools
