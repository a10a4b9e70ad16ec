#pragma once

#include "src/text/sentence_vectors.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace troupe::text {

/// Finds the vectors that are most like another one. Few are compared one by one, many through a
/// graph (HNSW: Malkov and Yashunin, arXiv 1603.09320; hnswlib), which may overlook one of them now
/// and then. Reading is for any number of threads at once as long as nobody writes.
class nearest {
 public:
  struct neighbour {
    std::uint64_t id = 0;
    double likeness = 0; ///< cosine
  };

  nearest();
  ~nearest();
  nearest(nearest&&) noexcept;
  nearest& operator=(nearest&&) noexcept;

  /// An id that is there already gets the new vector. All vectors have as many dimensions as the
  /// first one; others, and those of length 0, are not taken.
  void add(std::uint64_t id, sentence_vector x);
  void remove(std::uint64_t id);
  [[nodiscard]] std::size_t size() const noexcept;

  /// At most `most`, the nearest first.
  [[nodiscard]] std::vector<neighbour> find(const sentence_vector& x, std::size_t most) const;

  static constexpr std::size_t one_by_one = 512; ///< up to so many

 private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace troupe::text
