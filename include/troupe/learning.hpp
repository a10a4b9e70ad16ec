#pragma once

#include <troupe/clock.hpp>

#include <string>

namespace troupe {

/// How routing by `learned` judges calls and how long it remembers them.
struct learning_spec {
  double success = 1;      ///< weight of whether calls succeed
  double quality = 1;      ///< weight of how good answers are: their confidence, or a judge's word
  double cost = 0.5;       ///< weight of how little a call costs
  double latency = 0.5;    ///< weight of how soon it answers
  double half_cost = 0.05; ///< a call that costs so much, in the fleet's currency, is worth half of
                           ///< a free one in this respect
  milliseconds half_latency{2000}; ///< the same for the time that it takes
  double half_life = 500; ///< after so many further calls for the same intent a call counts half
  double explore = 0.02;  ///< share of decisions that go to anybody who can take them
  friend bool operator==(const learning_spec&, const learning_spec&) = default;
};

/// What was known of an agent when a step was routed by `learned`.
struct arm_seen {
  std::string agent; ///< `domain/agent`: replicas learn together
  float trials = 0;  ///< calls it rests on, older ones counting less
  float mean = 0;    ///< expected worth of a call, 0 to 1
  float spread = 0;  ///< standard deviation of that
  float draw = 0;    ///< what was drawn for this decision: the highest is taken
  friend bool operator==(const arm_seen&, const arm_seen&) = default;
};

} // namespace troupe
