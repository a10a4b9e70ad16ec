#pragma once

#include <cstdint>

namespace troupe {

/// Scrambles `x` into 64 well-mixed bits (SplitMix64: Steele, Lea, Flood, OOPSLA 2014). Policies
/// get their randomness as one such number, drawn by the actor and stored with the event, so that
/// every decision can be made again.
constexpr std::uint64_t scramble(std::uint64_t x) noexcept {
  x += 0x9E3779B97F4A7C15ull;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

/// A number in [0, 1) from 64 random bits.
constexpr double unit_interval(std::uint64_t dice) noexcept {
  return static_cast<double>(dice >> 11) * 0x1.0p-53;
}

/// A sequence of dice from one seed: what actors draw from, and what a simulation seeds.
class dice_box {
 public:
  explicit constexpr dice_box(std::uint64_t seed) noexcept
      : state_(seed) {}
  constexpr std::uint64_t draw() noexcept { return scramble(state_ += 0x9E3779B97F4A7C15ull); }

 private:
  std::uint64_t state_;
};

/// A stable hash of text (FNV-1a, 64 bit): the same on every node and in every version, unlike
/// `std::hash`.
template <class Text>
constexpr std::uint64_t stable_hash(const Text& text) noexcept {
  std::uint64_t h = 0xCBF29CE484222325ull;
  for (char c : text)
    h = (h ^ static_cast<unsigned char>(c)) * 0x100000001B3ull;
  return scramble(h);
}

} // namespace troupe
