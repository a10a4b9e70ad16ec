#include "policies/screens/screen.hpp"

#include "policies/screens/disguise.hpp"
#include "policies/screens/links.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace troupe::screens {

namespace {

constexpr std::size_t sentence_least = 12; ///< bytes: what is shorter belongs to what follows
constexpr double worth_telling = 0.3;
constexpr double part_of_it = 0.3; ///< a sentence that speaks so much for an attack goes with it
constexpr std::size_t together_most = 256u << 10; ///< bytes that are read as one text

struct part {
  std::size_t begin = 0, end = 0;
  strengths what;
  std::vector<const char*> how;
};

std::vector<part> parts_of(std::string_view text) {
  std::vector<part> out;
  std::size_t begin = 0;
  const auto close = [&](std::size_t end) {
    if (end > begin) {
      part p;
      p.begin = begin;
      p.end = end;
      out.push_back(std::move(p));
    }
    begin = end;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool ends = (c == '\n' || ((c == '.' || c == '!' || c == '?') && i + 1 < text.size() &&
                                     (text[i + 1] == ' ' || text[i + 1] == '\n')));
    if (ends && i + 1 - begin >= sentence_least)
      close(i + 1);
  }
  close(text.size());
  return out;
}

void look_at_links(std::string_view text, strengths& out) {
  if (text.find(':') == text.npos && text.find("//") == text.npos && text.find("www") == text.npos)
    return;
  for (const auto& x : links_in(text)) {
    if (x.what == link::kind::email)
      continue;
    if (x.filled_in)
      out.raise(sign::exfiltration, x.image ? 0.8 : 0.72);
    else if (x.image && x.carries)
      out.raise(sign::exfiltration, 0.62);
  }
}

strengths read_all(std::string_view text, screen_place where, std::vector<const char*>& how) {
  // What goes outside is mostly what the user has asked for.
  const auto as = where == screen_place::results ? where : screen_place::request;
  strengths out;
  bool first = true;
  for (const auto& x : readings_of(text)) {
    strengths now;
    look_at_words(x.joined ? read_joined(x.text) : read_words(x.text), as, now);
    look_at_marks(x.text, as, now);
    if (first)
      look_at_links(text, now);
    else
      look_at_links(x.text, now);
    const auto said = now.together();
    if (!first && said >= worth_telling && said > out.together() + 0.05) {
      // Whoever hides an order knows that it is none to be given.
      now.raise(sign::disguise, 0.5);
      how.push_back(x.how);
    }
    if (x.suspicion > 0 && (said >= worth_telling / 2 || x.suspicion >= 0.6))
      now.raise(sign::disguise, x.suspicion);
    if (now.together() > out.together())
      out = now;
    first = false;
  }
  return out;
}

double score_around(const std::vector<part>& all, std::size_t i, strengths& what) {
  what = all[i].what;
  if (i > 0)
    what.raise(all[i - 1].what);
  if (i + 1 < all.size())
    what.raise(all[i + 1].what);
  return what.together();
}

struct whole {
  std::vector<part> parts;
  verdict said;
  bool only_together = false; ///< no part by itself says it
};

whole read_text(std::string_view text, screen_place where) {
  whole out;
  out.parts = parts_of(text);
  strengths strongest;
  const auto take = [&](const strengths& what, double score, const std::vector<const char*>& how) {
    if (score <= out.said.score)
      return false;
    out.said.score = score;
    strongest = what;
    out.said.disguises = how;
    return true;
  };
  for (auto& p : out.parts)
    p.what = read_all(text.substr(p.begin, p.end - p.begin), where, p.how);
  for (std::size_t i = 0; i < out.parts.size(); ++i) {
    strengths what;
    const auto score = score_around(out.parts, i, what);
    take(what, score, out.parts[i].how);
  }
  if (out.parts.size() > 1 && text.size() <= together_most) {
    std::vector<const char*> how;
    const auto what = read_all(text, where, how);
    // Whole texts hold more words: only what is there at once counts, not what adds up.
    double most = 0;
    for (std::size_t i = 0; i < enum_names<sign>::value.size(); ++i)
      most = std::max(most, what.of(static_cast<sign>(i)));
    out.only_together = take(what, most, how);
  }
  out.said.signals = strongest.strongest(worth_telling);
  return out;
}

std::string cut(std::string_view text, const whole& from, double threshold, std::size_t& taken) {
  std::string out;
  bool marked = false;
  for (std::size_t i = 0; i < from.parts.size(); ++i) {
    const auto& p = from.parts[i];
    strengths around;
    const auto score = score_around(from.parts, i, around);
    const auto own = p.what.together();
    const bool goes = own >= threshold || (score >= threshold && own >= part_of_it) ||
                      (from.only_together && own >= part_of_it / 2);
    if (!goes) {
      out += text.substr(p.begin, p.end - p.begin);
      marked = false;
      continue;
    }
    ++taken;
    if (!marked) {
      if (!out.empty() && out.back() != ' ' && out.back() != '\n')
        out += ' ';
      out += withheld_mark;
      if (text[p.end - 1] == '\n')
        out += '\n';
    }
    marked = true;
  }
  return out;
}

template <class Visit>
bool each_text(json& x, int deep, const Visit& visit) {
  if (deep > deep_most)
    return false;
  if (x.is_string()) {
    visit(x.get_ref<std::string&>());
  } else if (x.is_array()) {
    for (auto& inner : x)
      if (!each_text(inner, deep + 1, visit))
        return false;
  } else if (x.is_object()) {
    for (auto& [key, inner] : x.items())
      if (!each_text(inner, deep + 1, visit))
        return false;
  }
  return true;
}

/// Keys that are sentences; a short word is a name.
void screen_keys(json& x, screen_place where, screen_rule rule, int deep, verdict& out) {
  if (deep > deep_most || !x.is_structured())
    return;
  if (x.is_object()) {
    std::vector<std::string> gone;
    for (const auto& [key, inner] : x.items())
      if (key.size() >= sentence_least) {
        auto text = key;
        const auto said = screen(text, where, rule);
        out.take(said);
        if (said.action == screen_action::strip)
          gone.push_back(key);
      }
    for (const auto& key : gone)
      x.erase(key);
  }
  for (auto& inner : x)
    screen_keys(inner, where, rule, deep + 1, out);
}

} // namespace

std::string verdict::why() const {
  std::string out;
  for (const auto s : signals)
    out += (out.empty() ? "" : ", ") + std::string{to_string(s)};
  for (const char* how : disguises)
    if (*how != '\0' && out.find(how) == std::string::npos)
      out += std::string{", "} + how;
  char number[16];
  std::snprintf(number, sizeof number, " (%.2f)", score);
  return out + number;
}

void verdict::take(const verdict& other) {
  parts += other.parts;
  action = std::max(action, other.action);
  if (other.score <= score)
    return;
  score = other.score;
  signals = other.signals;
  disguises = other.disguises;
}

screen_action action_for(double score, screen_rule rule) noexcept {
  if (rule.action == screen_action::allow || score < rule.threshold * flag_share || score <= 0)
    return screen_action::allow;
  return score >= rule.threshold ? rule.action : screen_action::flag;
}

verdict look_at(std::string_view text, screen_place where) {
  return read_text(text, where).said;
}

verdict screen(std::string& text, screen_place where, screen_rule rule) {
  if (rule.action == screen_action::allow || text.empty())
    return {};
  auto all = read_text(text, where);
  auto out = std::move(all.said);
  out.action = action_for(out.score, rule);
  if (out.action != screen_action::strip)
    return out;
  auto rest = cut(text, all, rule.threshold, out.parts);
  // What is left must not say it either.
  if (out.parts == 0 || look_at(rest, where).score >= rule.threshold) {
    rest = withheld_mark;
    out.parts = all.parts.size();
  }
  text = std::move(rest);
  return out;
}

verdict screen(json& document, screen_place where, screen_rule rule) {
  verdict out;
  if (rule.action == screen_action::allow)
    return out;
  std::string together;
  std::size_t texts = 0;
  const bool read = each_text(document, 0, [&](std::string& x) {
    out.take(screen(x, where, rule));
    if (together.size() < together_most) {
      together += x;
      together += '\n';
    }
    ++texts;
  });
  if (!read) {
    out.action = rule.action == screen_action::flag ? screen_action::flag : screen_action::block;
    out.score = 1;
    out.signals = {sign::disguise};
    return out;
  }
  screen_keys(document, where, rule, 0, out);
  if (texts < 2)
    return out;
  auto spread = look_at(together, where);
  spread.action = action_for(spread.score, rule);
  // Something else that was taken out is no reason to leave this in.
  if (spread.action < screen_action::strip || out.action > spread.action)
    return out;
  if (spread.action == screen_action::strip)
    each_text(document, 0, [&](std::string& x) {
      if (look_at(x, where).score >= part_of_it / 2) {
        x = withheld_mark;
        ++spread.parts;
      }
    });
  out.take(spread);
  return out;
}

} // namespace troupe::screens
