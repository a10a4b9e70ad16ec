#include "actors/fleet_keeper.hpp"

#include "policies/deadline.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace troupe {

// From a proposal to its being active, or refused for all.

namespace {

constexpr milliseconds decide_most{60000}; ///< for all nodes to be ready, training included
constexpr milliseconds abandoned{75000};   ///< then anybody may refuse it
constexpr milliseconds agents_most{20000}; ///< for new agents to come up

/// `name`: with its replica and version.
std::string file_of_agent(const std::string& name) {
  const auto slash = name.rfind('/');
  const auto end = name.find_first_of("#@", slash);
  return name.substr(0, slash) + "/agents" + name.substr(slash, end - slash) + ".yaml";
}

} // namespace

fleet_version_ptr make_stored_version(const stored_version& row, const std::string& content,
                                      const fleet_keeper_config& with) {
  if (content.empty())
    throw std::runtime_error{"its content is not in the store"};
  auto loaded = with.load(content);
  if (!loaded.fleet)
    throw std::runtime_error{loaded.errors.empty() ? "its folder cannot be read"
                                                   : to_string(loaded.errors.front())};
  use_about(*loaded.fleet, row.about);
  return with.make(std::move(loaded), row.number, row.digest);
}

json to_json(const fleet_change& x) {
  json out = json::object();
  const auto add = [&](const char* key, const std::vector<std::string>& names) {
    if (!names.empty())
      out[key] = names;
  };
  add("domainsAdded", x.domains_added);
  add("domainsRemoved", x.domains_removed);
  add("domainsChanged", x.domains_changed);
  add("agentsAdded", x.agents_added);
  add("agentsRemoved", x.agents_removed);
  add("agentsChanged", x.agents_changed);
  if (x.entry_changed)
    out["entryChanged"] = true;
  if (x.humans_changed)
    out["humansChanged"] = true;
  if (x.budgets_changed)
    out["budgetsChanged"] = true;
  return out;
}

std::string about_text(const fleet_spec& fleet, const fleet_change& change, const std::string& by) {
  json out{{"since", numbers_of(fleet)}, {"change", to_json(change)}};
  if (!by.empty())
    out["by"] = by;
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

void use_about(fleet_spec& fleet, const std::string& about) {
  agents_since since;
  const auto x = json::parse(about, nullptr, false);
  if (x.is_object() && x.contains("since") && x["since"].is_object())
    for (const auto& [agent, number] : x["since"].items())
      if (number.is_number_unsigned())
        since.emplace(agent, number.get<std::uint64_t>());
  use_numbers(fleet, since);
}

void fleet_keeper_state::look_at_proposal(const stored_version& x) {
  const auto now = parts_->now(self_);
  const auto living = members();
  const bool mine = wish_ && wish_->number == x.number;
  const auto lives = [&](const std::string& node) {
    return std::find(living.begin(), living.end(), node) != living.end();
  };
  if (!lives(me()))
    return; // This node does not know yet who takes part.
  proposal_decision decision;
  if (mine) {
    std::vector<version_answer> said;
    for (const auto& n : table_.said)
      if (n.answered == x.number)
        said.push_back({n.node, n.ready, n.refused});
    decision = decide_proposal(living, said, std::chrono::duration_cast<milliseconds>(now - x.at),
                               decide_most);
  } else if (x.node == me() || !lives(x.node) || later(x.at, abandoned) <= now) {
    // Nobody can say what the one was told who asked for it.
    decision = {proposal_verdict::refuse, "node " + x.node + ", which proposed it, has ended"};
  }
  if (decision.what != proposal_verdict::wait) {
    if (asking_)
      return; // At the next look.
    ask([number = x.number, decision, now](version_table& table) -> answer {
      table.decide(number, decision.what == proposal_verdict::activate, decision.why, now);
      return [](fleet_keeper_state& keeper) { keeper.look(); };
    });
    return;
  }
  if (saying_.answered != x.number && (!preparing_ || preparing_->number != x.number)) {
    saying_.answered = x.number;
    saying_.ready = false;
    saying_.refused.clear();
    get_ready(x);
  }
}

void fleet_keeper_state::get_ready(const stored_version& x) {
  preparing_.emplace(getting_ready{x.number, nullptr, later(parts_->now(self_), decide_most)});
  ask(
      [row = x](version_table& table) -> answer {
        auto content = std::make_shared<const std::string>(table.content(row.number));
        return [row, content](fleet_keeper_state& keeper) { keeper.load_version(row, content); };
      },
      [number = x.number](fleet_keeper_state& keeper) { keeper.not_ready_yet(number); });
}

void fleet_keeper_state::not_ready_yet(std::uint64_t number) {
  if (!preparing_ || preparing_->number != number || preparing_->made)
    return;
  preparing_.reset();
  // The next look finds that nothing has been said of it.
  if (saying_.answered == number)
    saying_.answered = 0;
}

void fleet_keeper_state::load_version(const stored_version& row,
                                      const std::shared_ptr<const std::string>& content) {
  const auto to = caf::actor_cast<caf::actor_addr>(self_);
  self_->send(clerk_, version_job{[to, row, content, with = config_] {
                fleet_version_ptr made;
                std::string why;
                try {
                  made = make_stored_version(row, *content, with);
                } catch (const std::exception& e) {
                  why = e.what();
                }
                if (auto keeper = caf::actor_cast<caf::actor>(to))
                  caf::anon_send(keeper, at_fleet_keeper{[number = row.number, made,
                                                          why](fleet_keeper_state& k) {
                                   k.on_loaded(number, made, why);
                                 }});
              }});
}

void fleet_keeper_state::on_loaded(std::uint64_t number, fleet_version_ptr made,
                                   const std::string& why) {
  if (!preparing_ || preparing_->number != number)
    return;
  if (!made) {
    parts_->log->error("fleet: version {} cannot be used here: {}", number, why);
    on_ready(number, parts_->without_secrets(why));
    return;
  }
  parts_->versions->put(made);
  config_.follow(self_);
  preparing_->made = std::move(made);
  preparing_->until = later(parts_->now(self_), agents_most);
  look_at_agents();
}

void fleet_keeper_state::look_at_agents() {
  if (!preparing_ || !preparing_->made)
    return;
  // Those that are as they were before run already, or are down for reasons of their own.
  std::string absent, told;
  for (const auto& place : parts_->places->all(address_kind::agent)) {
    const auto& spec = place->spec();
    if (!spec || spec->since != preparing_->number || place->now_for() == duty::stopped)
      continue;
    if (const auto why = place->hopeless(); !why.empty())
      return on_ready(preparing_->number, "agents do not start: " + place->where().name + " (" +
                                              file_of_agent(place->where().name) + ": " + why +
                                              ")");
    const auto state = place->state.load(std::memory_order_relaxed);
    if (state != health::down && (state != health::quarantined || place->now().handle))
      continue;
    absent += (absent.empty() ? "" : ", ") + place->where().name;
    // Replicas mostly fail alike: once is enough.
    if (auto why = place->absent_why(); !why.empty() && why != told) {
      absent += " (" + why + ")";
      told = std::move(why);
    }
  }
  if (absent.empty())
    on_ready(preparing_->number, {});
  else if (preparing_->until <= parts_->now(self_))
    on_ready(preparing_->number, "agents do not start: " + absent);
}

void fleet_keeper_state::on_ready(std::uint64_t number, const std::string& why) {
  preparing_.reset();
  if (!why.empty())
    failed_.insert(number);
  if (saying_.answered == number) {
    saying_.ready = why.empty();
    saying_.refused = why;
    say();
  }
}

} // namespace troupe
