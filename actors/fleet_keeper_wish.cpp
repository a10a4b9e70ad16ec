#include "actors/fleet_keeper.hpp"

#include "policies/deadline.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace troupe {

// From a wish for a new version to its proposal, and what whoever had it is told in the end.

namespace {

constexpr milliseconds wish_most{90000};

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

/// Which of the changed files makes an agent another one: its own, unless that is as it was.
std::string file_behind(const std::string& agent, const fleet_spec& after,
                        const std::set<std::string>& changed) {
  const auto slash = agent.rfind('/');
  const auto domain = agent.substr(0, slash);
  const auto own = domain + "/agents" + agent.substr(slash) + ".yaml";
  if (changed.contains(own))
    return own;
  for (const auto& file : changed)
    if (agents_working_with(after, {file}).contains(agent))
      return file;
  // What it takes from its domain, and from the fleet.
  for (const auto& file : {domain + "/domain.yaml", std::string{"fleet.yaml"}})
    if (changed.contains(file))
      return file;
  return own;
}

/// What of a change no running node can follow. `files`: those that differ.
std::vector<config::diagnostic> not_while_running(const fleet_version& before,
                                                  const fleet_spec& after,
                                                  const fleet_change& change,
                                                  const std::set<std::string>& files) {
  std::vector<config::diagnostic> out;
  for (const auto& x : change.needs_restart)
    out.push_back({x.file, 0, 0, x.key,
                   "cannot be changed while nodes run, because " + x.why + ": it takes a restart"});
  for (const auto& agent : agents_that_scale(before, after, change)) {
    auto file = file_behind(agent, after, files);
    const bool own = file.ends_with("/agents" + agent.substr(agent.rfind('/')) + ".yaml");
    out.push_back({std::move(file), 0, 0, own ? "scaling" : "",
                   (own ? "" : agent + " goes by it: ") +
                       "an agent whose replicas come and go by load cannot be added, changed or "
                       "removed while nodes run: it takes a restart"});
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
  std::set<std::string> changed, added;
  for (const auto& [path, digest] : loaded.files) {
    const auto hit = before.files.find(path);
    if (hit == before.files.end())
      added.insert(path);
    if (hit == before.files.end() || hit->second != digest)
      changed.insert(path);
  }
  for (const auto& [path, digest] : before.files)
    if (!loaded.files.contains(path))
      changed.insert(path);
  out.change =
      compare_fleets(before.fleet, *loaded.fleet, agents_touched_by(*loaded.fleet, changed, added));
  errors = not_while_running(before, *loaded.fleet, out.change, changed);
  number_agents(before.fleet, *loaded.fleet, out.change, next);
  out.row.about = about_text(*loaded.fleet, out.change, what.by);
  return out;
}

} // namespace

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
  wish_.emplace(wish{++wishes_, x, promise, 0, {}, later(parts_->now(self_), wish_most)});
  ask(
      [id = wishes_, number = parts_->current()->number,
       part = !x.domain.empty()](version_table& table) -> answer {
        std::uint64_t next = 1;
        for (const auto& v : table.versions())
          next = std::max(next, v.number + 1);
        auto whole = std::make_shared<std::string>(part ? table.content(number) : std::string{});
        return [id, next, whole](fleet_keeper_state& keeper) {
          if (keeper.is_open(id))
            keeper.read_wish(next, std::move(*whole));
        };
      },
      wish_unanswered("the store is out of reach"));
  return promise;
}

bool fleet_keeper_state::is_open(std::uint64_t id) const {
  return wish_ && wish_->id == id && wish_->number == 0;
}

fleet_keeper_state::answer fleet_keeper_state::wish_unanswered(std::string detail) const {
  return [id = wish_->id, detail = std::move(detail)](fleet_keeper_state& keeper) {
    if (keeper.is_open(id))
      keeper.end_wish({0, {}, {}, {refusal::busy, detail, milliseconds{1000}}});
  };
}

void fleet_keeper_state::read_wish(std::uint64_t next, std::string whole) {
  const auto to = caf::actor_cast<caf::actor_addr>(self_);
  const auto job = [to, next, id = wish_->id, what = wish_->what, whole = std::move(whole),
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
      caf::anon_send(keeper, at_fleet_keeper{[id, no, found](fleet_keeper_state& k) {
                       if (k.is_open(id))
                         k.on_wish_read(no, found);
                     }});
  };
  self_->send(clerk_, version_job{job});
}

void fleet_keeper_state::on_wish_read(const fleet_reloaded& no,
                                      const std::shared_ptr<const proposed_content>& found) {
  if (no.why.why != refusal::none)
    return end_wish(no);
  if (found->change.nothing())
    return end_wish({parts_->current()->number, {}, {}, {}});
  wish_->change = found->change;
  // A proposal that came to the table all the same is nobody's wish: the next look refuses it.
  ask(
      [id = wish_->id, found](version_table& table) -> answer {
        const bool taken = table.propose(found->row, found->content);
        return [id, found, taken](fleet_keeper_state& keeper) {
          if (!keeper.is_open(id))
            return;
          if (!taken) {
            keeper.end_wish(refusal::conflict, "another version is being made of the fleet");
            return keeper.look();
          }
          keeper.wish_->number = found->row.number;
          keeper.parts_->log->info("fleet: version {} is proposed", found->row.number);
          keeper.look();
        };
      },
      wish_unanswered("the store did not answer; `troupe reload --list` shows what becomes of it"));
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

} // namespace troupe
