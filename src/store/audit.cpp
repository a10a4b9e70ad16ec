#include "src/store/audit.hpp"

#include "src/digest/digest.hpp"

#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <stdexcept>

namespace troupe {

namespace {

constexpr std::size_t hash_bytes = 32;
constexpr std::string_view domain_of_hash = "troupe-audit-1";

void add_number(std::string& to, std::uint64_t x) {
  for (int shift = 56; shift >= 0; shift -= 8)
    to += static_cast<char>(x >> shift & 0xFF);
}

const unsigned char* bytes_of(std::string_view x) {
  return reinterpret_cast<const unsigned char*>(x.data());
}

} // namespace

std::string audit_break_body(const audit_head& head, const audit_head& found) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return nlohmann::json{{"what", "audit.broken"},
                        {"at", std::chrono::duration_cast<std::chrono::microseconds>(now).count()},
                        {"head", to_text(head)},
                        {"found", to_text(found)},
                        {"detail", "the trail does not hold the head that was kept beside it"}}
      .dump();
}

std::string audit_origin() {
  return std::string(hash_bytes, '\0');
}

std::string audit_link(std::string_view key, std::string_view before, std::uint64_t n,
                       std::string_view id, std::string_view body) {
  std::string all{domain_of_hash};
  all.reserve(all.size() + before.size() + 16 + id.size() + body.size());
  all += before;
  add_number(all, n);
  add_number(all, id.size());
  all += id;
  all += body;
  if (key.empty())
    return sha256(all);
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(all), all.size(),
            out.data(), &size))
    throw std::runtime_error{"OpenSSL offers no HMAC with SHA-256"};
  return {reinterpret_cast<const char*>(out.data()), size};
}

std::string to_text(const audit_head& head) {
  return std::to_string(head.n) + " " + hex(head.hash);
}

std::optional<audit_head> parse_audit_head(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
    text.remove_suffix(1);
  audit_head out;
  const auto* end = text.data() + text.size();
  const auto [rest, failed] = std::from_chars(text.data(), end, out.n);
  if (failed != std::errc{} || rest == end || (*rest != ' ' && *rest != ':'))
    return std::nullopt;
  auto hash = from_hex({rest + 1, end});
  if (!hash || hash->size() != hash_bytes)
    return std::nullopt;
  out.hash = std::move(*hash);
  return out;
}

bool audit_verifier::fail(std::uint64_t n, const std::string& why) {
  fault_ = "record " + std::to_string(n) + ": " + why;
  return false;
}

bool audit_verifier::take(const audit_row& row) {
  if (!good())
    return false;
  const auto n = end_.n + 1;
  if (row.n != n)
    return fail(n, "it is missing; the next one there is " + std::to_string(row.n));
  if (audit_link(key_, end_.hash, n, row.id, row.body) != row.hash)
    return fail(n, key_.empty()
                       ? "its hash does not follow from what it says and from the record before it"
                       : "its hash does not follow from the key, what it says and the record "
                         "before it");
  end_ = {n, row.hash};
  if (broken_ == 0 && n > known_ && row.id.starts_with(audit_break))
    broken_ = n;
  for (auto& w : watched_)
    w.met = w.met || w.head == end_;
  return true;
}

bool audit_verifier::end_at(const audit_head& head) {
  if (!good())
    return false;
  if (head == end_ || std::any_of(watched_.begin(), watched_.end(),
                                  [&](const watched& w) { return w.met && w.head == head; }))
    return true;
  if (head.n > end_.n)
    return fail(end_.n + 1,
                "it is missing: the trail ended with record " + std::to_string(head.n) + " once");
  return fail(head.n, "another record stood in this place once");
}

} // namespace troupe
