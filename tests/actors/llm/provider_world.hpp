#pragma once

#include "policies/dice.hpp"
#include "src/models/model_port.hpp"

#include <troupe/clock.hpp>
#include <troupe/model.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace troupe::testing {

using namespace std::chrono_literals;

/// A provider and the ways to it, in virtual time. It notes when each request reached it.
struct provider_world {
  struct answer_due {
    std::uint64_t id = 0;
    models::model_port::done_fn done;
    model_reply what;
  };
  std::function<timestamp()> now;
  dice_box dice{1};
  milliseconds way{0};      ///< a request takes up to so long to reach it
  milliseconds thinks{200}; ///< an answer takes up to twice that
  std::uint64_t tokens = 0; ///< that each answer says it has cost
  std::vector<std::pair<timestamp, std::string>> arrivals; ///< with the node that sent it
  std::multimap<timestamp, answer_due> due;
  std::size_t limited = 0; ///< so many of the next requests are answered with 429
  milliseconds retry_after{0};
  std::uint64_t last = 0;

  milliseconds upto(milliseconds most) {
    return milliseconds{static_cast<std::int64_t>(unit_interval(dice.draw()) *
                                                  static_cast<double>(most.count() + 1))};
  }
  /// The most requests that came within any 60 seconds.
  [[nodiscard]] std::size_t most_in_a_minute() const {
    auto all = arrivals;
    std::sort(all.begin(), all.end());
    std::size_t out = 0, from = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      while (all[from].first <= all[i].first - 60s)
        ++from;
      out = std::max(out, i - from + 1);
    }
    return out;
  }
  [[nodiscard]] std::size_t between(timestamp from, timestamp until,
                                    const std::string& node = {}) const {
    return static_cast<std::size_t>(std::count_if(arrivals.begin(), arrivals.end(), [&](auto& x) {
      return x.first >= from && x.first < until && (node.empty() || x.second == node);
    }));
  }
};

class way_to_provider final : public models::model_port {
 public:
  way_to_provider(provider_world& w, std::string node)
      : world_(w)
      , node_(std::move(node)) {}
  std::uint64_t send(const model_request&, done_fn done) override {
    const auto there = world_.now() + world_.upto(world_.way);
    world_.arrivals.emplace_back(there, node_);
    model_reply x;
    x.used.input_tokens = world_.tokens;
    if (world_.limited > 0) {
      --world_.limited;
      x.error = model_error::rate_limited;
      x.retry_after = world_.retry_after;
    }
    const auto id = ++world_.last;
    world_.due.emplace(there + world_.thinks + world_.upto(world_.thinks),
                       provider_world::answer_due{id, std::move(done), std::move(x)});
    return id;
  }
  void cancel(std::uint64_t id) override {
    for (auto at = world_.due.begin(); at != world_.due.end(); ++at)
      if (at->second.id == id) {
        auto x = std::move(at->second);
        world_.due.erase(at);
        x.what.error = model_error::cancelled;
        return x.done(std::move(x.what));
      }
  }

 private:
  provider_world& world_;
  std::string node_;
};

} // namespace troupe::testing
