#include "src/text/decompose.hpp"

#include "src/text/connectors.hpp"
#include "src/text/normalize.hpp"
#include "src/text/refusal.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

namespace troupe::text {

namespace {

// Every stretch of neighbouring parts is read once, so this bounds the readings of a message.
constexpr std::size_t most_parts = 8;
// What follows this many parts is one part with the last of them: no one asks for so much in
// earnest.
constexpr std::size_t most_looked_at = 64;

// A label of the unsplit message with a smaller share than this is no sign that the message asks
// for it as well. Three wishes leave less to each.
constexpr double least_share = 0.05;
constexpr double least_share_of_more = 0.03;
constexpr std::size_t most_leading = 4;
// With at least this share it is a trace, which counts where both clauses alone are very sure.
constexpr double least_trace = 0.004;

// With more parts than that, the weakest joints are taken as no joints, the last ones first.
std::vector<part> bounded(std::vector<part> parts) {
  if (parts.size() > most_looked_at) {
    parts[most_looked_at - 1].end = parts.back().end;
    parts.resize(most_looked_at);
  }
  while (parts.size() > most_parts) {
    auto weakest = parts.size() - 1;
    for (auto at = parts.size() - 1; at > 0; --at)
      if (parts[at].before < parts[weakest].before)
        weakest = at;
    parts[weakest - 1].end = parts[weakest].end;
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(weakest));
  }
  return parts;
}

class splitter {
 public:
  splitter(const classifier& by, std::string_view message, std::vector<part> parts,
           const decompose_options& options)
      : by_(by)
      , message_(message)
      , parts_(std::move(parts))
      , options_(options) {}

  std::vector<clause> split() {
    auto ends = cuts(0, parts_.size(), options_.max_clauses);
    if (ends.size() < 2)
      return {read(0, parts_.size())};
    // The costs look at what the whole message is about, and beside a third request two others show
    // too little there. So every clause is looked at again, as if it were all there is. What came
    // back whole never gets here: a single request is not split by this.
    for (std::size_t at = 0; at < ends.size();) {
      auto finer = cuts(start_of(ends, at), ends[at], options_.max_clauses - ends.size() + 1);
      if (finer.size() < 2 || repeats_a_neighbour(ends, at, finer))
        ++at;
      else
        ends.insert(ends.begin() + static_cast<std::ptrdiff_t>(at), finer.begin(), finer.end() - 1);
    }
    return ordered(ends);
  }

 private:
  struct plan {
    double value = -std::numeric_limits<double>::infinity(); // sum over the clauses
    std::vector<std::size_t> ends;
    std::string last;      // intent of the last clause
    double sure = 0;       // its confidence
    std::size_t start = 0; // the part it begins with
  };

  static std::size_t start_of(const std::vector<std::size_t>& ends, std::size_t clause) {
    return clause > 0 ? ends[clause - 1] : 0;
  }

  // The ends of the clauses that the parts from `first` up to `last` are best read as; only `last`
  // if they are one.
  std::vector<std::size_t> cuts(std::size_t first, std::size_t last, std::size_t most) {
    const auto& whole = read(first, last);
    shares_ = whole.what.alternatives;
    span_ = last - first;
    auto [value, ends] = best_ends(first, last, most);
    if (ends.size() < 2 || value <= worth(whole.what))
      return {last};
    return ends;
  }

  // Cut as `finer` says, the clause `at` would ask for what the one before or behind it asks for.
  bool repeats_a_neighbour(const std::vector<std::size_t>& ends, std::size_t at,
                           const std::vector<std::size_t>& finer) {
    const auto asks = [this](std::size_t from, std::size_t to) -> const std::string& {
      return read(from, to).what.intent;
    };
    const auto from = start_of(ends, at), to = ends[at];
    return (at > 0 && asks(start_of(ends, at - 1), from) == asks(from, finer.front())) ||
           (at + 1 < ends.size() && asks(finer[finer.size() - 2], to) == asks(to, ends[at + 1]));
  }

  static double worth(const classification& what) {
    return std::log(std::max(what.confidence, 1e-4));
  }

  // The place of an intent among the unsplit message's labels, their number if it is not among
  // them.
  std::size_t rank(const std::string& intent) const {
    auto hit = std::find_if(shares_.begin(), shares_.end(),
                            [&](const label_score& one) { return one.intent == intent; });
    return static_cast<std::size_t>(hit - shares_.begin());
  }

  // Of two parts the two best labels can lead, of more parts more.
  bool leads(const std::string& intent) const {
    auto at = rank(intent);
    return at < std::min({shares_.size(), std::max<std::size_t>(span_, 2), most_leading}) &&
           shares_[at].confidence >= (at < 2 ? least_share : least_share_of_more);
  }

  bool leaves_a_trace(const std::string& intent) const {
    auto at = rank(intent);
    return at < std::min<std::size_t>(shares_.size(), 2) && shares_[at].confidence >= least_trace;
  }

  manner manner_at(const part& at) const {
    return manner_of(message_.substr(at.begin, at.end - at.begin));
  }

  // The cost of a cut before `at`, in front of a clause that is read as `what`. A story and the
  // question it leads up to are one request, so a side that only tells speaks against the cut,
  // whichever it is. Not so where the story is a matter of its own ("I've been charged twice, and I
  // want to upgrade", or the other way round): the unsplit message then has both intents in front,
  // or a trace of both that the clauses alone are very sure of.
  double cost(const plan& before, const part& at, const classification& what) const {
    double out = at.before == joint::weak     ? options_.weak_cost
                 : at.before == joint::strong ? options_.strong_cost
                                              : options_.stop_cost;
    auto tells = manner_at(parts_[before.start]), reads = manner_at(at);
    const bool agree = leads(before.last) && leads(what.intent);
    const bool story = tells == manner::statement;
    const bool request_then_story = tells == manner::request && reads == manner::statement;
    const bool sure = std::min(before.sure, what.confidence) >= options_.sure_confidence &&
                      leaves_a_trace(before.last) && leaves_a_trace(what.intent);
    if (agree && ((story && reads == manner::request) || request_then_story))
      out -= options_.request_gain / 2;
    else if (request_then_story && sure)
      out -= options_.sure_gain;
    else if (reads == manner::statement || story)
      out += at.before == joint::strong ? 0 : options_.statement_cost;
    else if (reads == manner::request)
      out -= options_.request_gain;
    return agree ? out - options_.agreement_gain : out;
  }

  // The clause from part `from` up to, not including, part `to`.
  const clause& read(std::size_t from, std::size_t to) {
    auto [found, fresh] = read_.try_emplace({from, to});
    auto& out = found->second;
    if (!fresh)
      return out;
    out.begin = parts_[from].begin;
    out.end = parts_[to - 1].end;
    out.text = message_.substr(out.begin, out.end - out.begin);
    out.what = by_.named(out.text);
    auto opening = opening_of(message_.substr(parts_[0].begin, parts_[0].end - parts_[0].begin));
    if (from > 0 && opening > 0 && opening_of(out.text) == 0 &&
        manner_of(out.text) != manner::statement) {
      // "I want to cancel my order and change my address": the second clause shares the opening of
      // the first. A statement ("I've been charged twice") has none to share.
      auto shared = std::string(message_.substr(parts_[0].begin, opening)) + ' ' + out.text;
      auto with = by_.named(shared);
      if (with.confidence >= out.what.confidence) {
        out.text = std::move(shared);
        out.what = std::move(with);
      }
    }
    return out;
  }

  bool stands_alone(const clause& one) const {
    return one.what.confidence >= options_.least_confidence &&
           word_count(message_.substr(one.begin, one.end - one.begin)) >= options_.min_words;
  }

  // The best way to group the parts from `first` up to `last` into two or more clauses, up to
  // `most`, of different neighbours' intents; its mean worth less the costs of its cuts.
  std::pair<double, std::vector<std::size_t>> best_ends(std::size_t first, std::size_t last,
                                                        std::size_t most) {
    most = std::min(most, last - first);
    std::vector<std::vector<plan>> best(last - first + 1, std::vector<plan>(most + 1));
    best[0][0].value = 0;
    for (std::size_t to = first + 1; to <= last; ++to)
      for (std::size_t from = first; from < to; ++from) {
        if (from == first && to == last)
          continue; // that is the unsplit reading
        const auto& one = read(from, to);
        if (!stands_alone(one))
          continue;
        for (std::size_t count = 1; count <= most; ++count) {
          const auto& before = best[from - first][count - 1];
          if (!std::isfinite(before.value) || before.last == one.what.intent)
            continue;
          auto value = before.value + worth(one.what) -
                       (from > first ? cost(before, parts_[from], one.what) : 0);
          auto& known = best[to - first][count];
          if (value <= known.value)
            continue;
          known = {value, before.ends, one.what.intent, one.what.confidence, from};
          known.ends.push_back(to);
        }
      }
    std::pair<double, std::vector<std::size_t>> out{-std::numeric_limits<double>::infinity(), {}};
    for (std::size_t count = 2; count <= most; ++count) {
      auto& candidate = best.back()[count];
      if (candidate.value / static_cast<double>(count) > out.first)
        out = {candidate.value / static_cast<double>(count), candidate.ends};
    }
    return out;
  }

  // The clauses in the order in which they are to be done.
  std::vector<clause> ordered(const std::vector<std::size_t>& ends) {
    std::vector<clause> out;
    std::size_t from = 0;
    for (auto to : ends) {
      auto one = read(from, to);
      auto hint = from > 0 ? parts_[from].order : sequence_hint::any;
      if (hint == sequence_hint::precedes) {
        // "A after B": B comes first, and A, said before it, waits for it.
        one.after_previous = out.back().after_previous;
        out.back().after_previous = true;
        out.insert(out.end() - 1, std::move(one));
      } else {
        one.after_previous = hint == sequence_hint::follows;
        out.push_back(std::move(one));
      }
      from = to;
    }
    return out;
  }

  const classifier& by_;
  std::string_view message_;
  std::vector<part> parts_;
  decompose_options options_;
  std::vector<label_score> shares_; // the best labels of the stretch that is cut, unsplit
  std::size_t span_ = 0;            // its parts
  std::map<std::pair<std::size_t, std::size_t>, clause> read_;
};

} // namespace

std::vector<clause> decompose(const classifier& by, std::string_view message,
                              const decompose_options& options) {
  auto looked_at = message.substr(0, max_message_bytes);
  auto parts = bounded(parts_of(looked_at));
  if (parts.size() < 2 || options.max_clauses < 2) {
    clause whole;
    whole.text = looked_at;
    whole.end = looked_at.size();
    whole.what = by.classify(looked_at);
    return {whole};
  }
  auto out = splitter(by, looked_at, std::move(parts), options).split();
  if (out.size() == 1) { // unsplit: the message as it came, marks and all
    out[0].text = looked_at;
    out[0].begin = 0;
    out[0].end = looked_at.size();
  }
  // Split by what is named: "don't cancel my order, change its address" names two things.
  const auto refused = refused_parts(looked_at);
  for (auto& one : out)
    heed_refusals(by, looked_at, refused, one.begin, one.end, one.what);
  return out;
}

} // namespace troupe::text
