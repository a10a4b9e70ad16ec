#include "src/store/api_keys.hpp"

#include "src/digest/digest.hpp"

#include <troupe/json.hpp>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace troupe {

namespace {

constexpr std::string_view key_prefix = "trp_";
constexpr std::size_t id_digits = 16;
constexpr std::size_t secret_digits = 64;
constexpr std::size_t key_hash_bytes = 32;

bool all_hex(std::string_view x) noexcept {
  return std::all_of(x.begin(), x.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string random_digits(std::size_t digits) {
  std::string bytes(digits / 2, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) !=
      1)
    throw std::runtime_error{"the system gives no random numbers"};
  return hex(bytes);
}

/// What is stored of a key: its id is part of it, so that a hash cannot be moved to another key.
std::string key_hash_of(std::string_view id, std::string_view secret) {
  return sha256("troupe-key-1\n" + std::string{id} + "\n" + std::string{secret});
}

} // namespace

std::optional<shown_key> read_key(std::string_view text) noexcept {
  if (text.size() != key_prefix.size() + id_digits + 1 + secret_digits ||
      !text.starts_with(key_prefix))
    return std::nullopt;
  const auto id = text.substr(key_prefix.size(), id_digits);
  const auto secret = text.substr(key_prefix.size() + id_digits + 1);
  if (text[key_prefix.size() + id_digits] != '_' || !all_hex(id) || !all_hex(secret))
    return std::nullopt;
  return shown_key{id, secret};
}

std::string make_key(api_key& into) {
  into.id = random_digits(id_digits);
  const auto secret = random_digits(secret_digits);
  into.hash = key_hash_of(into.id, secret);
  return std::string{key_prefix} + into.id + "_" + secret;
}

bool is_key(const shown_key& shown, const api_key* kept) {
  const auto given = key_hash_of(shown.id, shown.secret);
  static const std::string nothing(key_hash_bytes, '\0');
  const auto& right = kept && kept->hash.size() == key_hash_bytes ? kept->hash : nothing;
  const bool same = CRYPTO_memcmp(given.data(), right.data(), key_hash_bytes) == 0;
  return same && kept != nullptr;
}

store_write key_write(const api_key& key) {
  store_write w;
  w.what = store_write::kind::key;
  w.id = key.id;
  w.at = key.made;
  json body{{"name", key.name},      {"team", key.team},
            {"hash", hex(key.hash)}, {"made", key.made.time_since_epoch().count()},
            {"by", key.made_by},     {"grants", json::array()}};
  if (key.expires != timestamp::max())
    body["expires"] = key.expires.time_since_epoch().count();
  for (const auto& g : key.grants)
    body["grants"].push_back({to_string(g.what), g.domain});
  w.body = as_text(body);
  return w;
}

store_write revocation_write(std::string_view id, timestamp at) {
  store_write w;
  w.what = store_write::kind::key_revoked;
  w.id = id;
  w.at = at;
  return w;
}

std::optional<api_key> key_of(const stored_key& row) {
  const auto time = [](const json& x) { return timestamp{microseconds{x.get<std::int64_t>()}}; };
  try {
    const auto body = json::parse(row.body);
    api_key out;
    out.id = row.id;
    out.name = body.at("name").get<std::string>();
    out.team = body.at("team").get<std::string>();
    out.hash = from_hex(body.at("hash").get<std::string>()).value_or("");
    out.made = time(body.at("made"));
    out.made_by = body.at("by").get<std::string>();
    if (const auto at = body.find("expires"); at != body.end())
      out.expires = time(*at);
    out.revoked = row.revoked;
    for (const auto& g : body.at("grants")) {
      const auto what = parse_enum<access_scope>(g.at(0).get<std::string>());
      if (!what)
        return std::nullopt;
      out.grants.push_back({*what, g.at(1).get<std::string>()});
    }
    return out.hash.size() == key_hash_bytes ? std::optional{std::move(out)} : std::nullopt;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

} // namespace troupe
