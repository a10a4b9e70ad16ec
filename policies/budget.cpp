#include "policies/budget.hpp"

#include <algorithm>
#include <cstdio>

namespace troupe {

namespace {

using days = std::chrono::duration<std::int64_t, std::ratio<86400>>;

/// A part of an account's name that was chosen by somebody outside.
std::string escaped_part(std::string_view x) {
  std::string out;
  out.reserve(x.size());
  for (const char c : x) {
    if (c == ':' || c == '%')
      out += c == ':' ? "%3A" : "%25";
    else
      out += c;
  }
  return out;
}

} // namespace

std::string_view root_of(std::string_view id) noexcept {
  return id.substr(0, id.find('.'));
}

budget_party party_of(const task_ptr& about, std::string domain) {
  budget_party out;
  out.domain = std::move(domain);
  if (!about)
    return out;
  out.task = root_of(about->id);
  out.session = about->context_id;
  out.customer = about->who.id;
  return out;
}

std::string workflow_of(const task_ptr& about, std::string_view domain, std::string_view skill) {
  std::string out{domain};
  if (about && !about->path.empty())
    out = about->path.front().substr(0, about->path.front().find(':'));
  else if (about)
    out = about->domain;
  if (!skill.empty())
    out.append("/").append(skill);
  return out;
}

std::int64_t day_of(timestamp now, std::chrono::minutes offset) noexcept {
  return std::chrono::floor<days>(now.time_since_epoch() + offset).count();
}

timestamp end_of_day(timestamp now, std::chrono::minutes offset) noexcept {
  return timestamp{
      std::chrono::duration_cast<microseconds>(days{day_of(now, offset) + 1} - offset)};
}

// Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days.
std::string day_text(std::int64_t day) {
  const auto z = day + 719468;
  const auto era = (z >= 0 ? z : z - 146096) / 146097;
  const auto doe = z - era * 146097;
  const auto yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const auto doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const auto mp = (5 * doy + 2) / 153;
  const auto d = doy - (153 * mp + 2) / 5 + 1;
  const auto m = mp < 10 ? mp + 3 : mp - 9;
  const auto y = yoe + era * 400 + (m <= 2 ? 1 : 0);
  char out[64];
  std::snprintf(out, sizeof out, "%04lld-%02lld-%02lld", static_cast<long long>(y),
                static_cast<long long>(m), static_cast<long long>(d));
  return out;
}

budget_account day_account(const std::string& of, const budget_amount& limit,
                           std::chrono::minutes offset, timestamp now) {
  const auto ends = end_of_day(now, offset);
  return {
      "day:" + day_text(day_of(now, offset)) + ":" + of, budget_scope::day, of, limit, ends, ends};
}

void add_accounts(std::vector<budget_account>& to, const std::string& of,
                  const budget_limits& limits, std::chrono::minutes offset, const budget_party& who,
                  timestamp now) {
  const auto ends = end_of_day(now, offset);
  const auto add = [&](budget_scope scope, const budget_amount& limit, std::string name) {
    const bool daily = scope == budget_scope::customer;
    if (limit.limits())
      to.push_back({std::move(name), scope, of, limit, daily ? ends : timestamp::max(),
                    daily ? ends : now + budget_kept});
  };
  if (!who.task.empty())
    add(budget_scope::task, limits.task, "task:" + of + ":" + escaped_part(who.task));
  if (!who.session.empty())
    add(budget_scope::session, limits.session, "session:" + of + ":" + escaped_part(who.session));
  const auto today = day_text(day_of(now, offset));
  if (!who.customer.empty()) {
    const auto own = limits.customers.find(who.customer);
    add(budget_scope::customer, own == limits.customers.end() ? limits.customer : own->second,
        "customer:" + today + ":" + of + ":" + escaped_part(who.customer));
  }
  if (limits.day.limits())
    to.push_back(day_account(of, limits.day, offset, now));
}

usage most_of(const model_request& what, const model_spec& model) {
  std::size_t bytes = 0;
  for (const auto& m : what.messages) {
    bytes += m.text.size() + 32; // its role, and what stands between messages
    for (const auto& call : m.calls)
      bytes += call.name.size() + as_text(call.arguments).size() + 32;
  }
  for (const auto& tool : what.tools)
    bytes += tool.name.size() + tool.description.size() + as_text(tool.parameters).size() + 64;
  if (!what.schema.is_null())
    bytes += as_text(what.schema).size();
  const auto output =
      what.max_output == 0 ? model.max_output : std::min(what.max_output, model.max_output);
  const std::uint64_t input = std::min<std::uint64_t>((bytes + 1) / 2, model.context_tokens);
  return {input, output, model.most_micros(input, output), 1};
}

usage charge_of(const model_reply& reply, const usage& most) {
  if (reply.uncounted())
    return most;
  const bool counted = reply.used.input_tokens + reply.used.output_tokens > 0;
  if (reply.unsent || (!reply.ok() && !counted))
    return {};
  auto out = reply.used;
  out.calls = 1;
  return out;
}

std::size_t cheaper_model(const std::vector<const model_spec*>& models, std::size_t at,
                          std::size_t declared) noexcept {
  if (declared < models.size())
    return declared;
  const auto price = [&](std::size_t i) {
    return models[i]->input_price + models[i]->output_price;
  };
  auto best = at;
  for (auto i = at; i < models.size(); ++i)
    if (price(i) < price(best))
      best = i;
  return best;
}

std::string words_of(const budget_account& x) {
  const auto in = x.of.empty() ? std::string{"the fleet"} : x.of;
  switch (x.scope) {
  case budget_scope::task:
    return "a task in " + in;
  case budget_scope::session:
    return "a session in " + in;
  case budget_scope::customer:
    return "the customer's day in " + in;
  case budget_scope::day:
    break;
  }
  return "the day of " + in;
}

} // namespace troupe
