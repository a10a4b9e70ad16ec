#include "src/digest/digest.hpp"

#include <openssl/evp.h>

#include <array>
#include <charconv>
#include <stdexcept>

namespace troupe {

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error{"OpenSSL offers no SHA-256"};
  return {reinterpret_cast<const char*>(out.data()), size};
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto x = static_cast<unsigned char>(c);
    out += digits[x >> 4];
    out += digits[x & 15];
  }
  return out;
}

std::optional<std::string> from_hex(std::string_view digits) {
  if (digits.size() % 2 != 0)
    return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    unsigned x = 0;
    const auto* end = digits.data() + i + 2;
    if (std::from_chars(digits.data() + i, end, x, 16).ptr != end)
      return std::nullopt;
    out += static_cast<char>(x);
  }
  return out;
}

} // namespace troupe
