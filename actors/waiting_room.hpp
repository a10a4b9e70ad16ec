#pragma once

#include "actors/seat.hpp"

#include <troupe/clock.hpp>
#include <troupe/reason.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe {

/// One question to several, and what is made of what they say. Used by one actor.
template <class Reply>
class inquiry {
 public:
  /// How it ended when no answer was enough.
  struct ending {
    refused why; ///< the time was over, or the desk closes; `refusal::none`: all were heard
    std::size_t lost = 0; ///< who ended without an answer
  };
  /// `heard` gets every answer until it returns true: that was enough. Otherwise `rest` is called
  /// when all have answered or are lost, or when the time is over. One of them ends it, once.
  inquiry(std::function<bool(const Reply&)> heard, std::function<void(const ending&)> rest)
      : heard_(std::move(heard))
      , rest_(std::move(rest)) {}

  /// One more has been asked.
  void ask() { ++missing_; }
  /// Nobody else will be: until then it does not end for want of others.
  void all_asked() { one_less(); }

  void answer(const Reply& x) {
    if (over_)
      return;
    if (heard_(x))
      over_ = true;
    else
      one_less();
  }
  void lose() {
    ++lost_;
    one_less();
  }
  void give_up(const refused& why) {
    if (!std::exchange(over_, true))
      rest_({why, lost_});
  }

 private:
  void one_less() {
    if (--missing_ == 0)
      give_up({});
  }

  std::function<bool(const Reply&)> heard_;
  std::function<void(const ending&)> rest_;
  std::size_t missing_ = 1;
  std::size_t lost_ = 0;
  bool over_ = false;
};

/// Requests of one kind that wait for their answers, by their numbers. Used by one actor.
template <class Reply>
class waiting_room {
 public:
  struct guest {
    std::shared_ptr<inquiry<Reply>> about;
    timestamp due;
    seat_ptr asked; ///< and not the next one who sits there
    std::uint64_t incarnation = 0;
    /// Called when whoever was asked has ended without an answer, or, when he has not `ended`, says
    /// that he cannot answer now; null: he is lost to the inquiry.
    std::function<void(bool ended)> again = nullptr;
  };

  void admit(std::uint64_t request, guest who) { guests_.emplace(request, std::move(who)); }

  void take(const Reply& x) {
    if (auto hit = guests_.extract(x.request))
      hit.mapped().about->answer(x);
  }
  /// Whoever sat at `place` up to and including `incarnation` has ended.
  void lose(const seat_ptr& place, std::uint64_t incarnation) {
    for (const auto& who : leaving(
             [&](const guest& x) { return x.asked == place && x.incarnation <= incarnation; })) {
      if (who.again)
        who.again(true);
      else
        who.about->lose();
    }
  }
  /// Whoever was asked cannot answer now.
  void put_off(std::uint64_t request) {
    if (auto hit = guests_.extract(request)) {
      if (hit.mapped().again)
        hit.mapped().again(false);
      else
        hit.mapped().about->lose();
    }
  }
  /// Gives up on those whose time is over.
  void expire(timestamp now) {
    for (const auto& who : leaving([&](const guest& x) { return x.due <= now; }))
      who.about->give_up({refusal::timeout, "no answer in time", {}});
  }
  /// Gives up on all.
  void close() {
    for (const auto& who : leaving([](const guest&) { return true; }))
      who.about->give_up({refusal::stopping, "the node is stopping", {}});
  }

 private:
  template <class F>
  std::vector<guest> leaving(const F& who) {
    std::vector<guest> out;
    for (auto i = guests_.begin(); i != guests_.end();) {
      if (!who(i->second)) {
        ++i;
        continue;
      }
      out.push_back(std::move(i->second));
      i = guests_.erase(i);
    }
    return out;
  }

  std::unordered_map<std::uint64_t, guest> guests_;
};

} // namespace troupe
