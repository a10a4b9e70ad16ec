#include "actors/budget_keeper.hpp"

#include "actors/budget_report.hpp"
#include "actors/journal_messages.hpp"
#include "actors/tick.hpp"
#include "src/store/memory_budgets.hpp"
#include "src/store/store.hpp"

#include <utility>

namespace troupe {

namespace {

/// An errand on its way: answered in any case, also when the journal ends with it.
class errand_run {
 public:
  errand_run(std::shared_ptr<budget_book> book, budget_book::errand what,
             std::shared_ptr<std::atomic<bool>> away)
      : book_(std::move(book))
      , what_(std::move(what))
      , away_(std::move(away)) {
    *away_ = true;
  }
  errand_run(const errand_run&) = delete;
  errand_run& operator=(const errand_run&) = delete;
  ~errand_run() {
    if (!answered_)
      book_->failed(what_);
    *away_ = false;
    // A store that fails is asked again by the keeper's clock.
    if (!answered_)
      return;
    book_->look_again();
    book_->ready_again();
  }

  void run(store* where, budget_table& table, timestamp now) {
    if (where && !what_.spent.empty()) {
      std::vector<store_write> batch;
      for (const auto& x : what_.spent) {
        auto& w = batch.emplace_back();
        w.what = store_write::kind::spend;
        w.id = x->id;
        w.at = x->at;
        w.cost = x;
      }
      where->apply(batch);
    }
    budget_book::tidings heard;
    std::vector<std::string> names;
    for (const auto& x : what_.looks)
      names.push_back(x.name);
    // Before the claims: a look that fails must not leave it open what became of them.
    if (!names.empty())
      heard.seen = table.stands(names);
    if (!what_.claims.empty())
      heard.said = table.settle(what_.claims, now);
    book_->done(what_, heard);
    answered_ = true;
  }

 private:
  std::shared_ptr<budget_book> book_;
  budget_book::errand what_;
  std::shared_ptr<std::atomic<bool>> away_;
  bool answered_ = false;
};

} // namespace

void budget_keeper_state::init(caf::event_based_actor* self, parts_ptr parts, seat_ptr journal,
                               std::shared_ptr<memory_budgets> memory) {
  self_ = self;
  parts_ = std::move(parts);
  journal_ = std::move(journal);
  book_ = parts_->budgets;
  memory_ = std::move(memory);
  book_->open();
  told_ = book_->counts();
  self_->send(self_, tick{});
}

void budget_keeper_state::on_flush() {
  if (closing_)
    return go();
  if (book_->waiting()) {
    book_->look_again();
    return go();
  }
  if (!std::exchange(gathering_, true))
    self_->delayed_send(self_, gathers, flush{});
  else
    go();
}

void budget_keeper_state::go() {
  gathering_ = false;
  if (*away_)
    return;
  auto what = book_->next_errand();
  if (what.empty()) {
    if (closing_)
      self_->quit(caf::exit_reason::user_shutdown);
    return;
  }
  const auto now = parts_->now(self_);
  // Who uses the memory from the journal does so while we wait for its answer.
  if (++errands_ % prunes_every == 0)
    memory_->prune(now, prunes_every * budget_book::claims_most);
  const auto run = std::make_shared<errand_run>(book_, std::move(what), away_);
  if (!journal_)
    return run->run(nullptr, *memory_, now);
  send_to(self_, journal_,
          journal_ask{[run, now, spare = memory_, log = parts_->log](store& where) {
            try {
              auto* table = where.budgets();
              run->run(&where, table ? *table : *spare, now);
            } catch (const store_error& e) {
              // The journal goes on: whether the store is broken is for its own writes to find out.
              log->debug("limits were not settled: {}", e.what());
            }
          }});
}

void budget_keeper_state::show_pauses() {
  const auto pauses = book_->pauses();
  std::set<std::string> now_paused;
  for (const auto& x : pauses) {
    now_paused.insert(x.of);
    if (paused_.contains(x.of))
      continue;
    if (x.brief)
      parts_->log->warn("other nodes, or one that died, have the rest of the limit on {}: agents "
                        "there that are not critical ask no models for now",
                        x.limit);
    else
      parts_->log->warn("the limit on {} is used up: agents there that are not critical ask no "
                        "models before the new day",
                        x.limit);
  }
  for (const auto& of : paused_)
    if (!now_paused.contains(of))
      parts_->log->info("agents of {} may ask models again", of.empty() ? "the fleet" : of);
  // Seats that a new version has brought are not marked yet; and those that a former life of this
  // keeper has marked may be paused no more.
  if (!now_paused.empty() || !paused_.empty() || parts_->places->layout() != looked_)
    mark_seats();
  if (now_paused == paused_)
    return;
  for (const auto& of : paused_)
    now_paused.contains(of) ? void() : report_pause(*parts_, of, false);
  for (const auto& of : now_paused)
    report_pause(*parts_, of, true);
  paused_ = std::move(now_paused);
}

void budget_keeper_state::mark_seats() {
  looked_ = parts_->places->layout();
  for (const auto& place : parts_->places->all(address_kind::agent))
    if (place->spec())
      place->paused.store(book_->paused(*place->spec()).has_value(), std::memory_order_relaxed);
}

void budget_keeper_state::on_tick() {
  self_->delayed_send(self_, looks_every, tick{});
  book_->look_again();
  show_pauses();
  report_budgets(*parts_, *book_, told_);
  go();
}

void budget_keeper_state::on_exit(const caf::exit_msg& x) {
  if (!is_shutdown_exit(x.reason))
    return self_->quit(x.reason);
  closing_ = true;
  book_->close();
  go();
}

caf::behavior budget_keeper(caf::stateful_actor<budget_keeper_state>* self, parts_ptr parts,
                            seat_ptr journal, std::shared_ptr<memory_budgets> memory) {
  guard(self, parts, "budget keeper");
  state_of(self).init(self, std::move(parts), std::move(journal), std::move(memory));
  self->set_exit_handler([self](const caf::exit_msg& x) { state_of(self).on_exit(x); });
  return {
      [self](flush) { state_of(self).on_flush(); },
      [self](tick) { state_of(self).on_tick(); },
  };
}

} // namespace troupe
