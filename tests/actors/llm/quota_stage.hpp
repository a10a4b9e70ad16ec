#pragma once

#include "actors/quota_desk.hpp"
#include "actors/quota_keeper.hpp"
#include "actors/respondent.hpp"
#include "tests/actors/llm/provider_world.hpp"
#include "tests/fixtures/post_stage.hpp"

#include <algorithm>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace troupe::testing {

/// What became of a request.
struct asked_one {
  timestamp at{};
  std::optional<timestamp> ended;
  model_reply said;
  int answers = 0;
};

/// Nodes that keep a provider's limits together, and know of each other only what they tell.
struct quota_stage {
  struct machine {
    std::shared_ptr<node_parts> parts;
    std::map<std::string, caf::actor> actors;
    bool up = true;
  };

  explicit quota_stage(std::vector<std::string> names, model_limits limits,
                       std::function<void(provider_spec&)> tune = nullptr, std::uint64_t seed = 1)
      : stage(seed)
      , all(std::move(names)) {
    world.dice = dice_box{seed};
    provider.name = "main";
    provider.limits = limits;
    if (tune)
      tune(provider);
    model.name = "m";
    model.provider = "main";
    model.model = "x";
    model.max_output = 100;
    for (const auto& node : all)
      add(node);
    world.now = [this] { return now(); };
    for (const auto& node : all)
      begin(node);
    pass(1s);
  }
  ~quota_stage() {
    for (auto& [node, m] : machines)
      for (auto& [part, who] : m.actors)
        caf::anon_send_exit(who, caf::exit_reason::kill);
    // Whoever still waits is answered while there is somebody to hear it.
    stage.run();
    world.due.clear();
  }

  void add(const std::string& node) {
    auto& m = machines[node];
    m.parts = std::make_shared<node_parts>();
    auto& p = *m.parts;
    p.fleet.node_id = node;
    p.fleet.providers = {provider};
    p.fleet.models = {model};
    p.seed = stage.net.dice().draw();
    p.time = timeline{post_stage::wall, stage.system().clock().now()};
    p.log = post_stage::log();
    p.counters = std::make_shared<metrics>();
    if (all.size() > 1)
      p.cluster = std::make_shared<cluster_view>();
    p.quota = std::make_shared<quota_port>(
        std::make_shared<way_to_provider>(world, node), quota_plan::of({provider}, {model}),
        p.places->claim({address_kind::node, node + "/quota_desk"}));
    p.models = p.quota;
    stage.add(
        node, [](post_config& c) { c.exposed = {"respondent"}; }, m.parts);
  }
  void begin(const std::string& node) {
    show();
    start(node, "quota_keeper");
    start(node, "quota_desk");
    start(node, "respondent");
  }
  void start(const std::string& node, const std::string& part) {
    auto& m = machines.at(node);
    const parts_ptr p = m.parts;
    caf::actor who;
    if (part == "quota_keeper")
      who = stage.system().spawn(quota_keeper, p);
    else if (part == "quota_desk")
      who = stage.system().spawn(quota_desk, p);
    else
      who = stage.system().spawn(
          respondent, p,
          node_subjects{{"quota", quota_subject(p)}, {"limits", quota_view_subject(p)}});
    p->places->claim({address_kind::node, node + "/" + part})->take(who);
    m.actors[part] = who;
  }
  void end(const std::string& node, const std::string& part) {
    auto& m = machines.at(node);
    caf::anon_send_exit(m.actors.at(part), caf::exit_reason::kill);
    m.actors.erase(part);
    m.parts->places->find({address_kind::node, node + "/" + part})->leave();
  }
  /// All that are up and not cut off see the same table.
  void show() {
    member_table table;
    table.version = ++version;
    for (const auto& node : all) {
      member row;
      row.node = node;
      row.incarnation = 1;
      row.state = !machines[node].up || cut.contains(node) ? member_state::down
                  : joining.contains(node)                 ? member_state::joining
                                                           : member_state::up;
      table.rows.push_back(row);
    }
    for (auto& [node, m] : machines)
      if (m.parts->cluster && m.up && !cut.contains(node))
        m.parts->cluster->show(table);
  }
  /// The machine stops; two seconds later the others know.
  void kill(const std::string& node) {
    machines.at(node).up = false;
    for (const auto* part : {"quota_keeper", "quota_desk", "respondent"})
      end(node, part);
    part_from_all(node);
    pass(2s);
    show();
  }
  /// It goes on, but hears of nobody, and nobody of it.
  void cut_off(const std::string& node) {
    cut.insert(node);
    part_from_all(node);
    pass(2s);
    show();
  }
  void part_from_all(const std::string& node) {
    for (const auto& other : all)
      if (other != node)
        stage.net.part(node, other);
  }

  timestamp now() { return machines.at(all.front()).parts->time.at(stage.system().clock().now()); }
  /// Time passes; answers come; closed loops ask again.
  void pass(milliseconds by, milliseconds step = 20ms) {
    for (milliseconds t{0}; t < by; t += step) {
      for (auto& [node, m] : machines)
        if (m.parts->cluster && m.up && !cut.contains(node))
          m.parts->cluster->lease(now() + 2s);
      stage.advance(step);
      while (!world.due.empty() && world.due.begin()->first <= now()) {
        auto x = std::move(world.due.begin()->second);
        world.due.erase(world.due.begin());
        x.done(std::move(x.what));
      }
      for (auto& l : loops)
        // Who is refused at once asks again with the next step.
        for (auto n = machines.at(l.node).up ? l.most - std::min(l.most, l.open) : 0; n > 0; --n) {
          ++l.open;
          ask(l.node, l.by, l.patience, &l);
        }
      stage.run();
    }
  }
  struct loop {
    std::string node;
    model_caller by;
    std::size_t most = 0;
    milliseconds patience{0};
    std::size_t open = 0;
    std::vector<std::shared_ptr<asked_one>> done;
  };
  static model_caller caller(priority urgency, const std::string& tenant) {
    auto t = std::make_shared<task>();
    t->who.id = tenant;
    model_caller out;
    out.about = t;
    out.domain = "d";
    out.urgency = urgency;
    return out;
  }
  /// So many requests are under way at the node all the time.
  loop& keep_asking(const std::string& node, std::size_t most, priority urgency = priority::medium,
                    const std::string& tenant = "t", milliseconds patience = 10min) {
    loops.push_back({node, caller(urgency, tenant), most, patience, 0, {}});
    return loops.back();
  }
  std::shared_ptr<asked_one> ask(const std::string& node, const model_caller& by,
                                 milliseconds patience = 10min, loop* from = nullptr,
                                 std::size_t bytes = 4) {
    auto out = std::make_shared<asked_one>();
    out->at = now();
    model_request what;
    what.model = "m";
    what.by = by;
    what.deadline = patience;
    what.messages = {{chat_role::user, std::string(bytes, 'x'), {}, {}}};
    last_id = machines.at(node).parts->models->send(what, [this, out, from](model_reply x) {
      ++out->answers;
      out->ended = now();
      out->said = std::move(x);
      if (from) {
        --from->open;
        from->done.push_back(out);
      }
    });
    return out;
  }
  double used(timestamp from, timestamp until) {
    return static_cast<double>(world.between(from, until)) /
           (static_cast<double>(provider.limits.requests_per_minute) *
            std::chrono::duration<double>(until - from).count() / 60);
  }

  provider_world world;
  post_stage stage;
  const std::vector<std::string> all;
  provider_spec provider;
  model_spec model;
  std::map<std::string, machine> machines;
  std::set<std::string> cut;
  std::set<std::string> joining; ///< run, and are linked, and own nothing
  std::list<loop> loops;
  std::uint64_t version = 0;
  std::uint64_t last_id = 0;
};

constexpr model_limits a_minute(std::uint64_t n) {
  return {n, 0, 0};
}

} // namespace troupe::testing
