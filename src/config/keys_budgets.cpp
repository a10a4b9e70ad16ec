#include "src/config/make_shape.hpp"

namespace troupe::config {

namespace {

using namespace make;

const record& amount_keys() {
  static const record r{"limit",
                        "How much may be used. The first of them that is used up counts.",
                        {{"cost", number(0, 1e9), "in the fleet's currency", "no limit"},
                         {"tokens", integer(0, 1e15), "read and written", "no limit"},
                         {"calls", integer(0, 1e15), "requests to models", "no limit"}},
                        {},
                        {"cost", "tokens", "calls"}};
  return r;
}

std::vector<field> limit_fields() {
  return {{"day", fields(amount_keys),
           "all that is spent on a day; agents that are not `critical` stop when it is used up",
           "none"},
          {"customer", fields(amount_keys), "what is spent for each customer on a day", "none"},
          {"customers", map(text_rule::filled, fields(amount_keys)),
           "the same for single customers, by id", "{}"},
          {"session", fields(amount_keys), "what is spent in a session", "none"},
          {"task", fields(amount_keys),
           "what is spent for a customer's task, with all that is delegated for it", "none"}};
}

} // namespace

const record& budgets_keys() {
  static const record r{"budgets",
                        "Limits on what is spent on models, reserved before each call. A domain's "
                        "hold for it and the domains within it; all that apply are kept.",
                        limit_fields()};
  return r;
}

const record& fleet_budgets_keys() {
  static const record r = [] {
    record out{"fleet budgets", "Limits on what the whole fleet spends on models.", limit_fields()};
    out.fields.push_back({"tight_at", number(0, 1),
                          "from this share of any limit on, agents ask cheaper models and take "
                          "half as many steps",
                          "0.8"});
    out.fields.push_back({"utc_offset", text(text_rule::filled),
                          "how far east of Greenwich days begin at midnight: `+01:00`, `-05:30`; "
                          "it does not follow summer time",
                          "+00:00"});
    return out;
  }();
  return r;
}

} // namespace troupe::config
