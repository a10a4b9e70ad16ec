#pragma once

#include <troupe/access.hpp>
#include <troupe/domain_path.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Whether the key's grants let it do `what` in `domain` (empty: in the whole fleet). `admin` of a
/// domain may do everything there. Does not ask whether the key is still good.
[[nodiscard]] bool allows(const api_key& key, access_scope what, std::string_view domain) noexcept;

/// Where the key's grants let it do `what`; nothing: nowhere.
[[nodiscard]] std::optional<domain_scope> scope_of(const api_key& key, access_scope what);

/// Whether there is a domain in which the key may do `what`.
[[nodiscard]] bool allows_somewhere(const api_key& key, access_scope what) noexcept;

enum class key_standing : std::uint8_t { good, revoked, expired };

template <>
struct enum_names<key_standing> {
  static constexpr std::array<std::string_view, 3> value{"good", "revoked", "expired"};
};

[[nodiscard]] key_standing standing_of(const api_key& key, timestamp now) noexcept;

/// Whether the bearer of `by` may make, see and revoke `made`: nobody gives what he does not
/// administer.
[[nodiscard]] bool administers(const api_key& by, const api_key& made) noexcept;

/// `read`, or `read:support/refunds`; nothing for another text.
[[nodiscard]] std::optional<access_grant> parse_grant(std::string_view text);
[[nodiscard]] std::string to_text(const access_grant& grant);

/// What is wrong with a key that somebody wants made, in words; empty: nothing.
[[nodiscard]] std::string flaw_of(const api_key& wanted);

} // namespace troupe
