#pragma once

#include "policies/dice.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace troupe {

/// Somebody who may own a key.
struct rendezvous_candidate {
  std::uint64_t hash = 0; ///< `stable_hash` of its id
  std::uint32_t weight = 1;
};

/// Nobody: there is no candidate with a weight.
inline constexpr std::size_t no_candidate = static_cast<std::size_t>(-1);

/// Which of the candidates owns the key with this `stable_hash`: rendezvous hashing (Thaler and
/// Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", 1998), weighted by the
/// logarithmic method (Schindelhauer and Schomaker, "Weighted Distributed Hash Tables", 2005). Each
/// candidate gets a share of the keys in proportion to its weight. One that comes or goes moves no
/// key between two others, and one whose weight grows only wins keys.
///
/// All is done in integers, so that every node, compiler and version gives the same answer. Of
/// equal hashes the first candidate wins.
[[nodiscard]] std::size_t
rendezvous_pick(std::uint64_t key, std::span<const rendezvous_candidate> candidates) noexcept;

/// The best `most` candidates, best first: who takes over when those before are gone.
[[nodiscard]] std::vector<std::size_t>
rendezvous_order(std::uint64_t key, std::span<const rendezvous_candidate> candidates,
                 std::size_t most);

/// -log2(h / 2^64) in units of 2^-32; 64 * 2^32 for zero.
[[nodiscard]] std::uint64_t negative_log2(std::uint64_t h) noexcept;

} // namespace troupe
