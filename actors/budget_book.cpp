#include "actors/budget_book.hpp"

#include "actors/fleet_version.hpp"
#include "actors/tick.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

namespace troupe {

budget_book::budget_book(settings with)
    : with_(std::move(with)) {}

std::vector<budget_account> budget_book::accounts_for(const model_caller& by, timestamp now) const {
  const auto version = with_.versions->current();
  return accounts_of(
      version->fleet.budgets, [&](const std::string& path) { return version->domain(path); },
      party_of(by.about, by.domain), now);
}

std::vector<budget_account> budget_book::days(timestamp now) const {
  const auto version = with_.versions->current();
  const auto& rules = version->fleet.budgets;
  std::vector<budget_account> out;
  const auto add = [&](const std::string& of, const budget_amount& limit) {
    if (limit.limits())
      out.push_back(day_account(of, limit, rules.utc_offset, now));
  };
  add({}, rules.limits.day);
  for (const auto& [path, domain] : version->domains)
    if (domain.spec)
      add(path, domain.spec->budgets.day);
  return out;
}

bool budget_book::is_critical(const model_caller& by) const {
  const auto version = with_.versions->current();
  const auto* who = version->agent(by.domain, by.agent);
  return who && who->critical;
}

const model_spec* budget_book::model_of(const model_request& what) const {
  const auto hit = std::find_if(with_.models.begin(), with_.models.end(),
                                [&](const model_spec& m) { return m.name == what.model; });
  return hit == with_.models.end() ? nullptr : &*hit;
}

budget_book::ticket budget_book::ticket_of(const std::vector<budget_account>& from,
                                           const budget_amount& need) {
  ticket out;
  for (const auto& x : from)
    out.accounts.push_back(x.name);
  out.reserved = need;
  return out;
}

void budget_book::stir() {
  if (stirred_.exchange(true))
    return;
  if (const auto keeper = with_.keeper->now().handle)
    caf::anon_send(keeper, flush{});
}

std::uint64_t budget_book::reserve(const model_request& what, milliseconds patience, decided then) {
  const auto now = with_.now();
  auto accounts = accounts_for(what.by, now);
  const auto* model = model_of(what);
  if (accounts.empty() || !model) {
    then({}, {});
    return 0;
  }
  const auto need = budget_amount::of_usage(most_of(what, *model));
  const bool forced = is_critical(what.by);
  budget_slices::reply said;
  std::uint64_t number = 0;
  {
    std::lock_guard hold{mutex_};
    // Else somebody who needs much would wait until the small ones have taken everything.
    if (!forced && awaited(accounts))
      said.answer = budget_answer::wait;
    else
      said = try_reserve(accounts, need, forced, now);
    if (said.answer == budget_answer::wait &&
        (closed_ || waiting_.size() >= waiting_most || slices_.size() > budget_slices::most))
      said.answer = budget_answer::refused;
    if (said.answer == budget_answer::wait) {
      number = ++last_waiter_;
      slices_.want(accounts, need, now);
      for (const auto& x : accounts)
        ++awaited_[x.name];
      waiting_.emplace(number,
                       waiter{std::move(accounts), need, forced, now + patience, std::move(then)});
    } else if (said.answer == budget_answer::refused) {
      note_refusal(accounts, need, said);
    }
  }
  // Slices that have been used are given back one day, and what is reserved is told.
  stir();
  if (number == 0)
    then(said.answer == budget_answer::granted ? ticket_of(accounts, need) : ticket{}, said);
  return number;
}

bool budget_book::withdraw(std::uint64_t number) {
  std::lock_guard hold{mutex_};
  const auto hit = waiting_.find(number);
  if (hit == waiting_.end())
    return false;
  forget(hit);
  return true;
}

bool budget_book::awaited(const std::vector<budget_account>& of) const {
  return std::any_of(of.begin(), of.end(),
                     [this](const budget_account& x) { return awaited_.contains(x.name); });
}

budget_book::waiters::iterator budget_book::forget(waiters::iterator which) {
  for (const auto& x : which->second.accounts)
    if (const auto hit = awaited_.find(x.name); --hit->second == 0)
      awaited_.erase(hit);
  return waiting_.erase(which);
}

void budget_book::settle(const ticket& paid, const model_request& what, const model_reply& reply) {
  const auto now = with_.now();
  const auto* model = reply.uncounted() ? model_of(what) : nullptr;
  const auto used = charge_of(reply, model ? most_of(what, *model) : usage{});
  std::lock_guard hold{mutex_};
  if (!paid.accounts.empty())
    slices_.settle(paid.accounts, paid.reserved, budget_amount::of_usage(used), now);
  if (used.calls > 0) {
    auto x = std::make_shared<stored_spend>();
    x->id = with_.name + "/" + std::to_string(++last_spend_);
    x->at = now;
    x->day = day_of(now, with_.versions->current()->fleet.budgets.utc_offset);
    const auto party = party_of(what.by.about, what.by.domain);
    x->task = party.task;
    x->session = party.session;
    x->customer = party.customer;
    x->domain = what.by.domain;
    x->agent = what.by.agent;
    x->workflow = workflow_of(what.by.about, what.by.domain, what.by.skill);
    x->model = what.model;
    x->used = used;
    x->estimated = reply.estimated || reply.uncounted();
    if (unstored_.size() >= unstored_most)
      ++counts_.lost;
    else
      unstored_.push_back(std::move(x));
  }
  stir();
}

budget_stance budget_book::stance(const model_caller& by) const {
  const auto now = with_.now();
  const auto accounts = accounts_for(by, now);
  if (accounts.empty())
    return {};
  const auto tight_at = with_.versions->current()->fleet.budgets.tight_at;
  std::lock_guard hold{mutex_};
  return slices_.stance(accounts, tight_at);
}

bool budget_book::knows(const model_caller& by, milliseconds patience, std::function<void()> then) {
  const auto now = with_.now();
  auto accounts = accounts_for(by, now);
  if (accounts.empty())
    return true;
  {
    std::lock_guard hold{mutex_};
    // Who cannot be told goes on with what is known: no call goes beyond a limit for that.
    if (closed_ || listeners_.size() >= waiting_most || knows_all(accounts, now))
      return true;
    listeners_.push_back({std::move(accounts), now + patience, std::move(then)});
  }
  stir();
  return false;
}

void budget_book::add_looks(std::vector<budget_account>& to, timestamp now) const {
  std::set<std::string_view> taken;
  for (const auto& l : listeners_)
    for (const auto& x : l.accounts) {
      if (taken.size() == looks_most)
        return;
      if (!slices_.knows(x, now) && taken.insert(x.name).second)
        to.push_back(x);
    }
}

bool budget_book::knows_all(const std::vector<budget_account>& of, timestamp now) const {
  return std::all_of(of.begin(), of.end(),
                     [&](const budget_account& x) { return slices_.knows(x, now); });
}

std::vector<budget_book::listener> budget_book::heard_enough(timestamp now) {
  const auto waits =
      std::stable_partition(listeners_.begin(), listeners_.end(), [&](const listener& x) {
        return !closed_ && x.until > now && !knows_all(x.accounts, now);
      });
  std::vector<listener> out(std::make_move_iterator(waits),
                            std::make_move_iterator(listeners_.end()));
  listeners_.erase(waits, listeners_.end());
  return out;
}

std::vector<budget_slices::view> budget_book::limits() const {
  const auto of = days(with_.now());
  std::vector<budget_slices::view> out;
  std::lock_guard hold{mutex_};
  for (const auto& x : of)
    out.push_back(slices_.view_of(x));
  return out;
}

budget_book::errand budget_book::next_errand() {
  stirred_ = false;
  errand out;
  const auto now = with_.now();
  std::lock_guard hold{mutex_};
  out.claims = slices_.claims(now, claims_most);
  counts_.claims += out.claims.size();
  if (storing_ == 0) {
    storing_ = std::min(unstored_.size(), spent_most);
    out.spent.assign(unstored_.begin(), unstored_.begin() + static_cast<std::ptrdiff_t>(storing_));
  }
  const bool brief =
      std::any_of(pauses_.begin(), pauses_.end(), [](const auto& x) { return x.second.brief; });
  if (!closed_ && looked_ + (brief ? looks_soon : looks_every) <= now) {
    looked_ = now;
    out.looks = days(now);
  }
  add_looks(out.looks, now);
  return out;
}

void budget_book::done(const errand& what, const tidings& heard) {
  const auto now = with_.now();
  std::lock_guard hold{mutex_};
  // In the order in which the store was asked.
  for (std::size_t i = 0; i < what.looks.size() && i < heard.seen.size(); ++i) {
    slices_.seen(what.looks[i], heard.seen[i], now);
    if (what.looks[i].scope == budget_scope::day)
      note_day(what.looks[i], heard.seen[i]);
  }
  for (std::size_t i = 0; i < what.claims.size() && i < heard.said.size(); ++i)
    slices_.granted(what.claims[i], heard.said[i], now);
  if (!what.spent.empty()) {
    unstored_.erase(unstored_.begin(), unstored_.begin() + static_cast<std::ptrdiff_t>(storing_));
    storing_ = 0;
  }
}

void budget_book::ready_again() {
  stirred_ = false;
  bool more = false;
  {
    std::lock_guard hold{mutex_};
    more = closed_ || !waiting_.empty() || !listeners_.empty() || !unstored_.empty();
  }
  if (more)
    stir();
}

void budget_book::failed(const errand& what) {
  std::lock_guard hold{mutex_};
  for (const auto& x : what.claims)
    slices_.failed(x);
  if (!what.spent.empty())
    storing_ = 0;
  if (!what.looks.empty())
    looked_ = {};
}

void budget_book::look_again() {
  std::vector<verdict> decided_now;
  std::vector<listener> told;
  const auto now = with_.now();
  {
    std::lock_guard hold{mutex_};
    std::erase_if(pauses_, [&](const auto& x) {
      if (x.second.until <= now)
        return true;
      const auto version = with_.versions->current();
      const auto* domain = version->domain(x.first);
      return (x.first.empty() ? version->fleet.budgets.limits.day
              : domain        ? domain->budgets.day
                              : budget_amount::unlimited()) != x.second.was;
    });
    slices_.want_nothing();
    std::set<std::string_view> held; // Accounts that somebody before needs more of.
    for (auto i = waiting_.begin(); i != waiting_.end();) {
      auto& w = i->second;
      const auto behind =
          std::find_if(w.accounts.begin(), w.accounts.end(),
                       [&](const budget_account& x) { return held.contains(x.name); });
      budget_slices::reply said;
      // Whose time is over takes what there is.
      if (!w.forced && w.until > now && behind != w.accounts.end()) {
        said.answer = budget_answer::wait;
        said.limit = words_of(*behind);
        said.account = behind->name;
      } else {
        said = try_reserve(w.accounts, w.need, w.forced, now);
      }
      if (said.answer == budget_answer::wait && w.until > now && !closed_) {
        slices_.want(w.accounts, w.need, now);
        for (const auto& x : w.accounts)
          held.insert(x.name);
        ++i;
        continue;
      }
      if (said.answer == budget_answer::wait)
        said.answer = budget_answer::refused;
      if (said.answer == budget_answer::refused)
        note_refusal(w.accounts, w.need, said);
      decided_now.push_back(
          {std::move(w.then),
           said.answer == budget_answer::granted ? ticket_of(w.accounts, w.need) : ticket{},
           std::move(said)});
      i = forget(i);
    }
    told = heard_enough(now);
  }
  for (auto& x : decided_now)
    x.then(std::move(x.paid), x.said);
  for (const auto& x : told)
    x.then();
}

void budget_book::close() {
  {
    std::lock_guard hold{mutex_};
    closed_ = true;
    slices_.close(true);
  }
  look_again();
}

void budget_book::open() {
  std::lock_guard hold{mutex_};
  closed_ = false;
  slices_.close(false);
}

bool budget_book::waiting() const {
  std::lock_guard hold{mutex_};
  return !waiting_.empty() || !listeners_.empty();
}

budget_book::tally budget_book::counts() const {
  std::lock_guard hold{mutex_};
  return counts_;
}

} // namespace troupe
