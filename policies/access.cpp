#include "policies/access.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr std::size_t name_max_bytes = 128;
constexpr std::size_t grants_max = 64;

bool is_plain_word(std::string_view x) noexcept {
  return std::all_of(x.begin(), x.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7F;
  });
}

/// A path of a domain, as its folders may be called.
bool is_domain_path(std::string_view x) noexcept {
  if (x.empty() || x.size() > name_max_bytes || x.front() == '/' || x.back() == '/' ||
      x.find("//") != std::string_view::npos)
    return false;
  return std::all_of(x.begin(), x.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == '/';
  });
}

} // namespace

bool allows(const api_key& key, access_scope what, std::string_view domain) noexcept {
  return std::any_of(key.grants.begin(), key.grants.end(), [&](const access_grant& g) {
    return (g.what == what || g.what == access_scope::admin) && is_within(domain, g.domain);
  });
}

std::optional<domain_scope> scope_of(const api_key& key, access_scope what) {
  domain_scope out;
  for (const auto& g : key.grants) {
    if (g.what != what && g.what != access_scope::admin)
      continue;
    if (g.domain.empty())
      return domain_scope{};
    out.push_back(g.domain);
  }
  return out.empty() ? std::nullopt : std::optional{std::move(out)};
}

bool allows_somewhere(const api_key& key, access_scope what) noexcept {
  return std::any_of(key.grants.begin(), key.grants.end(), [&](const access_grant& g) {
    return g.what == what || g.what == access_scope::admin;
  });
}

key_standing standing_of(const api_key& key, timestamp now) noexcept {
  if (key.revoked != timestamp::max())
    return key_standing::revoked;
  return now >= key.expires ? key_standing::expired : key_standing::good;
}

bool administers(const api_key& by, const api_key& made) noexcept {
  return std::all_of(made.grants.begin(), made.grants.end(), [&](const access_grant& g) {
    return allows(by, access_scope::admin, g.domain);
  });
}

std::optional<access_grant> parse_grant(std::string_view text) {
  const auto colon = text.find(':');
  const auto what = parse_enum<access_scope>(text.substr(0, colon));
  if (!what)
    return std::nullopt;
  access_grant out{*what, {}};
  if (colon != std::string_view::npos) {
    out.domain = text.substr(colon + 1);
    if (!is_domain_path(out.domain))
      return std::nullopt;
  }
  return out;
}

std::string to_text(const access_grant& grant) {
  std::string out{to_string(grant.what)};
  if (!grant.domain.empty())
    out += ":" + grant.domain;
  return out;
}

std::string flaw_of(const api_key& wanted) {
  if (wanted.name.empty() || wanted.name.size() > name_max_bytes || !is_plain_word(wanted.name))
    return "the name must be 1 to 128 printable ASCII characters";
  if (wanted.team.size() > name_max_bytes || !is_plain_word(wanted.team))
    return "the team must be at most 128 printable ASCII characters";
  if (wanted.grants.empty() || wanted.grants.size() > grants_max)
    return "a key is allowed 1 to 64 things";
  if (wanted.expires <= wanted.made)
    return "it would have expired already";
  return {};
}

} // namespace troupe
