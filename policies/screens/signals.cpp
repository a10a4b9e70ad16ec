#include "policies/screens/signals.hpp"

#include <algorithm>

namespace troupe::screens {

namespace {

/// Meanings that stand near each other. Each is that of a word of its own; of several words that
/// fit the nearest is taken.
struct pattern {
  sign says;
  std::array<concepts, 4> all; ///< zeros at the end do not count
  std::uint32_t within;        ///< places, from the first of them to the last
  concepts never;              ///< none of these among them or beside them
  double asked;                ///< weight in a request
  double told;                 ///< weight in what tools and documents say
};

constexpr concepts whose = c_prior | c_hidden | c_you | c_told | c_model;

// The weights are what such words are worth alone: at 0.7 they are enough. They were set so that
// real messages of customers stay below (docs/guide/screens.md has the figures).
constexpr pattern patterns[] = {
    {sign::override_rules, {c_ignore, c_you, c_model}, 7, 0, 0.72, 0.75},
    {sign::override_rules, {c_ignore, c_all, c_act}, 10, c_mine | c_ours, 0.7, 0.7},
    {sign::override_rules, {c_ignore, c_free}, 10, c_mine, 0.7, 0.72},
    {sign::persona, {c_free, c_new | c_first | c_follow | c_rank}, 12, c_mine, 0.7, 0.7},
    {sign::persona, {c_free, c_secret}, 16, c_mine, 0.7, 0.7},
    {sign::contradiction, {c_hypo, c_safety | c_rules, c_act}, 14, c_mine, 0.7, 0.6},
    {sign::contradiction, {c_authority, c_rules, c_void | c_act}, 10, c_mine, 0.7, 0.5},
    {sign::contradiction, {c_void, c_told, c_you | c_act}, 12, c_mine | c_ours, 0.6, 0.5},
    {sign::reveal, {c_reveal, c_rules, c_you, c_told}, 9, c_mine, 0.72, 0.7},
    {sign::reveal,
     {c_rank, c_told, c_hidden | c_conceal | c_reveal, c_text | c_told | c_prior},
     14,
     c_mine,
     0.72,
     0.72},
    {sign::reveal, {c_others, c_data}, 6, c_mine, 0.5, 0.3},
    {sign::exfiltration, {c_send, c_text, c_outside, c_you}, 14, c_mine, 0.7, 0.72},
    // What nobody but a model has.
    {sign::reveal, {c_system, c_you | c_reveal | c_verbatim}, 10, 0, 0.75, 0.75},
    {sign::override_rules, {c_system, c_ignore | c_new | c_off}, 8, 0, 0.75, 0.8},
    {sign::reveal, {c_system}, 1, 0, 0.5, 0.5},
    {sign::reveal, {c_begin, c_prompt}, 8, 0, 0.72, 0.72},
    {sign::reveal, {c_rules, c_hidden, c_you, c_reveal}, 14, c_mine, 0.72, 0.72},
    {sign::reveal, {c_rank, c_spill, c_secret}, 6, 0, 0.75, 0.75},
    {sign::reveal, {c_hypo, c_secret, c_persona | c_reveal | c_you}, 14, 0, 0.72, 0.72},
    {sign::reveal, {c_reveal, c_all, c_prior, c_text | c_hidden}, 9, c_mine | c_ours, 0.72, 0.75},
    {sign::reveal, {c_reveal, c_tool, c_you, c_secret | c_verbatim}, 16, c_mine, 0.72, 0.72},
    {sign::reveal,
     {c_reveal, c_verbatim, c_you, c_text | c_told | c_prompt},
     14,
     c_mine,
     0.72,
     0.72},
    {sign::reveal,
     {c_reveal, c_you, c_told, c_prior | c_first | c_verbatim},
     12,
     c_mine,
     0.72,
     0.72},
    {sign::reveal, {c_reveal, c_others}, 3, 0, 0.72, 0.6},
    {sign::exfiltration, {c_send, c_others, c_outside}, 20, 0, 0.8, 0.85},
    {sign::exfiltration, {c_send, c_hidden, c_data}, 8, c_mine, 0.6, 0.65},
    {sign::override_rules, {c_ignore, c_prior}, 2, c_mine | c_ours | c_data, 0.7, 0.7},
    {sign::override_rules, {c_ignore, c_told | c_said, c_you}, 6, c_mine | c_ours, 0.55, 0.65},
    {sign::override_rules, {c_ignore, c_all}, 3, c_mine | c_ours | c_data, 0.45, 0.5},
    {sign::override_rules, {c_prior, c_prompt, c_new}, 8, c_mine, 0.5, 0.66},
    {sign::override_rules, {c_off, c_safety, c_rank | c_free}, 10, 0, 0.72, 0.72},
    {sign::contradiction, {c_void, c_rules, c_prior}, 8, c_mine, 0.72, 0.45},
    {sign::contradiction, {c_opposite, c_conceal}, 12, 0, 0.6, 0.7},
    {sign::persona, {c_free, c_act}, 14, c_mine, 0.6, 0.6},
    {sign::persona, {c_free, c_persona, c_not | c_act | c_all}, 14, c_mine, 0.72, 0.75},
    {sign::command, {c_model, c_act | c_send}, 4, 0, 0.25, 0.62},
    {sign::command, {c_you, c_model, c_begin}, 12, 0, 0.5, 0.7},
    // Instructions are to be ignored.
    {sign::override_rules, {c_ignore, c_prompt, whose | c_all}, 8, 0, 0.9, 0.92},
    {sign::override_rules, {c_ignore, c_rules, whose}, 8, 0, 0.85, 0.85},
    {sign::override_rules, {c_ignore, c_rules, c_all}, 6, c_mine, 0.7, 0.75},
    {sign::override_rules, {c_ignore, c_prompt}, 6, c_mine, 0.6, 0.75},
    {sign::override_rules, {c_ignore, c_rules}, 5, c_mine, 0.4, 0.6},
    {sign::override_rules,
     {c_ignore, c_all, c_prior | c_told, c_text | c_told | c_prior},
     8,
     c_mine | c_ours,
     0.75,
     0.85},
    {sign::override_rules, {c_ignore, c_all, c_prior | c_told}, 6, c_mine | c_ours, 0.7, 0.8},
    {sign::override_rules,
     {c_ignore, c_prior, c_text | c_told | c_task | c_data},
     6,
     c_mine | c_ours,
     0.65,
     0.75},
    {sign::override_rules,
     {c_ignore, c_told, c_you, c_prior | c_first | c_all},
     9,
     c_mine | c_ours,
     0.72,
     0.75},
    {sign::override_rules, {c_ignore, c_told, c_you}, 7, c_mine | c_ours, 0.6, 0.7},
    {sign::override_rules, {c_ignore, c_you, c_task | c_persona | c_safety}, 7, c_mine, 0.6, 0.75},
    {sign::override_rules, {c_ignore, c_safety, c_all | c_you | c_hidden}, 7, c_mine, 0.55, 0.7},
    {sign::override_rules, {c_ignore, c_model, c_text | c_rules}, 7, 0, 0.7, 0.75},
    {sign::override_rules, {c_ignore, c_rank, c_rules}, 7, 0, 0.7, 0.75},
    {sign::override_rules, {c_not, c_follow, c_rules, whose}, 6, 0, 0.8, 0.85},
    {sign::override_rules, {c_not, c_follow, c_prompt}, 4, 0, 0.6, 0.62},
    {sign::override_rules, {c_off, c_prompt, whose | c_all}, 7, c_mine, 0.7, 0.75},
    {sign::override_rules, {c_off, c_rules, c_you | c_hidden | c_model}, 6, c_mine, 0.7, 0.7},
    {sign::override_rules, {c_off, c_safety, c_you | c_hidden | c_model}, 6, c_mine, 0.6, 0.65},
    {sign::override_rules, {c_follow, c_new, c_rules}, 7, c_mine, 0.45, 0.65},
    {sign::override_rules, {c_follow, c_prompt, c_now | c_must | c_text}, 9, c_mine, 0.4, 0.5},
    {sign::override_rules, {c_new, c_prompt}, 3, c_mine, 0.35, 0.55},
    {sign::override_rules, {c_new, c_task, c_you | c_model}, 5, c_mine, 0.5, 0.65},
    {sign::override_rules, {c_now, c_follow, c_rules | c_mine}, 8, 0, 0.5, 0.6},
    {sign::override_rules, {c_now, c_you, c_must}, 7, c_mine, 0.35, 0.5},
    {sign::override_rules,
     {c_hidden | c_rank, c_prompt, c_new | c_now | c_authority},
     5,
     c_mine,
     0.6,
     0.75},
    {sign::override_rules,
     {c_ignore | c_off, c_not, c_safety, c_follow | c_must},
     9,
     c_mine,
     0.6,
     0.7},
    {sign::override_rules, {c_follow, c_not, c_safety}, 4, c_mine, 0.65, 0.65},
    {sign::override_rules, {c_ignore, c_rank, c_follow | c_must | c_rules}, 9, c_mine, 0.6, 0.7},
    // They have ceased to hold, or are to be turned round.
    {sign::contradiction,
     {c_void, c_prior, c_data | c_text | c_told},
     6,
     c_mine | c_ours,
     0.6,
     0.6},
    {sign::contradiction, {c_void, c_told, c_you, c_all | c_prior}, 9, c_mine | c_ours, 0.72, 0.72},
    {sign::contradiction, {c_void, c_safety, c_you, c_act}, 14, 0, 0.55, 0.6},
    {sign::contradiction, {c_opposite, c_follow | c_must, c_rules, c_you}, 10, 0, 0.75, 0.75},
    {sign::contradiction, {c_void, c_prompt, whose | c_all}, 9, c_mine, 0.75, 0.75},
    {sign::contradiction,
     {c_void, c_rules, c_you | c_hidden | c_model, c_prior},
     9,
     c_mine,
     0.72,
     0.72},
    {sign::contradiction, {c_void, c_rules, c_you | c_hidden | c_model}, 8, c_mine, 0.6, 0.65},
    {sign::contradiction, {c_void, c_rules, c_prior | c_all}, 7, c_mine, 0.5, 0.4},
    {sign::contradiction, {c_void, c_safety, c_you | c_now | c_must}, 8, c_mine, 0.4, 0.5},
    {sign::contradiction,
     {c_opposite, c_you | c_model, c_rules | c_told | c_task},
     9,
     0,
     0.65,
     0.7},
    {sign::contradiction, {c_opposite, c_rules}, 6, c_mine, 0.5, 0.55},
    {sign::contradiction, {c_not, c_rules, c_you, c_void | c_follow | c_now}, 8, c_mine, 0.45, 0.5},
    {sign::contradiction, {c_new, c_rules, c_void | c_must | c_now}, 8, c_mine, 0.4, 0.45},
    {sign::contradiction, {c_ignore | c_off, c_safety, c_act}, 9, c_mine, 0.4, 0.5},
    // Somebody else, without rules.
    {sign::persona, {c_persona, c_free, c_you | c_now | c_model | c_mode}, 14, 0, 0.85, 0.85},
    {sign::persona, {c_persona, c_free}, 12, 0, 0.65, 0.7},
    {sign::persona, {c_free, c_free}, 14, 0, 0.6, 0.65},
    {sign::persona,
     {c_persona, c_not, c_rules | c_safety, c_model | c_all | c_you},
     16,
     c_mine,
     0.72,
     0.75},
    {sign::persona, {c_persona, c_free, c_free}, 16, 0, 0.8, 0.8},
    {sign::persona, {c_free, c_follow | c_reveal, c_all}, 10, c_mine, 0.7, 0.7},
    {sign::persona, {c_persona, c_not, c_rules}, 8, c_mine, 0.6, 0.65},
    {sign::persona, {c_hypo, c_you, c_not, c_rules | c_safety}, 12, c_mine, 0.72, 0.72},
    {sign::persona, {c_free, c_you | c_model | c_now}, 8, 0, 0.7, 0.66},
    {sign::persona, {c_free, c_mode | c_rank}, 4, 0, 0.5, 0.55},
    {sign::persona, {c_persona, c_rank}, 5, c_mine, 0.45, 0.5},
    {sign::persona, {c_persona, c_model, c_rules | c_not}, 10, c_mine, 0.6, 0.65},
    {sign::persona, {c_persona, c_you, c_not, c_rules}, 12, c_mine, 0.75, 0.8},
    {sign::persona, {c_persona, c_mode}, 5, c_mine, 0.35, 0.45},
    {sign::persona, {c_persona, c_now}, 6, c_mine, 0.45, 0.55},
    {sign::persona, {c_you, c_not, c_rules}, 5, c_mine, 0.4, 0.5},
    {sign::persona, {c_hypo, c_not | c_free | c_ignore, c_rules | c_free}, 14, c_mine, 0.5, 0.5},
    {sign::persona, {c_you, c_not, c_model}, 7, 0, 0.25, 0.4},
    // The prompt, keys, others' data.
    {sign::reveal, {c_spill, c_prompt, whose}, 10, 0, 0.85, 0.85},
    {sign::reveal, {c_reveal, c_prompt, c_hidden}, 5, 0, 0.72, 0.75},
    {sign::reveal,
     {c_reveal, c_prompt, c_hidden | c_prior | c_told | c_verbatim},
     9,
     c_mine,
     0.75,
     0.8},
    {sign::reveal, {c_reveal, c_prompt, c_you}, 6, c_mine, 0.55, 0.65},
    {sign::reveal, {c_reveal, c_rules, c_hidden}, 7, c_mine, 0.6, 0.65},
    {sign::reveal, {c_reveal, c_rules, c_you, c_told | c_prior | c_verbatim}, 9, c_mine, 0.6, 0.65},
    {sign::reveal, {c_spill, c_text, c_prior, c_all | c_verbatim | c_first}, 9, c_ours, 0.72, 0.75},
    {sign::reveal, {c_spill, c_all, c_prior, c_data | c_text | c_hidden}, 9, c_ours, 0.72, 0.75},
    {sign::reveal, {c_reveal, c_rules, c_you, c_follow}, 8, c_mine, 0.55, 0.6},
    {sign::reveal,
     {c_spill, c_rules, c_you | c_hidden, c_all | c_verbatim},
     10,
     c_mine,
     0.65,
     0.65},
    {sign::reveal,
     {c_hypo | c_first, c_prompt, c_hidden, c_you | c_reveal},
     14,
     c_mine,
     0.72,
     0.72},
    {sign::reveal, {c_spill, c_prior, c_text | c_all}, 6, c_mine | c_ours, 0.5, 0.6},
    {sign::reveal, {c_spill, c_data, c_all, c_prior | c_hidden}, 9, c_mine, 0.5, 0.6},
    {sign::reveal,
     {c_reveal, c_you | c_model, c_told, c_prior | c_not | c_hidden | c_first},
     10,
     c_mine,
     0.4,
     0.5},
    {sign::reveal, {c_spill, c_secret, c_you | c_hidden | c_all | c_model}, 10, c_mine, 0.75, 0.8},
    {sign::reveal, {c_reveal, c_secret, c_you | c_hidden | c_model}, 6, c_mine, 0.72, 0.72},
    {sign::reveal, {c_secret, c_hidden, c_reveal | c_send}, 7, c_mine, 0.6, 0.7},
    {sign::reveal, {c_reveal, c_others, c_data | c_ours}, 8, c_mine, 0.72, 0.6},
    {sign::reveal, {c_reveal, c_others}, 7, c_mine, 0.45, 0.4},
    {sign::reveal,
     {c_encode, c_prompt | c_secret, c_reveal | c_send | c_you},
     12,
     c_mine,
     0.75,
     0.8},
    {sign::reveal, {c_prompt, c_hidden, c_text | c_you}, 6, c_mine, 0.3, 0.3},
    // To an address.
    {sign::exfiltration, {c_send, c_secret | c_others, c_outside}, 18, c_mine, 0.8, 0.85},
    {sign::exfiltration, {c_send, c_prompt | c_hidden, c_outside}, 18, c_mine, 0.7, 0.75},
    {sign::exfiltration, {c_send, c_data, c_outside, c_all | c_prior}, 18, c_mine, 0.72, 0.75},
    {sign::exfiltration, {c_send, c_data, c_outside, c_reader | c_you}, 18, c_mine, 0.5, 0.7},
    {sign::exfiltration, {c_send, c_data | c_text, c_outside}, 14, c_mine, 0.3, 0.62},
    {sign::exfiltration, {c_send, c_others, c_data}, 10, c_mine, 0.5, 0.6},
    {sign::exfiltration, {c_send, c_secret, c_all | c_hidden | c_you}, 10, c_mine, 0.4, 0.6},
    // Orders for a model.
    {sign::command, {c_model, c_must, c_act | c_send | c_call | c_reveal}, 12, 0, 0.35, 0.65},
    {sign::command, {c_model, c_act | c_send | c_spill}, 8, 0, 0.2, 0.45},
    {sign::command, {c_model, c_ignore}, 8, 0, 0.5, 0.7},
    {sign::command, {c_model, c_follow, c_rules | c_text | c_task | c_now}, 10, 0, 0.4, 0.6},
    {sign::command, {c_you, c_model, c_act | c_send | c_call | c_follow}, 14, 0, 0.3, 0.6},
    {sign::command, {c_you, c_model, c_must, c_reveal | c_not | c_act}, 14, 0, 0.4, 0.62},
    {sign::command, {c_you, c_model, c_reveal}, 14, 0, 0.2, 0.45},
    {sign::command,
     {c_call, c_tool, c_act | c_send | c_secret | c_all | c_must | c_you},
     9,
     0,
     0.35,
     0.6},
    {sign::command, {c_call, c_tool}, 5, 0, 0.15, 0.45},
    {sign::command, {c_begin, c_free | c_not | c_all | c_text}, 8, c_mine, 0.2, 0.4},
    {sign::command, {c_now, c_begin}, 6, c_mine, 0.5, 0.65},
    {sign::command, {c_encode, c_follow}, 8, c_mine, 0.55, 0.65},
    {sign::command,
     {c_authority, c_off | c_ignore | c_free, c_safety | c_rules},
     12,
     c_mine,
     0.6,
     0.65},
    {sign::command,
     {c_authority, c_act | c_reveal | c_send, c_all | c_hidden | c_secret | c_others},
     12,
     c_mine,
     0.4,
     0.45},
    {sign::command,
     {c_act, c_off | c_not | c_ignore, c_safety, c_must | c_now | c_you | c_all},
     10,
     c_mine,
     0.4,
     0.55},
    {sign::command, {c_act, c_off, c_safety}, 8, c_mine, 0.3, 0.4},
    {sign::command, {c_first, c_act | c_send | c_call, c_model}, 12, 0, 0.25, 0.5},
    // From the user.
    {sign::concealment, {c_conceal, c_act | c_send | c_call | c_tool | c_data}, 14, 0, 0.4, 0.65},
    {sign::concealment, {c_conceal, c_reader}, 6, 0, 0.4, 0.6},
    {sign::concealment, {c_conceal, c_rules | c_prompt}, 8, 0, 0.45, 0.6},
    {sign::concealment, {c_conceal}, 1, 0, 0.15, 0.3},
};

/// Finds a word of its own for each meaning of a pattern, around one that stands for the first.
class finder {
 public:
  finder(const pattern& p, const std::vector<word>& words, std::size_t from)
      : p_(p)
      , words_(words)
      , begin_(from)
      , end_(from + 1) {
    const auto center = words[from].at;
    while (begin_ > 0 && words[begin_ - 1].at + p.within >= center)
      --begin_;
    while (end_ < words.size() && words[end_].at <= center + p.within)
      ++end_;
    taken_.fill(from);
  }

  bool finds() {
    concepts there = 0;
    for (auto i = begin_; i < end_; ++i)
      there |= words_[i].means;
    for (const auto m : p_.all)
      if (m != 0 && (there & m) == 0)
        return false;
    const auto at = words_[taken_[0]].at;
    return rest(1, at, at);
  }

 private:
  bool rest(std::size_t k, std::uint32_t low, std::uint32_t high) {
    if (k == p_.all.size() || p_.all[k] == 0)
      return allowed(low, high);
    for (auto i = begin_; i < end_; ++i) {
      if ((words_[i].means & p_.all[k]) == 0 ||
          std::find(taken_.begin(), taken_.begin() + static_cast<std::ptrdiff_t>(k), i) !=
              taken_.begin() + static_cast<std::ptrdiff_t>(k))
        continue;
      const auto l = std::min(low, words_[i].at), h = std::max(high, words_[i].at);
      if (h - l > p_.within)
        continue;
      taken_[k] = i;
      if (rest(k + 1, l, h))
        return true;
    }
    return false;
  }

  /// What is said of somebody's own things stands among the words or right beside them.
  [[nodiscard]] bool allowed(std::uint32_t low, std::uint32_t high) const {
    return p_.never == 0 ||
           std::none_of(words_.begin() + static_cast<std::ptrdiff_t>(begin_),
                        words_.begin() + static_cast<std::ptrdiff_t>(end_), [&](const word& w) {
                          return (w.means & p_.never) != 0 && w.at + 1 >= low && w.at <= high + 2;
                        });
  }

  const pattern& p_;
  const std::vector<word>& words_;
  std::size_t begin_, end_;
  std::array<std::size_t, 4> taken_{};
};

} // namespace

std::vector<sign> strengths::strongest(double least) const {
  std::vector<sign> out;
  for (std::size_t i = 0; i < all_.size(); ++i)
    if (all_[i] >= least)
      out.push_back(static_cast<sign>(i));
  std::stable_sort(out.begin(), out.end(), [&](sign a, sign b) { return of(a) > of(b); });
  return out;
}

void look_at_words(const std::vector<word>& words, screen_place where, strengths& out) {
  for (std::size_t i = 0; i < words.size(); ++i)
    for (const auto& p : patterns) {
      const auto weight = where == screen_place::request ? p.asked : p.told;
      if ((words[i].means & p.all[0]) != 0 && weight > out.of(p.says) &&
          finder{p, words, i}.finds())
        out.raise(p.says, weight);
    }
}

} // namespace troupe::screens
