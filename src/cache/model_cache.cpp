#include "src/cache/model_cache.hpp"

#include "src/cache/answer_book.hpp"

#include <algorithm>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace troupe::cache {

namespace {

/// Numbers of requests that wait here, apart from those of the port behind.
constexpr std::uint64_t own = std::uint64_t{1} << 62;
constexpr std::chrono::milliseconds vector_patience{500};

using done_fn = models::model_port::done_fn;

/// Somebody who waits for an answer.
struct waiter {
  std::uint64_t id = 0;
  model_request what;
  done_fn done;
  tools::alarm_clock::id alarm = 0;
};

/// A request on its way, for all who wait for its answer; the first of them has made it.
struct flight {
  request_key key;
  bool fresh = false;
  std::uint64_t behind = 0; ///< its number there; 0: not known yet
  std::vector<waiter> waiting;
  bool given_up = false;
};
using flight_ptr = std::shared_ptr<flight>;

model_reply failed_with(model_error why, const char* detail) {
  model_reply out;
  out.error = why;
  out.detail = detail;
  return out;
}

class cached_models final : public model_cache, public std::enable_shared_from_this<cached_models> {
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
      ++counts_.asked;
      early_.emplace(id, waiter{id, what, std::move(done), 0});
    }
    auto key = key_of(what);
    const auto vectors =
        what.cache.spec.mode == cache_mode::semantic ? what.cache.vectors : nullptr;
    if (!vectors || what.cache.question.empty()) {
      look_up(id, std::move(key));
      return id;
    }
    vectors->of({what.cache.question}, std::min(vector_patience, what.deadline),
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

  counts now() const override {
    std::lock_guard hold{mutex_};
    auto out = counts_;
    out.entries = book_.size();
    out.dropped = book_.dropped();
    return out;
  }

 private:
  void look_up(std::uint64_t id, request_key key) {
    flight_ptr begun;
    model_request what;
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
        ++(hit->reply.cached == cache_hit::exact ? counts_.exact : counts_.semantic);
        done = std::move(me.done);
        reply = std::move(hit->reply);
      } else if (const auto twin = twin_of(key, use)) {
        ++counts_.shared;
        wait_with(*twin, std::move(me));
        return;
      } else {
        begun = std::make_shared<flight>();
        begun->key = std::move(key);
        begun->fresh = use.fresh;
        what = me.what;
        begun->waiting.push_back(std::move(me));
        flights_.push_back(begun);
      }
    }
    if (begun)
      fly(begun, what);
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
      if (!key.at.empty() && !f->key.at.empty() &&
          text::likeness(key.at, f->key.at) >= use.spec.threshold &&
          may_be_same(key.facts, f->key.facts))
        return f;
    }
    return nullptr;
  }

  void wait_with(flight& f, waiter me) {
    const auto id = me.id;
    me.alarm = alarms_->after(me.what.deadline, [weak = weak_from_this(), id] {
      if (const auto self = weak.lock())
        self->give_up(id, failed_with(model_error::timeout,
                                      "no answer in time to the same request of somebody else"));
    });
    f.waiting.push_back(std::move(me));
  }

  void fly(const flight_ptr& f, const model_request& what) {
    const auto number = behind_->send(
        what, [self = shared_from_this(), f](model_reply x) { self->land(f, std::move(x)); });
    bool give_up = false;
    {
      std::lock_guard hold{mutex_};
      f->behind = number;
      give_up = f->given_up;
    }
    if (give_up)
      behind_->cancel(number);
  }

  void land(const flight_ptr& f, model_reply reply) {
    std::vector<waiter> all;
    flight_ptr again;
    model_request what;
    {
      std::lock_guard hold{mutex_};
      std::erase(flights_, f);
      all = std::move(f->waiting);
      const bool own_fault =
          reply.error == model_error::timeout || reply.error == model_error::over_budget;
      if (own_fault && all.size() > 1 && !f->given_up) {
        // Only the first one's time was up, or his money: the next one asks for those that are
        // left.
        again = std::make_shared<flight>();
        again->key = f->key;
        again->fresh = f->fresh;
        for (auto i = all.begin() + 1; i != all.end(); ++i)
          again->waiting.push_back(std::move(*i));
        all.resize(1);
        what = again->waiting.front().what;
        all.push_back({0, {}, nullptr, std::exchange(again->waiting.front().alarm, 0)});
        flights_.push_back(again);
      }
      for (const auto& w : all)
        if (w.alarm != 0)
          alarms_->cancel(w.alarm);
      if (again)
        all.pop_back();
    }
    if (again)
      fly(again, what);
    if (all.empty())
      return;
    keep(f->key, all.front().what.cache, reply);
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
  counts counts_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, waiter> early_; ///< those whose vectors are being fetched
  std::vector<flight_ptr> flights_;
};

} // namespace

std::shared_ptr<model_cache> make_model_cache(std::shared_ptr<models::model_port> behind,
                                              std::shared_ptr<tools::alarm_clock> alarms,
                                              std::function<std::int64_t()> now) {
  return std::make_shared<cached_models>(std::move(behind), std::move(alarms), std::move(now));
}

} // namespace troupe::cache
