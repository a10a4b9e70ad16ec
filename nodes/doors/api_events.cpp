#include "nodes/doors/api_parts.hpp"
#include "nodes/doors/json_text.hpp"
#include "nodes/doors/uri.hpp"
#include "nodes/doors/views.hpp"

#include <algorithm>
#include <mutex>

namespace troupe {

namespace {

constexpr std::size_t replay_max_bytes = 128u
                                         << 10; ///< of what happened before the stream was opened

/// A task's history as server-sent events: the id of an event is its number in the history, counted
/// from 1. The last event, `ended`, carries the task as it ended.
class event_stream : public std::enable_shared_from_this<event_stream> {
 public:
  event_stream(std::shared_ptr<client> node, responder answer, std::string id, std::string path,
               std::size_t seen)
      : node_(std::move(node))
      , answer_(std::move(answer))
      , id_(std::move(id))
      , path_(std::move(path))
      , sent_(seen) {}

  void start() {
    const auto self = shared_from_this();
    answer_.when_gone([self] { self->forget(); });
    node_->find_task(id_, [self](const task_record_ptr& record, const refused& why) {
      if (!record || why.why != refusal::none) {
        auto told = why;
        if (told.why == refusal::none)
          told = {refusal::unknown_task, "no such task, or it has been forgotten", {}};
        self->answer_.send(to_reply(problem_of(told), self->path_));
        return;
      }
      self->open(record);
      if (!is_final(record->state))
        self->watch();
    });
  }

 private:
  void watch() {
    const auto self = shared_from_this();
    task_handlers h;
    h.refused_ = [self](const refused& why) { self->broken(why); };
    h.progressed = [self](const task_record_ptr& record) { self->tell(record); };
    h.ended = h.progressed;
    const auto number = node_->watch(id_, std::move(h));
    {
      std::unique_lock hold{mutex_};
      number_ = number;
      if (forgotten_) {
        hold.unlock();
        node_->forget(number);
        return;
      }
    }
    // What happened between the first look and the watch is told by a second look.
    look(false);
  }

  void look(bool for_missed) {
    node_->find_task(id_, [self = shared_from_this(), for_missed](const task_record_ptr& record,
                                                                  const refused&) {
      self->looked(record, for_missed);
    });
  }

  void open(const task_record_ptr& record) {
    std::lock_guard hold{mutex_};
    http_reply r;
    r.type = "text/event-stream";
    r.add("Cache-Control", "no-store");
    r.body = "retry: 1000\n\n";
    const auto end = record->before + record->history.size();
    const auto from = std::min(sent_, end);
    std::vector<std::string> texts;
    std::size_t bytes = 0;
    auto i = end;
    while (i > std::max(from, record->before) && bytes < replay_max_bytes) {
      --i;
      texts.push_back(event_text(*record, i));
      bytes += texts.back().size();
    }
    if (i > from)
      r.body += skipped_text(i - from);
    for (auto t = texts.rbegin(); t != texts.rend(); ++t)
      r.body += *t;
    sent_ = end;
    answer_.open_stream(std::move(r));
    if (is_final(record->state))
      say_end(*record);
  }

  void tell(const task_record_ptr& record) {
    {
      const std::lock_guard hold{mutex_};
      if (done_)
        return;
      if (record->before <= sent_)
        return write(*record);
      // Whoever watches is told everything from a first look at all of it on. What is missing all
      // the same, or was too large to be told, may be found by another look.
      missed_ = record;
      if (std::exchange(looking_, true))
        return;
    }
    look(true);
  }

  void looked(const task_record_ptr& record, bool for_missed) {
    const std::lock_guard hold{mutex_};
    if (!done_ && record)
      write(*record);
    if (!for_missed)
      return;
    looking_ = false;
    if (const auto missed = std::exchange(missed_, nullptr); missed && !done_)
      write(*missed);
  }

  /// Says how many events are missing before what the record has.
  void write(const task_record& record) {
    const auto end = record.before + record.history.size();
    if (record.before > sent_) {
      if (!answer_.write(skipped_text(record.before - sent_)))
        return lag();
      sent_ = record.before;
    }
    for (; sent_ < end; ++sent_)
      if (!answer_.write(event_text(record, sent_)))
        return lag();
    if (is_final(record.state))
      say_end(record);
  }

  /// The reader is too slow: it comes back with Last-Event-ID.
  void lag() { done_ = true; }

  void say_end(const task_record& record) {
    done_ = true;
    std::string out = "event: ended\ndata: ";
    append_task(out, record);
    out += "\n\n";
    answer_.write(std::move(out));
    answer_.finish();
  }

  void broken(const refused& why) {
    std::lock_guard hold{mutex_};
    if (std::exchange(done_, true))
      return;
    std::string out = "event: error\ndata: ";
    object_text o{out};
    o.text("reason", to_string(why.why));
    o.text("detail", why.detail);
    o.end();
    out += "\n\n";
    answer_.write(std::move(out));
    answer_.finish();
  }

  static std::string skipped_text(std::size_t events) {
    return "event: skipped\ndata: {\"events\":" + std::to_string(events) + "}\n\n";
  }

  /// `i` counts from the beginning of the task.
  static std::string event_text(const task_record& record, std::size_t i) {
    const auto& e = record.history[i - record.before];
    std::string out = "id: " + std::to_string(i + 1) + "\nevent: ";
    out += to_string(e.kind);
    out += "\ndata: ";
    append_json(out, event_view(e, record.how.get()));
    out += "\n\n";
    return out;
  }

  void forget() {
    std::unique_lock hold{mutex_};
    done_ = true;
    if (std::exchange(forgotten_, true) || number_ == 0)
      return;
    const auto number = number_;
    hold.unlock();
    node_->forget(number);
  }

  const std::shared_ptr<client> node_;
  const responder answer_;
  const std::string id_;
  const std::string path_;
  std::mutex mutex_;
  std::size_t sent_;
  bool done_ = false;
  bool looking_ = false;   ///< for what is missing
  task_record_ptr missed_; ///< came meanwhile
  bool forgotten_ = false;
  std::uint64_t number_ = 0;
};

} // namespace

void add_events(router& to, const api_ptr& api) {
  to.add("GET", "/v1/tasks/{id}/events", route_need::somewhere(access_scope::read),
         [api](http_request& what, const responder& answer) {
           if (const auto bad = query_reader{what.query}.end())
             return refuse(answer, *bad, what.path);
           std::size_t seen = 0;
           if (const auto last = what.header("last-event-id"); !last.empty()) {
             const auto n = parse_count(last, 0, 1u << 30);
             if (!n)
               return refuse(answer,
                             bad_request("Last-Event-ID must be the id of an event of this stream"),
                             what.path);
             seen = static_cast<std::size_t>(*n);
           }
           std::make_shared<event_stream>(api->node_for(what), answer, what.parameters[0],
                                          std::string{what.path}, seen)
               ->start();
         },
         {"text/event-stream"});
}

} // namespace troupe
