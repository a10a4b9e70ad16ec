#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Values in the binary format of PostgreSQL's protocol: what its types' `send` and `recv`
/// functions exchange. Numbers are big endian. Texts travel as `bytea`, so that whatever a client
/// sent is stored as it came: `text` takes neither a zero byte nor broken UTF-8.

/// A one-dimensional array without nulls, element by element.
class postgres_array {
 public:
  enum class of : std::uint32_t { int8 = 20, bytea = 17 }; ///< OIDs of pg_type.dat

  explicit postgres_array(of type);
  void add(std::int64_t value);
  void add(std::string_view value);
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  /// The array as a parameter; it is finished then.
  [[nodiscard]] std::string take() &&;

 private:
  std::string bytes_;
  std::uint32_t count_ = 0;
};

/// What the placeholders of a statement stand for, in order.
class postgres_params {
 public:
  postgres_params& number(std::int64_t value); ///< int8
  postgres_params& bytes(std::string_view value);
  postgres_params& array(postgres_array value);

  [[nodiscard]] const std::vector<std::string>& values() const noexcept { return values_; }

 private:
  std::vector<std::string> values_;
};

/// Reads an integer of two, four or eight bytes.
[[nodiscard]] std::int64_t postgres_number(std::string_view bytes) noexcept;

} // namespace troupe
