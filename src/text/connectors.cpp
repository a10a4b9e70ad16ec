#include "src/text/connectors.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace troupe::text {

namespace {

struct token {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string word; // lower case; empty for a mark
  char mark = 0;    // '.', '?', '!', ',', ';' or '\n'; 0 for a word
};

struct connector {
  std::string_view words;
  joint strength;
  sequence_hint order = sequence_hint::any;
  bool after_mark_only =
      false; // a common word otherwise: it connects only after a mark or another connector
};

// Longer ones before their own beginnings.
constexpr std::array connectors = {
    connector{"and after that", joint::strong, sequence_hint::follows},
    connector{"once that is done", joint::strong, sequence_hint::follows},
    connector{"once that's done", joint::strong, sequence_hint::follows},
    connector{"when that is done", joint::strong, sequence_hint::follows},
    connector{"when that's done", joint::strong, sequence_hint::follows},
    connector{"after that", joint::strong, sequence_hint::follows},
    connector{"followed by", joint::strong, sequence_hint::follows},
    connector{"on top of that", joint::strong},
    connector{"as well as", joint::strong},
    connector{"in addition", joint::strong, sequence_hint::any, true},
    connector{"along with", joint::weak},
    connector{"afterwards", joint::strong, sequence_hint::follows},
    connector{"afterward", joint::strong, sequence_hint::follows},
    connector{"then", joint::strong, sequence_hint::follows},
    connector{"also", joint::strong},
    connector{"plus", joint::strong},
    connector{"additionally", joint::strong},
    connector{"furthermore", joint::strong},
    connector{"moreover", joint::strong},
    connector{"besides", joint::strong},
    connector{"finally", joint::strong, sequence_hint::follows, true},
    connector{"lastly", joint::strong, sequence_hint::follows, true},
    connector{"next", joint::strong, sequence_hint::follows, true},
    connector{"secondly", joint::strong, sequence_hint::any, true},
    connector{"and", joint::weak},
    connector{"but", joint::weak},
    connector{"before you", joint::weak, sequence_hint::follows},
    connector{"after you", joint::weak, sequence_hint::precedes},
    connector{"before", joint::weak, sequence_hint::follows},
    connector{"after", joint::weak, sequence_hint::precedes},
};

// Openings that ask for something without saying what.
constexpr std::array openings = {
    "i would also like to",
    "i would like you to",
    "i would like to",
    "i'd like you to",
    "i'd like to",
    "i want you to",
    "i want to",
    "i wanna",
    "i need you to",
    "i need to",
    "i have to",
    "i am trying to",
    "i'm trying to",
    "i need help to",
    "help me",
    "help me to",
    "can you please",
    "could you please",
    "can you help me",
    "could you help me",
    "would you please",
    "will you please",
    "can you",
    "could you",
    "would you",
    "will you",
    "can i",
    "could i",
    "may i",
    "how do i",
    "how can i",
    "please",
    "let me",
};

// First words of questions, after which a part needs no other to be a request.
constexpr std::array questions = {
    "what", "what's", "whats", "when",  "when's", "where", "where's", "which", "who",  "who's",
    "why",  "how",    "how's", "is",    "are",    "am",    "was",     "do",    "does", "did",
    "can",  "could",  "will",  "would", "should", "has",   "have",    "may",
};

// First words of orders. "Cancel the other one" is a request; "cancel it" leans on what was said
// before.
constexpr std::array orders = {
    "please",    "tell",    "show",    "give",   "let",    "let's",    "help",     "cancel",
    "change",    "find",    "send",    "set",    "make",   "get",      "reset",    "upgrade",
    "downgrade", "track",   "update",  "refund", "book",   "pay",      "transfer", "call",
    "add",       "remove",  "check",   "return", "delete", "open",     "close",    "switch",
    "remind",    "connect", "explain", "email",  "mail",   "schedule",
};
constexpr std::array leaning = {"it", "them", "that", "this", "him", "her"};

constexpr std::array wishing = {"want", "need", "would", "wanna", "wish", "gotta"};

// First words of what explains, refers back or only goes on.
constexpr std::array telling = {
    "it",      "it's",    "its",      "they",  "they're", "he",   "she", "this",   "that",
    "that's",  "these",   "those",    "there", "there's", "my",   "the", "a",      "an",
    "because", "since",   "so",       "as",    "if",      "or",   "for", "though", "although",
    "we",      "someone", "somebody", "to",    "in",      "on",   "at",  "from",   "with",
    "not",     "now",     "i've",     "i'm",   "you",     "your",
};

bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '\'' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// "mr.", "e.g." and single letters end no sentence.
bool is_abbreviation(const std::string& word) {
  static constexpr std::array known = {"mr", "mrs", "ms", "dr", "st",     "no",
                                       "vs", "etc", "eg", "ie", "approx", "inc"};
  return word.size() == 1 || std::find(known.begin(), known.end(), word) != known.end();
}

std::vector<token> tokens_of(std::string_view text) {
  std::vector<token> out;
  for (std::size_t at = 0; at < text.size();) {
    char c = text[at];
    if (is_word_byte(c)) {
      token one{at, at, {}, 0};
      while (one.end < text.size() && is_word_byte(text[one.end])) {
        char letter = text[one.end++];
        one.word += letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
      }
      at = one.end;
      out.push_back(std::move(one));
      continue;
    }
    bool last = at + 1 == text.size() || is_blank(text[at + 1]);
    bool closing = c == '.' || c == '?' || c == '!';
    if (closing && !last && (text[at + 1] == '.' || text[at + 1] == '?' || text[at + 1] == '!')) {
      ++at; // of "?!" and "..." the last mark decides
      continue;
    }
    bool abbreviated = c == '.' && !out.empty() && out.back().mark == 0 && out.back().end == at &&
                       is_abbreviation(out.back().word);
    if (c == ';' || c == '\n' || (c == ',' && last) || (closing && last && !abbreviated))
      out.push_back({at, at + 1, {}, c});
    else if (c == '&' && last && at > 0 && is_blank(text[at - 1]))
      out.push_back({at, at + 1, "and", 0});
    ++at;
  }
  return out;
}

// How many tokens from `at` on are the connector, 0 if they are not.
std::size_t match(const std::vector<token>& tokens, std::size_t at, std::string_view words) {
  auto start = at;
  while (!words.empty()) {
    auto blank = words.find(' ');
    if (at >= tokens.size() || tokens[at].mark != 0 || tokens[at].word != words.substr(0, blank))
      return 0;
    ++at;
    words = blank == std::string_view::npos ? std::string_view() : words.substr(blank + 1);
  }
  return at - start;
}

} // namespace

std::vector<part> parts_of(std::string_view message) {
  auto tokens = tokens_of(message);
  std::vector<part> out;
  joint pending = joint::none;
  sequence_hint order = sequence_hint::any;
  bool open = false;
  for (std::size_t at = 0; at < tokens.size();) {
    const auto& one = tokens[at];
    if (one.mark != 0) {
      bool closes = one.mark == '.' || one.mark == '?' || one.mark == '!' || one.mark == '\n';
      if (open && (one.mark == '?' || one.mark == '!'))
        out.back().end = one.end;
      pending = std::max(pending, closes            ? joint::stop
                                  : one.mark == ';' ? joint::strong
                                                    : joint::weak);
      open = false;
      ++at;
      continue;
    }
    std::size_t length = 0;
    for (const auto& candidate : connectors) {
      if (candidate.after_mark_only && open)
        continue;
      length = match(tokens, at, candidate.words);
      if (length == 0)
        continue;
      // Two weak connectors in a row (", and") are still weak.
      pending = std::max(pending, candidate.strength);
      if (candidate.order != sequence_hint::any)
        order = candidate.order;
      break;
    }
    if (length > 0) {
      open = false;
      at += length;
      continue;
    }
    if (!open) {
      out.push_back({one.begin, one.end, out.empty() ? joint::none : pending, order});
      pending = joint::none;
      order = sequence_hint::any;
      open = true;
    }
    out.back().end = one.end;
    ++at;
  }
  return out;
}

std::size_t opening_of(std::string_view clause) {
  auto tokens = tokens_of(clause.substr(0, std::min<std::size_t>(clause.size(), 80)));
  std::size_t longest = 0;
  for (std::string_view opening : openings)
    longest = std::max(longest, match(tokens, 0, opening));
  // "i want to please also" and the like do not occur; one opening after another ("please can you")
  // does.
  for (std::string_view opening : openings)
    if (longest > 0 && longest < 3)
      longest = std::max(longest, longest + match(tokens, longest, opening));
  return longest == 0 ? 0 : tokens[longest - 1].end;
}

manner manner_of(std::string_view clause) {
  auto tokens = tokens_of(clause.substr(0, std::min<std::size_t>(clause.size(), 80)));
  auto has = [](const auto& words, const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  if (tokens.empty() || tokens[0].mark != 0)
    return manner::unclear;
  const auto& first = tokens[0].word;
  if (first == "i'd" || has(questions, first))
    return manner::request;
  if (has(orders, first))
    return tokens.size() > 1 && has(leaning, tokens[1].word) ? manner::unclear : manner::request;
  if (first == "i")
    return tokens.size() > 1 && has(wishing, tokens[1].word) ? manner::request : manner::statement;
  return has(telling, first) ? manner::statement : manner::unclear;
}

std::size_t word_count(std::string_view text) {
  std::size_t count = 0;
  bool inside = false;
  for (char c : text) {
    bool word = is_word_byte(c);
    count += word && !inside ? 1 : 0;
    inside = word;
  }
  return count;
}

} // namespace troupe::text
