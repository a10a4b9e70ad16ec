#pragma once

#include <troupe/model.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace troupe {

/// What a provider counts.
enum class quota_kind : std::uint8_t { requests, tokens, concurrent };

template <>
struct enum_names<quota_kind> {
  static constexpr std::array<std::string_view, 3> value{"requests", "tokens", "concurrent"};
};

/// So much of each kind: of a limit, of a part of one, or of what is in use.
struct quota_amount {
  std::array<std::uint64_t, 3> of{};

  [[nodiscard]] static quota_amount from(const model_limits& x) noexcept {
    return {{x.requests_per_minute, x.tokens_per_minute, x.concurrent}};
  }
  [[nodiscard]] std::uint64_t operator[](quota_kind k) const noexcept {
    return of[static_cast<std::size_t>(k)];
  }
  [[nodiscard]] std::uint64_t& operator[](quota_kind k) noexcept {
    return of[static_cast<std::size_t>(k)];
  }
  [[nodiscard]] bool none() const noexcept { return of == std::array<std::uint64_t, 3>{}; }

  quota_amount& operator+=(const quota_amount& x) noexcept {
    for (std::size_t i = 0; i < of.size(); ++i)
      of[i] += x.of[i];
    return *this;
  }
  /// Never below zero.
  quota_amount& operator-=(const quota_amount& x) noexcept {
    for (std::size_t i = 0; i < of.size(); ++i)
      of[i] -= std::min(of[i], x.of[i]);
    return *this;
  }
  friend quota_amount operator+(quota_amount a, const quota_amount& b) noexcept { return a += b; }
  friend quota_amount operator-(quota_amount a, const quota_amount& b) noexcept { return a -= b; }
  friend quota_amount least(quota_amount a, const quota_amount& b) noexcept {
    for (std::size_t i = 0; i < a.of.size(); ++i)
      a.of[i] = std::min(a.of[i], b.of[i]);
    return a;
  }
  friend quota_amount most(quota_amount a, const quota_amount& b) noexcept {
    for (std::size_t i = 0; i < a.of.size(); ++i)
      a.of[i] = std::max(a.of[i], b.of[i]);
    return a;
  }
  friend bool operator==(const quota_amount&, const quota_amount&) = default;
};

inline constexpr milliseconds quota_minute{60000};
/// A request has reached its provider so long after its connection was made, or when its answer is
/// there.
inline constexpr milliseconds quota_on_its_way{1000};
/// For two clocks that do not run at the same speed.
inline constexpr milliseconds quota_clocks{25};

} // namespace troupe
