#pragma once

#include "policies/screens/concepts.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace troupe::screens {

/// Strings that are followed letter by letter: all beginnings of a word are looked up in one walk
/// along it, and one that nothing begins with ends the walk. `Value` is what an end says.
template <class Value>
class letter_tree {
 public:
  using place = std::uint32_t; ///< 0: the beginning
  static constexpr place nowhere = ~place{0};

  letter_tree() { slots_.resize(1024); }

  [[nodiscard]] place step(place from, unsigned char c) const noexcept {
    const auto key = key_of(from, c);
    for (auto at = slot_of(key);; at = (at + 1) & (slots_.size() - 1))
      if (slots_[at].first == key)
        return slots_[at].second;
      else if (slots_[at].first == 0)
        return nowhere;
  }
  [[nodiscard]] place walk(place from, std::string_view text) const noexcept {
    for (const char c : text)
      if (from = step(from, static_cast<unsigned char>(c)); from == nowhere)
        break;
    return from;
  }
  [[nodiscard]] const Value& at(place x) const noexcept { return values_[x]; }
  [[nodiscard]] Value of(std::string_view text) const noexcept {
    const auto end = walk(0, text);
    return end == nowhere ? Value{} : values_[end];
  }

  Value& grow(std::string_view text) {
    place now = 0;
    for (const char letter : text) {
      const auto c = static_cast<unsigned char>(letter);
      auto next = step(now, c);
      if (next == nowhere) {
        next = static_cast<place>(values_.size());
        values_.emplace_back();
        if (values_.size() * 2 > slots_.size())
          make_room();
        put(key_of(now, c), next);
      }
      now = next;
    }
    return values_[now];
  }

 private:
  using slot = std::pair<std::uint64_t, place>;
  static std::uint64_t key_of(place from, unsigned char c) noexcept {
    return (static_cast<std::uint64_t>(from) << 8 | c) + 1;
  }
  [[nodiscard]] std::size_t slot_of(std::uint64_t key) const noexcept {
    return static_cast<std::size_t>(key * 0x9E3779B97F4A7C15ull >> 32) & (slots_.size() - 1);
  }
  void put(std::uint64_t key, place to) {
    auto at = slot_of(key);
    while (slots_[at].first != 0)
      at = (at + 1) & (slots_.size() - 1);
    slots_[at] = {key, to};
  }
  void make_room() {
    auto old = std::exchange(slots_, std::vector<slot>(slots_.size() * 2));
    for (const auto& [key, to] : old)
      if (key != 0)
        put(key, to);
  }

  std::vector<slot> slots_; ///< open addressing; 0: free
  std::vector<Value> values_ = std::vector<Value>(1);
};

/// The words of the lexicon. Immutable; any thread.
class dictionary {
 public:
  dictionary();

  /// What a word stands for, also one with a mistake in it.
  [[nodiscard]] concepts of(std::string_view x) const;
  /// The longest word that `x` begins with.
  [[nodiscard]] std::pair<std::size_t, concepts> beginning(std::string_view x,
                                                           std::size_t least) const;
  /// By how many places in the alphabet the letters of `x`, the first of which is one, are to be
  /// moved on to make a word without a mistake: bit k stands for k of them. One walk instead of 26,
  /// for the distances between letters stay as they are.
  [[nodiscard]] std::uint32_t shifts_of(std::string_view x) const;

  /// A phrase that is read word by word.
  class phrase_reader {
   public:
    [[nodiscard]] bool goes_on() const noexcept { return at_ != letter_tree<concepts>::nowhere; }
    /// What the phrase stands for with this word at its end.
    concepts add(std::string_view word);

   private:
    friend class dictionary;
    const letter_tree<concepts>* in_ = nullptr;
    letter_tree<concepts>::place at_ = 0;
  };
  [[nodiscard]] phrase_reader phrase(std::string_view first) const;

 private:
  struct meaning {
    concepts word = 0; ///< of that which ends here
    concepts stem = 0; ///< of all that begin with it
  };
  struct first_letters {
    std::uint32_t word = 0;
    std::uint32_t stem = 0;
  };
  [[nodiscard]] concepts look_up(std::string_view x) const;
  void add_all(std::string_view written, concepts means);
  void add(std::string_view written, concepts means);
  void add_shifted(std::string_view key, bool stem);
  /// Letters swapped, one left out, one too many, or one replaced.
  [[nodiscard]] concepts with_mistakes(std::string_view x) const;

  letter_tree<meaning> words_;
  letter_tree<first_letters> shifted_; ///< by the distances between letters
  letter_tree<concepts> phrases_, shorter_;
  std::unordered_map<std::string, concepts> swapped_;
  std::unordered_set<std::uint64_t> swapped_sums_; ///< of its keys: most words are none of them
};

[[nodiscard]] const dictionary& known_words();

} // namespace troupe::screens
