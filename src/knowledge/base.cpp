#include "src/knowledge/base.hpp"

#include "src/knowledge/terms.hpp"
#include "src/knowledge/word_index.hpp"

#include <algorithm>
#include <cmath>
#include <future>
#include <set>
#include <utility>

namespace troupe::knowledge {

namespace {

constexpr std::size_t candidates = 20; ///< of each of the two searches
constexpr double fusion = 60;          ///< the constant of reciprocal rank fusion
constexpr std::size_t vectors_at_once = 64;

std::size_t hash_of(const std::string& term) {
  return std::hash<std::string>{}(term);
}

std::vector<std::size_t> hashes_of(const std::vector<std::string>& terms) {
  std::vector<std::size_t> out;
  out.reserve(terms.size());
  for (const auto& t : terms)
    out.push_back(hash_of(t));
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::string joined(const std::vector<std::string>& terms) {
  std::string out;
  for (const auto& t : terms)
    out += (out.empty() ? "" : " ") + t;
  return out;
}

/// The beginning of a sentence that is too long, to the end of a word, with a mark that it goes on.
std::string beginning_of(std::string_view sentence, std::size_t most) {
  constexpr std::string_view goes_on = "...";
  auto end = most - std::min(most, goes_on.size());
  const auto blank = sentence.rfind(' ', end);
  if (blank != std::string_view::npos && blank > end / 2) {
    end = blank;
  } else {
    while (end > 0 && (static_cast<unsigned char>(sentence[end]) & 0xC0) == 0x80)
      --end;
  }
  return std::string{sentence.substr(0, end)} + std::string{goes_on.substr(0, most - end)};
}

/// What a passage is compared by.
std::string whole_of(const passage& x) {
  return x.heading + "\n" + x.text;
}

} // namespace

knowledge_base::knowledge_base() = default;
knowledge_base::~knowledge_base() = default;

std::shared_ptr<const knowledge_base>
knowledge_base::make(std::vector<content> from,
                     std::shared_ptr<const text::sentence_vectors> vectors,
                     std::chrono::milliseconds patience) {
  auto out = std::make_shared<knowledge_base>();
  out->words_ = std::make_unique<word_index>();
  std::string digests = vectors ? vectors->space() : std::string{};
  for (auto& one : from) {
    digests += one.collection + '\0' + digest_of(one.all);
    out->documents_[one.collection] = one.all.taken.size();
    for (const auto& d : one.all.taken)
      for (auto& p : passages_of(d.path, d.bytes, d.form)) {
        // Where a document lies says what it is about: policies/warranty.md.
        const auto heading = terms_of(d.path.substr(0, d.path.rfind('.')) + " " + p.heading);
        auto terms = terms_of(p.text);
        out->words_->add(out->all_.size(), one.collection, joined(heading), joined(terms));
        terms.insert(terms.end(), heading.begin(), heading.end());
        auto hashes = hashes_of(terms);
        for (const auto t : hashes)
          ++out->holding_[t];
        out->all_.push_back({std::move(p), one.collection, std::move(hashes)});
      }
  }
  out->words_->finish();
  out->digest_ = digest_of(std::string_view{digests});
  out->vectors_ = std::move(vectors);
  if (out->vectors_)
    out->take_vectors(patience);
  return out;
}

void knowledge_base::take_vectors(std::chrono::milliseconds patience) {
  for (std::size_t begin = 0; begin < all_.size(); begin += vectors_at_once) {
    const auto end = std::min(all_.size(), begin + vectors_at_once);
    std::vector<std::string> texts;
    for (auto i = begin; i < end; ++i)
      texts.push_back(whole_of(all_[i].what));
    auto answer = std::make_shared<std::promise<std::vector<text::sentence_vector>>>();
    auto got = answer->get_future();
    vectors_->of(std::move(texts), patience, [answer](std::vector<text::sentence_vector> x) {
      answer->set_value(std::move(x));
    });
    auto found = got.get();
    // Whoever cannot give one of them will not give the others: words have to do.
    if (found.size() != end - begin) {
      near_.clear();
      vectors_.reset();
      return;
    }
    for (auto i = begin; i < end; ++i)
      near_[all_[i].collection].add(i, std::move(found[i - begin]));
  }
}

double knowledge_base::rarity(std::size_t term) const {
  const auto hit = holding_.find(term);
  const auto all = static_cast<double>(all_.size());
  // Of a word that stands in no document nobody knows how much it says: half as much as the rarest.
  if (hit == holding_.end())
    return std::log(1 + (all + 0.5) / 0.5) / 2;
  const auto holding = static_cast<double>(hit->second);
  // As BM25 weighs words, but never negative.
  return std::log(1 + (all - holding + 0.5) / (holding + 0.5));
}

void knowledge_base::find(const std::string& question, std::vector<std::string> collections,
                          std::size_t most, std::chrono::milliseconds patience,
                          done_fn done) const {
  if (!vectors_) {
    done(merged(question, collections, most, {}));
    return;
  }
  vectors_->of({question}, patience,
               [self = shared_from_this(), question, collections = std::move(collections), most,
                done = std::move(done)](std::vector<text::sentence_vector> x) {
                 done(self->merged(question, collections, most,
                                   x.empty() ? text::sentence_vector{} : x.front()));
               });
}

std::vector<hit> knowledge_base::merged(const std::string& question,
                                        const std::vector<std::string>& collections,
                                        std::size_t most, const text::sentence_vector& at) const {
  const auto terms = terms_of(question);
  std::map<std::size_t, hit> found;
  std::size_t rank = 0;
  for (const auto i : words_->find(terms, collections, candidates)) {
    auto& x = found[i];
    x.by_words = ++rank;
    x.score += 1 / (fusion + static_cast<double>(rank));
  }
  std::vector<text::nearest::neighbour> near;
  if (!at.empty())
    for (const auto& name : std::set<std::string>{collections.begin(), collections.end()})
      if (const auto where = near_.find(name); where != near_.end()) {
        const auto more = where->second.find(at, candidates);
        near.insert(near.end(), more.begin(), more.end());
      }
  std::sort(near.begin(), near.end(),
            [](const auto& a, const auto& b) { return a.likeness > b.likeness; });
  if (near.size() > candidates)
    near.resize(candidates);
  rank = 0;
  for (const auto& n : near) {
    if (n.likeness <= 0)
      break;
    auto& x = found[n.id];
    x.by_meaning = ++rank;
    x.likeness = n.likeness;
    x.score += 1 / (fusion + static_cast<double>(rank));
  }
  const auto asked = hashes_of(terms);
  double whole = 0;
  for (const auto t : asked)
    whole += rarity(t);
  const bool learned = !vectors_ || vectors_->space().starts_with("learned");
  std::vector<hit> out;
  for (auto& [i, x] : found) {
    x.what = all_[i].what;
    x.collection = all_[i].collection;
    for (const auto t : asked)
      if (std::binary_search(all_[i].terms.begin(), all_[i].terms.end(), t))
        x.covers += rarity(t);
    x.covers = whole > 0 ? x.covers / whole : 0;
    x.fit = learned ? x.covers : std::max(x.covers, x.likeness);
    out.push_back(std::move(x));
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const hit& a, const hit& b) { return a.score > b.score; });
  if (out.size() > most)
    out.resize(most);
  return out;
}

std::string knowledge_base::extract(const passage& from, const std::string& question,
                                    std::size_t most) const {
  if (from.text.size() <= most)
    return from.text;
  const auto asked = hashes_of(terms_of(question));
  const auto sentences = sentences_of(from.text);
  std::vector<std::pair<double, std::size_t>> order;
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    double weight = 0;
    for (const auto t : hashes_of(terms_of(sentences[i])))
      if (std::binary_search(asked.begin(), asked.end(), t))
        weight += rarity(t);
    order.emplace_back(weight, i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  if (order.empty())
    return {};
  // The one that says most is never left out for others that happen to be short enough.
  if (const auto best = sentences[order.front().second]; best.size() > most)
    return beginning_of(best, most);
  std::set<std::size_t> chosen;
  std::size_t bytes = 0;
  for (const auto& [weight, i] : order)
    if (const auto with = bytes + sentences[i].size() + (chosen.empty() ? 0 : 1); with <= most) {
      chosen.insert(i);
      bytes = with;
    }
  std::string out;
  for (const auto i : chosen)
    out += (out.empty() ? "" : " ") + std::string{sentences[i]};
  return out;
}

std::size_t knowledge_base::count_documents(const std::string& collection) const {
  const auto hit = documents_.find(collection);
  return hit == documents_.end() ? 0 : hit->second;
}

std::size_t knowledge_base::count_passages(const std::string& collection) const {
  return static_cast<std::size_t>(std::count_if(
      all_.begin(), all_.end(), [&](const entry& x) { return x.collection == collection; }));
}

} // namespace troupe::knowledge
