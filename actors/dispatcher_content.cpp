#include "actors/dispatcher.hpp"

#include "policies/content_fit.hpp"

#include <cstdio>

namespace troupe {

std::string fit_words(const intent_score* best) {
  if (!best)
    return "nobody is known to fit the message better";
  char score[16];
  std::snprintf(score, sizeof score, "%.2f", static_cast<double>(best->score));
  return "it fits the message by intent " + best->intent + " " + score;
}

void dispatcher::weigh_content(const plan_node& step) {
  fits_.assign(candidates_.size(), nullptr);
  if (step.scores.empty())
    return;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    fits_[i] = best_fit(step.scores, (*seats_[i])->spec()->card, domain_);
    if (fits_[i])
      candidates_[i].fit = fits_[i]->score;
  }
}

} // namespace troupe
