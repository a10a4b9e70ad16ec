#include "nodes/cost_report.hpp"

#include "actors/budget_book.hpp"
#include "actors/journal_messages.hpp"
#include "actors/node_parts.hpp"
#include "nodes/time_text.hpp"
#include "policies/budget.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

namespace troupe {

namespace {

using part_key = std::array<std::string, cost_parts>;

struct sums {
  usage used;
  std::uint64_t estimated = 0;
  std::uint64_t before = 0;
};

/// Without the parts that were not asked for: the store tells domains apart in any case.
part_key key_of(const cost_row& row, const std::vector<cost_part>& by) {
  part_key out;
  for (const auto x : by)
    out[static_cast<std::size_t>(x)] = row.of(x);
  return out;
}

double in_units(std::uint64_t micros) {
  return static_cast<double>(micros) / 1e6;
}

void put_usage(json& out, const sums& x) {
  out["calls"] = x.used.calls;
  out["input_tokens"] = x.used.input_tokens;
  out["output_tokens"] = x.used.output_tokens;
  out["cost"] = in_units(x.used.cost_micros);
  out["cost_before"] = in_units(x.before);
  if (x.used.cached_tokens > 0)
    out["cached_tokens"] = x.used.cached_tokens;
  if (x.used.cache_write_tokens > 0)
    out["cache_write_tokens"] = x.used.cache_write_tokens;
  if (x.estimated > 0)
    out["estimated_calls"] = x.estimated;
}

json limit_json(const budget_slices::view& x, const std::vector<budget_book::pause>& pauses) {
  json out{{"scope", to_string(x.what.scope)}, {"domain", x.what.of}, {"account", x.what.name}};
  for (std::size_t i = 0; i < budget_units; ++i) {
    if (x.what.limit[i] >= no_limit)
      continue;
    const auto name = std::string{enum_names<budget_unit>::value[i]};
    const auto shown = [&](std::int64_t n) {
      return i == static_cast<std::size_t>(budget_unit::cost) ? json(static_cast<double>(n) / 1e6)
                                                              : json(n);
    };
    out["limit"][name] = shown(x.what.limit[i]);
    out["used"][name] = shown(x.used[i]);
    if (x.held[i] > 0)
      out["held"][name] = shown(x.held[i]);
  }
  for (const auto& p : pauses)
    if (p.account == x.what.name)
      out["paused_until"] = time_text(p.until);
  return out;
}

} // namespace

void read_costs_of(const parts_ptr& parts, caf::actor_system& sys, const cost_question& what,
                   client::reply<cost_answer> then) {
  auto found = std::make_shared<cost_answer>();
  if (parts->budgets)
    for (const auto& x : parts->budgets->limits())
      if (is_within(x.what.of, what.asked.within))
        found->limits.push_back(limit_json(x, parts->budgets->pauses()));
  const auto place = parts->places->find({address_kind::node, parts->fleet.node_id + "/journal"});
  if (!place)
    return then({}, {refusal::invalid_request, "this node stores nothing", {}});
  const auto journal = place->now().handle;
  if (!journal)
    return then({}, {refusal::busy, "the journal is being restarted", milliseconds{1000}});
  // A short-lived actor waits for the journal, so that nobody waits longer than was said.
  sys.spawn([parts, journal, what, found, then = std::move(then)](caf::event_based_actor* self) {
    guard(self, parts, "whoever reads what was spent");
    self->request(journal, client::request_timeout, journal_ask{[what, found](store& where) {
                    found->rows = where.costs(what.asked);
                    auto before = what.asked;
                    before.until = what.asked.since;
                    before.since = what.asked.since - (what.asked.until - what.asked.since);
                    // A day has no namesake in another period.
                    if (std::find(before.by.begin(), before.by.end(), cost_part::day) ==
                        before.by.end())
                      found->before = where.costs(before);
                  }})
        .then([then, found] { then(std::move(*found), {}); },
              [then](const caf::error&) {
                then({}, {refusal::timeout, "the store does not answer", {}});
              });
  });
}

json cost_json(const cost_question& asked, const cost_answer& said) {
  std::map<part_key, sums> all;
  sums total;
  for (const auto& row : said.rows) {
    auto& x = all[key_of(row, asked.asked.by)];
    x.used += row.used;
    x.estimated += row.estimated;
    total.used += row.used;
    total.estimated += row.estimated;
  }
  for (const auto& row : said.before) {
    total.before += row.used.cost_micros;
    if (const auto hit = all.find(key_of(row, asked.asked.by)); hit != all.end())
      hit->second.before += row.used.cost_micros;
  }
  std::vector<std::pair<part_key, sums>> rows{all.begin(), all.end()};
  // Days come in their order, everything else by what it cost.
  if (asked.asked.by != std::vector<cost_part>{cost_part::day})
    std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
      return a.second.used.cost_micros > b.second.used.cost_micros;
    });
  json out{{"since", time_text(asked.asked.since)},
           {"until", time_text(asked.asked.until)},
           {"by", json::array()},
           {"rows", json::array()},
           {"limits", said.limits}};
  for (const auto x : asked.asked.by)
    out["by"].push_back(to_string(x));
  for (const auto& [key, x] : rows) {
    if (out["rows"].size() >= asked.most) {
      out["cut"] = true;
      break;
    }
    auto row = json::object();
    for (const auto p : asked.asked.by) {
      const auto& text = key[static_cast<std::size_t>(p)];
      row[std::string{to_string(p)}] =
          p == cost_part::day ? day_text(std::atoll(text.c_str())) : text;
    }
    put_usage(row, x);
    out["rows"].push_back(std::move(row));
  }
  out["total"] = json::object();
  put_usage(out["total"], total);
  return out;
}

} // namespace troupe
