#pragma once

#include <troupe/json.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::screens {

/// Whom and what a call knows: the addresses and ids that may be spoken of. What stands in the
/// request, the context and the instructions is trusted, and so are the fields of tools' results;
/// what stands in running text of a result is only known. Objects in results that belong to another
/// customer (they name another id of the same form) are foreign: what they alone hold is neither.
class known_things {
 public:
  explicit known_things(std::string customer = {});
  void trust(std::string_view text);
  void trust_data(const json& document);
  void hear(std::string_view text);
  void hear_data(const json& document);

  enum class standing : std::uint8_t { unknown, heard, trusted };
  [[nodiscard]] standing of(const std::string& thing) const;
  /// Ids of a text that are looked at. Whoever gets as many has not seen all there may be.
  static constexpr std::size_t ids_max = 512;
  struct named_id {
    std::size_t at = 0, size = 0;
    std::string id; ///< in small letters
  };
  /// The first `ids_max` ids in `text` that have the form of the customer's, with their places.
  [[nodiscard]] std::vector<named_id> ids_in(std::string_view text) const;
  [[nodiscard]] bool is_own(const std::string& id) const { return id == customer_; }

 private:
  void note(std::string_view text, bool with_hosts, std::set<std::string, std::less<>>& to) const;
  [[nodiscard]] bool is_foreign(const json& object) const;

  std::string customer_; ///< in lower case
  std::string prefix_;   ///< of ids: the letters before the digits
  std::size_t digits_ = 0;
  std::set<std::string, std::less<>> trusted_;
  std::set<std::string, std::less<>> heard_;
};

} // namespace troupe::screens
