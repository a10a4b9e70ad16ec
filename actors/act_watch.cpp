#include "actors/act_watch.hpp"

#include "actors/cluster_view.hpp"
#include "actors/dispatcher.hpp"
#include "actors/node_messages.hpp"
#include "actors/tick.hpp"
#include "src/wire/json_text.hpp"

#include <troupe/json_read.hpp>

#include <memory>
#include <utility>

namespace troupe {

namespace {

constexpr milliseconds heard_within{2000};
constexpr milliseconds ask_again{250};

struct act_watch_run {
  parts_ptr parts;
  watched_act what;
};

bool says_it_is_over(const node_answered& x) {
  if (x.why.why != refusal::none)
    return x.why.why == refusal::invalid_request;
  std::string bad;
  const auto said = json_of_text(x.part, bad);
  return said && part_of(*said, "under_way") == false;
}

bool is_member(const node_parts& parts, const std::string& node) {
  if (!parts.cluster)
    return false;
  const auto table = parts.cluster->seen();
  const auto* row = table.find(node);
  return row && row->state != member_state::down;
}

void ask_on(caf::event_based_actor* self, const std::shared_ptr<act_watch_run>& run) {
  auto& [parts, what] = *run;
  caf::actor who;
  const bool late = parts->now(self) >= what.until;
  while (!late && !who && !what.nodes.empty()) {
    if (what.nodes.back() == parts->fleet.node_id) {
      if (parts->acts->ask(what.key, what.turn)) {
        self->delayed_send(self, ask_again, tick{});
        return;
      }
      what.nodes.pop_back();
      continue;
    }
    const auto place = parts->places->find({address_kind::node, what.nodes.back() + "/respondent"});
    who = place ? place->now().handle : caf::actor{};
    if (who)
      break;
    // There may just be no link with it.
    if (is_member(*parts, what.nodes.back())) {
      self->delayed_send(self, ask_again, tick{});
      return;
    }
    what.nodes.pop_back();
  }
  if (!who) {
    caf::anon_send(what.tell, what.what);
    self->quit();
    return;
  }
  const auto later_on = [self] { self->delayed_send(self, ask_again, tick{}); };
  const json about{{"key", what.key}, {"epoch", what.turn.epoch}, {"attempt", what.turn.attempt}};
  self->request(who, heard_within, ask_node{"act", json_text(about), 0, 0})
      .then(
          [self, run, later_on](const node_answered& x) {
            if (!says_it_is_over(x))
              return later_on();
            run->what.nodes.pop_back();
            ask_on(self, run);
          },
          [later_on](const caf::error&) { later_on(); });
}

} // namespace

void watch_act(caf::actor_system& sys, const parts_ptr& parts, watched_act what) {
  auto run = std::make_shared<act_watch_run>(act_watch_run{parts, std::move(what)});
  sys.spawn([run](caf::event_based_actor* self) -> caf::behavior {
    guard(self, run->parts, "act watch");
    // The call counts as load of its agent, and whoever was to send it has ended.
    self->set_down_handler([self, run](const caf::down_msg&) {
      if (const auto& to = run->what.what.to)
        dispatcher::give_back(*to, run->what.what.probe, run->parts->now(self));
      self->quit();
    });
    self->monitor(run->what.tell);
    ask_on(self, run);
    return {[self, run](tick) { ask_on(self, run); }};
  });
}

node_subject act_subject(parts_ptr parts) {
  return [parts = std::move(parts)](const json& query, const node_reply& then) {
    const act_turn turn{query.value("epoch", std::uint64_t{0}), query.value("attempt", 0u)};
    then({{"under_way", parts->acts->ask(query.value("key", ""), turn)}}, {});
  };
}

} // namespace troupe
