#pragma once

#include "actors/key_ring.hpp"
#include "nodes/doors/http_message.hpp"
#include "nodes/doors/problem.hpp"
#include "policies/access.hpp"
#include "policies/refusal_book.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// What a route asks of whoever comes. The default is what is asked by a route that says nothing.
struct route_need {
  enum class reach : std::uint8_t {
    open,      ///< no key
    somewhere, ///< the scope in any domain: the handler shows and does only what lies there
    fleet,     ///< the scope for the whole fleet
  };
  reach where = reach::fleet;
  access_scope what = access_scope::admin;

  static constexpr route_need open() { return {reach::open, access_scope::read}; }
  static constexpr route_need somewhere(access_scope x) { return {reach::somewhere, x}; }
  static constexpr route_need fleet(access_scope x) { return {reach::fleet, x}; }
  friend bool operator==(const route_need&, const route_need&) = default;
};

/// A request that a key let in: what the key may do, as long as it is good. Any thread.
class access_pass {
 public:
  access_pass(std::shared_ptr<const key_ring> ring, std::shared_ptr<const api_key> key)
      : ring_(std::move(ring))
      , key_(std::move(key)) {}

  [[nodiscard]] const api_key& key() const noexcept { return *key_; }
  [[nodiscard]] bool allows(access_scope what, std::string_view domain) const noexcept {
    return troupe::allows(*key_, what, domain);
  }
  /// Looks again: what is told over a long time must not be told to who has lost his key.
  [[nodiscard]] bool still_good() const;

 private:
  std::shared_ptr<const key_ring> ring_;
  std::shared_ptr<const api_key> key_;
};
using pass_ptr = std::shared_ptr<const access_pass>;

/// What the door does about keys.
struct access_settings {
  std::shared_ptr<key_ring> keys; ///< null: this node has no store, and so no keys
  /// Keys are asked for even when there are none, so that nobody gets in. For doors beyond the
  /// loopback.
  bool always = false;
  /// Stores writes and their audit records, all or none, and reads the keys anew; `then` hears on
  /// another thread what went wrong, or an empty text. False: there is nobody to store them.
  std::function<bool(std::vector<store_write>, std::function<void(const std::string&)> then)> write;
  std::function<void(std::string_view why)> count; ///< a refusal, for the metrics
  /// Which node's door it is, for the audit records.
  std::string node;
};

/// The guard at the door: finds out whose request it is, and whether the route is open to him. Who
/// is refused is counted, put on record within bounds, and put off when he comes too often; a good
/// key is let in however often others from the same address were refused. Thread safe.
class access_gate {
 public:
  explicit access_gate(access_settings settings)
      : settings_(std::move(settings)) {}

  /// Nothing when the request may go on: then `what.pass` is set, unless no keys are asked for.
  /// `pattern` is the route's.
  [[nodiscard]] std::optional<problem> admit(http_request& what, route_need need,
                                             std::string_view pattern);

  [[nodiscard]] const access_settings& settings() const noexcept { return settings_; }

  /// The longest that keys are trusted which cannot be compared with the store.
  static constexpr std::chrono::seconds trust_most{60};

 private:
  struct verdict {
    std::string_view why; ///< for metrics and audit; empty: let in
    problem answer;
    pass_ptr pass;
    std::string key; ///< the id that was shown, if it has the form of one
  };
  [[nodiscard]] verdict judge(const http_request& what, route_need need) const;
  void report(const http_request& what, const verdict& v, std::string_view pattern,
              std::uint64_t times, timestamp now) const;

  const access_settings settings_;
  std::mutex mutex_;
  refusal_book refusals_;
};

/// Whether a request without a key would be refused.
[[nodiscard]] bool asks_for_keys(const access_settings& settings);

[[nodiscard]] problem not_allowed(std::string detail);

/// For requests that name a domain themselves: 403 unless the key allows `scope` there. To be asked
/// before anybody looks whether there is such a domain, so that the answer does not tell.
[[nodiscard]] std::optional<problem> not_allowed_in(const http_request& what, access_scope scope,
                                                    const std::string& domain);

/// The address that refusals are counted by: an IPv4 address, or the network of an IPv6 one, of
/// which whoever has it has all the addresses.
[[nodiscard]] std::string source_of(std::string_view remote_address);

} // namespace troupe
