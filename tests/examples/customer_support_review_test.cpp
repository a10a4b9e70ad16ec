// How good the example's judge is: labelled wrong answers, most of them worded as a desk or a model
// would, and right ones, most of them made by the desks themselves over the seeded database. The
// planted ones that are `held` were put aside while the rules were written.
#include "examples/customer-support/backend/agents.hpp"
#include "src/config/load_fleet.hpp"
#include "tests/examples/support_desks.hpp"

#include <fstream>
#include <functional>
#include <map>

namespace {

using namespace troupe;
using namespace troupe::support;

constexpr double least_caught = 0.8;
constexpr double most_false = 0.05;

std::vector<json> lines_of(const std::string& name) {
  std::ifstream in{TROUPE_SOURCE_DIR "/tests/examples/answers/" + name};
  std::vector<json> out;
  for (std::string line; std::getline(in, line);)
    out.push_back(json::parse(line));
  return out;
}

/// So many of so many.
struct share {
  int hits = 0;
  int all = 0;
  void count(bool hit) {
    hits += hit ? 1 : 0;
    ++all;
  }
  [[nodiscard]] double rate() const { return all > 0 ? static_cast<double>(hits) / all : 0; }
  [[nodiscard]] std::string text() const {
    return std::to_string(hits) + "/" + std::to_string(all);
  }
};

struct figures {
  share caught, caught_held, false_of_desks, false_by_hand;
  std::map<std::string, share> by_kind;
  std::string missed, accused;

  /// What row E7 asks for.
  [[nodiscard]] bool good() const {
    return caught.rate() >= least_caught && caught_held.rate() >= least_caught &&
           false_of_desks.rate() <= most_false && false_by_hand.rate() <= most_false;
  }
};

class reviewed_answers : public support_desks {
 protected:
  using judge = std::function<outcome(const agent_call&)>;

  void SetUp() override {
    support_desks::SetUp();
    std::filesystem::copy_file(path(), dir_ / "fresh.db");
  }

  /// The back end as it was seeded.
  void start_afresh() {
    for (const char* end : {"", "-wal", "-shm"})
      std::filesystem::remove(path() + end);
    std::filesystem::copy_file(dir_ / "fresh.db", path());
  }

  outcome review(const agent_call& c) const {
    desk d{path(), review_services(), {{"today", today_}}};
    return d(c, {});
  }

  static agent_call question(const std::string& asked, const std::string& customer,
                             const std::string& text, const std::string& says, const json& data,
                             const json& previous = {}) {
    json input{{"asked", asked}, {"candidate", {{"text", says}, {"data", data}}}, {"round", 1}};
    if (!previous.is_null())
      input["previous"] = previous;
    return call("answer.review", customer, text, "", std::move(input));
  }

  /// Whether the answer is sent back; what for goes into `why`.
  bool sent_back(const judge& by, const json& line, std::string& why) {
    start_afresh();
    int n = 0;
    if (line.contains("first"))
      for (const auto& x : line["first"]) {
        const auto done = bill(x[1], x[0], x[2], "first" + std::to_string(n++));
        EXPECT_TRUE(done.ok()) << line.dump();
      }
    if (line.contains("sql"))
      set(line["sql"]);
    const auto out = by(question(line["asked"], line["customer"], line["text"], line["says"],
                                 line["data"], line.value("previous", json{})));
    EXPECT_TRUE(out.ok()) << out.failed.detail;
    why = out.text;
    return out.ok() && !out.data["fits"];
  }

  figures measure(const judge& by) {
    figures f;
    std::string why;
    for (const auto& line : lines_of("planted.jsonl")) {
      const bool hit = sent_back(by, line, why);
      (line["held"] ? f.caught_held : f.caught).count(hit);
      f.by_kind[line["kind"]].count(hit);
      if (!hit)
        f.missed += line["kind"].get<std::string>() + (line["held"] ? " (held): " : ": ") +
                    line["says"].get<std::string>() + '\n';
    }
    for (const auto& line : lines_of("right.jsonl")) {
      const bool hit = sent_back(by, line, why);
      f.false_by_hand.count(hit);
      if (hit)
        f.accused += line["says"].get<std::string>() + " -> " + why + '\n';
    }
    start_afresh();
    judge_the_desks(by, f);
    return f;
  }

  /// What the desks really say to 80 customers, some of it for the second time.
  void judge_the_desks(const judge& by, figures& f) {
    int n = 0;
    for (int i = 1001; i <= 1080; ++i) {
      const auto customer = "C-" + std::to_string(i);
      std::vector<std::pair<const char*, std::string>> asked{
          {"billing.invoice_check", "what's on my last invoice?"},
          {"billing.payment_issue", "can't pay, my card gets declined"},
          {"billing.cancellation_fee", "Is there a fee for ending my plan early?"},
          {"refund.track", "where is my refund?"},
          {"billing.invoice", "send me the latest invoice"},
      };
      // The payment that is pending is the one that the desk does not see.
      if (customer != "C-1012") {
        asked.emplace_back("billing.dispute", "I've been charged twice for my subscription");
        asked.emplace_back("billing.dispute", "you took the money two times");
      }
      database db{path()};
      auto orders = db.ask("SELECT id FROM orders WHERE customer_id = ? ORDER BY id", customer);
      while (orders.next()) {
        asked.emplace_back("refund.issue", "I want a refund for " + orders.text(0));
        asked.emplace_back("billing.invoice", "the invoice for " + orders.text(0) + " please");
        asked.emplace_back("refund.issue", "refund " + orders.text(0));
      }
      asked.emplace_back("refund.issue", "refund me");
      asked.emplace_back("refund.issue", "my order 10200 was broken, I want my money back");
      asked.emplace_back("refund.track", "has my refund been sent yet");
      asked.emplace_back("billing.invoice_check", "when does my next bill come and how much");
      for (const auto& [skill, text] : asked) {
        ++n;
        const auto x =
            bill(skill, customer, text, "k" + std::to_string(n), nullptr, n % 3 ? "full" : "brief");
        ASSERT_TRUE(x.ok()) << skill << ": " << text << ": " << x.failed.detail;
        const auto out = by(question(skill, customer, text, x.text, x.data));
        const bool hit = out.ok() && !out.data["fits"];
        f.false_of_desks.count(hit);
        if (hit)
          f.accused += customer + ' ' + text + " | " + x.text + " -> " + out.text + '\n';
      }
    }
  }
};

TEST_F(reviewed_answers, planted_failures_are_caught_and_right_answers_pass) {
  const auto f = measure([this](const agent_call& c) { return review(c); });
  RecordProperty("caught", f.caught.text());
  RecordProperty("caught_held", f.caught_held.text());
  RecordProperty("false_of_desks", f.false_of_desks.text());
  RecordProperty("false_by_hand", f.false_by_hand.text());
  EXPECT_TRUE(f.good()) << "caught " << f.caught.text() << ", of those held back "
                        << f.caught_held.text() << ", false " << f.false_of_desks.text() << " and "
                        << f.false_by_hand.text() << '\n'
                        << f.missed << f.accused;
  EXPECT_GE(f.caught.all + f.caught_held.all, 60);
  EXPECT_GE(f.caught_held.all, 20);
  EXPECT_GE(f.by_kind.size(), 8u);
  EXPECT_GE(f.false_of_desks.all, 100);
  // The one that everybody tells of.
  EXPECT_GE(f.by_kind.at("denied_charges").rate(), least_caught) << f.missed;
}

TEST_F(reviewed_answers, a_judge_that_is_switched_off_or_refuses_all_is_found_out) {
  const auto always = [](bool fits) {
    return [fits](const agent_call&) { return reply("", {{"fits", fits}}); };
  };
  EXPECT_FALSE(measure(always(true)).good());
  EXPECT_FALSE(measure(always(false)).good());
}

TEST_F(reviewed_answers, a_verdict_says_why_and_how_sure_it_is) {
  const json latest{
      {{"transaction_id", "txn_700143"}, {"amount_cents", 11800}, {"on", "2026-11-12"}}};
  const auto out = review(
      question("billing.dispute", "C-1012", "was I charged twice?", "No duplicate charges found.",
               {{"source", "database"}, {"status", "no_duplicate"}, {"latest", latest}}));
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(out.data["fits"], false);
  EXPECT_EQ(out.data["objections"][0]["kind"], "denied_charges");
  EXPECT_NE(out.text.find("is pending"), std::string::npos) << out.text;
  EXPECT_GE(out.confidence, 0.9);
}

TEST_F(reviewed_answers, people_are_not_judged_and_nothing_cannot_be) {
  EXPECT_EQ(review(question("refund.issue", "C-1004", "refund LF-10204",
                            "I have refunded $149.00, Dana", nullptr))
                .data["fits"],
            true);
  EXPECT_EQ(review(call("answer.review", "C-1004", "refund", "", nullptr)).failed.why,
            reason::invalid_input);
}

TEST_F(reviewed_answers, a_desk_does_not_say_again_what_was_sent_back) {
  const auto first = bill("billing.dispute", "C-1012", "charged twice?", "a");
  ASSERT_EQ(first.data["status"], "no_duplicate");
  const json again{{"feedback", {{"text", "It is not clear."}, {"data", {{"fits", false}}}}},
                   {"previous", {{"draft", {{"text", first.text}, {"data", first.data}}}}}};
  const auto second = bill("billing.dispute", "C-1012", "charged twice?", "b", again, "brief");
  EXPECT_EQ(second.failed.why, reason::loop) << "which says that nothing was done";
  // What would have been done again is not done.
  const auto sent = bill("billing.invoice", "C-1002", "send my last invoice", "c");
  EXPECT_EQ(bill("billing.invoice", "C-1002", "send my last invoice", "d",
                 {{"feedback", json::object()}, {"previous", {{"draft", {{"data", sent.data}}}}}})
                .failed.why,
            reason::loop);
  EXPECT_EQ(count("SELECT COUNT(*) FROM mails"), 1);
}

TEST_F(reviewed_answers, an_order_that_the_step_before_did_not_find_may_be_named) {
  const json input{{"previous",
                    {{"cancel_order",
                      {{"text", "I can't find an order LF-10201 on your account."},
                       {"data", {{"status", "not_found"}, {"order_id", "LF-10201"}}}}}}}};
  const auto said = bill("refund.issue", "C-1001", "issue a refund", "a", input);
  ASSERT_EQ(said.data["status"], "not_found") << said.text;
  EXPECT_EQ(review(question("refund.issue", "C-1001", "issue a refund", said.text, said.data,
                            input["previous"]))
                .data["fits"],
            true);
  // Nobody has brought it along here; that an answer was sent back with it does not count.
  for (const auto& before : {json{}, json{{"draft", {{"text", said.text}, {"data", said.data}}}}})
    EXPECT_EQ(
        review(question("refund.issue", "C-1001", "issue a refund", said.text, said.data, before))
            .data["fits"],
        false)
        << before;
}

TEST_F(reviewed_answers, what_the_fleet_says_of_money_is_reviewed) {
  const auto got = config::load_fleet(TROUPE_SOURCE_DIR "/examples/customer-support",
                                      [](const std::string&) { return std::nullopt; });
  ASSERT_TRUE(got.ok());
  for (const auto& d : got.fleet->domains) {
    if (d.path != "support")
      continue;
    for (const char* intent : {"billing_dispute", "payment_issue", "get_invoice", "check_invoice",
                               "check_cancellation_fee", "get_refund", "track_refund"}) {
      const auto plan = d.plans.find(d.understanding.intents.at(intent).skill);
      ASSERT_NE(plan, d.plans.end()) << intent;
      const auto& root = plan->second;
      ASSERT_EQ(root.op, plan_op::judge) << intent;
      EXPECT_EQ(root.children[1].skill, "answer.review");
      // The reviewer is told what was asked, and a person stands behind the desk.
      EXPECT_EQ(root.children[1].input["asked"], root.children[0].skill) << intent;
      EXPECT_EQ(root.children[0].fallback, std::vector<std::string>{"human:escalations"});
      EXPECT_GE(root.max_rounds, 2u) << intent;
    }
  }
}

} // namespace
