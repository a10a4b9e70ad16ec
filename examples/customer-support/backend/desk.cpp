#include "examples/customer-support/backend/desk.hpp"

#include <cstdlib>
#include <stdexcept>

namespace troupe::support {

std::optional<day> configured_today(const json& options) {
  std::string text;
  if (options.is_object() && options.contains("today"))
    text = options["today"].is_string() ? options["today"].get<std::string>()
                                        : options["today"].dump();
  else if (const char* env = std::getenv("SUPPORT_TODAY"))
    text = env;
  if (text.empty())
    return std::nullopt;
  const auto found = parse_day(text);
  if (!found)
    throw std::invalid_argument{"today: '" + text + "' is no date like 2026-11-21"};
  return found;
}

desk::desk(const std::string& path, services offered, const json& options)
    : db_(path)
    , offered_(std::move(offered))
    , fixed_today_(configured_today(options)) {
  if (!options.is_object())
    return;
  for (const auto& [key, value] : options.items()) {
    if (key == "today")
      continue;
    if (key != "detail")
      throw std::invalid_argument{"options." + key + " is not known; there are detail and today"};
    if (value != "full" && value != "brief")
      throw std::invalid_argument{"options.detail is full or brief"};
    brief_ = value == "brief";
  }
}

namespace {

/// `out`, unless a reviewer has sent just that back already. A desk finds in the records what it
/// finds: to say the same again helps nobody, somebody else has to look. `loop` is what that is,
/// and nobody is asked whether a desk has acted that says so.
outcome unless_sent_back(const agent_call& call, outcome out) {
  const auto& input = call.input;
  if (!out.ok() || !input.is_object() || !input.contains("feedback") ||
      !input.contains("previous") || !input["previous"].is_object())
    return out;
  auto given_on = out.data; // What sets fields of the context is not given on.
  if (given_on.is_object())
    given_on.erase("context");
  for (const auto& [name, before] : input["previous"].items())
    if (before.is_object() && before.contains("data") && before["data"] == given_on)
      return outcome::of(
          {reason::loop, "the records say nothing else than the answer that was sent back", {}});
  return out;
}

} // namespace

outcome desk::operator()(const agent_call& call, std::stop_token stop) {
  const std::lock_guard lock{mutex_};
  // Whoever waited for the lock may have been given up meanwhile; better no effect than one that
  // nobody hears of.
  if (stop.stop_requested())
    return outcome::of({reason::cancelled, "stopped before it began"});
  try {
    return serve(call);
  } catch (const database_error& e) {
    return outcome::of({reason::unavailable, std::string{"support database: "} + e.what(),
                        e.busy ? milliseconds{500} : milliseconds{5000}});
  }
}

outcome desk::serve(const agent_call& call) {
  const auto found = offered_.find(call.skill);
  if (found == offered_.end())
    return outcome::of({reason::invalid_input, "this desk does not offer '" + call.skill + "'"});
  const auto& what = found->second;
  const auto id = customer_of(call);
  const auto known = find_client(db_, id);
  if (!known && !what.strangers) {
    if (id.empty())
      return ask_for("customer_id",
                     "I can look into this as soon as I know who you are: please tell "
                     "me your customer number (it looks like C-1001 and stands on every "
                     "invoice).");
    return ask_for("customer_id",
                   "I can't find the customer number " + id +
                       ". Could you check it? It looks like C-1001 and stands on every invoice.");
  }
  const client who = known.value_or(client{});
  const counter at{db_, call, who, fixed_today_.value_or(system_today()), brief_};
  return what.writes ? once(what, at) : unless_sent_back(call, what.serve(at));
}

outcome desk::once(const service& what, const counter& at) {
  if (at.call.idempotency_key.empty())
    return outcome::of({reason::invalid_input, "'" + at.call.skill + "' needs an idempotency key"});
  // With the customer in it, a key that is used for another customer by mistake can't show this
  // one's answer.
  const auto key = at.call.skill + '/' + at.who.id + '/' + at.call.idempotency_key;
  transaction all{db_};
  auto before = db_.ask("SELECT reply FROM effects WHERE idempotency_key = ?", key);
  if (before.next()) {
    const auto stored = json::parse(before.text(0));
    return reply(stored.at("text"), stored.at("data"), stored.at("confidence"));
  }
  auto out = unless_sent_back(at.call, what.serve(at));
  if (!out.ok())
    return out;
  const json stored{{"text", out.text}, {"data", out.data}, {"confidence", out.confidence}};
  db_.ask("INSERT INTO effects VALUES (?, ?, ?)", key, stored.dump(), iso(at.today)).run();
  all.commit();
  return out;
}

} // namespace troupe::support
