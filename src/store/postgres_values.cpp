#include "src/store/postgres_values.hpp"

namespace troupe {

namespace {

constexpr std::size_t count_at = 12; ///< the element count, behind dimensions, flags and type

template <class Unsigned>
void put(std::string& to, Unsigned value) {
  for (int shift = static_cast<int>(sizeof value) * 8 - 8; shift >= 0; shift -= 8)
    to += static_cast<char>(value >> shift & 0xFF);
}

} // namespace

postgres_array::postgres_array(of type) {
  put(bytes_, std::uint32_t{1}); // dimensions
  put(bytes_, std::uint32_t{0}); // no nulls
  put(bytes_, static_cast<std::uint32_t>(type));
  put(bytes_, std::uint32_t{0}); // the count, known at the end
  put(bytes_, std::uint32_t{1}); // the first index
}

void postgres_array::add(std::int64_t value) {
  put(bytes_, std::uint32_t{sizeof value});
  put(bytes_, static_cast<std::uint64_t>(value));
  ++count_;
}

void postgres_array::add(std::string_view value) {
  put(bytes_, static_cast<std::uint32_t>(value.size()));
  bytes_ += value;
  ++count_;
}

std::string postgres_array::take() && {
  std::string count;
  put(count, count_);
  bytes_.replace(count_at, count.size(), count);
  return std::move(bytes_);
}

postgres_params& postgres_params::number(std::int64_t value) {
  put(values_.emplace_back(), static_cast<std::uint64_t>(value));
  return *this;
}

postgres_params& postgres_params::bytes(std::string_view value) {
  values_.emplace_back(value);
  return *this;
}

postgres_params& postgres_params::array(postgres_array value) {
  values_.push_back(std::move(value).take());
  return *this;
}

std::int64_t postgres_number(std::string_view bytes) noexcept {
  std::uint64_t out = 0;
  for (const char c : bytes)
    out = out << 8 | static_cast<unsigned char>(c);
  switch (bytes.size()) {
  case 2:
    return static_cast<std::int16_t>(out);
  case 4:
    return static_cast<std::int32_t>(out);
  default:
    return static_cast<std::int64_t>(out);
  }
}

} // namespace troupe
