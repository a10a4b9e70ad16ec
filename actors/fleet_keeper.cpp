#include "actors/fleet_keeper.hpp"

#include "actors/journal_messages.hpp"
#include "actors/tick.hpp"
#include "policies/deadline.hpp"
#include "src/store/store.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace troupe {

namespace {

constexpr milliseconds every{1000}; ///< between two looks at the table when nothing is going on
constexpr milliseconds often{150};  ///< while a version is on its way
constexpr milliseconds answer_most{5000}; ///< then the table is asked again
constexpr milliseconds follow_most{5000}; ///< for all nodes to go by an active version
constexpr milliseconds settle{5000};      ///< a task may still be on its way to its orchestrator
constexpr std::size_t most_views = 64;    ///< that wait for the table

caf::behavior version_clerk(caf::event_based_actor* self, const parts_ptr& parts) {
  guard(self, parts, "version clerk");
  return {[](const version_job& x) { x.what(); }};
}

} // namespace

void fleet_keeper_config::validate() const {
  if ((!journal && !memory) || !own_content || !with_domain || !load || !make || !digest_of ||
      !follow)
    throw std::invalid_argument{"a fleet keeper needs a table of versions, and ways to read, check "
                                "and use a folder"};
}

const stored_version* fleet_keeper_state::table_view::active() const noexcept {
  for (const auto& v : versions)
    if (v.state == version_state::active)
      return &v;
  return nullptr;
}

const stored_version* fleet_keeper_state::table_view::find(std::uint64_t number) const noexcept {
  for (const auto& v : versions)
    if (v.number == number)
      return &v;
  return nullptr;
}

/// A question to the table, on its way. Its end is the keeper's answer, also when the journal ends
/// before it has come to the question, or by it.
struct fleet_keeper_state::errand {
  caf::actor_addr keeper;
  answer then;

  errand(caf::actor_addr to, answer otherwise)
      : keeper(std::move(to))
      , then(std::move(otherwise)) {}
  errand(const errand&) = delete;
  errand& operator=(const errand&) = delete;
  ~errand() {
    if (auto to = caf::actor_cast<caf::actor>(keeper))
      caf::anon_send(to, at_fleet_keeper{[then = std::move(then)](fleet_keeper_state& x) {
                       x.asking_ = false;
                       if (then)
                         then(x);
                       x.arm();
                     }});
  }
};

fleet_keeper_state::~fleet_keeper_state() {
  if (wish_)
    end_wish(refusal::stopping, "the node is stopping");
  for (auto& [number, told] : views_)
    told.deliver(caf::make_error(caf::sec::request_receiver_down));
}

void fleet_keeper_state::init(caf::event_based_actor* self, parts_ptr parts,
                              fleet_keeper_config config) {
  config.validate();
  self_ = self;
  parts_ = std::move(parts);
  config_ = std::move(config);
  clerk_ = config_.jobs_on_own_thread
               ? self_->spawn<caf::detached + caf::linked>(version_clerk, parts_)
               : self_->spawn<caf::linked>(version_clerk, parts_);
  saying_.node = me();
  // A former life may have died before it had brought the tree in line.
  config_.follow(self_);
  look();
}

void fleet_keeper_state::ask(std::function<answer(version_table&)> what, answer otherwise) {
  asking_ = true;
  asked_ = parts_->now(self_);
  const auto asked =
      std::make_shared<errand>(caf::actor_cast<caf::actor_addr>(self_), std::move(otherwise));
  const auto put = [asked, what = std::move(what)](version_table& table) {
    try {
      asked->then = what(table);
    } catch (const store_error& e) {
      // It is asked again in a moment. A journal whose store is broken opens it anew.
      if (!e.passes())
        throw;
    }
  };
  if (!config_.journal) {
    self_->send(clerk_, version_job{[table = config_.memory, put] { put(*table); }});
    return;
  }
  send_to(self_, config_.journal, journal_ask{[put](store& where) {
            if (auto* table = where.versions())
              put(*table);
          }});
  arm();
}

void fleet_keeper_state::look() {
  ask([](version_table& table) -> answer {
    table_view now;
    now.versions = table.versions();
    now.said = table.said();
    if (now.versions.size() > 1)
      now.used = table.used();
    return [now](fleet_keeper_state& keeper) { keeper.on_table(now); };
  });
}

std::vector<std::string> fleet_keeper_state::members() const {
  if (!parts_->cluster)
    return {me()};
  std::vector<std::string> out;
  for (const auto& m : parts_->cluster->seen().rows)
    if (m.state == member_state::up || m.state == member_state::joining)
      out.push_back(m.node);
  return out;
}

void fleet_keeper_state::on_table(table_view now) {
  table_ = std::move(now);
  std::map<std::string, std::uint64_t> seen;
  const auto living = members();
  for (const auto& x : table_.said)
    if (std::find(living.begin(), living.end(), x.node) != living.end())
      seen.emplace(x.node, x.active);
  seen[me()] = parts_->current()->number;
  parts_->versions->show_nodes(std::move(seen));
  use_active();
  drop_unneeded();
  for (const auto& v : table_.versions)
    if (v.state == version_state::proposed)
      look_at_proposal(v);
    else if (v.state == version_state::former && !preparing_ && needed(v.number) &&
             !parts_->versions->find(v.number) && !failed_.contains(v.number))
      get_ready(v); // Its tasks may come to this node.
  if (wish_ && wish_->number != 0)
    if (const auto* mine = table_.find(wish_->number)) {
      if (mine->state == version_state::refused)
        end_wish(refusal::conflict, mine->why);
      else if (mine->state != version_state::proposed && in_use(*mine))
        end_wish({mine->number, wish_->change, {}, {}});
    }
  retire();
  say();
}

bool fleet_keeper_state::in_use(const stored_version& x) const {
  if (parts_->current()->number < x.number)
    return false;
  if (later(x.at, follow_most) <= parts_->now(self_))
    return true;
  const auto living = members();
  return std::all_of(living.begin(), living.end(), [&](const std::string& node) {
    return node == me() || std::any_of(table_.said.begin(), table_.said.end(), [&](const auto& n) {
             return n.node == node && n.active >= x.number;
           });
  });
}

void fleet_keeper_state::use_active() {
  const auto* active = table_.active();
  if (!active || active->number == parts_->current()->number)
    return;
  if (parts_->versions->use(active->number)) {
    parts_->log->info("fleet: version {} is active", active->number);
    config_.follow(self_);
    return;
  }
  if (failed_.contains(active->number)) {
    // It was checked by all nodes before; this one must have come in between. Going on by another
    // one than all others would be worse than being started again.
    self_->quit(failure_error("version " + std::to_string(active->number) +
                              " of the fleet is active and cannot be used here"));
    return;
  }
  if (!preparing_)
    get_ready(*active);
}

void fleet_keeper_state::drop_unneeded() {
  bool dropped = false;
  for (const auto& x : parts_->versions->all()) {
    const auto* row = table_.find(x->number);
    if (row && row->state != version_state::refused)
      continue;
    if (x == parts_->current())
      continue;
    parts_->log->info("fleet: version {} is not needed any more", x->number);
    parts_->versions->drop(x->number);
    dropped = true;
  }
  if (preparing_) {
    const auto* row = table_.find(preparing_->number);
    if (!row || row->state == version_state::refused)
      preparing_.reset();
  }
  if (dropped)
    config_.follow(self_);
}

bool fleet_keeper_state::needed(std::uint64_t number) const {
  const auto has = [number](const std::vector<std::uint64_t>& all) {
    return std::find(all.begin(), all.end(), number) != all.end();
  };
  const auto here = parts_->versions->find(number);
  if (has(table_.used) || (here && here->tasks.load(std::memory_order_relaxed) > 0))
    return true;
  const auto living = members();
  return std::any_of(table_.said.begin(), table_.said.end(), [&](const node_versions& x) {
    return x.node != me() && has(x.works_on) &&
           std::find(living.begin(), living.end(), x.node) != living.end();
  });
}

void fleet_keeper_state::retire() {
  const auto* active = table_.active();
  if (!active || asking_)
    return;
  const auto living = members();
  if (std::find(living.begin(), living.end(), me()) == living.end())
    return; // This node does not know yet who takes part.
  std::vector<version_use> known;
  for (const auto& v : table_.versions)
    if (v.state == version_state::former)
      known.push_back({v.number, needed(v.number)});
  const auto gone = versions_to_retire(
      known, active->number,
      std::chrono::duration_cast<milliseconds>(parts_->now(self_) - active->at), settle);
  if (gone.empty())
    return;
  ask([gone](version_table& table) -> answer {
    for (const auto number : gone)
      table.forget(number);
    return [](fleet_keeper_state& keeper) { keeper.look(); };
  });
}

void fleet_keeper_state::say() {
  saying_.active = parts_->current()->number;
  saying_.works_on.clear();
  for (const auto& x : parts_->versions->all())
    if (x->number != saying_.active && x->tasks.load(std::memory_order_relaxed) > 0)
      saying_.works_on.push_back(x->number);
  auto text = text_of(saying_);
  if (text == said_ || asking_)
    return;
  ask([what = saying_, text](version_table& table) -> answer {
    table.say(what);
    return [text](fleet_keeper_state& keeper) { keeper.said_ = text; };
  });
}

caf::response_promise fleet_keeper_state::on_view() {
  auto promise = self_->make_response_promise();
  if (views_.size() >= most_views) {
    promise.deliver(of_the_living({table_.versions, table_.said}));
    return promise;
  }
  const auto number = ++last_view_;
  views_.emplace(number, promise);
  ask(
      [number](version_table& table) -> answer {
        const versions_viewed seen{table.versions(), table.said()};
        return [number, seen](fleet_keeper_state& keeper) { keeper.tell_views(number, seen); };
      },
      [number](fleet_keeper_state& keeper) {
        keeper.tell_views(number, {keeper.table_.versions, keeper.table_.said});
      });
  return promise;
}

versions_viewed fleet_keeper_state::of_the_living(versions_viewed x) const {
  const auto living = members();
  std::erase_if(x.nodes, [&](const node_versions& n) {
    return n.node != me() && std::find(living.begin(), living.end(), n.node) == living.end();
  });
  return x;
}

void fleet_keeper_state::tell_views(std::uint64_t up_to, const versions_viewed& seen) {
  const auto told = of_the_living(seen);
  while (!views_.empty() && views_.begin()->first <= up_to)
    views_.extract(views_.begin()).mapped().deliver(told);
}

void fleet_keeper_state::on_tick() {
  const auto now = parts_->now(self_);
  if (now < armed_)
    return; // An earlier one has been asked for since.
  armed_ = no_deadline;
  if (asking_ && later(asked_, answer_most) <= now)
    asking_ = false; // The journal that was asked is gone.
  if (wish_ && wish_->until <= now)
    end_wish(refusal::timeout, "it was not decided in time; `troupe reload --list` shows what "
                               "becomes of it");
  if (preparing_ && !preparing_->made && preparing_->until <= now)
    preparing_.reset(); // Whoever was asked for its content is gone.
  look_at_agents();
  if (!asking_)
    look();
  arm();
}

void fleet_keeper_state::arm() {
  const bool busy = wish_ || preparing_ ||
                    std::any_of(table_.versions.begin(), table_.versions.end(),
                                [](const auto& v) { return v.state == version_state::proposed; });
  // Alone, nothing changes that this keeper has not done, unless tasks of a former version end.
  if (!busy && !asking_ && !parts_->cluster && parts_->versions->all().size() < 2)
    return;
  const auto now = parts_->now(self_);
  const auto next = later(now, busy ? often : every);
  if (armed_ <= next)
    return;
  armed_ = next;
  self_->delayed_send(self_, next - now + milliseconds{1}, tick{});
}

caf::behavior fleet_keeper(caf::stateful_actor<fleet_keeper_state>* self, parts_ptr parts,
                           fleet_keeper_config config) {
  guard(self, parts, "fleet keeper");
  state_of(self).init(self, std::move(parts), std::move(config));
  return {
      [self](const reload_fleet& x) { return state_of(self).on_reload(x); },
      [self](view_versions) { return state_of(self).on_view(); },
      [self](const at_fleet_keeper& x) { x.what(state_of(self)); },
      [self](tick) { state_of(self).on_tick(); },
  };
}

} // namespace troupe
