#include "nodes/sim/callers.hpp"

#include <algorithm>

namespace troupe::sim {

namespace {

constexpr milliseconds ask_again{1000};
constexpr std::uint32_t attempts_max = 30;
constexpr milliseconds look_every{3000};
constexpr milliseconds think_min{200};
constexpr milliseconds think_max{20000};

} // namespace

callers::callers(world& w, std::vector<order> orders)
    : world_(w) {
  for (auto& o : orders)
    callers_.push_back({std::move(o), {}, nullptr});
  for (std::size_t i = 0; i < callers_.size(); ++i) {
    world_.after(callers_[i].what.at, [this, i] { send(i); });
    if (const auto wait = callers_[i].what.cancel_after)
      world_.after(callers_[i].what.at + *wait, [this, i] {
        auto door = callers_[i].door;
        auto* at = choose(door);
        if (!at || callers_[i].accepted.empty() || callers_[i].done())
          return;
        world_.note("caller " + std::to_string(i) + " gives up");
        at->api().cancel(callers_[i].accepted, "the caller gave up",
                         [](const task_record_ptr&, const refused&) {});
      });
  }
  const auto look = std::make_shared<std::function<void()>>();
  *look = [this, again = std::weak_ptr{look}, keep = &world_] {
    look_at_questions(false);
    if (const auto same = again.lock())
      keep->after(look_every, [same] { (*same)(); });
  };
  world_.after(look_every, [look] { (*look)(); });
}

machine* callers::choose(std::size_t& door) {
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < doors_.size(); ++i)
    if (doors_[i].now)
      open.push_back(i);
  if (open.empty())
    return nullptr;
  door = open.size() == 1 ? open.front() : open[world_.draw(open.size())];
  return doors_[door].now;
}

void callers::meet(machine* now, std::size_t door) {
  doors_.resize(std::max(doors_.size(), door + 1));
  doors_[door].now = now;
  ++doors_[door].process;
  const bool another =
      std::any_of(doors_.begin(), doors_.end(), [](const auto& d) { return d.now != nullptr; });
  for (std::size_t i = 0; i < callers_.size(); ++i) {
    auto& c = callers_[i];
    if (!now && c.door == door) {
      c.listening = false;
      // What lived in memory only is gone with its process, and its callers can tell.
      if (c.sent && !c.done() && !c.kept)
        c.lost = true;
    }
    if (another && c.sent && !c.done() && !c.listening)
      world_.after(world_.between(milliseconds{1}, ask_again), [this, i] { come_back(i); });
  }
}

bool callers::done() const {
  return std::all_of(callers_.begin(), callers_.end(),
                     [](const caller& c) { return c.sent && c.done(); });
}

void callers::send(std::size_t i) {
  auto& c = callers_[i];
  if (!c.sent) {
    c.sent = true;
    c.sent_at = world_.now();
  }
  auto* at = choose(c.door);
  if (!at) {
    // Nobody there: the connection is refused at once.
    world_.after(ask_again, [this, i] { come_back(i); });
    return;
  }
  c.listening = true;
  ++c.attempts;
  const auto fleet = at->shipped().parts()->current();
  const auto* domain =
      fleet->domain(c.what.what.domain.empty() ? fleet->fleet.entry : c.what.what.domain);
  c.kept = !domain || c.what.what.keep.value_or(domain->keep) != durability::none;
  world_.note("caller " + std::to_string(i) + " sends " + c.what.what.skill + " " +
              c.what.what.text);
  at->api().submit(c.what.what, handlers(i));
}

void callers::listen(std::size_t i) {
  auto& c = callers_[i];
  auto* at = choose(c.door);
  if (!at)
    return;
  c.listening = true;
  ++c.attempts;
  auto h = handlers(i);
  h.accepted = nullptr;
  at->api().watch(c.accepted, std::move(h));
}

void callers::come_back(std::size_t i) {
  auto& c = callers_[i];
  if (c.done() || c.listening)
    return;
  if (std::none_of(doors_.begin(), doors_.end(), [](const auto& d) { return d.now != nullptr; })) {
    world_.after(ask_again, [this, i] { come_back(i); });
    return;
  }
  if (!c.accepted.empty())
    listen(i);
  else if (c.attempts == 0 || !c.what.what.idempotency_key.empty())
    send(i);
  else
    c.refused = true; // Nobody can say what became of it; without a key it is not sent again.
}

task_handlers callers::handlers(std::size_t i) {
  task_handlers h;
  const auto hears_it = [this, door = callers_[i].door,
                         process = doors_[callers_[i].door].process] {
    return hears(door, process);
  };
  h.accepted = [this, i, hears_it](const task_accepted& x) {
    if (!hears_it())
      return;
    auto& c = callers_[i];
    world_.note("caller " + std::to_string(i) + " hears accepted " + x.id);
    if (!c.accepted.empty() && c.accepted != x.id)
      complaints_.push_back("caller " + std::to_string(i) + " was given two tasks: " + c.accepted +
                            " and " + x.id);
    c.accepted = x.id;
    const auto& key = c.what.what.idempotency_key;
    if (key.empty() || !c.kept)
      return;
    const auto [known, fresh] = keys_.emplace(c.what.what.domain + " " + key, x.id);
    if (!fresh && known->second != x.id)
      complaints_.push_back("the key " + key + " gave two tasks: " + known->second + " and " +
                            x.id);
  };
  h.refused_ = [this, i, hears_it](const refused& why) {
    if (hears_it())
      heard_refusal(i, why);
  };
  h.ended = [this, i, hears_it](const task_record_ptr& record) {
    if (hears_it())
      heard_end(i, record);
  };
  return h;
}

void callers::heard_end(std::size_t i, const task_record_ptr& record) {
  auto& c = callers_[i];
  world_.note("caller " + std::to_string(i) + " hears ended " + record->what->id + " " +
              std::string{to_string(record->state)});
  if (c.ended) {
    complaints_.push_back("caller " + std::to_string(i) + " was told two ends of " +
                          record->what->id);
    return;
  }
  if (!is_final(record->state) || !record->result)
    complaints_.push_back("caller " + std::to_string(i) + " was told an end that is none, of " +
                          record->what->id);
  c.listening = false;
  c.accepted = record->what->id;
  c.ended = record;
}

void callers::heard_refusal(std::size_t i, const refused& why) {
  auto& c = callers_[i];
  world_.note("caller " + std::to_string(i) + " hears refused " + std::string{to_string(why.why)});
  c.listening = false;
  c.told = why.why;
  c.told_more = why.detail;
  if (!c.accepted.empty() && c.kept) {
    // It was accepted, so that its end exists or will: only the node's parts can be away.
    if (why.why == refusal::unknown_task)
      complaints_.push_back("task " + c.accepted + " was accepted and is not known any more");
    else if (c.attempts < attempts_max)
      world_.after(ask_again, [this, i] { come_back(i); });
    return;
  }
  if (!c.accepted.empty()) {
    c.lost = true;
    return;
  }
  const bool later = why.why == refusal::busy || why.why == refusal::timeout ||
                     why.why == refusal::stopping || why.why == refusal::unknown_task ||
                     why.why == refusal::not_stored;
  if (later && !c.what.what.idempotency_key.empty() && c.attempts < attempts_max)
    world_.after(std::max(why.retry_after, ask_again), [this, i] { come_back(i); });
  else
    c.refused = true;
}

void callers::look_at_questions(bool all) {
  for (std::size_t d = 0; d < doors_.size(); ++d) {
    if (!doors_[d].now)
      continue;
    const auto process = doors_[d].process;
    doors_[d].now->api().questions(
        {}, [this, d, process, all](const std::vector<question_ptr>& open, const refused&) {
          if (!hears(d, process))
            return;
          for (const auto& q : open) {
            questioned_.insert(q->task.substr(0, q->task.find('.')));
            if (all || world_.chance(0.4))
              world_.after(world_.between(think_min, think_max), [this, q] { answer(q); });
          }
        });
  }
}

void callers::answer(const question_ptr& q) {
  std::size_t door = 0;
  auto* at = choose(door);
  if (!at)
    return;
  const auto process = doors_[door].process;
  outcome x;
  x.text = "a person says: go on";
  world_.note("a person answers " + q->id);
  if (world_.chance(0.3))
    at->api().claim(q->id, "ann", [](const question_ptr&, const refused&) {});
  at->api().answer(q->id, world_.chance(0.8) ? "ann" : "bob", x,
                   [this, door, process, id = q->id](const question_ptr&, const refused& why) {
                     if (hears(door, process))
                       world_.note("the answer to " + id + ": " + std::string{to_string(why.why)});
                   });
}

} // namespace troupe::sim
