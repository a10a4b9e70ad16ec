#pragma once

#include <troupe/enum_names.hpp>
#include <troupe/fleet.hpp>
#include <troupe/member.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// How a home region's work comes back to it.
enum class region_return : std::uint8_t {
  automatic, ///< after it has been there for `stable`
  command,   ///< when somebody says so
};

template <>
struct enum_names<region_return> {
  static constexpr std::array<std::string_view, 2> value{"automatic", "command"};
};

struct failover_settings {
  std::vector<region_plan> regions;
  region_return back = region_return::automatic;
  milliseconds stable{60000};
  /// A region that has not been seen since this node started may just be starting too: so long
  /// nobody stands in for it.
  milliseconds start_wait{0};
};

/// A change of who works on a home region's sessions.
struct failover_decision {
  region_duty duty;
  std::string why;
};

/// Which region works on whose sessions. A region is gone when none of its members may own
/// anything: membership has decided that already, so nothing is waited for here. Its duty goes to
/// the first of its backups that is there, and back when the region has been there without a break
/// for `stable`, or when it is commanded. A region that comes back while its backup is lost gets
/// its duty at once.
///
/// Every node decides alike, and whoever writes first has decided: the duty is a row of the member
/// table, so that ownership remains a function of one version of it. A value; not thread safe.
class failover {
 public:
  explicit failover(failover_settings settings)
      : settings_(std::move(settings)) {}

  /// What to write next, if anything: one at a time.
  [[nodiscard]] std::optional<failover_decision> decide(const member_table& table, timestamp now);
  /// Somebody wants `home` to work for itself again: true if that is possible. `decide` says so
  /// until the table has it, and forgets it when the region is gone by then.
  [[nodiscard]] bool command_return(std::string_view home, const member_table& table);
  /// When `decide` may have something to do though the table does not change.
  [[nodiscard]] timestamp next_timer() const noexcept { return next_; }

 private:
  failover_settings settings_;
  std::map<std::string, timestamp, std::less<>> there_since_;
  std::set<std::string, std::less<>> seen_; ///< regions that have been there
  std::optional<timestamp> began_;
  std::set<std::string, std::less<>> commanded_;
  timestamp next_ = no_deadline;
};

/// Somebody in this region may own shards.
[[nodiscard]] bool region_there(const member_table& table, std::string_view region) noexcept;

/// Where a session gets its home, which it keeps.
struct home_choice {
  std::string region;
  std::string why;
};

/// The home of a session: what is recorded for it; else what the request asks for, if that region
/// exists; else the region of the door that it came in by, which is the nearest to its client; else
/// the fleet's first. The caller records it before the first turn is accepted, by a write that
/// keeps what another door has recorded in the meantime.
[[nodiscard]] home_choice choose_home(const std::vector<std::string>& regions,
                                      std::string_view recorded, std::string_view asked,
                                      std::string_view door);

} // namespace troupe
