#include "actors/session_book.hpp"

#include <algorithm>

namespace troupe {

namespace {

/// What an entry takes besides what it holds: itself, an empty line of messages, and its places.
constexpr std::size_t for_entry = 1024;
/// What idle sessions may take, as a part of what open work may. They only save asking the store.
constexpr std::size_t part_for_idle = 8;

std::size_t weight_of(const session_snapshot& x) {
  auto sum = for_entry + x.id.size() + x.domain.size() + x.who.id.size() + x.who.tier.size() +
             body_size(x.context);
  for (const auto& t : x.turns)
    sum += sizeof(t) + t.task_id.size() + t.text.size() + t.answer.size();
  for (const auto& name : x.instances)
    sum += sizeof(name) + name.size();
  return sum;
}

/// Whether the turns so far make a difference to the next one.
bool is_gone_by(const session_snapshot& x) {
  return !x.context.empty() || !x.instances.empty() || x.failures > 0;
}

} // namespace

void session_book::move(entry& e, group& to) {
  e.in_->bytes -= e.bytes_;
  to.bytes += e.bytes_;
  to.all.splice(to.all.end(), e.in_->all, e.at_);
  e.in_ = &to;
}

void session_book::weigh(entry& e) {
  e.in_->bytes -= e.bytes_;
  e.in_->bytes += e.bytes_ = weight_of(e.now);
}

void session_book::forget(entry& e) {
  e.in_->bytes -= e.bytes_;
  e.in_->all.erase(e.at_);
  entries_.erase(entries_.find(e.now.id));
}

session_book::entry& session_book::open(const std::string& id, timestamp now) {
  auto [at, fresh] = entries_.try_emplace(id);
  auto& e = at->second;
  if (fresh) {
    e.now.id = id;
    e.now.domain = domain_->path;
    e.now.updated = now;
    e.in_ = &in_use_;
    e.at_ = in_use_.all.insert(in_use_.all.end(), &e);
    weigh(e);
  }
  e.touched = now;
  return e;
}

void session_book::take_stored(entry& e, session_snapshot x) {
  x.id = e.now.id;
  e.now = std::move(x);
  weigh(e);
}

void session_book::begin_turn(entry& e, const task& t, timestamp now) {
  e.working_on = t.id;
  e.touched = now;
  move(e, in_use_);
  if (!t.who.id.empty())
    e.now.who = t.who;
  const bool known = std::any_of(e.now.turns.begin(), e.now.turns.end(),
                                 [&](const turn& x) { return x.task_id == t.id; });
  if (known)
    return;
  e.now.turns.push_back({now, t.id, t.text, {}, task_state::working});
  if (e.now.turns.size() > domain_->sessions.history_limit)
    e.now.turns.erase(e.now.turns.begin());
  weigh(e);
}

void session_book::end_turn(entry& e, const task_record& record, const json& context, timestamp now,
                            bool stored) {
  e.working_on.clear();
  e.stored = stored;
  e.touched = now;
  e.now.updated = now;
  e.now.context = context;
  e.now.failures = record.state == task_state::failed ? e.now.failures + 1 : 0;
  for (auto& x : e.now.turns) {
    if (x.task_id != record.what->id)
      continue;
    x.state = record.state;
    x.answer = record.result ? record.result->text : std::string{};
  }
  weigh(e);
}

void session_book::enqueue(entry& e, waiting w) {
  const auto& t = *w.what.what;
  due_.insert({t.deadline, t.id, t.context_id});
  move(e, in_use_);
  e.line.push_back(std::move(w));
}

bool session_book::wait_with(waiting& first, waiting w) const {
  auto& all = first.also;
  const auto known = std::find_if(all.begin(), all.end(), [&](const waiting& other) {
    return other.what.what->id == w.what.what->id;
  });
  if (known != all.end())
    *known = std::move(w);
  else if (all.size() < domain_->sessions.queue_limit)
    all.push_back(std::move(w));
  else
    return false;
  return true;
}

session_book::waiting* session_book::find_waiting(const task& t) {
  auto* e = t.context_id.empty() ? nullptr : find(t.context_id);
  if (!e)
    return nullptr;
  const auto at = std::find_if(e->line.begin(), e->line.end(),
                               [&](const waiting& w) { return w.what.what->id == t.id; });
  return at == e->line.end() ? nullptr : &*at;
}

session_book::waiting session_book::dequeue(entry& e) {
  auto next = std::move(e.line.front());
  e.line.pop_front();
  const auto& t = *next.what.what;
  due_.erase({t.deadline, t.id, t.context_id});
  return next;
}

session_book::waiting session_book::withdraw_overdue() {
  auto& e = *find(due_.begin()->session);
  const auto at = std::find_if(e.line.begin(), e.line.end(), [&](const waiting& w) {
    return w.what.what->id == due_.begin()->task;
  });
  // It is put first and leaves as if its turn had come; the others keep their order.
  std::rotate(e.line.begin(), at, at + 1);
  return dequeue(e);
}

void session_book::rest(entry& e, timestamp now) {
  e.touched = now;
  move(e, resting_);
  while (resting_.bytes > domain_->max_tasks_bytes / part_for_idle)
    make_room();
}

void session_book::make_room() {
  auto& e = *resting_.all.front();
  if (e.stored || !is_gone_by(e.now)) {
    forget(e);
    return;
  }
  e.now.turns = std::vector<turn>{};
  weigh(e);
  move(e, bare_);
}

void session_book::rest_all(timestamp now) {
  for (auto i = in_use_.all.begin(); i != in_use_.all.end();) {
    auto& e = **i++;
    if (e.working_on.empty() && e.line.empty() && !e.loading)
      rest(e, now);
  }
}

void session_book::sweep(timestamp now) {
  for (auto* idle : {&resting_, &bare_})
    while (!idle->all.empty() && idle->all.front()->touched + domain_->sessions.idle_limit < now)
      forget(*idle->all.front());
}

std::vector<std::shared_ptr<const session_snapshot>> session_book::newest(std::size_t limit) const {
  std::vector<const session_snapshot*> all;
  all.reserve(entries_.size());
  for (const auto& [id, e] : entries_)
    if (!e.loading)
      all.push_back(&e.now);
  const auto count = std::min(limit, all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count), all.end(),
                    [](const auto* a, const auto* b) { return a->updated > b->updated; });
  std::vector<std::shared_ptr<const session_snapshot>> out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back(std::make_shared<const session_snapshot>(*all[i]));
  return out;
}

} // namespace troupe
