#include "tests/nodes/door_kit.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace troupe::test {

namespace events_cases {

void add_event(task_record& r, std::string text) {
  event e;
  e.kind = event_kind::cancel_wanted;
  e.at = timestamp{microseconds{5}};
  e.body = std::make_shared<const std::string>(std::move(text));
  r.history.push_back(std::move(e));
}

/// A running task with two events in its history.
void begin(door& d) {
  d.node.hold = true;
  raw_client{d.port()}.ask(post("/v1/tasks", R"({"text":"x"})"));
  auto r = d.node.copy("t1");
  add_event(*r, "one");
  add_event(*r, "two");
  d.node.put(r);
}

void wait_for_watcher(door& d) {
  while (d.node.watchers() == 0)
    std::this_thread::yield();
}

TEST(events, tell_what_was_and_what_comes) {
  door d;
  begin(d);
  raw_client c{d.port()};
  c.send(get("/v1/tasks/t1/events"));
  EXPECT_NE(c.until("\r\n\r\n").find("text/event-stream"), std::string::npos);
  EXPECT_NE(c.until("id: 2\n").find("id: 1\n"), std::string::npos);
  wait_for_watcher(d);
  auto r = d.node.copy("t1");
  add_event(*r, "three");
  d.node.put(r);
  EXPECT_NE(c.until("\"three\"}").find("id: 3\n"), std::string::npos);
  d.node.end("t1");
  const auto end = c.until("0\r\n\r\n");
  EXPECT_NE(end.find("event: ended\ndata: {\"id\":\"t1\""), std::string::npos);
  EXPECT_EQ(c.ask(get("/healthz")).status, 200u);
}

TEST(events, resume_after_the_last_one_seen) {
  door d;
  begin(d);
  d.node.end("t1");
  raw_client c{d.port()};
  c.send(get("/v1/tasks/t1/events", "Last-Event-ID: 1\r\n"));
  const auto all = c.until("0\r\n\r\n");
  EXPECT_EQ(all.find("id: 1\n"), std::string::npos);
  EXPECT_NE(all.find("id: 2\n"), std::string::npos);
  EXPECT_NE(all.find("event: ended"), std::string::npos);
  EXPECT_EQ(c.ask(get("/v1/tasks/t1/events", "Last-Event-ID: x\r\n")).status, 400u);
  EXPECT_EQ(c.ask(get("/v1/tasks/nope/events")).status, 404u);
  EXPECT_EQ(c.ask(get("/v1/tasks/t1/events", "Accept: application/json\r\n")).status, 406u);
}

TEST(events, have_heartbeats_and_end_with_the_server) {
  http_settings s;
  s.heartbeat = milliseconds{10};
  door d{s};
  begin(d);
  raw_client c{d.port()};
  c.send(get("/v1/tasks/t1/events"));
  EXPECT_NE(c.until(": alive\n\n").find("id: 2"), std::string::npos);
  wait_for_watcher(d);
  std::thread stopper{[&] { d.server.stop(milliseconds{8000}); }};
  EXPECT_TRUE(c.rest().ends_with("0\r\n\r\n"));
  c.half_close();
  stopper.join();
  EXPECT_EQ(d.node.watchers(), 0u);
}

TEST(events, say_how_many_were_too_large_to_come) {
  door d;
  begin(d);
  auto r = d.node.copy("t1");
  r->before = 2;
  r->history.clear();
  r->cut = true;
  d.node.put(r);
  raw_client c{d.port()};
  c.send(get("/v1/tasks/t1/events"));
  c.until("event: skipped\ndata: {\"events\":2}");
  wait_for_watcher(d);
  r = std::make_shared<task_record>(*r);
  add_event(*r, "three");
  d.node.put(r);
  EXPECT_NE(c.until("\"three\"}").find("id: 3\n"), std::string::npos);
  // An end that has lost what came before it, and nobody has that.
  r = std::make_shared<task_record>(*r);
  r->before = 5;
  d.node.put(r);
  d.node.end("t1");
  const auto end = c.until("0\r\n\r\n");
  EXPECT_NE(end.find("event: skipped\ndata: {\"events\":2}"), std::string::npos) << end;
  EXPECT_NE(end.find("event: ended"), std::string::npos) << end;
  EXPECT_NE(end.find("\"cut\":true"), std::string::npos) << end;
}

TEST(events, look_for_what_came_without_its_beginning) {
  door d;
  begin(d);
  raw_client c{d.port()};
  c.send(get("/v1/tasks/t1/events"));
  c.until("id: 2\n");
  wait_for_watcher(d);
  // The task has four events by now; whoever watches is told of the last alone.
  auto r = d.node.copy("t1");
  add_event(*r, "three");
  add_event(*r, "four");
  auto last = std::make_shared<task_record>(*r);
  last->before = 3;
  last->history.erase(last->history.begin(), last->history.begin() + 3);
  d.node.tell(r, last);
  const auto told = c.until("\"four\"}");
  EXPECT_NE(told.find("\"three\"}"), std::string::npos) << told;
  EXPECT_EQ(told.find("skipped"), std::string::npos) << told;
  d.node.end("t1");
  EXPECT_NE(c.until("0\r\n\r\n").find("event: ended"), std::string::npos);
}

TEST(events, cut_a_reader_that_lags) {
  http_settings s;
  s.stream_backlog_bytes = 16 << 10;
  s.send_buffer_bytes = 4096;
  door d{s};
  begin(d);
  raw_client c{d.port(), 4096};
  c.send(get("/v1/tasks/t1/events"));
  c.until("id: 2\n");
  wait_for_watcher(d);
  // The reader reads no more, while the task's history grows: at last nobody listens for it.
  auto r = d.node.copy("t1");
  for (int i = 0; i < 5000 && d.node.watchers() > 0; ++i) {
    r = std::make_shared<task_record>(*r);
    add_event(*r, std::string(900, 'x'));
    d.node.put(r);
  }
  while (d.node.watchers() > 0)
    std::this_thread::yield();
  EXPECT_EQ(c.rest().find("event: ended"), std::string::npos);
  EXPECT_EQ(raw_client{d.port()}.ask(get("/healthz")).status, 200u);
}

TEST(events, forget_a_reader_that_leaves) {
  door d;
  begin(d);
  {
    raw_client c{d.port()};
    c.send(get("/v1/tasks/t1/events"));
    c.until("id: 2\n");
    wait_for_watcher(d);
  }
  while (d.node.watchers() > 0)
    std::this_thread::yield();
  EXPECT_FALSE(d.node.forgotten.empty());
}

} // namespace events_cases
} // namespace troupe::test
