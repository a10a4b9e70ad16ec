#pragma once

#include "src/knowledge/collection.hpp"
#include "src/text/nearest.hpp"
#include "src/text/sentence_vectors.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace troupe::knowledge {

class word_index;

/// A passage that was found.
struct hit {
  passage what;
  std::string collection;
  double score = 0;         ///< by which hits are ordered: reciprocal rank fusion of both searches
  double fit = 0;           ///< how much to the point it is, 0 to 1: see `knowledge_base`
  double covers = 0;        ///< share of the question's words, each by its rarity, that it holds
  double likeness = 0;      ///< cosine of the question and the passage
  std::size_t by_words = 0; ///< its place among those found by words; 0: it is none of them
  std::size_t by_meaning = 0; ///< likewise by vectors
};

/// The documents of a domain, ready to be searched: by words (SQLite FTS5, BM25) and by vectors
/// (HNSW), merged by reciprocal rank fusion (Cormack, Clarke and Buettcher 2009: the sum of
/// 1/(60 + rank)). `hit::fit` is the larger of `covers` and, for vectors that are not learned here,
/// of the likeness. Immutable; any thread.
class knowledge_base : public std::enable_shared_from_this<knowledge_base> {
 public:
  struct content {
    std::string collection;
    documents all;
  };

  /// Reads and indexes; blocks, for as long as `vectors` takes at most `patience` a time. Without
  /// vectors it is searched by words alone. Throws `std::runtime_error` when SQLite fails.
  [[nodiscard]] static std::shared_ptr<const knowledge_base>
  make(std::vector<content> from, std::shared_ptr<const text::sentence_vectors> vectors,
       std::chrono::milliseconds patience);

  knowledge_base();
  ~knowledge_base();

  using done_fn = std::function<void(std::vector<hit>)>;
  /// At most `most` passages for a question, of these collections and no other, best first. Calls
  /// `done` exactly once, before it returns or later on another thread; when there is no vector
  /// within `patience`, words alone decide.
  void find(const std::string& question, std::vector<std::string> collections, std::size_t most,
            std::chrono::milliseconds patience, done_fn done) const;

  /// The sentences of a passage that say most about a question, in their order, as many as fit into
  /// `most` bytes; when the first of them alone does not, its beginning and "...".
  [[nodiscard]] std::string extract(const passage& from, const std::string& question,
                                    std::size_t most) const;

  [[nodiscard]] std::size_t passages() const noexcept { return all_.size(); }
  [[nodiscard]] std::size_t count_documents(const std::string& collection) const;
  [[nodiscard]] std::size_t count_passages(const std::string& collection) const;
  [[nodiscard]] bool has_vectors() const noexcept { return vectors_ != nullptr; }
  /// Of all that it holds and how it is searched.
  [[nodiscard]] const std::string& digest() const noexcept { return digest_; }

 private:
  struct entry {
    passage what;
    std::string collection;
    std::vector<std::size_t> terms; ///< hashes, sorted
  };
  [[nodiscard]] std::vector<hit> merged(const std::string& question,
                                        const std::vector<std::string>& collections,
                                        std::size_t most, const text::sentence_vector& at) const;
  [[nodiscard]] double rarity(std::size_t term) const;
  void take_vectors(std::chrono::milliseconds patience);

  std::vector<entry> all_;
  std::unordered_map<std::size_t, std::size_t> holding_; ///< passages that hold a term
  std::map<std::string, std::size_t> documents_;         ///< by collection
  std::shared_ptr<const text::sentence_vectors> vectors_;
  std::map<std::string, text::nearest> near_; ///< by collection, so that a search sees no other
  std::unique_ptr<word_index> words_;
  std::string digest_;
};

} // namespace troupe::knowledge
