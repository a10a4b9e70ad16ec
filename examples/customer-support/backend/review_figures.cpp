#include "examples/customer-support/backend/refunds.hpp"
#include "examples/customer-support/backend/review.hpp"

namespace troupe::support {

namespace {

class figures {
 public:
  figures(const reviewed& x, const books& known, objections& out)
      : x_(x)
      , known_(known)
      , out_(out)
      , amounts_(known.amounts(x.low)) {}

  void run() {
    for (const auto& s : x_.said) {
      check_amounts(s);
      check_spans(s);
    }
    for (const auto amount : x_.data_only.amounts)
      if (!amounts_.contains(amount))
        wrong(amount);
    check_object(x_.data, 0);
    for (const auto& on : x_.names.days)
      if (!known_.days().contains(on) && !x_.wanted.days.contains(on))
        out_.push_back({"wrong_date", "Nothing is on record for " + in_words(on) + "."});
    check_text_against_data();
  }

 private:
  void wrong(cents amount, const std::string& of = {}) {
    out_.push_back({"wrong_amount",
                    dollars(amount) +
                        (of.empty() ? " is in no record." : " is not the amount of " + of + ".")});
  }

  /// An amount beside a record has to be that record's.
  void check_amounts(const sentence& s) {
    std::set<cents> theirs;
    std::string of;
    for (const auto* ids : {&s.names.orders, &s.names.payments, &s.names.refunds})
      for (const auto& id : *ids) {
        auto more = known_.amounts_of(id);
        if (!more.empty())
          of += (of.empty() ? "" : " or ") + id;
        theirs.merge(more);
      }
    // A list may go on with what has no number of its own.
    const bool mixed = s.has({"starter", "pro", "business", "enterprise", "next", "plan"});
    for (const auto amount : s.names.amounts) {
      if (s.denies && x_.wanted.amounts.contains(amount))
        continue;
      if (!amounts_.contains(amount))
        wrong(amount);
      else if (!theirs.empty() && !mixed && !theirs.contains(amount))
        wrong(amount, of);
    }
  }

  /// "within 24 hours", "30 days to return it": there is one time for refunds, and one for returns.
  void check_spans(const sentence& s) {
    auto low = s.low;
    if (const auto usual = low.find(refund_eta); usual != std::string::npos)
      low.erase(usual, std::string_view{refund_eta}.size());
    for (std::size_t at = 0; at < low.size(); ++at) {
      if (low[at] < '0' || low[at] > '9' || (at > 0 && low[at - 1] >= '0' && low[at - 1] <= '9'))
        continue;
      auto end = at;
      long value = 0;
      for (; end < low.size() && low[end] >= '0' && low[end] <= '9' && end < at + 6; ++end)
        value = value * 10 + (low[end] - '0');
      const auto unit = std::string_view{low}.substr(end);
      const bool days = unit.starts_with(" day");
      const bool other = unit.starts_with(" hour") || unit.starts_with(" week") ||
                         unit.starts_with(" business day") || unit.starts_with(" working day");
      const bool of_a_return = s.has({"return*", "send", "refund*", "back", "expect"});
      if (!of_a_return || !(days || other))
        continue;
      if (other || (value != return_window(known_.who()) && !s.has({"gold"})))
        out_.push_back({"wrong_date", "Refunds take " + std::string{refund_eta} +
                                          " and returns are taken for " +
                                          std::to_string(return_window(known_.who())) + " days."});
    }
  }

  static std::string text_of(const json& object, const char* key) {
    return object.contains(key) && object[key].is_string() ? object[key].get<std::string>()
                                                           : std::string{};
  }

  void check_object(const json& value, int depth) {
    if (depth > 8)
      return;
    if (value.is_object()) {
      check_pair(value, "amount", "amount_cents");
      check_pair(value, "fee", "fee_cents");
      if (value.contains("amount_cents") && value["amount_cents"].is_number_integer())
        check_whose(value, value["amount_cents"].get<cents>());
      if (value.contains("fee_cents") && known_.fee() && value["fee_cents"] != *known_.fee())
        out_.push_back({"wrong_amount", "The fee is " + dollars(*known_.fee()) + "."});
      if (value.contains("next") && value["next"].is_object() &&
          value["next"].contains("amount_cents") && known_.next_bill() &&
          value["next"]["amount_cents"] != *known_.next_bill())
        out_.push_back(
            {"wrong_amount", "The next bill is over " + dollars(*known_.next_bill()) + "."});
    }
    if (value.is_structured())
      for (const auto& inner : value)
        check_object(inner, depth + 1);
  }

  void check_pair(const json& object, const char* words, const char* number) {
    if (object.contains(words) && object[words].is_string() && object.contains(number) &&
        object[number].is_number_integer() && object[words] != dollars(object[number].get<cents>()))
      out_.push_back({"wrong_amount", "Its data says " + text_of(object, words) + " and " +
                                          dollars(object[number].get<cents>()) + "."});
  }

  void check_whose(const json& object, cents amount) {
    // Nothing is what a refusal comes to.
    if (amount == 0)
      return;
    for (const char* key : {"refund_id", "transaction_id", "order_id"}) {
      const auto id = text_of(object, key);
      const auto theirs = known_.amounts_of(id);
      if (theirs.empty())
        continue;
      if (!theirs.contains(amount))
        wrong(amount, id);
      return;
    }
    if (!amounts_.contains(amount))
      wrong(amount);
  }

  void check_text_against_data() {
    if (!x_.data.contains("amount_cents") || !x_.data["amount_cents"].is_number_integer())
      return;
    const auto amount = x_.data["amount_cents"].get<cents>();
    bool named = false, other = false;
    for (const auto& s : x_.said)
      for (const auto said : s.names.amounts)
        (said == amount ? named : other) = true;
    if (amount > 0 && other && !named)
      out_.push_back({"wrong_amount",
                      "Its text does not say the " + dollars(amount) + " that its data says."});
  }

  const reviewed& x_;
  const books& known_;
  objections& out_;
  std::set<cents> amounts_;
};

} // namespace

void check_figures(const reviewed& x, const books& known, objections& out) {
  figures{x, known, out}.run();
}

} // namespace troupe::support
