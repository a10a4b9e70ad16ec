#include "examples/customer-support/backend/review.hpp"

#include <algorithm>

namespace troupe::support {

namespace {

/// What the plans of the fleet call the step whose answer is reviewed.
constexpr std::string_view draft_step = "draft";
constexpr int depth_max = 8; // of data: what lies deeper is not read

void read_data(const json& value, claims& out, int depth = 0) {
  if (depth > depth_max)
    return;
  if (value.is_string())
    out.add(read_claims(value.get_ref<const std::string&>()));
  else if (value.is_structured())
    for (const auto& inner : value)
      read_data(inner, out, depth + 1);
}

std::string text_at(const json& object, const char* key) {
  return object.is_object() && object.contains(key) && object[key].is_string()
             ? object[key].get<std::string>()
             : std::string{};
}

bool did_not_do_it(const json& result) {
  if (!result.is_object() || !result.contains("data"))
    return false;
  const auto status = text_at(result["data"], "status");
  return status == "failed" || status == "error" || status == "unavailable" ||
         status == "too_late" || status == "not_cancelled" || status == "not_found";
}

reviewed read(const counter& at, const json& candidate) {
  reviewed x;
  const auto& input = at.call.input;
  x.asked = text_at(input, "asked");
  x.request = lower_case(at.call.text);
  x.wanted = read_claims(at.call.text);
  if (const auto order = order_in(at.call.text); !order.empty())
    x.wanted.orders.insert(order);
  x.brought = x.wanted.orders;
  x.brought.insert(text_at(input, "order_id"));
  x.brought.insert(text_at(at.call.context, "order_id"));
  const auto text = text_at(candidate, "text");
  x.low = lower_case(text);
  x.said = sentences_of(text);
  if (candidate.contains("data"))
    x.data = candidate["data"];
  x.status = text_at(x.data, "status");
  x.order = text_at(x.data, "order_id");
  read_data(x.data, x.data_only);
  x.names = x.data_only;
  for (const auto& s : x.said)
    x.names.add(s.names);
  if (const auto previous = input.find("previous");
      previous != input.end() && previous->is_object())
    for (const auto& [name, result] : previous->items()) {
      const auto order = result.is_object() && result.contains("data")
                             ? text_at(result["data"], "order_id")
                             : std::string{};
      // An answer of this very step that was sent back proves nothing.
      if (name != draft_step)
        x.brought.insert(order);
      if (did_not_do_it(result)) {
        x.after_failure = true;
        if (x.order.empty())
          x.order = order;
      }
    }
  return x;
}

outcome verdict(const objections& found, const std::string& praise, double confidence) {
  json list = json::array();
  std::string text;
  for (const auto& o : found) {
    list.push_back({{"kind", o.kind}, {"says", o.says}});
    text += (text.empty() ? "" : " ") + o.says;
    confidence = std::max(confidence, o.sure);
  }
  return reply(found.empty() ? praise : text,
               {{"fits", found.empty()}, {"objections", std::move(list)}}, confidence);
}

} // namespace

outcome review_answer(const counter& at) {
  const auto& input = at.call.input;
  if (!input.is_object() || !input.contains("candidate") || !input["candidate"].is_object())
    return outcome::of({reason::invalid_input, "there is no answer to review: input.candidate"});
  const auto& candidate = input["candidate"];
  // Whatever a desk says names its source; the boundary of the desks sees to it.
  if (!candidate.contains("data") || text_at(candidate["data"], "source").empty())
    return verdict({}, "A person has answered.", 0.95);
  const auto x = read(at, candidate);
  // Somebody is asked who he is: there is nothing yet that could be wrong.
  if (x.data.contains("missing") && x.data["missing"] == json::array({"customer_id"}))
    return verdict({}, "It asks for the customer number.", 0.95);
  const books known{at.db, at.who, at.today};
  objections found;
  check_names(x, known, found);
  check_figures(x, known, found);
  check_statements(x, known, found);
  check_fit(x, known, found);
  return verdict(found, "Nothing in the records speaks against it.", 0.5);
}

} // namespace troupe::support
