#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// A record of the audit trail as it is stored.
struct audit_row {
  std::uint64_t n = 0; ///< from 1, without gaps
  std::string id;      ///< what makes it unique: the same record is never there twice
  std::string body;    ///< JSON text; the hash is over its very bytes
  std::string hash;    ///< 32 bytes
};

/// Where a trail ends: kept beside it, so that a missing end is noticed.
struct audit_head {
  std::uint64_t n = 0;
  std::string hash; ///< 32 bytes
  friend bool operator==(const audit_head&, const audit_head&) = default;
};

/// The hash of a record: SHA-256 over "troupe-audit-1", the hash before it (32 bytes; zeros for the
/// first), `n` (8 bytes, big endian), the length of `id` (8 bytes, likewise), `id` and `body`. With
/// a key it is HMAC-SHA-256 over the same bytes: then nobody without the key can make one.
[[nodiscard]] std::string audit_link(std::string_view key, std::string_view before, std::uint64_t n,
                                     std::string_view id, std::string_view body);

/// What the ids of records begin with that say `audit.broken`: that the trail did not hold the head
/// beside it when a node was started.
inline constexpr std::string_view audit_break = "broken/";

/// What such a record says, made now: the trail ended at `found` and did not hold `head`.
[[nodiscard]] std::string audit_break_body(const audit_head& head, const audit_head& found);

/// The hash before the first record.
[[nodiscard]] std::string audit_origin();

/// A head as text, `N HASH`, and back; nothing for another text.
[[nodiscard]] std::string to_text(const audit_head& head);
[[nodiscard]] std::optional<audit_head> parse_audit_head(std::string_view text);

/// Checks a trail record by record. Ends at the first fault: what comes after it proves nothing.
class audit_verifier {
 public:
  explicit audit_verifier(std::string key = {})
      : key_(std::move(key)) {}

  /// The next record. False from the first fault on.
  bool take(const audit_row& row);
  /// After the last record: holds the end against a head that was kept elsewhere. A head that is
  /// older than the end is fine, it then vouches for the records up to itself.
  bool end_at(const audit_head& head);

  [[nodiscard]] bool good() const noexcept { return fault_.empty(); }
  /// What is wrong, with the number of the first record that is; empty: nothing.
  [[nodiscard]] const std::string& fault() const noexcept { return fault_; }
  [[nodiscard]] const audit_head& end() const noexcept { return end_; }
  /// Up to this record somebody knows of breaks. To be said before the records are taken.
  void known_until(std::uint64_t n) { known_ = n; }
  /// The first record beyond `known_until` that says that the trail was broken; 0: there is none.
  /// Since then it has gone on in order, so that `good` says nothing of it.
  [[nodiscard]] std::uint64_t found_broken() const noexcept { return broken_; }
  /// The heads that `end_at` will be asked about, noted before the records are taken.
  void watch(const audit_head& head) { watched_.push_back({head, false}); }

 private:
  bool fail(std::uint64_t n, const std::string& why);
  struct watched {
    audit_head head;
    bool met = false;
  };
  std::string key_;
  std::string fault_;
  audit_head end_{0, audit_origin()};
  std::uint64_t known_ = 0;
  std::uint64_t broken_ = 0;
  std::vector<watched> watched_;
};

} // namespace troupe
