#include "examples/customer-support/backend/review.hpp"

#include <algorithm>
#include <functional>

namespace troupe::support {

namespace {

class statements {
 public:
  statements(const reviewed& x, const books& known, objections& out)
      : x_(x)
      , known_(known)
      , out_(out) {}

  void run() {
    check_status();
    for (const auto& s : x_.said) {
      check_denials(s);
      check_promises(s);
      check_orders(s);
    }
  }

 private:
  void object(const char* kind, std::string says, double sure = 0.95) {
    out_.push_back({kind, std::move(says), sure});
  }

  /// The customer's own orders that the sentence names, else the one that the answer is about.
  std::set<std::string> orders_in(const sentence& s) const {
    std::set<std::string> out;
    for (const auto& id : s.names.orders)
      if (known_.order(id))
        out.insert(id);
    if (out.empty() && known_.order(x_.order))
      out.insert(x_.order);
    return out;
  }

  bool any_refund(const std::function<bool(const returned&)>& fits) const {
    return std::any_of(known_.refunds().begin(), known_.refunds().end(), fits);
  }

  // -- what the data's status stands for -------------------------------------

  void check_status() {
    const auto& status = x_.status;
    const auto* o = known_.order(x_.order);
    if (o && x_.data.contains("order_status") && x_.data["order_status"] != o->status)
      object("wrong_state", "Order " + o->id + " is " + o->status + ".");
    const bool open = o && (o->status == "placed" || o->status == "packed");
    const bool returnable = o && o->return_until && known_.today() <= *o->return_until;
    if (o && ((status == "not_delivered_yet" && o->status != "shipped") ||
              (status == "needs_cancellation" && !open)))
      object("wrong_state", "Order " + o->id + " is " + o->status + ".");
    if (status == "too_late" && returnable)
      object("wrong_state",
             "Order " + o->id + " can be returned until " + in_words(*o->return_until) + ".");
    if (o && status == "not_paid" && known_.has_paid(o->id))
      object("wrong_state", "Order " + o->id + " has been paid.");
    const auto about_it = [&](const returned& r) {
      return x_.order.empty() || r.reference == x_.order;
    };
    if ((status == "refunded" || status == "already_refunded" || status == "refunded_before") &&
        !any_refund(about_it))
      object("unkept_promise", "No refund" + about() + " is on record.");
    if ((status == "awaiting_return" || status == "awaits_return") &&
        !any_refund(
            [&](const returned& r) { return about_it(r) && r.status == "awaiting_return"; }))
      object("unkept_promise", "No refund" + about() + " waits for a return.");
    if (status == "sent" && !known_.was_mailed(payment_of_data()))
      object("unkept_promise", "No such invoice has been sent.");
    if (status == "no_duplicate")
      check_open_question(x_.wanted.orders);
    check_absence();
    check_subscription();
    if (is_failure(status))
      for (const auto& s : x_.said)
        if (s.vouches() && s.has({"done", "sent", "settled", "successfully", "refunded",
                                  "cancelled", "on its way"})) {
          object("failed_step", "The step ended as '" + status + "' and nothing was done.");
          break;
        }
  }

  void check_absence() {
    const auto& status = x_.status;
    if (const auto* p = known_.last_declined()) {
      const bool settled = known_.settled_later(*p);
      if ((status == "declined" && settled) || (status == "settled" && !settled))
        object("wrong_state",
               settled ? "A later payment went through." : "No later payment has gone through.");
    }
    if (status != "none")
      return;
    if (x_.asked.starts_with("billing.invoice") && known_.has_paid())
      object("denied_charges", "There are payments, and each has its invoice.");
    if (x_.asked == "refund.track" && !known_.refunds().empty())
      object("denied_charges", "Refund " + known_.refunds().back().id + " is on record.");
  }

  void check_subscription() {
    const bool owes = known_.fee().value_or(0) > 0;
    if ((x_.status == "no_fee" && owes) ||
        (x_.status == "fee" && !owes && x_.data.value("fee_cents", json{}) != 0))
      object("wrong_state",
             owes ? "A yearly term runs, and ending it costs " + dollars(*known_.fee()) + "."
                  : "No yearly term runs, so there is no fee.");
  }

  std::string about() const { return x_.order.empty() ? "" : " for " + x_.order; }

  std::string payment_of_data() const {
    if (!x_.data.contains("transaction_id") && !x_.data.contains("invoice"))
      return {};
    const auto& named = x_.data_only.payments;
    return named.empty() ? std::string{} : *named.begin();
  }

  static bool is_failure(const std::string& status) {
    return status == "failed" || status == "error" || status == "unavailable" ||
           status == "timeout" || status == "not_found" || status == "needs_input";
  }

  // -- what it says is not there ---------------------------------------------

  void check_open_question(const std::set<std::string>& references) {
    // Whoever says that something is pending has not denied it.
    if (holds_any(x_.low, {"pending", "not settled", "unsettled", "authorisation"}))
      return;
    std::set<std::string> own;
    for (const auto& id : references)
      if (known_.order(id))
        own.insert(id);
    if (const auto open = known_.open_question(own); !open.empty())
      object("denied_charges", "It is not clear that nothing was taken twice: " + open + ".");
  }

  void check_denials(const sentence& s) {
    const bool only_once = s.has({"only one", "exactly once", "paid once", "taken once"});
    if ((s.denies || only_once) && s.has({"charge*", "payment*", "paid", "billed", "taken"}) &&
        (only_once || s.has({"duplicate*", "twice", "second", "double", "no charges", "unusual"})))
      check_open_question(s.names.orders);
    if (s.denies && known_.last_declined() &&
        (s.has({"no declined", "not declined", "never declined", "not been declined"}) ||
         (s.has({"none", "no payment"}) && s.has({"declined"}))))
      object("denied_charges", "Payment " + known_.last_declined()->id + " was declined.");
    if (s.denies &&
        s.has({"no invoice", "nothing has been billed", "nothing was billed", "never billed",
               "no payment on", "no payments"}) &&
        known_.has_paid())
      object("denied_charges", "There are payments, and each has its invoice.");
    if (s.has({"no refund", "no refunds"}) && !known_.refunds().empty())
      object("denied_charges", "Refund " + known_.refunds().back().id + " is on record.");
    if (s.has({"no fee", "without a fee", "free of charge"}) && !s.has({"if", "when"}) &&
        known_.fee().value_or(0) > 0)
      object("wrong_state",
             "A yearly term runs, and ending it costs " + dollars(*known_.fee()) + ".");
  }

  // -- what it says has been done --------------------------------------------

  void check_promises(const sentence& s) {
    if (!s.vouches() || x_.data.value("source", json{}) == "rules")
      return;
    const bool of_invoice = s.has({"invoice*", "inv-*"});
    if (of_invoice) {
      if (!s.has({"on its way", "sent", "mailed"}))
        return;
      const auto& named = s.names.payments;
      if (!known_.was_mailed(named.empty() ? payment_of_data() : *named.begin()))
        object("unkept_promise", "No such invoice has been sent.");
      return;
    }
    if (says_money_went_back(s))
      check_refund(s);
    if (s.has({"ended", "terminated", "closed", "cancelled"}) &&
        s.has({"subscription", "contract", "account"}))
      object("unkept_promise", "No end of the subscription is on record.");
  }

  static bool says_money_went_back(const sentence& s) {
    if (s.has({"refunded", "refunding", "have issued", "has been issued", "been credited",
               "being credited", "refund was approved"}))
      return true;
    const bool money = s.has({"refund*", "money", "credit*"}) || !s.names.amounts.empty();
    return money && s.has({"on its way", "on the way", "will be returned", "being returned",
                           "goes back", "going back", "will be back", "will get", "get your",
                           "went to your", "went out", "left us", "comes back to you"});
  }

  void check_refund(const sentence& s) {
    const auto orders = orders_in(s);
    const bool matches = any_refund([&](const returned& r) {
      if (!orders.empty() && !orders.contains(r.reference))
        return false;
      // Goods that have not come back hold the money up.
      if (r.status != "issued" && !s.has({"noted", "already"}))
        return false;
      const auto theirs = known_.amounts_of(r.id);
      return s.names.amounts.empty() ||
             std::any_of(s.names.amounts.begin(), s.names.amounts.end(),
                         [&](cents amount) { return theirs.contains(amount); });
    });
    if (!matches)
      object("unkept_promise",
             "It says that money went back, and no refund on record is that one.");
  }

  // -- how its orders are -----------------------------------------------------

  void check_orders(const sentence& s) {
    if (s.depends)
      return;
    for (const auto& id : orders_in(s)) {
      const auto& o = *known_.order(id);
      if (s.denies) {
        if (s.has({"not been paid", "not paid", "never paid"}) && known_.has_paid(id))
          object("wrong_state", "Order " + id + " has been paid.");
        if (s.has({"not left us", "not been shipped"}) && o.status != "placed" &&
            o.status != "packed")
          object("wrong_state", "Order " + id + " is " + o.status + ".");
      } else {
        check_state(s, o);
      }
      if (s.has({"any more", "is over", "too late", "no longer possible"}) && o.return_until &&
          known_.today() <= *o.return_until)
        object("wrong_state",
               "Order " + id + " can be returned until " + in_words(*o.return_until) + ".");
    }
    const auto* p = known_.last_declined();
    if (p && s.vouches() && s.has({"still open", "is open", "unpaid"}) && known_.settled_later(*p))
      object("wrong_state", "A later payment went through.");
  }

  void check_state(const sentence& s, const ordered& o) {
    const auto is_not = [&](const char* status) { return o.status != status; };
    if (s.has({"cancelled", "cancelling", "canceled"}) && is_not("cancelled"))
      object(x_.after_failure ? "failed_step" : "unkept_promise",
             "Order " + o.id + " is " + o.status + " and not cancelled.");
    const bool of_money = s.has({"refund*", "money", "credit*"}) || !s.names.amounts.empty();
    if ((s.has({"been delivered", "was delivered", "has arrived"}) && is_not("delivered")) ||
        (!of_money && s.has({"on its way", "been shipped", "was shipped"}) && is_not("shipped") &&
         is_not("delivered")) ||
        (s.has({"is packed", "been packed"}) && is_not("packed")))
      object("wrong_state", "Order " + o.id + " is " + o.status + ".");
  }

  const reviewed& x_;
  const books& known_;
  objections& out_;
};

} // namespace

void check_statements(const reviewed& x, const books& known, objections& out) {
  statements{x, known, out}.run();
}

} // namespace troupe::support
