#include "actors/fleet_keeper.hpp"

#include "policies/deadline.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace troupe {

// From a wish for a new version to its being active, or refused for all.

namespace {

constexpr milliseconds decide_most{60000}; ///< for all nodes to be ready, training included
constexpr milliseconds abandoned{75000};   ///< then anybody may refuse it
constexpr milliseconds wish_most{90000};
constexpr milliseconds agents_most{20000}; ///< for new agents to come up

std::vector<std::string> agents_that_scale(const fleet_version& before, const fleet_spec& after,
                                           const fleet_change& change) {
  std::vector<std::string> out;
  const auto scales = [](const std::vector<domain_spec>& domains, const std::string& agent) {
    const auto find = [&](const auto& self, const std::vector<domain_spec>& in) -> bool {
      for (const auto& d : in) {
        for (const auto& a : d.agents)
          if (a.scaling && d.path + "/" + a.card.name == agent)
            return true;
        if (self(self, d.domains))
          return true;
      }
      return false;
    };
    return find(find, domains);
  };
  for (const auto* names : {&change.agents_added, &change.agents_removed, &change.agents_changed})
    for (const auto& agent : *names)
      if (scales(before.fleet.domains, agent) || scales(after.domains, agent))
        out.push_back(agent);
  return out;
}

/// What of a change no running node can follow.
std::vector<config::diagnostic> not_while_running(const fleet_version& before,
                                                  const fleet_spec& after,
                                                  const fleet_change& change) {
  std::vector<config::diagnostic> out;
  for (const auto& x : change.needs_restart)
    out.push_back({x.file, 0, 0, x.key,
                   "cannot be changed while nodes run, because " + x.why + ": it takes a restart"});
  for (const auto& agent : agents_that_scale(before, after, change)) {
    const auto slash = agent.rfind('/');
    out.push_back(
        {agent.substr(0, slash) + "/agents" + agent.substr(slash) + ".yaml", 0, 0, "scaling",
         "an agent whose replicas come and go by load cannot be added, changed or removed "
         "while nodes run: it takes a restart"});
  }
  return out;
}

/// Reads and compares what is wanted; `errors`: why it cannot be. Blocks, and throws sentences.
proposed_content propose(std::uint64_t next, const reload_fleet& what, const std::string& whole,
                         const fleet_version& before, const fleet_keeper_config& with,
                         std::vector<config::diagnostic>& errors) {
  proposed_content out;
  out.content = what.content.empty() ? with.own_content() : what.content;
  if (!what.domain.empty())
    out.content = with.with_domain(whole, what.domain, out.content);
  out.row.number = next;
  out.row.digest = with.digest_of(out.content);
  if (out.row.digest == before.digest)
    return out;
  auto loaded = with.load(out.content);
  errors = std::move(loaded.errors);
  if (!loaded.fleet)
    return out;
  std::set<std::string> changed;
  for (const auto& [path, digest] : loaded.files)
    if (const auto hit = before.files.find(path);
        hit == before.files.end() || hit->second != digest)
      changed.insert(path);
  for (const auto& [path, digest] : before.files)
    if (!loaded.files.contains(path))
      changed.insert(path);
  out.change =
      compare_fleets(before.fleet, *loaded.fleet, agents_working_with(*loaded.fleet, changed));
  errors = not_while_running(before, *loaded.fleet, out.change);
  number_agents(before.fleet, *loaded.fleet, out.change, next);
  out.row.about = about_text(*loaded.fleet, out.change, what.by);
  return out;
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

caf::response_promise fleet_keeper_state::on_reload(const reload_fleet& x) {
  auto promise = self_->make_response_promise();
  if (wish_) {
    promise.deliver(fleet_reloaded{
        0,
        {},
        {},
        {refusal::conflict, "another reload is under way at this node", milliseconds{1000}}});
    return promise;
  }
  wish_.emplace(wish{x, promise, 0, {}, later(parts_->now(self_), wish_most)});
  const bool asked = ask([number = parts_->current()->number,
                          part = !x.domain.empty()](version_table& table) -> answer {
    std::uint64_t next = 1;
    for (const auto& v : table.versions())
      next = std::max(next, v.number + 1);
    auto whole = std::make_shared<std::string>(part ? table.content(number) : std::string{});
    return [next, whole](fleet_keeper_state& keeper) { keeper.read_wish(next, std::move(*whole)); };
  });
  if (!asked)
    end_wish(refusal::busy, "the store is out of reach");
  return promise;
}

void fleet_keeper_state::read_wish(std::uint64_t next, std::string whole) {
  if (!wish_ || wish_->number != 0)
    return;
  const auto to = caf::actor_cast<caf::actor_addr>(self_);
  const auto job = [to, next, what = wish_->what, whole = std::move(whole),
                    before = parts_->current(), with = config_, node = me(),
                    now = parts_->now(self_)] {
    fleet_reloaded no;
    auto found = std::make_shared<proposed_content>();
    try {
      *found = propose(next, what, whole, *before, with, no.errors);
      found->row.node = node;
      found->row.at = now;
      if (!no.errors.empty())
        no.why = {refusal::invalid_request, "the folder cannot be used", {}};
    } catch (const std::exception& e) {
      no.why = {refusal::invalid_request, e.what(), {}};
    }
    if (auto keeper = caf::actor_cast<caf::actor>(to))
      caf::anon_send(keeper, at_fleet_keeper{[no, found](fleet_keeper_state& k) {
                       k.on_wish_read(no, found);
                     }});
  };
  self_->send(clerk_, version_job{job});
}

void fleet_keeper_state::on_wish_read(const fleet_reloaded& no,
                                      const std::shared_ptr<const proposed_content>& found) {
  if (!wish_)
    return;
  if (no.why.why != refusal::none)
    return end_wish(no);
  if (found->change.nothing())
    return end_wish({parts_->current()->number, {}, {}, {}});
  wish_->change = found->change;
  ask([found](version_table& table) -> answer {
    const bool taken = table.propose(found->row, found->content);
    return [found, taken](fleet_keeper_state& keeper) {
      if (!keeper.wish_)
        return;
      if (!taken) {
        keeper.end_wish(refusal::conflict, "another version is being made of the fleet");
        return keeper.look();
      }
      keeper.wish_->number = found->row.number;
      keeper.parts_->log->info("fleet: version {} is proposed", found->row.number);
      keeper.look();
    };
  });
}

void fleet_keeper_state::end_wish(fleet_reloaded x) {
  if (x.version == 0)
    parts_->log->warn("fleet: a new version was refused: {}",
                      x.errors.empty() ? x.why.detail : to_string(x.errors.front()));
  auto told = std::move(wish_->told);
  wish_.reset();
  told.deliver(std::move(x));
}

void fleet_keeper_state::end_wish(refusal why, std::string detail) {
  end_wish({0, {}, {}, {why, std::move(detail), {}}});
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
  ask([row = x](version_table& table) -> answer {
    auto content = std::make_shared<const std::string>(table.content(row.number));
    return [row, content](fleet_keeper_state& keeper) { keeper.load_version(row, content); };
  });
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
  std::string absent;
  for (const auto& place : parts_->places->all(address_kind::agent)) {
    const auto& spec = place->spec();
    if (!spec || spec->since != preparing_->number || place->now_for() == duty::stopped)
      continue;
    const auto state = place->state.load(std::memory_order_relaxed);
    if (state == health::down || (state == health::quarantined && !place->now().handle))
      absent += (absent.empty() ? "" : ", ") + place->where().name;
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
