#include "actors/session_book.hpp"

#include <algorithm>

namespace troupe {

session_book::entry& session_book::open(const std::string& id, timestamp now) {
  auto [at, fresh] = entries_.try_emplace(id);
  auto& e = at->second;
  if (fresh) {
    e.now.id = id;
    e.now.domain = domain_->path;
    e.now.updated = now;
  }
  e.touched = now;
  return e;
}

void session_book::begin_turn(entry& e, const task& t, timestamp now) {
  e.working_on = t.id;
  e.touched = now;
  if (!t.who.id.empty())
    e.now.who = t.who;
  const bool known = std::any_of(e.now.turns.begin(), e.now.turns.end(),
                                 [&](const turn& x) { return x.task_id == t.id; });
  if (known)
    return;
  e.now.turns.push_back({now, t.id, t.text, {}, task_state::working});
  if (e.now.turns.size() > domain_->sessions.history_limit)
    e.now.turns.erase(e.now.turns.begin());
}

void session_book::end_turn(entry& e, const task_record& record, const json& context,
                            timestamp now) {
  e.working_on.clear();
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
}

void session_book::enqueue(entry& e, waiting w) {
  const auto& t = *w.what.what;
  due_.insert({t.deadline, t.id, t.context_id});
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

void session_book::sweep(timestamp now) {
  std::erase_if(entries_, [&](const auto& x) {
    const auto& e = x.second;
    return e.working_on.empty() && e.line.empty() && !e.loading &&
           e.touched + domain_->sessions.idle_limit < now;
  });
}

std::vector<std::shared_ptr<const session_snapshot>> session_book::newest(std::size_t limit) const {
  std::vector<const session_snapshot*> all;
  all.reserve(entries_.size());
  for (const auto& [id, e] : entries_)
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
