#include "examples/customer-support/backend/plans.hpp"

#include "examples/customer-support/backend/money.hpp"

#include <algorithm>

namespace troupe::support {

namespace {

struct plan_info {
  std::string id;
  std::string name;
  int level = 0;
  cents monthly = 0;
  std::vector<std::string> adds; ///< over the plan below it
};

std::vector<plan_info> all_plans(database& db) {
  auto rows = db.ask("SELECT id, name, level, monthly_cents, features FROM plans ORDER BY level");
  std::vector<plan_info> out;
  while (rows.next())
    out.push_back({rows.text(0), rows.text(1), static_cast<int>(rows.number(2)), rows.number(3),
                   json::parse(rows.text(4)).get<std::vector<std::string>>()});
  return out;
}

struct held {
  std::string plan;
  cents price = 0;
  billing_cycle cycle;
  std::string term;
  std::string term_ends;
  std::string next_plan; ///< booked for the end of the cycle; empty if none
  std::string next_from;
};

std::optional<held> subscription(const counter& at, const std::vector<plan_info>& plans) {
  auto row = at.db.ask("SELECT plan_id, price_cents, billing_day, term, term_ends, next_plan_id, "
                       "next_plan_from FROM "
                       "subscriptions WHERE customer_id = ?",
                       at.who.id);
  if (!row.next())
    return std::nullopt;
  held out{row.text(0), row.number(1), cycle_at(at.today, static_cast<int>(row.number(2))),
           row.text(3), row.text(4),   row.text(5),
           row.text(6)};
  // A booked change takes effect by its date alone; nobody has to come along and make it.
  if (const auto from = parse_day(out.next_from); from && *from <= at.today) {
    for (const auto& p : plans)
      if (p.id == out.next_plan) {
        out.plan = p.id;
        out.price = p.monthly;
      }
    out.next_plan.clear();
    out.next_from.clear();
  }
  return out;
}

const plan_info& plan_named(const std::vector<plan_info>& plans, const std::string& id) {
  for (const auto& p : plans)
    if (p.id == id)
      return p;
  throw database_error{"plan '" + id + "' is missing from the price list", false};
}

/// The plan that the call names other than `now`: `input.plan`, or words of the text. With `up`,
/// the highest of several, otherwise the lowest: "from pro to enterprise" and "down from business
/// to pro" then both mean their ends.
const plan_info* wanted(const counter& at, const std::vector<plan_info>& plans,
                        const plan_info& now, bool up) {
  const plan_info* found = nullptr;
  const auto& input = at.call.input;
  for (const auto& p : plans) {
    if (input.is_object() && input.contains("plan") && input["plan"] == p.id)
      return &p;
    if (p.id == now.id || !says(at.call.text, {p.id}))
      continue;
    if (!found || up)
      found = &p;
  }
  return found;
}

/// Whether the call speaks of going to the plan that the customer is on.
bool stays_on(const counter& at, const plan_info& now) {
  const auto to = "to " + now.id, to_the = "to the " + now.id;
  return says(at.call.text, {to, to_the});
}

outcome on_it_already(const plan_info& now) {
  return reply("You are on " + now.name + " already.",
               {{"status", "already_there"}, {"current_plan", now.id}}, 0.9);
}

outcome no_subscription() {
  return reply("There is no subscription on your account yet. Choose a plan at "
               "larkfield.example/plans and it starts today.",
               {{"status", "no_subscription"}}, 0.8);
}

} // namespace

outcome quote_upgrade(const counter& at) {
  const auto plans = all_plans(at.db);
  const auto has = subscription(at, plans);
  if (!has)
    return no_subscription();
  const auto& now = plan_named(plans, has->plan);
  const auto* to = wanted(at, plans, now, true);
  if (!to && stays_on(at, now))
    return on_it_already(now);
  if (!to && now.level + 1 < static_cast<int>(plans.size()))
    to = &plans[static_cast<std::size_t>(now.level) + 1];
  if (!to)
    return reply("You already have " + now.name + ", our largest plan.",
                 {{"status", "highest"}, {"current_plan", now.id}}, 0.9);
  if (to->level <= now.level)
    return reply(to->name + " is smaller than your plan, " + now.name +
                     ". If you want to move down to it, say so: it then "
                     "takes effect on " +
                     in_words(has->cycle.end) + '.',
                 {{"status", "not_higher"}, {"current_plan", now.id}, {"proposed_plan", to->id}},
                 0.8);
  const int left = has->cycle.days_left(at.today);
  const cents cost = prorated(to->monthly - has->price, left, has->cycle.days());
  std::vector<std::string> features;
  for (int level = to->level; level > now.level; --level)
    for (const auto& f : plans[static_cast<std::size_t>(level)].adds)
      // Seats grow from plan to plan: only the new number counts.
      if (level == to->level || !f.ends_with(" seats"))
        features.push_back(f);
  const auto valid = at.today + std::chrono::days{quote_valid_days};
  at.db
      .ask("UPDATE quotes SET status = 'superseded' WHERE customer_id = ? AND status = 'open'",
           at.who.id)
      .run();
  at.db
      .ask("INSERT INTO quotes (idempotency_key, customer_id, plan_id, prorated_cents, quoted_on, "
           "valid_until, status) "
           "VALUES (?, ?, ?, ?, ?, ?, 'open')",
           at.call.idempotency_key, at.who.id, to->id, cost, iso(at.today), iso(valid))
      .run();
  auto id = at.db.ask("SELECT last_insert_rowid()");
  id.next();
  return reply("Regarding the " + to->name +
                   " upgrade, the prorated cost for the remainder of your billing cycle is " +
                   dollars(cost) + ", which adds " + listed(features) +
                   ". Would you like to proceed?",
               {{"status", "quoted"},
                {"quote_id", "Q-" + std::to_string(id.number(0))},
                {"valid_until", iso(valid)},
                {"current_plan", now.id},
                {"proposed_plan", to->id},
                {"prorated_cost", dollars(cost)},
                {"prorated_cents", cost},
                {"monthly_price", dollars(to->monthly)},
                {"days_left", left},
                {"days_in_cycle", has->cycle.days()},
                {"features_added", features}});
}

outcome confirm_quote(const counter& at) {
  auto quote = at.db.ask("SELECT id, plan_id, prorated_cents, valid_until FROM quotes WHERE "
                         "customer_id = ? AND status = "
                         "'open' ORDER BY id DESC LIMIT 1",
                         at.who.id);
  if (!quote.next())
    return ask_for("quote", "There is no open quote to accept. Tell me which plan you would like "
                            "and I work out the price.");
  if (const auto until = parse_day(quote.text(3)); !until || at.today > *until)
    return ask_for("quote", "The quote could be accepted until " + quote.text(3) +
                                ". Ask for the upgrade again and I work out today's price.");
  const auto plans = all_plans(at.db);
  const auto has = subscription(at, plans);
  if (!has)
    return no_subscription();
  const auto& to = plan_named(plans, quote.text(1));
  const cents cost = quote.number(2);
  at.db
      .ask("UPDATE subscriptions SET plan_id = ?, price_cents = ?, next_plan_id = NULL, "
           "next_plan_from = NULL WHERE "
           "customer_id = ?",
           to.id, to.monthly, at.who.id)
      .run();
  at.db
      .ask("INSERT INTO adjustments (idempotency_key, customer_id, amount_cents, cause, made_on) "
           "VALUES (?, ?, ?, ?, ?)",
           at.call.idempotency_key, at.who.id, cost, "upgrade to " + to.id, iso(at.today))
      .run();
  at.db.ask("UPDATE quotes SET status = 'accepted' WHERE id = ?", quote.number(0)).run();
  return reply("Done: you are on " + to.name + " from now on. The prorated " + dollars(cost) +
                   " goes on your invoice of " + in_words(has->cycle.end) +
                   "; from then on the plan costs " + dollars(to.monthly) + " a month.",
               {{"status", "upgraded"},
                {"quote_id", "Q-" + std::to_string(quote.number(0))},
                {"previous_plan", has->plan},
                {"current_plan", to.id},
                {"prorated_cost", dollars(cost)},
                {"prorated_cents", cost},
                {"monthly_price", dollars(to.monthly)},
                {"invoiced_on", iso(has->cycle.end)}});
}

outcome book_downgrade(const counter& at) {
  const auto plans = all_plans(at.db);
  const auto has = subscription(at, plans);
  if (!has)
    return no_subscription();
  const auto& now = plan_named(plans, has->plan);
  const auto* to = wanted(at, plans, now, false);
  if (!to && stays_on(at, now))
    return on_it_already(now);
  if (!to && now.level > 0)
    to = &plans[static_cast<std::size_t>(now.level) - 1];
  if (!to)
    return reply("You are on " + now.name + ", our smallest plan.",
                 {{"status", "lowest"}, {"current_plan", now.id}}, 0.9);
  if (to->level >= now.level)
    return reply(to->name + " is larger than your plan, " + now.name +
                     ". Ask for the upgrade and I work out its price.",
                 {{"status", "not_lower"}, {"current_plan", now.id}, {"proposed_plan", to->id}},
                 0.8);
  // A yearly term is kept until it ends; other plans change with the next cycle.
  auto from = has->cycle.end;
  if (const auto ends = parse_day(has->term_ends); has->term == "annual" && ends && *ends > from)
    from = *ends;
  if (only_asks(at.call.text))
    return reply("You can move from " + now.name + " to " + to->name + " on " + in_words(from) +
                     "; until then you keep all you have, and from then on it costs " +
                     dollars(to->monthly) +
                     " a month. Nothing has been done so far: write \"downgrade to " + to->id +
                     "\" if you want that.",
                 {{"status", "offered"},
                  {"current_plan", now.id},
                  {"proposed_plan", to->id},
                  {"from", iso(from)},
                  {"monthly_price", dollars(to->monthly)}},
                 0.9);
  at.db
      .ask("UPDATE subscriptions SET plan_id = ?, price_cents = ?, next_plan_id = ?, "
           "next_plan_from = ? WHERE customer_id "
           "= ?",
           now.id, has->price, to->id, iso(from), at.who.id)
      .run();
  return reply("Your plan changes from " + now.name + " to " + to->name + " on " + in_words(from) +
                   "; until then you keep all you have. From that day on it costs " +
                   dollars(to->monthly) + " a month.",
               {{"status", "booked"},
                {"current_plan", now.id},
                {"next_plan", to->id},
                {"from", iso(from)},
                {"monthly_price", dollars(to->monthly)}});
}

outcome plan_status(const counter& at) {
  const auto plans = all_plans(at.db);
  const auto has = subscription(at, plans);
  if (!has)
    return no_subscription();
  const auto& now = plan_named(plans, has->plan);
  std::string text = "You are on " + now.name + " at " + dollars(has->price) + " a month, with " +
                     listed(now.adds) + ". The current cycle ends on " + in_words(has->cycle.end) +
                     " (" + std::to_string(has->cycle.days_left(at.today)) + " days left).";
  json data{{"status", "active"},
            {"current_plan", now.id},
            {"monthly_price", dollars(has->price)},
            {"cycle_ends", iso(has->cycle.end)},
            {"days_left", has->cycle.days_left(at.today)},
            {"term", has->term}};
  if (const auto ends = parse_day(has->term_ends); has->term == "annual" && ends) {
    text += " Your yearly term runs until " + in_words(*ends) + '.';
    data["term_ends"] = has->term_ends;
  }
  if (!has->next_plan.empty()) {
    text +=
        " It changes to " + plan_named(plans, has->next_plan).name + " on " + has->next_from + '.';
    data["next_plan"] = has->next_plan;
    data["next_plan_from"] = has->next_from;
  }
  return reply(std::move(text), std::move(data));
}

} // namespace troupe::support
