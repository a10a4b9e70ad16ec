#include "src/cache/model_cache.hpp"

#include "src/cache/answer_book.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace troupe::cache {

namespace {

/// Numbers of requests that wait here, apart from those of the port behind.
constexpr std::uint64_t own = std::uint64_t{1} << 62;
constexpr std::size_t bytes_most = std::size_t{64} << 20;
constexpr milliseconds vector_patience{500};

using done_fn = models::model_port::done_fn;

/// Somebody who waits for an answer.
struct waiter {
  std::uint64_t id = 0;
  model_request what;
  done_fn done;
  tools::steady::time_point due;
  tools::alarm_clock::id alarm = 0;

  /// What is left of its time; never nothing, because a port may take that for no limit.
  [[nodiscard]] milliseconds left() const { return std::max(milliseconds{1}, tools::until(due)); }
};

/// A request on its way, for all who wait for its answer.
struct flight {
  request_key key;
  bool fresh = false;
  std::uint64_t maker = 0;  ///< whose request it is; he may have gone
  std::uint64_t behind = 0; ///< its number there
  bool sent = false;        ///< `behind` is known
  std::deque<waiter> waiting;
  bool given_up = false;
  std::shared_ptr<flight> next; ///< that followed from its answer before it was `sent`
};
using flight_ptr = std::shared_ptr<flight>;

model_reply failed_with(model_error why, const char* detail) {
  model_reply out;
  out.error = why;
  out.detail = detail;
  return out;
}

class cached_models final : public models::model_port,
                            public std::enable_shared_from_this<cached_models> {
 public:
  cached_models(std::shared_ptr<models::model_port> behind,
                std::shared_ptr<tools::alarm_clock> alarms, std::function<std::int64_t()> now)
      : behind_(std::move(behind))
      , alarms_(std::move(alarms))
      , now_(std::move(now))
      , book_(bytes_most) {}

  std::uint64_t send(const model_request& what, done_fn done) override {
    if (what.cache.spec.mode == cache_mode::off || what.by.acts)
      return behind_->send(what, std::move(done));
    std::uint64_t id = 0;
    {
      std::lock_guard hold{mutex_};
      id = ++last_ | own;
      early_.emplace(id, waiter{id, what, std::move(done), tools::in(what.deadline), 0});
    }
    auto key = key_of(what);
    if (!may_mean_the_same(what.cache)) {
      look_up(id, std::move(key));
      return id;
    }
    what.cache.vectors->of({what.cache.question}, std::min(vector_patience, what.deadline),
                           [self = shared_from_this(), id,
                            key = std::move(key)](std::vector<text::sentence_vector> x) mutable {
                             if (!x.empty())
                               key.at = std::move(x.front());
                             self->look_up(id, std::move(key));
                           });
    return id;
  }

  void cancel(std::uint64_t id) override {
    if ((id & own) == 0)
      return behind_->cancel(id);
    give_up(id, failed_with(model_error::cancelled, "given up by whoever asked"));
  }

 private:
  void look_up(std::uint64_t id, request_key key) {
    flight_ptr begun;
    done_fn done;
    model_reply reply;
    {
      std::lock_guard hold{mutex_};
      const auto early = early_.find(id);
      if (early == early_.end())
        return; // It has been given up.
      auto me = std::move(early->second);
      early_.erase(early);
      const auto& use = me.what.cache;
      if (auto hit = use.fresh ? std::nullopt : book_.find(key, use.spec, now_())) {
        done = std::move(me.done);
        reply = std::move(hit->reply);
      } else if (const auto twin = twin_of(key, use)) {
        wait_with(*twin, std::move(me));
        return;
      } else {
        begun = std::make_shared<flight>();
        begun->key = std::move(key);
        begun->fresh = use.fresh;
        begun->maker = id;
        begun->waiting.push_back(std::move(me));
        flights_.push_back(begun);
      }
    }
    if (begun)
      fly(std::move(begun));
    else
      done(std::move(reply));
  }

  /// A request on its way whose answer will do; null: there is none.
  flight_ptr twin_of(const request_key& key, const cache_use& use) const {
    for (const auto& f : flights_) {
      if (f->key.scope != key.scope || (use.fresh && !f->fresh))
        continue;
      if (f->key.exact == key.exact)
        return f;
      if (!key.at.empty() && !f->key.at.empty() && f->key.group == key.group &&
          text::likeness(key.at, f->key.at) >= use.spec.threshold &&
          may_be_same(key.facts, f->key.facts))
        return f;
    }
    return nullptr;
  }

  void wait_with(flight& f, waiter me) {
    const auto id = me.id;
    me.alarm = alarms_->after(me.left(), [weak = weak_from_this(), id] {
      if (const auto self = weak.lock())
        self->give_up(id, failed_with(model_error::timeout,
                                      "no answer in time to the same request of somebody else"));
    });
    f.waiting.push_back(std::move(me));
  }

  /// Sends a request, and those that follow from its answer as long as answers come at once: one
  /// after the other, however many there are.
  void fly(flight_ptr f) {
    while (f) {
      model_request what;
      {
        std::lock_guard hold{mutex_};
        if (f->given_up)
          return;
        what = f->waiting.front().what;
        what.deadline = f->waiting.front().left();
      }
      f = sent(f, what);
    }
  }

  /// What is to be sent next; null: nothing.
  flight_ptr sent(const flight_ptr& f, const model_request& what) {
    std::uint64_t number = 0;
    try {
      number = behind_->send(
          what, [self = shared_from_this(), f](model_reply x) { self->land(f, std::move(x)); });
    } catch (const std::exception& e) {
      // Nobody may wait for what has never been sent.
      land(f, failed_with(model_error::broken, e.what()));
    }
    bool give_up = false;
    flight_ptr next;
    {
      std::lock_guard hold{mutex_};
      f->behind = number;
      f->sent = true;
      give_up = f->given_up && number != 0;
      next = std::move(f->next);
    }
    if (give_up)
      behind_->cancel(number);
    return next;
  }

  void land(const flight_ptr& f, model_reply reply) {
    std::deque<waiter> all;
    flight_ptr again;
    {
      std::lock_guard hold{mutex_};
      std::erase(flights_, f);
      all = std::move(f->waiting);
      f->waiting.clear();
      const bool own_fault =
          reply.error == model_error::timeout || reply.error == model_error::over_budget;
      const std::size_t his = !all.empty() && all.front().id == f->maker ? 1 : 0;
      if (own_fault && all.size() > his) {
        // Only his time was up, or his money, who has asked, and he may have gone: the next one
        // asks for those that are left.
        again = std::make_shared<flight>();
        again->key = f->key;
        again->fresh = f->fresh;
        again->waiting = std::move(all);
        all.clear();
        if (his == 1) {
          all.push_back(std::move(again->waiting.front()));
          again->waiting.pop_front();
        }
        auto& maker = again->waiting.front();
        again->maker = maker.id;
        alarms_->cancel(std::exchange(maker.alarm, 0));
        flights_.push_back(again);
      }
      for (const auto& w : all)
        if (w.alarm != 0)
          alarms_->cancel(w.alarm);
      if (again && !f->sent)
        f->next = std::move(again);
    }
    answer(*f, all, std::move(reply));
    if (again)
      fly(std::move(again));
  }

  /// Gives all of them the answer, and keeps it.
  void answer(const flight& f, const std::deque<waiter>& all, model_reply reply) {
    if (all.empty())
      return;
    keep(f.key, all.front().what.cache, reply);
    reply.could_be_cached = true;
    auto shared = reply;
    shared.cached = cache_hit::shared;
    shared.spared = reply.used;
    shared.used = {};
    // What has been paid for is told of once: to whoever asked, or, when he has gone, to the next.
    all.front().done(std::move(reply));
    for (auto i = all.begin() + 1; i != all.end(); ++i)
      i->done(shared);
  }

  void keep(const request_key& key, const cache_use& use, const model_reply& reply) {
    if (!reply.ok() || (use.keeps && !use.keeps(reply)))
      return;
    std::lock_guard hold{mutex_};
    book_.put(key, use.spec, reply, now_());
  }

  void give_up(std::uint64_t id, model_reply why) {
    done_fn done;
    std::uint64_t behind = 0;
    {
      std::lock_guard hold{mutex_};
      if (const auto early = early_.find(id); early != early_.end()) {
        done = std::move(early->second.done);
        early_.erase(early);
      } else {
        for (const auto& f : flights_) {
          const auto me = std::find_if(f->waiting.begin(), f->waiting.end(),
                                       [&](const waiter& w) { return w.id == id; });
          if (me == f->waiting.end())
            continue;
          if (me->alarm != 0)
            alarms_->cancel(me->alarm);
          done = std::move(me->done);
          f->waiting.erase(me);
          if (f->waiting.empty()) {
            f->given_up = true;
            behind = f->behind;
            const auto gone = f;
            std::erase(flights_, gone);
          }
          break;
        }
      }
    }
    if (behind != 0)
      behind_->cancel(behind);
    if (done)
      done(std::move(why));
  }

  std::shared_ptr<models::model_port> behind_;
  std::shared_ptr<tools::alarm_clock> alarms_;
  std::function<std::int64_t()> now_;
  mutable std::mutex mutex_;
  answer_book book_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, waiter> early_; ///< those whose vectors are being fetched
  std::vector<flight_ptr> flights_;
};

} // namespace

std::shared_ptr<models::model_port> make_model_cache(std::shared_ptr<models::model_port> behind,
                                                     std::shared_ptr<tools::alarm_clock> alarms,
                                                     std::function<std::int64_t()> now) {
  return std::make_shared<cached_models>(std::move(behind), std::move(alarms), std::move(now));
}

} // namespace troupe::cache
