#include "nodes/doors/access.hpp"

#include "actors/audit.hpp"
#include "src/store/api_keys.hpp"

#include <boost/asio/ip/address.hpp>

#include <chrono>

namespace troupe {

namespace {

timestamp access_now() {
  return std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
}

/// The credentials of `Authorization: Bearer ...`; empty when there are none or another scheme.
std::string_view bearer_of(std::string_view header) noexcept {
  constexpr std::string_view scheme = "bearer";
  if (header.size() <= scheme.size() + 1)
    return {};
  for (std::size_t i = 0; i < scheme.size(); ++i)
    if ((header[i] | 0x20) != scheme[i])
      return {};
  if (header[scheme.size()] != ' ')
    return {};
  header.remove_prefix(scheme.size() + 1);
  while (header.starts_with(' '))
    header.remove_prefix(1);
  return header;
}

problem unauthorized(std::string_view word, std::string detail) {
  problem p;
  p.status = 401;
  p.word = word;
  p.title = "A key is needed";
  p.detail = std::move(detail);
  return p;
}

problem not_now(std::string_view word, std::string detail) {
  problem p;
  p.status = 503;
  p.word = word;
  p.title = "Not now";
  p.detail = std::move(detail);
  return p;
}

} // namespace

problem not_allowed(std::string detail) {
  problem p;
  p.status = 403;
  p.word = "forbidden";
  p.title = "Not allowed";
  p.detail = std::move(detail);
  return p;
}

std::optional<problem> not_allowed_in(const http_request& what, access_scope scope,
                                      const std::string& domain) {
  if (!what.pass || what.pass->allows(scope, domain))
    return std::nullopt;
  return not_allowed("this key may not " + std::string{to_string(scope)} + " in '" + domain + "'");
}

bool access_pass::still_good() const {
  const auto book = ring_->seen();
  if (!book)
    return false;
  const auto hit = book->find(key_->id);
  return hit != book->end() && hit->second &&
         standing_of(*hit->second, access_now()) == key_standing::good;
}

std::string source_of(std::string_view remote_address) {
  boost::system::error_code e;
  const auto at = boost::asio::ip::make_address(std::string{remote_address}, e);
  if (e)
    return "unknown";
  if (at.is_v4())
    return at.to_string();
  auto bytes = at.to_v6().to_bytes();
  if (at.to_v6().is_v4_mapped())
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, at.to_v6()).to_string();
  std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
  return boost::asio::ip::address_v6{bytes}.to_string() + "/64";
}

bool asks_for_keys(const access_settings& settings) {
  if (!settings.keys)
    return false;
  const auto book = settings.keys->seen();
  return settings.always || !book || !book->empty();
}

access_gate::verdict access_gate::judge(const http_request& what, route_need need) const {
  verdict out;
  if (need.where == route_need::reach::open || !settings_.keys)
    return out;
  const auto book = settings_.keys->seen();
  if (!book) {
    out.why = "keys_unknown";
    out.answer = not_now("starting", "this node has not read its keys yet");
    return out;
  }
  // On the loopback a node without keys is open; the first key that is made closes it for good,
  // since keys are never removed.
  if (book->empty() && !settings_.always)
    return out;
  if (settings_.keys->age() > trust_most) {
    out.why = "keys_unknown";
    out.answer = not_now("keys_unknown", "this node has not been able to compare its keys with the "
                                         "store for too long to trust them");
    return out;
  }
  const auto given = what.header("authorization");
  if (given.empty() || what.count("authorization") != 1) {
    out.why = "no_key";
    out.answer = unauthorized("no_key", "send an API key: Authorization: Bearer trp_...");
    return out;
  }
  const auto shown = read_key(bearer_of(given));
  const auto hit = shown ? book->find(shown->id) : book->end();
  const auto key = hit == book->end() ? nullptr : hit->second;
  // One answer for a wrong id and a wrong secret, and the same work before it.
  if (!shown || !is_key(*shown, key.get())) {
    out.why = "wrong_key";
    out.answer = unauthorized("wrong_key", "this is no API key of this fleet");
    return out;
  }
  out.key = key->id;
  if (const auto standing = standing_of(*key, access_now()); standing != key_standing::good) {
    out.why = standing == key_standing::revoked ? "revoked_key" : "expired_key";
    out.answer =
        unauthorized(out.why, standing == key_standing::revoked ? "this API key has been revoked"
                                                                : "this API key has expired");
    return out;
  }
  const auto scope = std::string{to_string(need.what)};
  if (need.where == route_need::reach::somewhere ? !allows_somewhere(*key, need.what)
                                                 : !allows(*key, need.what, "")) {
    out.why = "scope";
    out.answer = not_allowed("this takes a key that is allowed to " + scope +
                             (need.where == route_need::reach::fleet ? " in the whole fleet" : ""));
    return out;
  }
  out.pass = std::make_shared<const access_pass>(settings_.keys, key);
  return out;
}

std::optional<problem> access_gate::admit(http_request& what, route_need need,
                                          std::string_view pattern) {
  auto v = judge(what, need);
  what.pass = std::move(v.pass);
  if (v.why.empty())
    return std::nullopt;
  if (settings_.count)
    settings_.count(v.why);
  const auto now = access_now();
  refusal_book::advice advice;
  {
    const std::lock_guard hold{mutex_};
    advice = refusals_.refused(source_of(what.remote), now);
  }
  if (advice.to_record > 0)
    report(what, v, pattern, advice.to_record, now);
  if (!advice.put_off)
    return std::move(v.answer);
  problem p;
  p.status = 429;
  p.word = "put_off";
  p.title = "Too many refusals";
  p.detail = "too many requests from this address were refused";
  p.retry_after = advice.retry_after;
  return p;
}

void access_gate::report(const http_request& what, const verdict& v, std::string_view pattern,
                         std::uint64_t times, timestamp now) const {
  if (!settings_.write)
    return;
  const auto source = source_of(what.remote);
  json record{{"why", v.why},
              {"from", source},
              // Not what was asked for, which may hold anything: a key pasted into a path, say.
              {"route", std::string{pattern}},
              {"times", times},
              {"node", settings_.node}};
  if (!v.key.empty())
    record["key"] = v.key;
  const auto id = "refused/" + settings_.node + "/" + source + "/" +
                  std::to_string(now.time_since_epoch().count());
  // Nothing was changed, so nobody waits for this record, and it may get lost.
  static_cast<void>(settings_.write({audit_write(id, now, "access.refused", std::move(record))},
                                    [](const std::string&) {}));
}

} // namespace troupe
