#pragma once

#include "examples/customer-support/backend/calendar.hpp"
#include "examples/customer-support/backend/database.hpp"
#include "examples/customer-support/backend/request.hpp"

#include <troupe/agent.hpp>

#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>

namespace troupe::support {

/// What a service at a desk works with. Lives as long as one call.
struct counter {
  database& db;
  const agent_call& call;
  const client& who; ///< with an empty id when the service also serves strangers
  day today;
  bool brief; ///< only what must be said
};

/// One service. Its writes belong to a transaction around it, which is taken back if it throws or
/// fails.
struct service {
  outcome (*serve)(const counter&) = nullptr;
  bool writes =
      false; ///< done at most once per idempotency key; a repetition gets the first answer again
  bool strangers = false; ///< also serves those whose customer id nobody knows
};

using services = std::map<std::string_view, service>;

/// A native agent over the back end: finds the customer, keeps effects to once per key, and turns a
/// database that is busy into a failure that is worth a retry. Has a connection of its own; several
/// threads may call, one is served at a time.
class desk {
 public:
  /// `options`: `detail` (full or brief), `today` (ISO day; else the environment's SUPPORT_TODAY,
  /// else the system's date). Throws `std::invalid_argument` for others, `database_error` if the
  /// database can't be opened.
  desk(const std::string& path, services offered, const json& options);

  [[nodiscard]] outcome operator()(const agent_call& call, std::stop_token stop);

 private:
  outcome serve(const agent_call& call);
  outcome once(const service& what, const counter& at);

  std::mutex mutex_;
  database db_;
  services offered_;
  std::optional<day> fixed_today_;
  bool brief_ = false;
};

/// The day that `options.today` or SUPPORT_TODAY name, if one of them does. Throws
/// `std::invalid_argument` if it is none.
[[nodiscard]] std::optional<day> configured_today(const json& options);

} // namespace troupe::support
