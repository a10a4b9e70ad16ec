#include "examples/customer-support/backend/review.hpp"

#include <array>

namespace troupe::support {

namespace {

/// Words of which an answer to each skill has at least one, whatever it says.
bool is_about(std::string_view asked, std::string_view low) {
  if (asked == "billing.dispute")
    return holds_any(
        low, {"charge*", "payment*", "paid", "refund*", "duplicate*", "twice", "billed", "taken"});
  if (asked == "billing.payment_issue")
    return holds_any(low,
                     {"declin*", "attempt*", "confirm*", "bank", "go through", "did not release"});
  if (asked == "billing.invoice")
    return holds_any(low, {"invoice*", "inv-*"});
  if (asked == "billing.invoice_check")
    return holds_any(low, {"invoice*", "inv-*", "bill*", "paid"});
  if (asked == "billing.cancellation_fee")
    return holds_any(low, {"fee", "cost*", "free of charge"});
  if (asked == "refund.issue")
    return holds_any(low, {"refund*", "return*", "back", "credit*", "rf-*"});
  if (asked == "refund.track")
    return holds_any(low, {"refund*", "money", "rf-*"});
  return true;
}

/// A wish that a part of a request has when it says one of `sign` and, if there are any, one of
/// `also`; and what an answer to it says.
struct wish {
  const char* what;
  std::array<std::string_view, 4> sign;
  std::array<std::string_view, 7> also;
  std::array<std::string_view, 5> answer;
};

constexpr std::array<wish, 5> wishes{{
    {"an invoice",
     {"invoice", "invoices"},
     {"send", "mail", "email", "need", "copy", "last", "latest"},
     {"invoice*", "inv-*", "billed"}},
    {"what leaving costs", {"fee"}, {}, {"fee", "cost*"}},
    {"the next bill", {"next bill", "next invoice"}, {}, {"next", "bill*", "invoice*"}},
    {"money back", {"refund", "money back"}, {}, {"refund*", "return*", "back", "credit*", "rf-*"}},
    {"a double charge",
     {"charged twice", "billed twice", "paid twice", "double charge*"},
     {},
     {"charge*", "payment*", "paid", "twice", "refund*"}},
}};

template <std::size_t N>
bool holds_one(std::string_view low, const std::array<std::string_view, N>& list) {
  for (const auto word : list)
    if (!word.empty() && holds_any(low, {word}))
      return true;
  return false;
}

/// Where a new wish may begin.
std::vector<std::string_view> parts_of(std::string_view request) {
  std::vector<std::string_view> out{request};
  for (std::string_view cut : {" and ", ", ", ". ", "; ", "? ", " also ", " then "}) {
    std::vector<std::string_view> finer;
    for (auto part : out) {
      for (auto at = part.find(cut); at != std::string_view::npos; at = part.find(cut)) {
        finer.push_back(part.substr(0, at));
        part.remove_prefix(at + cut.size());
      }
      finer.push_back(part);
    }
    out = std::move(finer);
  }
  return out;
}

void check_orders_asked(const reviewed& x, objections& out) {
  const auto& asked = x.wanted.orders;
  // Whoever looks for duplicates lists other payments too.
  if (asked.empty() || x.status == "no_duplicate" || x.status == "listed")
    return;
  std::string left_out;
  bool any = false;
  for (const auto& id : asked) {
    const bool answered = x.names.orders.contains(id);
    any = any || answered;
    if (!answered)
      left_out += (left_out.empty() ? "" : " and ") + id;
  }
  if (!any && !x.names.orders.empty())
    out.push_back(
        {"other_question", "It was asked about " + left_out + " and speaks of another order."});
  else if (asked.size() > 1 && !left_out.empty())
    out.push_back({"missing_part", "It says nothing of " + left_out + ".", 0.85});
}

} // namespace

void check_fit(const reviewed& x, const books&, objections& out) {
  check_orders_asked(x, out);
  const auto topic = x.data.is_object() ? x.data.value("topic", json{}) : json{};
  const bool elsewhere = topic.is_string() && topic != x.asked;
  // A question in return is no answer to anything yet.
  if (x.data.contains("missing"))
    return;
  if (elsewhere || !is_about(x.asked, x.low)) {
    out.push_back({"other_question", "It is no answer to what was asked: " + x.asked + ".", 0.8});
    return;
  }
  for (const auto part : parts_of(x.request))
    for (const auto& w : wishes) {
      const bool has_also = !w.also.front().empty();
      if (holds_one(part, w.sign) && (!has_also || holds_one(part, w.also)) &&
          !holds_one(x.low, w.answer)) {
        out.push_back({"missing_part", std::string{"It says nothing of "} + w.what + ".", 0.8});
        return;
      }
    }
}

} // namespace troupe::support
