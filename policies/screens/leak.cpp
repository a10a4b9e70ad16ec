#include "policies/screens/leak.hpp"

#include "policies/screens/disguise.hpp"
#include "policies/screens/links.hpp"
#include "policies/screens/pieces.hpp"

#include <algorithm>

namespace troupe::screens {

namespace {

struct offence {
  std::size_t at = 0, size = 0;
  double score = 0;
  sign what = sign::leak;
};

/// What is wrong with a text, place by place. An offence without a size is one of the whole text.
std::vector<offence> offences_in(const std::string& text, screen_place where, const outgoing& by) {
  std::vector<offence> out;
  if (by.secret && by.secret->in(text))
    out.push_back({0, 0, 0.95, sign::leak});
  if (by.holds_key)
    for (const auto& x : readings_of(text))
      if (by.holds_key(x.text)) {
        out.push_back({0, 0, 0.95, sign::leak});
        break;
      }
  if (by.holds_key)
    for (const auto& x : decode_runs(text))
      if (by.holds_key(x.text)) {
        out.push_back({0, 0, 0.95, sign::leak});
        break;
      }
  const auto standing = [&](const std::string& x) {
    return by.known ? by.known->of(x) : known_things::standing::trusted;
  };
  using is = known_things::standing;
  const auto links = links_in(text);
  const auto ids = by.known ? by.known->ids_in(text) : std::vector<known_things::named_id>{};
  // What stands behind those that are looked at is not let through unseen.
  if (links.size() >= links_max || ids.size() >= known_things::ids_max)
    out.push_back({0, 0, 1, sign::disguise});
  for (const auto& x : links) {
    const auto known = standing(x.target);
    if (by.hosts && is_host_of(x.host, *by.hosts))
      continue;
    if (x.what == link::kind::email) {
      if (known == is::unknown)
        out.push_back({x.at, x.size, where == screen_place::actions ? 0.8 : 0.7,
                       where == screen_place::actions ? sign::exfiltration : sign::leak});
      else if (known == is::heard && where == screen_place::actions)
        out.push_back({x.at, x.size, 0.55, sign::exfiltration});
      continue;
    }
    const bool given = known == is::trusted || standing(x.host) == is::trusted;
    const double score = x.filled_in                       ? 0.85
                         : x.image && !given               ? 0.8
                         : given                           ? 0.0
                         : x.carries && known != is::heard ? 0.72
                         : known == is::heard              ? (x.carries ? 0.5 : 0.2)
                                                           : 0.55;
    if (score > 0)
      out.push_back({x.at, x.size, score, sign::exfiltration});
  }
  for (const auto& x : ids)
    if (standing(x.id) == is::unknown)
      out.push_back({x.at, x.size, 0.75, sign::leak});
  return out;
}

struct place {
  std::size_t begin = 0, end = 0;
};

/// What has to go, in order; an id within a link goes with the link.
std::vector<place> places_of(const std::vector<offence>& all, double threshold) {
  std::vector<place> sorted, out;
  for (const auto& x : all)
    if (x.size > 0 && x.score >= threshold)
      sorted.push_back({x.at, x.at + x.size});
  std::sort(sorted.begin(), sorted.end(),
            [](const place& a, const place& b) { return a.begin < b.begin; });
  for (const auto& x : sorted)
    if (!out.empty() && x.begin < out.back().end)
      out.back().end = std::max(out.back().end, x.end);
    else
      out.push_back(x);
  return out;
}

} // namespace

verdict screen_outgoing(std::string& text, screen_place where, screen_rule rule,
                        const outgoing& by) {
  verdict out;
  if (rule.action == screen_action::allow || text.empty())
    return out;
  auto all = offences_in(text, where, by);
  strengths what;
  for (const auto& x : all) {
    out.score = std::max(out.score, x.score);
    what.raise(x.what, x.score);
  }
  out.signals = what.strongest(0.3);
  out.action = action_for(out.score, rule);
  if (out.action != screen_action::strip)
    return out;
  // The whole text is at fault: sentence by sentence, and all of it where that does not help.
  if (std::any_of(all.begin(), all.end(),
                  [&](const offence& x) { return x.size == 0 && x.score >= rule.threshold; })) {
    std::string rest;
    for (const auto& [at, size] : sentences_of(text)) {
      const auto sentence = text.substr(at, size);
      const auto wrong = offences_in(sentence, where, by);
      if (std::any_of(wrong.begin(), wrong.end(),
                      [&](const offence& x) { return x.size == 0 && x.score >= rule.threshold; })) {
        if (!rest.ends_with(withheld_mark))
          rest += (rest.empty() || rest.back() == ' ' ? "" : " ") + std::string{withheld_mark};
        ++out.parts;
      } else {
        rest += sentence;
      }
    }
    const auto still = offences_in(rest, where, by);
    if (out.parts == 0 || std::any_of(still.begin(), still.end(), [&](const offence& x) {
          return x.size == 0 && x.score >= rule.threshold;
        }))
      rest = withheld_mark;
    out.parts = std::max<std::size_t>(out.parts, 1);
    text = std::move(rest);
    all = offences_in(text, where, by);
  }
  const auto places = places_of(all, rule.threshold);
  for (auto x = places.rbegin(); x != places.rend(); ++x)
    text.replace(x->begin, x->end - x->begin, withheld_mark);
  out.parts += places.size();
  return out;
}

namespace {

/// The texts of a document one after the other, to be read as one.
struct joined_texts {
  std::string values, keys, both;
  void add(std::string_view text, std::string& to) {
    for (auto* x : {&to, &both}) {
      *x += text;
      *x += ' ';
    }
  }
};

void screen_each(json& x, screen_place where, screen_rule rule, const outgoing& by, int deep,
                 verdict& out, joined_texts& together) {
  if (deep > deep_most) {
    out.action = rule.action;
    out.score = 1;
    out.signals = {sign::disguise};
    x = nullptr;
  } else if (x.is_string()) {
    auto& text = x.get_ref<std::string&>();
    out.take(screen_outgoing(text, where, rule, by));
    together.add(text, together.values);
  } else if (x.is_array()) {
    for (auto& inner : x)
      screen_each(inner, where, rule, by, deep + 1, out, together);
  } else if (x.is_object()) {
    for (auto at = x.begin(); at != x.end();) {
      auto key = at.key();
      const auto said = screen_outgoing(key, where, rule, by);
      out.take(said);
      // A member whose name must not leave goes with it.
      if (said.action == screen_action::strip) {
        at = x.erase(at);
        continue;
      }
      together.add(key, together.keys);
      screen_each(at.value(), where, rule, by, deep + 1, out, together);
      ++at;
    }
  }
}

void clear_texts(json& x) {
  if (x.is_string())
    x = withheld_mark;
  else if (x.is_structured())
    for (auto& inner : x)
      clear_texts(inner);
}

} // namespace

verdict screen_outgoing(json& document, screen_place where, screen_rule rule, const outgoing& by) {
  verdict out;
  if (rule.action == screen_action::allow)
    return out;
  joined_texts together;
  screen_each(document, where, rule, by, 0, out, together);
  // Instructions that are told a piece at a time.
  const bool in_values = by.secret && by.secret->in(together.values);
  const bool in_keys = by.secret && !together.keys.empty() && !in_values &&
                       (by.secret->in(together.keys) || by.secret->in(together.both));
  if (in_values || in_keys) {
    verdict all;
    all.score = 0.95;
    all.signals = {sign::leak};
    all.action = action_for(all.score, rule);
    if (all.action == screen_action::strip) {
      if (in_keys)
        document.clear();
      else
        clear_texts(document);
      all.parts = 1;
    }
    out.take(all);
  }
  return out;
}

} // namespace troupe::screens
