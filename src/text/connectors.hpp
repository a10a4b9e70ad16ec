#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace troupe::text {

/// What stands between two parts of a message.
enum class joint : std::uint8_t {
  none,   ///< before the first part
  weak,   ///< "and", ",", "&", "but", "before", "after": more often than not within one request
  strong, ///< "also", "plus", "and then", "as well as", ";", ...
  stop    ///< the end of a sentence
};

/// How the words between two parts order them.
enum class sequence_hint : std::uint8_t {
  any,
  follows, ///< "then", "after that", "before": this part comes after the one before it
  precedes ///< "after": this part comes before the one before it, although it is said later
};

/// A stretch of a message with no connector in it.
struct part {
  std::size_t begin = 0;
  std::size_t end = 0;
  joint before = joint::none;
  sequence_hint order = sequence_hint::any;
};

/// Cuts a message at every connector and sentence end. Any bytes; linear. A message without any is
/// one part; one without any word has none. Parts hold at least one word and begin and end with one
/// (a closing "?" or "!" kept).
std::vector<part> parts_of(std::string_view message);

/// The opening of a request that a later part may share, in bytes: "can you please", "I want to",
/// ... ; 0 if none.
std::size_t opening_of(std::string_view clause);

/// How a part reads by its first words alone.
enum class manner : std::uint8_t {
  request,   ///< a question, an opening, "I want": asks for something by itself
  statement, ///< "it is ...", "my card ...", "because ...": tells more about what is asked
             ///< elsewhere
  unclear    ///< anything else, a bare imperative among it
};
manner manner_of(std::string_view clause);

/// The number of words in a stretch of text.
std::size_t word_count(std::string_view text);

} // namespace troupe::text
