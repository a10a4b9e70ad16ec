#pragma once

#include <troupe/clock.hpp>
#include <troupe/enum_names.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace troupe {

/// What an API key may be allowed.
enum class access_scope : std::uint8_t {
  read,    ///< tasks, sessions, traces, logs, agents
  submit,  ///< submit tasks, and cancel them
  answer,  ///< what people are asked: see, claim and answer
  operate, ///< tell agents to drain, restart and so on; reload the fleet
  admin,   ///< make and revoke keys, read the audit trail; holds all of the above
};

template <>
struct enum_names<access_scope> {
  static constexpr std::array<std::string_view, 5> value{"read", "submit", "answer", "operate",
                                                         "admin"};
};

/// One scope, for a domain and all the domains within it.
struct access_grant {
  access_scope what = access_scope::read;
  std::string domain; ///< empty: the whole fleet
  friend auto operator<=>(const access_grant&, const access_grant&) = default;
};

/// An API key as it is stored. What its bearer shows cannot be made from it.
struct api_key {
  std::string id;   ///< the part of the key that everybody may see
  std::string name; ///< says what it is for
  std::string team; ///< says whose it is
  std::string hash; ///< of the whole key, 32 bytes
  std::vector<access_grant> grants;
  std::string made_by; ///< the id of the key that it was made with; empty: made without one
  timestamp made{};
  timestamp expires = timestamp::max();
  timestamp revoked = timestamp::max(); ///< `max`: it is not
};

} // namespace troupe
