#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::text {

struct entity {
  std::string type;  ///< "order", "money", "date", "email", "phone", "invoice", "transaction",
                     ///< "subscription", a gazetteer's or an `id_prefix`'s
  std::string value; ///< the canonical form: "2024-03-05", "12.50 USD", "INV-0042", an order number
                     ///< without '#'
  std::size_t begin = 0; ///< first byte in the message
  std::size_t end = 0;   ///< one past the last byte
  bool operator==(const entity&) const = default;
};

/// Names an installation wants recognised (plans, products, ...).
struct gazetteer_entry {
  std::string type;                 ///< e.g. "plan"
  std::string value;                ///< what is reported, e.g. "pro"
  std::vector<std::string> phrases; ///< what people write; matched on whole words, ASCII case
                                    ///< ignored; `value` always counts
};

/// What the numbers of an installation's records begin with: "LF" of "LF-10234", by its type.
struct id_prefix {
  std::string type;   ///< e.g. "order"
  std::string prefix; ///< ASCII case ignored; in messages '-' or '_' follows
};

/// Finds typed values in a message. Immutable once built, so any thread may call `extract`.
class entity_extractor {
 public:
  entity_extractor() = default;
  /// Throws std::invalid_argument for an entry without a type or value, or prefix.
  explicit entity_extractor(const std::vector<gazetteer_entry>& gazetteer,
                            const std::vector<id_prefix>& ids = {});

  /// The entities of `message` in order, never overlapping; where two readings overlap the earlier
  /// wins, then the longer, then the more particular type. Takes any bytes, looks at the first
  /// `max_message_bytes`, linear in them. A date without a year is given as "--MM-DD"; numeric
  /// dates with slashes are read month first unless that is impossible ("25/12/2024"). Letters, a
  /// dash and a number are an id only if the letters are known, or a word like "order" is before
  /// them: "COVID-19" and "DE-10115" look the same.
  std::vector<entity> extract(std::string_view message) const;

 private:
  struct phrase {
    std::vector<std::string> words;
    std::string type;
    std::string value;
  };
  std::vector<phrase> phrases_; // sorted by first word, longest first
  std::vector<id_prefix> ids_;  // in lower case
};

} // namespace troupe::text
