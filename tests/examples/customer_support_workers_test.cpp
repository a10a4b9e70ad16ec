#include "examples/customer-support/backend/schema.hpp"

#include <troupe/json.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace {

using namespace troupe;
using namespace troupe::support;

/// Runs the Python programs of the example on a back end of their own, as troupe runs them:
/// SUPPORT_DB names it.
class support_workers : public testing::Test {
 protected:
  void SetUp() override {
    static std::atomic<int> count{0};
    dir_ = std::filesystem::temp_directory_path() /
           ("troupe_workers_" + std::to_string(::getpid()) + "_" + std::to_string(count++));
    std::filesystem::create_directories(dir_);
    database db{path()};
    prepare(db, *parse_day("2026-11-16"));
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  [[nodiscard]] std::string path() const { return database_path(dir_.string()); }

  /// What a program of the example's folder prints when `input` is its standard input; `status`
  /// gets how it ended.
  std::string run(const std::string& program, const std::string& input, int& status) {
    const auto file = dir_ / "input";
    std::ofstream{file, std::ios::binary} << input;
    const auto command = "cd '" TROUPE_SOURCE_DIR
                         "/examples/customer-support' && PYTHONDONTWRITEBYTECODE=1 "
                         "SUPPORT_TODAY=2026-11-16 SUPPORT_DB='" +
                         path() + "' python3 " + program + " < '" + file.string() + "' 2>&1";
    std::string out;
    FILE* pipe = ::popen(command.c_str(), "r");
    if (!pipe)
      throw std::runtime_error{"popen"};
    char part[4096];
    while (const auto n = std::fread(part, 1, sizeof part, pipe))
      out.append(part, n);
    status = ::pclose(pipe);
    return out;
  }

  static json call(const char* skill, const char* customer, const char* text,
                   const char* key = "k1") {
    json out{
        {"id", 7}, {"skill", skill}, {"text", text}, {"input", nullptr}, {"idempotency_key", key}};
    out["context"] = customer ? json{{"customer_id", customer}} : json::object();
    return out;
  }

  /// The answers of the orders agent to `calls`, from one run of it.
  std::vector<json> orders(const std::vector<json>& calls) {
    std::string lines;
    for (const auto& c : calls)
      lines += (c.is_string() ? c.get<std::string>() : c.dump()) + '\n';
    int status = -1;
    const auto printed = run("workers/orders.py", lines, status);
    EXPECT_EQ(status, 0) << printed;
    std::vector<json> out;
    std::istringstream in{printed};
    for (std::string line; std::getline(in, line);)
      out.push_back(json::parse(line));
    EXPECT_EQ(out.size(), calls.size());
    out.resize(calls.size());
    return out;
  }
  std::int64_t count(const std::string& sql) {
    database db{path()};
    auto s = db.ask(sql);
    return s.next() ? s.number(0) : -1;
  }

  std::filesystem::path dir_;
};

TEST_F(support_workers, an_order_is_cancelled_once) {
  const auto wish = call("order.cancel", "C-1001", "cancel my order", "c1");
  const auto out = orders({wish, wish, call("order.cancel", "C-1001", "cancel LF-10200", "c2")});
  EXPECT_EQ(out[0]["id"], 7);
  EXPECT_EQ(out[0]["data"]["status"], "cancelled");
  EXPECT_EQ(out[0]["data"]["order_id"], "LF-10200");
  EXPECT_EQ(out[0]["data"]["source"], "database");
  EXPECT_EQ(out[1], out[0]);
  EXPECT_EQ(out[2]["data"]["status"], "already_cancelled");
  EXPECT_EQ(count("SELECT status = 'cancelled' FROM orders WHERE id = 'LF-10200'"), 1);
}

TEST_F(support_workers, all_orders_of_a_message_are_cancelled) {
  const auto out =
      orders({call("order.cancel", "C-1002", "cancel LF-10202 and LF-10201, and 10202 once more")});
  EXPECT_EQ(out[0]["data"]["status"], "partly_cancelled");
  EXPECT_EQ(out[0]["data"]["orders"].size(), 2u);
  EXPECT_EQ(out[0]["data"]["refundable_cents"], 7400 + 2 * 1200);
  EXPECT_EQ(count("SELECT status = 'cancelled' FROM orders WHERE id = 'LF-10202'"), 1);
}

TEST_F(support_workers, the_order_that_a_message_names_is_found_if_it_is_the_customers) {
  std::string id;
  std::string customer;
  {
    database db{path()};
    auto row = db.ask("SELECT o.id, o.customer_id FROM orders o WHERE o.status = 'placed' AND "
                      "(SELECT COUNT(*) FROM orders x WHERE x.customer_id = o.customer_id AND "
                      "x.status IN ('placed', 'packed')) > 1 ORDER BY o.id LIMIT 1");
    ASSERT_TRUE(row.next());
    id = row.text(0);
    customer = row.text(1);
  }
  // As the plan gives it to the desk: with what triage has found.
  const auto wish = [&](const std::string& text, const std::string& key) {
    auto out = call("order.cancel", customer.c_str(), text.c_str(), key.c_str());
    out["input"] = {{"entities", json::array({{{"type", "order"}, {"value", id}}})}};
    return out;
  };
  const auto out = orders({wish("cancel order " + id + ", please", "c1"),
                           wish("please cancel #" + id.substr(3), "c2"),
                           call("order.cancel", customer.c_str(), "cancel order LF-99999", "c3")});
  EXPECT_EQ(out[0]["data"]["status"], "cancelled") << out[0];
  EXPECT_EQ(out[0]["data"]["order_id"], id);
  EXPECT_EQ(out[1]["data"]["status"], "already_cancelled") << out[1];
  EXPECT_EQ(out[1]["data"]["order_id"], id);
  EXPECT_EQ(out[2]["data"]["status"], "not_found") << out[2];
  EXPECT_EQ(count("SELECT COUNT(*) FROM orders WHERE customer_id = '" + customer +
                  "' AND status IN ('placed', 'packed')") > 0,
            true)
      << "the others stay as they are";
}

TEST_F(support_workers, shipped_orders_stay_as_they_are) {
  const auto out = orders({call("order.cancel", "C-1002", "cancel LF-10201"),
                           call("order.change", "C-1002", "add a cable to LF-10201"),
                           call("order.address", "C-1002", "send 10201 to 9 Elm Road, York"),
                           call("order.cancel", "C-1004", "cancel #10204")});
  for (const auto& answer : out)
    EXPECT_EQ(answer["data"]["status"], "too_late") << answer;
  EXPECT_EQ(count("SELECT status = 'shipped' FROM orders WHERE id = 'LF-10201'"), 1);
}

TEST_F(support_workers, questions_instead_of_guesses) {
  const auto out = orders({call("order.cancel", nullptr, "cancel my order"),
                           call("order.cancel", "C-9999", "cancel my order"),
                           call("order.cancel", "C-1001", "cancel order 00123842"),
                           call("order.cancel", "C-1002", "cancel LF-10200"),
                           call("order.place", "C-1001", "how do I order?"),
                           call("order.change", "C-1001", "change my order"),
                           call("order.address", "C-1001", "my address changed")});
  const char* missing[] = {"customer_id", "customer_id", "order_id", "order_id",
                           "product",     "change",      "address"};
  for (std::size_t i = 0; i < out.size(); ++i) {
    EXPECT_EQ(out[i]["data"]["missing"], json::array({missing[i]})) << out[i];
    EXPECT_EQ(out[i]["confidence"], 0.5);
  }
}

TEST_F(support_workers, several_open_orders_are_named_in_the_question) {
  const auto out = orders({call("order.place", "C-1001", "order one webcam", "p1"),
                           call("order.cancel", "C-1001", "cancel my order", "c1"),
                           call("order.cancel", "C-1001", "cancel my last order", "c2")});
  const auto placed = out[0]["data"]["order_id"];
  EXPECT_EQ(out[1]["data"]["orders"], json::array({placed, "LF-10200"}));
  EXPECT_EQ(out[2]["data"]["status"], "cancelled");
  EXPECT_EQ(out[2]["data"]["order_id"], placed);
}

TEST_F(support_workers, orders_are_placed_and_paid_once) {
  const auto wish =
      call("order.place", "C-1002", "I'd like to buy two desk phones and a cable", "p1");
  const auto before = count("SELECT COUNT(*) FROM orders");
  const auto out = orders({wish, wish});
  EXPECT_EQ(out[0]["data"]["total_cents"], 2 * 12900 + 1200);
  EXPECT_EQ(out[0], out[1]);
  EXPECT_EQ(count("SELECT COUNT(*) FROM orders"), before + 1);
  EXPECT_EQ(count("SELECT amount_cents FROM payments WHERE reference = '" +
                  out[0]["data"]["order_id"].get<std::string>() + "'"),
            27000);
}

TEST_F(support_workers, orders_are_changed_while_they_are_open) {
  const auto out = orders({call("order.change", "C-1001", "add a webcam to LF-10200", "a"),
                           call("order.change", "C-1001", "remove the webcam", "b"),
                           call("order.change", "C-1001", "make it 3 headsets instead of two", "c"),
                           call("order.change", "C-1001", "swap the headsets for docks", "d"),
                           call("order.change", "C-1001", "remove the dock", "e"),
                           call("order.change", "C-1001", "add 400 cables", "f")});
  EXPECT_EQ(out[0]["data"]["difference_cents"], 7400) << out[0];
  EXPECT_EQ(out[1]["data"]["difference_cents"], -7400) << out[1];
  EXPECT_EQ(out[2]["data"]["total_cents"], 3 * 8900) << out[2];
  EXPECT_EQ(out[3]["data"]["total_cents"], 3 * 14900) << out[3];
  EXPECT_EQ(out[4]["data"]["missing"], json::array({"confirmation"}));
  EXPECT_EQ(out[5]["data"]["missing"], json::array({"quantity"}));
  EXPECT_EQ(count("SELECT total_cents FROM orders WHERE id = 'LF-10200'"), 3 * 14900);
  EXPECT_EQ(count("SELECT SUM(amount_cents) FROM adjustments"), 3 * 14900 - 2 * 8900);
}

TEST_F(support_workers, addresses_are_read_and_kept) {
  const auto out = orders(
      {call("order.address", "C-1001", "Please send order LF-10200 to 5 Quay Street, Bristol", "a"),
       call("order.address", "C-1002", "update address to 8 Elm Road, Leeds", "b"),
       call("address.set_up", "C-1002", "store 12 Hill Street, York as a delivery address", "c")});
  EXPECT_EQ(out[0]["data"]["address"], "5 Quay Street, Bristol") << out[0];
  EXPECT_EQ(out[1]["data"]["orders"], json::array({"LF-10202"})) << out[1];
  EXPECT_EQ(out[2]["data"]["address"], "12 Hill Street, York") << out[2];
  EXPECT_EQ(count("SELECT COUNT(*) FROM addresses WHERE address = '12 Hill Street, York'"), 1);
  EXPECT_EQ(count("SELECT COUNT(*) FROM orders WHERE address = '8 Elm Road, Leeds'"), 1);
}

TEST_F(support_workers, the_order_talked_about_last_is_it) {
  auto wish = call("order.track", "C-1002", "where is it");
  wish["context"]["order_id"] = "LF-10201";
  const auto out = orders({wish});
  EXPECT_EQ(out[0]["data"]["status"], "shipped");
  EXPECT_EQ(out[0]["data"]["context"]["order_id"], "LF-10201");
}

TEST_F(support_workers, what_leans_back_means_the_order_of_the_conversation_however_it_stands) {
  const auto after = [](const char* text, const char* key, const char* order) {
    auto out = call("order.cancel", "C-1002", text, key);
    out["context"]["order_id"] = order;
    return out;
  };
  // LF-10201 is shipped; LF-10202 is the only one that could be cancelled, and was not meant.
  const auto out =
      orders({after("I want to cancel it", "a", "LF-10201"),
              after("just cancel that", "b", "LF-10201"), after("cancel my order", "c", "LF-10201"),
              after("cancel it", "d", "LF-10200"), after("Cancel it.", "e", "LF-10202")});
  for (const auto i : {0, 1}) {
    EXPECT_EQ(out[i]["data"]["status"], "too_late") << out[i];
    EXPECT_EQ(out[i]["data"]["order_id"], "LF-10201") << out[i];
  }
  EXPECT_EQ(out[2]["data"]["missing"], json::array({"order_id"})) << out[2];
  EXPECT_EQ(out[2]["data"]["orders"], json::array({"LF-10202"})) << out[2];
  // Looking it up may be guessed.
  auto look = call("order.track", "C-1001", "where is my order");
  look["context"]["order_id"] = "LF-10100";
  EXPECT_EQ(orders({look})[0]["data"]["order_id"], "LF-10200");
  EXPECT_EQ(out[3]["data"]["status"], "not_found") << "that one is somebody else's: " << out[3];
  EXPECT_EQ(out[4]["data"]["status"], "cancelled") << out[4];
}

TEST_F(support_workers, a_question_cancels_nothing) {
  std::vector<json> calls;
  for (const char* text : {"can I cancel my order LF-10202?", "Can I still cancel LF-10202",
                           "how do I cancel LF-10202", "is it too late to cancel LF-10202?",
                           "what happens if I cancel LF-10202", "cancel LF-10202?"})
    calls.push_back(call("order.cancel", "C-1002", text, text));
  for (const auto& answer : orders(calls)) {
    EXPECT_EQ(answer["data"]["status"], "cancellable") << answer;
    EXPECT_EQ(answer["data"]["context"]["order_id"], "LF-10202") << answer;
    EXPECT_NE(answer["text"].get<std::string>().find("cancel order LF-10202"), std::string::npos)
        << "how it is done: " << answer;
  }
  EXPECT_EQ(count("SELECT COUNT(*) FROM orders WHERE id = 'LF-10202' AND status = 'cancelled'"), 0);
  const auto out =
      orders({call("order.cancel", "C-1002", "can I cancel LF-10201?", "late"),
              call("order.cancel", "C-1002", "can I cancel LF-10201 and LF-10202?", "two"),
              call("order.cancel", "C-1002", "could you cancel LF-10202?", "you"),
              call("order.cancel", "C-1001", "cancel order LF-10200", "told")});
  EXPECT_EQ(out[0]["data"]["status"], "too_late") << out[0];
  EXPECT_EQ(out[1]["data"]["status"], "not_cancelled") << out[1];
  EXPECT_EQ(out[1]["data"]["orders"][1]["status"], "cancellable") << out[1];
  EXPECT_EQ(out[2]["data"]["status"], "cancelled") << out[2];
  EXPECT_EQ(out[3]["data"]["status"], "cancelled") << out[3];
}

TEST_F(support_workers, it_is_the_order_of_the_message_or_is_asked_for) {
  auto named = call("order.cancel", "C-1002", "please cancel it", "n");
  named["input"] = {{"entities", json::array({{{"type", "order"}, {"value", "LF-10201"}}})}};
  auto other = call("order.cancel", "C-1002", "and cancel the other order", "o");
  other["input"] = named["input"];
  // LF-10201 is on its way, LF-10202 could be cancelled: "it" may be either.
  const auto out = orders({call("order.cancel", "C-1002", "where is my order and cancel it", "a"),
                           call("order.cancel", "C-1002", "cancel it", "b"), named,
                           call("order.track", "C-1002", "where is lf10201", "t"), other});
  for (const auto i : {0, 1})
    EXPECT_EQ(out[i]["data"]["orders"], json::array({"LF-10202", "LF-10201"})) << out[i];
  EXPECT_EQ(out[2]["data"]["status"], "too_late") << out[2];
  EXPECT_EQ(out[2]["data"]["order_id"], "LF-10201");
  EXPECT_EQ(out[3]["data"]["order_id"], "LF-10201") << out[3];
  EXPECT_EQ(out[4]["data"]["order_id"], "LF-10202") << out[4];
  // Who has one order under way means that one.
  const auto only =
      orders({call("order.cancel", "C-1001", "where is my order and cancel it", "c")});
  EXPECT_EQ(only[0]["data"]["status"], "cancelled") << only[0];
}

TEST_F(support_workers, a_question_changes_nothing) {
  const auto out = orders({call("order.change", "C-1001", "can I add a webcam to LF-10200?", "a"),
                           call("order.address", "C-1001",
                                "is it possible to send LF-10200 to 5 Quay Street, Bristol?", "b"),
                           call("order.change", "C-1001", "could you add a webcam?", "c")});
  for (const auto i : {0, 1})
    EXPECT_EQ(out[i]["data"]["missing"], json::array({"confirmation"})) << out[i];
  EXPECT_NE(out[0]["text"].get<std::string>().find("2 x H2 headset, 1 x W1 webcam"),
            std::string::npos)
      << out[0];
  EXPECT_EQ(out[2]["data"]["status"], "changed") << out[2];
  EXPECT_EQ(count("SELECT COUNT(*) FROM orders WHERE address = '5 Quay Street, Bristol'"), 0);
  EXPECT_EQ(count("SELECT total_cents FROM orders WHERE id = 'LF-10200'"), 17800 + 7400);
}

TEST_F(support_workers, bad_lines_are_answered_and_survived) {
  auto keyless = call("order.cancel", "C-1001", "cancel LF-10200", "");
  const auto out =
      orders({json("not json"), json("[1,2]"), json("{}"), json("\xff\xfe"),
              json(std::string(100000, '[')), json(std::string((1u << 20) + 10, 'x')),
              call("order.fly", "C-1001", ""), keyless, call("order.track", "C-1001", "LF-10200")});
  for (std::size_t i = 0; i + 1 < out.size(); ++i)
    EXPECT_EQ(out[i]["error"]["reason"], "invalid_input") << i << ' ' << out[i];
  EXPECT_EQ(out.back()["data"]["status"], "placed");
}

TEST_F(support_workers, without_the_database_the_agent_is_unavailable) {
  std::filesystem::remove(path());
  EXPECT_EQ(orders({call("order.track", "C-1001", "")})[0]["error"]["reason"], "unavailable");
}

TEST_F(support_workers, the_warehouse_answers_over_http) {
  int status = -1;
  const auto printed = run("-m unittest -v tests/test_warehouse.py", "", status);
  EXPECT_EQ(status, 0) << printed;
}

} // namespace
