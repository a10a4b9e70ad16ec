#include "src/mcp/server.hpp"
#include "src/mcp/sse.hpp"
#include "tests/src/mcp/fake_server.hpp"

#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace troupe::mcp {

TEST(mcp_client, greets_and_lists_tools) {
  tools::alarm_clock clock;
  fake_server s;
  client c{fast(), clock, s.opener()};
  EXPECT_TRUE(c.ready());
  EXPECT_EQ(s.agreed_on, "2025-11-25");
  const auto hello = s.wait_for("initialize");
  EXPECT_EQ(hello["params"]["protocolVersion"], "2025-11-25");
  EXPECT_EQ(hello["params"]["clientInfo"]["name"], "troupe");
  EXPECT_FALSE(s.wait_for("notifications/initialized").contains("id"));
  ASSERT_EQ(c.tools().size(), 1u);
  EXPECT_EQ(c.tools()[0].name, "files/read");
}

TEST(mcp_client, takes_the_revision_before_and_no_unknown_one) {
  tools::alarm_clock clock;
  fake_server s;
  s.revision = "2025-06-18";
  client c{fast(), clock, s.opener()};
  EXPECT_TRUE(c.ready());
  fake_server strange;
  strange.revision = "2999-01-01";
  client other{fast(), clock, strange.opener()};
  EXPECT_FALSE(other.ready());
  EXPECT_NE(other.trouble().find("revision"), std::string::npos);
}

TEST(mcp_client, lists_the_tools_again_when_they_have_changed) {
  fake_server s; // The clock may still be speaking to it at the end.
  tools::alarm_clock clock;
  client c{fast(), clock, s.opener()};
  s.first_page = json::parse(R"([{"name":"new","inputSchema":{"type":"object"}}])");
  s.say_that_tools_have_changed();
  ASSERT_EQ(c.tools().size(), 1u);
  EXPECT_EQ(c.tools()[0].name, "new");
  EXPECT_TRUE(c.ready());
}

TEST(mcp_client, lists_the_tools_once_for_however_many_changes) {
  fake_server s; // The clock may still be speaking to it at the end.
  tools::alarm_clock clock;
  client c{fast(), clock, s.opener()};
  const auto before = s.count("tools/list"); // Two pages.
  s.silent = true;
  for (int i = 0; i < 1000; ++i)
    s.say_that_tools_have_changed();
  EXPECT_EQ(s.count("tools/list"), before + 1);
  // What has changed while the list was read is owed, and read once.
  const auto page = [](const char* name) {
    return json{{"tools", json::array({{{"name", name}, {"inputSchema", json::object()}}})}};
  };
  s.line()->reply(s.wait_for("tools/list")["id"], page("first"));
  EXPECT_EQ(c.tools().at(0).name, "first");
  EXPECT_EQ(s.count("tools/list", before + 2), before + 2);
  s.line()->reply(s.wait_for("tools/list")["id"], page("second"));
  EXPECT_EQ(c.tools().at(0).name, "second");
  // Nothing is owed any more: the next change is a list of its own.
  s.say_that_tools_have_changed();
  EXPECT_EQ(s.count("tools/list", before + 3), before + 3);
}

TEST(mcp_client, a_change_during_the_first_list_is_not_lost) {
  fake_server s; // The clock may still be speaking to it at the end.
  tools::alarm_clock clock;
  s.silent = true;
  client c{fast(), clock, s.opener()};
  s.say_that_tools_have_changed();
  EXPECT_EQ(s.count("tools/list"), 1u);
  s.silent = false;
  s.line()->reply(s.wait_for("tools/list")["id"], {{"tools", json::array()}});
  EXPECT_EQ(s.count("tools/list", 3), 3u); // Again, two pages.
}

TEST(mcp_client, a_list_that_is_owed_goes_with_its_connection) {
  fake_server s; // The clock may still be speaking to it at the end.
  tools::alarm_clock clock;
  client c{fast(), clock, s.opener()};
  s.silent = true;
  s.say_that_tools_have_changed();
  s.say_that_tools_have_changed();
  s.silent = false;
  s.line()->ears.broken("it ended");
  EXPECT_EQ(s.count("initialize", 2), 2u);
  // The new one has listed them for itself, and hears of changes as the old one did.
  const auto listed = s.count("tools/list", 5);
  EXPECT_EQ(listed, 5u);
  while (!c.ready())
    std::this_thread::yield();
  s.say_that_tools_have_changed();
  EXPECT_EQ(s.count("tools/list", listed + 2), listed + 2);
}

TEST(mcp_client, uses_a_tool) {
  tools::alarm_clock clock;
  fake_server s;
  auto c = std::make_shared<client>(fast(), clock, s.opener());
  tool_server all{c, {{"files/read"}, effects::none, {}}};
  const auto offered = all.tools();
  ASSERT_EQ(offered.size(), 1u);
  EXPECT_EQ(offered[0]->card().name, "files_read");
  EXPECT_EQ(offered[0]->card().does, effects::none);
  std::promise<tool_result> got;
  tool_request use;
  use.arguments = {{"path", "/x"}};
  offered[0]->call(use, [&](tool_result x) { got.set_value(std::move(x)); });
  const auto call = s.wait_for("tools/call");
  EXPECT_EQ(call["params"]["name"], "files/read");
  EXPECT_EQ(call["params"]["arguments"], json::parse(R"({"path":"/x"})"));
  s.line()->reply(call["id"], json::parse(R"({"content":[{"type":"text","text":"a"},
    {"type":"image","mimeType":"image/png","data":"AAAA"}],"structuredContent":{"n":1}})"));
  const auto x = got.get_future().get();
  EXPECT_TRUE(x.ok());
  EXPECT_EQ(x.text, "a\n[image image/png, 3 bytes]");
  EXPECT_EQ(x.data, json::parse(R"({"n":1})"));
  EXPECT_EQ(tool_server(c, {{"other"}, effects::none, {}}).tools().size(), 0u);
}

TEST(mcp_client, tells_progress_and_cancels) {
  tools::alarm_clock clock;
  fake_server s;
  client c{fast(), clock, s.opener()};
  std::promise<answer> got;
  double far = 0;
  const auto id = c.ask(
      "tools/call", {{"name", "x"}}, seconds{60}, [&](answer a) { got.set_value(std::move(a)); },
      [&](double n, const std::string&) { far = n; });
  const auto call = s.wait_for("tools/call");
  EXPECT_EQ(call["params"]["_meta"]["progressToken"], call["id"]);
  s.line()->ears.message(notification_text("notifications/progress",
                                           {{"progressToken", call["id"]}, {"progress", 0.5}}));
  EXPECT_EQ(far, 0.5);
  c.cancel(id);
  EXPECT_EQ(got.get_future().get().failed.why, reason::cancelled);
  EXPECT_EQ(s.wait_for("notifications/cancelled")["params"]["requestId"], id);
}

TEST(mcp_client, says_how_far_a_tool_was_that_came_to_nothing) {
  fake_server s; // The clock may still be speaking to it at the end.
  tools::alarm_clock clock;
  auto c = std::make_shared<client>(fast(), clock, s.opener());
  const auto tool = tool_server{c, {}}.tool_named("index", effects::none);
  std::promise<tool_result> late, lost, well;
  tool_request use;
  use.deadline = milliseconds{500};
  const auto begun = tools::steady::now();
  tool->call(use, [&](tool_result x) { late.set_value(std::move(x)); });
  const auto progress = [&](const json& call, double at, const std::string& message) {
    s.line()->ears.message(notification_text(
        "notifications/progress", {{"progressToken", call["params"]["_meta"]["progressToken"]},
                                   {"progress", at},
                                   {"message", message}}));
  };
  auto call = s.wait_for("tools/call");
  progress(call, 3, "reading");
  progress(call, 40, "sorting" + std::string(1000, '.'));
  // It has no more time for that.
  const auto x = late.get_future().get();
  EXPECT_LT(tools::steady::now() - begun, seconds{5});
  EXPECT_EQ(x.failed.why, reason::timeout);
  EXPECT_NE(x.failed.detail.find("it last told that it was at 40.0: sorting"), std::string::npos)
      << x.failed.detail;
  EXPECT_EQ(x.failed.detail.find("reading"), std::string::npos);
  EXPECT_LT(x.failed.detail.size(), 300u);
  // Without a word of it nothing is added; and what comes to an end says what it came to.
  use.deadline = seconds{60};
  tool->call(use, [&](tool_result y) { well.set_value(std::move(y)); });
  call = s.wait_for("tools/call");
  progress(call, 1, "half");
  s.line()->reply(call["id"], json::parse(R"({"content":[{"type":"text","text":"done"}]})"));
  EXPECT_EQ(well.get_future().get().text, "done");
  tool->call(use, [&](tool_result y) { lost.set_value(std::move(y)); });
  s.line()->ears.broken("it ended");
  EXPECT_EQ(lost.get_future().get().failed.detail, "it ended");
}

TEST(mcp_client, gives_up_at_the_deadline) {
  tools::alarm_clock clock;
  fake_server s;
  client c{fast(), clock, s.opener()};
  std::promise<answer> got;
  c.ask("prompts/list", nullptr, milliseconds{5}, [&](answer a) { got.set_value(std::move(a)); });
  EXPECT_EQ(got.get_future().get().failed.why, reason::timeout);
}

TEST(mcp_client, connects_again_and_says_what_was_lost) {
  tools::alarm_clock clock;
  fake_server s;
  client c{fast(), clock, s.opener()};
  std::promise<answer> lost, later;
  c.ask("tools/call", {{"name", "x"}}, seconds{60},
        [&](answer a) { lost.set_value(std::move(a)); });
  s.line()->ears.broken("it ended");
  const auto a = lost.get_future().get();
  // It may have been done: only what was never sent is `unavailable`.
  EXPECT_EQ(a.failed.why, reason::crash);
  EXPECT_EQ(a.failed.detail, "it ended");
  // What is asked in between waits for the next connection.
  c.ask("ping", nullptr, seconds{60}, [&](answer x) { later.set_value(std::move(x)); });
  const auto ping = s.wait_for("ping");
  EXPECT_EQ(s.opened, 2);
  s.line()->reply(ping["id"], json::object());
  EXPECT_FALSE(later.get_future().get().failed);
}

TEST(mcp_client, what_no_connection_was_there_for_was_not_done) {
  fake_server s; // The clock may still be speaking to it at the end.
  tools::alarm_clock clock;
  auto how = fast();
  how.backoff_min = how.backoff_max = seconds{60};
  client c{how, clock, s.opener()};
  s.line()->ears.broken("it ended");
  std::promise<answer> got;
  c.ask("tools/call", {{"name", "x"}}, milliseconds{5},
        [&](answer a) { got.set_value(std::move(a)); });
  const auto a = got.get_future().get();
  EXPECT_EQ(a.failed.why, reason::unavailable);
  EXPECT_NE(a.failed.detail.find("it ended"), std::string::npos);
}

TEST(mcp_client, what_is_being_sent_when_the_connection_breaks_is_what_its_channel_says) {
  fake_server s; // The clock may still be speaking to it at the end.
  tools::alarm_clock clock;
  client c{fast(), clock, s.opener()};
  std::vector<std::pair<reason, std::string>> why;
  const auto ask = [&] {
    while (!c.ready())
      std::this_thread::yield();
    std::promise<answer> got;
    c.ask("tools/call", {{"name", "x"}}, seconds{60},
          [&](answer a) { got.set_value(std::move(a)); });
    const auto failed = got.get_future().get().failed;
    why.emplace_back(failed.why, failed.detail);
  };
  // Another call has met the end of the session, and the channel takes nothing any more.
  s.when_called = [](fake_server::wire& to, std::uint64_t id) {
    to.ears.broken("forgotten");
    to.ears.lost(id, {reason::unavailable, "forgotten", {}});
  };
  ask();
  s.when_called = [](fake_server::wire& to, std::uint64_t) { to.ears.broken("it ended"); };
  ask();
  EXPECT_EQ(why, (decltype(why){{reason::unavailable, "forgotten"}, {reason::crash, "it ended"}}));
}

TEST(mcp_client, a_connection_that_ends_takes_nothing_more_and_loses_nothing) {
  fake_server s; // The clock may still be speaking to it at the end.
  tools::alarm_clock clock;
  client c{fast(), clock, s.opener()};
  std::promise<answer> before, after;
  c.ask("tools/call", {{"name", "x"}}, seconds{60},
        [&](answer a) { before.set_value(std::move(a)); });
  const auto call = s.wait_for("tools/call");
  const auto old = s.line();
  s.silent = true;
  s.say_that_tools_have_changed();
  old->ears.ending("forgotten");
  EXPECT_FALSE(c.ready());
  // The list went with the session: that is no news of the others.
  old->ears.lost(s.wait_for("tools/list")["id"], {reason::unavailable, "forgotten", {}});
  c.ask("ping", nullptr, seconds{60}, [&](answer a) { after.set_value(std::move(a)); });
  EXPECT_EQ(s.count("ping"), 0u);
  old->reply(call["id"], json::object());
  EXPECT_FALSE(before.get_future().get().failed);
  s.silent = false;
  old->ears.broken("forgotten");
  const auto ping = s.wait_for("ping"); // By then there is a new line.
  s.line()->reply(ping["id"], json::object());
  EXPECT_FALSE(after.get_future().get().failed);
  EXPECT_EQ(s.opened, 2);
}

TEST(mcp_client, answers_what_a_server_asks) {
  tools::alarm_clock clock;
  const auto ask = json::parse(R"({"requestedSchema":{"type":"object","properties":{
    "name":{"type":"string","default":"x"},"age":{"type":"integer"}}}})");
  for (const bool defaults : {false, true}) {
    fake_server s;
    auto how = fast();
    how.take_defaults = defaults;
    client c{how, clock, s.opener()};
    s.line()->ears.message(request_text(1, "elicitation/create", ask));
    EXPECT_EQ(s.got.back()["result"],
              defaults ? json::parse(R"({"action":"accept","content":{"name":"x"}})")
                       : json::parse(R"({"action":"decline"})"));
    s.line()->ears.message(request_text(2, "ping", nullptr));
    EXPECT_EQ(s.got.back()["result"], json::object());
    s.line()->ears.message(request_text(3, "sampling/createMessage", nullptr));
    EXPECT_EQ(s.got.back()["error"]["code"], -32601);
    // Nothing of this is a message; nothing comes of it.
    for (const auto* noise : {"", "hello", "[]", "{}", R"({"jsonrpc":"1.0","id":1,"result":1})"})
      s.line()->ears.message(noise);
  }
}

TEST(mcp_client, is_bounded) {
  tools::alarm_clock clock;
  fake_server s;
  auto how = fast();
  how.requests_max = 1;
  client c{how, clock, s.opener()};
  c.ask("a", nullptr, seconds{60}, [](const answer&) {});
  reason why = reason::none;
  c.ask("b", nullptr, seconds{60}, [&](const answer& a) { why = a.failed.why; });
  EXPECT_EQ(why, reason::unavailable);
}

TEST(mcp_words, a_tool_that_failed_is_told_as_such) {
  const auto no = json::parse(R"({"content":[{"type":"text","text":"no"}],"isError":true})");
  const auto x = read_tool_result(no, effects::none);
  EXPECT_EQ(x.failed.why, reason::invalid_input);
  EXPECT_EQ(x.failed.detail, "no");
  // One that acts may have done so before it failed.
  for (const auto does : {effects::idempotent, effects::queryable, effects::unsafe}) {
    const auto y = read_tool_result(no, does);
    EXPECT_EQ(y.failed.why, reason::crash);
    EXPECT_EQ(y.failed.detail, "no");
  }
  EXPECT_EQ(read_tool_result(json::array(), effects::none).failed.why, reason::invalid_output);
  EXPECT_EQ(plain_name("a/b.c d"), "a_b_c_d");
}

TEST(mcp_words, what_there_is_to_read_is_cut_to_what_a_model_should_read) {
  const std::string endless(5000, 'x');
  const auto x = read_resources({{"resources",
                                  {{{"uri", "file:///a"},
                                    {"name", "a"},
                                    {"title", "An A"},
                                    {"description", endless},
                                    {"mimeType", "text/plain"},
                                    {"size", 12u}},
                                   {{"name", "no address"}},
                                   {{"uri", "file:///" + endless}},
                                   "nothing"}},
                                 {"resourceTemplates", {{{"uriTemplate", "file:///{path}"}}}}});
  ASSERT_EQ(x.size(), 2u);
  EXPECT_EQ(x[0]["uri"], "file:///a");
  EXPECT_EQ(x[0]["name"], "An A");
  EXPECT_EQ(x[0]["description"].get<std::string>().size(), 300u);
  EXPECT_EQ(x[0]["bytes"], 12);
  EXPECT_EQ(x[1], json::parse(R"({"uri_template":"file:///{path}"})"));
  EXPECT_TRUE(read_resources(json::array()).empty());
  EXPECT_TRUE(read_resources({{"resources", 3}}).empty());
}

TEST(mcp_words, a_piece_of_a_text_breaks_no_letter) {
  const std::string text = "a\u00e4\u20ac"; // Letters of one, two and three bytes.
  EXPECT_EQ(piece_of(text, 0, 2), "a");
  EXPECT_EQ(piece_of(text, 0, 3), "a\u00e4");
  EXPECT_EQ(piece_of(text, 2, 9), "\u20ac");
  EXPECT_EQ(piece_of(text, 3, 2), "");
  EXPECT_EQ(piece_of(text, 99, 2), "");
}

TEST(mcp_sse, reads_events_in_any_pieces) {
  const std::string text =
      ": hi\r\nid: 7\r\nretry: 250\r\ndata: a\r\ndata: b\r\n\r\ndata:\n\ndata: c\n\n";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    event_reader r;
    std::vector<std::string> got;
    const auto take = [&](std::string_view x) { got.emplace_back(x); };
    EXPECT_TRUE(r.feed(std::string_view{text}.substr(0, cut), take));
    EXPECT_TRUE(r.feed(std::string_view{text}.substr(cut), take));
    EXPECT_EQ(got, (std::vector<std::string>{"a\nb", "c"})) << cut;
    EXPECT_EQ(r.last_id(), "7");
    EXPECT_EQ(r.retry(), milliseconds{250});
  }
  event_reader endless;
  const std::string piece(1 << 20, 'x');
  bool good = true;
  for (int i = 0; i < 6 && good; ++i)
    good = endless.feed(piece, [](std::string_view) {});
  EXPECT_FALSE(good);
}

} // namespace troupe::mcp
