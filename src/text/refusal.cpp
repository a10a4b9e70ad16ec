#include "src/text/refusal.hpp"

#include "src/text/normalize.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <string>

namespace troupe::text {

namespace {

// So many words of a clause are looked at: a refusal stands at its head.
constexpr std::size_t most_words_of_refusal = 40;
// So many parts are looked at, and so many refused ones are read again.
constexpr std::size_t most_parts_looked_at = 64;
constexpr std::size_t most_refused_read = 8;

namespace refusal_words {

// Patterns read words as `words_of` gives them, blanks between: "don't" is "dont".
const std::string do_not = "(?:dont|do not|donot|don t|do nt|dnt)";
// What may stand before a clause without changing what it says.
const std::string head =
    "^(?:(?:please|pls|plz|kindly|hi|hello|hey|dear|there|team|sir|madam|ok|okay|no|nope|yes|well|"
    "so|oh|actually|sorry|wait|just|again|thanks|now|also|because|since|as|for now|i said|"
    "i repeat|i told you|whatever you do|[!?]) )*";
const std::string adverbs = "(?: (?:really|just|actually|definitely|certainly|absolutely|still|"
                            "also|honestly|simply|currently|ever|even|would|do|now|yet))*";
const std::string person = head + "(?:i|we|id|wed|ive|weve)" + adverbs;
const std::string never = " (?:" + do_not + "|never|not|wouldnt)" + adverbs;
const std::string verb = "(?: \\w+ly| even| ever| just| yet| again| now)* (\\w+)";
// Things to be had from whoever is asked, and the doing of what is asked of them.
const std::string things = "(?:refund|upgrade|downgrade|cancellation|replacement|exchange|"
                           "deletion|compensation|reimbursement)s?";
const std::string deed = "(?:cancel|refund|upgrad|downgrad|delet|clos|remov|chang|return|replac|"
                         "exchang|book|order)\\w*";
const std::string doing = deed + "ing";
const std::string done = deed + "ed";

} // namespace refusal_words

/// A pattern, and what the word that it takes out tells: nothing, or that this one is no refusal.
struct refusal_pattern {
  RE2 words;
  bool (*spares)(const std::string& word);
};

template <std::size_t n>
bool is_one_of(const std::array<const char*, n>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool spares_none(const std::string&) {
  return false;
}

// After "don't", "can you not": verbs of knowing and having, where "I" is left out ("don't know how
// to cancel"); who is asked ("don't you have ..."); and what says how or reminds ("don't forget to
// cancel it", "don't talk so fast").
bool spares_orders(const std::string& word) {
  static constexpr std::array verbs = {
      "know",   "understand", "see",   "have",     "get",      "got",      "recognise", "recognize",
      "need",   "want",       "like",  "think",    "remember", "believe",  "mind",      "forget",
      "worry",  "care",       "agree", "hesitate", "wish",     "work",     "works",     "feel",
      "seem",   "trust",      "find",  "receive",  "hear",     "own",      "be",        "let",
      "allow",  "talk",       "speak", "tell",     "say",      "make",     "recall",    "bother",
      "look",   "come",       "been",  "able",     "sure",     "possible", "working",   "again",
      "was",    "were",       "came",  "went",     "sent",     "gave",     "made",      "paid",
      "had",    "did",        "saw",   "heard",    "knew",     "bought",   "took",      "told",
      "you",    "i",          "we",    "they",     "it",       "he",       "she",       "that",
      "this",   "these",      "those", "my",       "the",      "your",     "people",    "all",
      "enough", "only",       "too",   "there",    "any",      "a",
  };
  return is_one_of(verbs, word);
}

// "Never received my order" tells what has happened.
bool spares_never(const std::string& word) {
  return spares_orders(word) || word.ends_with("ed");
}

// What somebody does not want to do themselves or have happen to them is no order of theirs: "I
// don't want to keep my plan", "to pay twice", "to wait any longer".
bool spares_wishes(const std::string& word) {
  static constexpr std::array verbs = {
      "keep",   "have",  "continue", "use",    "pay",     "be",     "receive", "lose",  "loose",
      "wait",   "hear",  "see",      "go",     "miss",    "own",    "stay",    "renew", "deal",
      "work",   "talk",  "speak",    "do",     "bother",  "worry",  "know",    "waste", "spend",
      "give",   "risk",  "suffer",   "live",   "wear",    "listen", "watch",   "say",   "sound",
      "verify", "share", "disclose", "commit", "overpay", "find",   "end",     "start", "call",
  };
  return is_one_of(verbs, word);
}

// "I don't want a subscription any more" asks for its end.
bool spares_ends(const std::string& rest) {
  static const RE2 over{"\\b(?:anymore|any ?more|any ?longer|no more)\\b"};
  return RE2::PartialMatch(rest, over);
}

// "The order I placed" is one thing that is owned, and "my order cancelled" is what is done to it.
bool spares_results(const std::string& between) {
  static const RE2 told{"\\b(?:i|we|you|have|has|had|was|were|been|got|that|which)\\b"};
  return spares_ends(between) || RE2::PartialMatch(between, told);
}

const auto& refusal_patterns() {
  using namespace refusal_words;
  static const std::array<refusal_pattern, 21> all{{
      // "Don't cancel my order", "and please don't you dare cancel it", "could you not cancel it".
      {RE2{head + do_not + "(?: you (?:dare|ever)(?: to)?)?" + verb}, spares_orders},
      {RE2{"\\b(?:please|pls|plz|kindly) (?:" + do_not + "|not)" + verb}, spares_orders},
      {RE2{head + "never" + verb}, spares_never},
      {RE2{head + "(?:let us|lets) not" + verb}, spares_orders},
      {RE2{head + "under no circumstances()"}, spares_none},
      {RE2{head + "(?:can|could|will|would) you (?:please )?not" + verb}, spares_orders},
      {RE2{head + "(?:make sure|ensure|be sure|take care)(?: that)?(?: you| to)? (?:" + do_not +
           "|not|never)(?: to)?" + verb},
       spares_orders},
      // "You don't need to cancel it", "there is no need to cancel it".
      {RE2{head + "you (?:need not|neednt|should not|shouldnt|must not|mustnt|" + do_not +
           " (?:need|have) to)" + verb},
       spares_orders},
      {RE2{head + "(?:(?:there is|theres) )?no need (?:to|for)()"}, spares_none},
      // "Stop cancelling my order", "stop the refund".
      {RE2{head + "(?:stop|quit) " + doing + "()"}, spares_none},
      {RE2{head + "stop (?:(?:the|my|that|this|any) )?" + things + "\\b()"}, spares_none},
      // "I don't want you to cancel it", "I no longer want to cancel it", "I don't want it
      // cancelled".
      {RE2{person + "(?:" + never + "| no longer) (?:want|wish|need|intend|plan|mean|like|care)" +
           "(?: (?:you|anyone|anybody|them))? to" + verb},
       spares_wishes},
      {RE2{person + "(?:" + never +
           "| no longer) (?:want|wish|need|like|ask|asked) to (?:be|get) " + done + "()"},
       spares_none},
      {RE2{person + never + " (?:want|need) (?:my|the|this|that|it|your|our|any)" +
           "((?: \\w+){0,5}) \\w\\w+ed(?: (?:please|yet|now|again|at all|after all|!))*$"},
       spares_results},
      {RE2{head + "(?:i|we|ive|weve|id)(?: have| would)? (?:decided|chosen|chose|prefer|rather) "
                  "not()"},
       spares_none},
      // "I do not want a refund", "I don't want the upgrade".
      {RE2{person + never + " (?:want|need|like|wish for) (?:an?|any) (.*)"}, spares_ends},
      {RE2{person + never + " (?:want|need|like) (?:(?:the|this|that|your) )?" + things +
           "\\b(.*)"},
       spares_ends},
      // "I never asked for a refund", "I didn't ask you to cancel", "I'm not asking for a refund".
      {RE2{person + "(?: have)?(?:" + never + "| did not| didnt| have not| havent)" + adverbs +
           " (?:ask|asked|request|requested) (?:for|to|you|any|an?|that|this)\\b()"},
       spares_none},
      {RE2{head + "(?:im|i am|we are) not" + adverbs +
           " (?:asking|requesting|trying|looking) (?:for|to|you)\\b()"},
       spares_none},
      // "I never said that you should cancel it", "I didn't tell you to cancel it".
      {RE2{person + "(?: have)?(?:" + never + "| did not| didnt| have not| havent)" + adverbs +
           " (?:say|said|tell|told|mean|meant|agree|agreed)(?: that)?(?: you)?"
           "(?: (?:should|could|can|may))?(?: to)? "
           "(?:cancel|refund|upgrad|downgrad|delet|clos)\\w*()"},
       spares_none},
      {RE2{head + "nobody (?:asked|wants|wanted|told) (?:for|to|you|an?)\\b()"}, spares_none},
  }};
  return all;
}

// Words that a clause of its own begins with, so that what was refused before does not reach it.
bool begins_anew(std::string_view clause) {
  static const RE2 words{
      "^(?:i|id|ill|im|ive|we|wed|well|weve|you|it|its|he|she|they|my|the|there|this|that|please|"
      "pls|just|only|instead|rather|what|whats|when|where|wheres|which|who|why|how|is|are|was|do|"
      "does|did|can|could|will|would|should|may|let|lets|thanks|thank)\\b"};
  return RE2::PartialMatch(clause, words);
}

// The first words of a normalized text, one blank between.
std::string first_words(std::string_view normalized_text) {
  std::string out;
  for (const auto& word : words_of(normalized_text, most_words_of_refusal)) {
    if (!out.empty())
      out += ' ';
    out += word;
  }
  return out;
}

bool words_refuse(const std::string& words) {
  static const RE2 some{"\\b(?:dont|donot|dnt|nt|don t|not|never|no|stop|quit|nobody|wouldnt|didnt|"
                        "havent|neednt|shouldnt|mustnt)\\b"};
  if (!RE2::PartialMatch(words, some))
    return false;
  std::string told;
  return std::any_of(refusal_patterns().begin(), refusal_patterns().end(), [&](const auto& x) {
    return RE2::PartialMatch(words, x.words, &told) && !x.spares(told);
  });
}

// Joined to the part before it with "and" and nothing else.
bool only_added(std::string_view between) {
  static const RE2 added{"(?i)^[\\s,]*(?:and|&)\\s*$"};
  return RE2::PartialMatch(between, added);
}

// "Actually no", "keep it", "never mind": all that is said of what stands before it.
bool takes_back(std::string_view part) {
  static const RE2 words{
      "^(?:(?:oh|ok|okay|well|wait|hm+|sorry|actually|please|no|but|and) )*"
      "(?:(?:actually|wait|oh|sorry) no|no wait|no actually|never ?mind(?: that| it)?|nvm|"
      "scratch that|forget (?:it|that|about it)|on second thoughts?|"
      "(?:ill |i will |ill rather |let me )?(?:keep|leave) (?:it|that|them)(?: as it is)?)"
      "(?: (?:please|thanks|thank you|sorry|then|after all|!))*$"};
  return RE2::FullMatch(part, words);
}

} // namespace

bool refuses(std::string_view clause) {
  // What stands before a colon or a dash only says what it is about: "My order: don't cancel it".
  static const RE2 about{"(?:: | - |\\()"};
  auto folded = normalize(clause).text;
  re2::StringPiece left{folded};
  if (words_refuse(first_words(folded)))
    return true;
  for (std::size_t n = 0; n < most_parts_looked_at && RE2::FindAndConsume(&left, about); ++n)
    if (words_refuse(first_words({left.data(), left.size()})))
      return true;
  return false;
}

std::vector<part> refused_parts(std::string_view message) {
  auto parts = parts_of(message.substr(0, max_message_bytes));
  if (parts.size() > most_parts_looked_at)
    parts.resize(most_parts_looked_at);
  std::vector<part> out;
  for (std::size_t at = 0; at < parts.size(); ++at) {
    const auto& one = parts[at];
    const auto words = message.substr(one.begin, one.end - one.begin);
    const bool reached = !out.empty() && out.back().end == parts[at - 1].end &&
                         only_added(message.substr(out.back().end, one.begin - out.back().end)) &&
                         !begins_anew(first_words(normalize(words).text));
    if (at > 0 && takes_back(first_words(normalize(words).text))) {
      // What was said just before, with all that it was joined to.
      auto first = at - 1;
      while (first > 0 && parts[first].before == joint::weak)
        --first;
      for (auto back = first; back < at; ++back)
        if (std::none_of(out.begin(), out.end(),
                         [&](const part& x) { return x.begin == parts[back].begin; }))
          out.push_back(parts[back]);
    }
    if (reached || refuses(words))
      out.push_back(one);
  }
  return out;
}

void heed_refusals(const classifier& by, std::string_view message, std::span<const part> refused,
                   std::size_t begin, std::size_t end, classification& what) {
  if (!what.accepted)
    return;
  std::size_t read = 0;
  for (const auto& one : refused) {
    if (one.begin < begin || one.end > end)
      continue;
    // A part that is all there is need not be read again, and of very many one will have meant it.
    if ((one.begin == begin && one.end == end) || ++read > most_refused_read ||
        by.named(message.substr(one.begin, one.end - one.begin)).intent == what.intent) {
      what.confidence = 0;
      what.accepted = false;
      return;
    }
  }
}

} // namespace troupe::text
