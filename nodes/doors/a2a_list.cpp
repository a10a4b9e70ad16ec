#include "nodes/doors/a2a_list.hpp"

#include "nodes/doors/uri.hpp"

#include <troupe/json_read.hpp>

#include <algorithm>
#include <charconv>
#include <tuple>

namespace troupe {

namespace {

std::nullopt_t no_list(a2a_fault& why, std::string detail) {
  why = {a2a_error::invalid_params, std::move(detail), {}};
  return std::nullopt;
}

/// The number at the head of a token, which is taken off with the dot behind it.
std::optional<std::int64_t> take_number(std::string_view& from) {
  std::int64_t out = 0;
  const auto* end = from.data() + from.size();
  const auto read = std::from_chars(from.data(), end, out);
  if (read.ec != std::errc{} || read.ptr == end || *read.ptr != '.' || out < 0)
    return std::nullopt;
  from.remove_prefix(static_cast<std::size_t>(read.ptr - from.data()) + 1);
  return out;
}

std::string number_of(timestamp at) {
  return std::to_string(at.time_since_epoch().count());
}

/// What was created last comes first, as the filter finds it.
bool is_newer(const task_record_ptr& a, const task_record_ptr& b) noexcept {
  return a->what->created > b->what->created;
}

/// When there may be tasks beyond a full thousand: before when they were created. Those that are as
/// old as its oldest are left to the next one, or some of them would be in neither.
std::optional<timestamp> cut_thousand(std::vector<task_record_ptr>& all) {
  if (all.size() < task_filter::max_listed)
    return std::nullopt;
  std::stable_sort(all.begin(), all.end(), is_newer);
  const auto oldest = all.back()->what->created;
  if (all.front()->what->created == oldest)
    return oldest; // A thousand tasks of one microsecond cannot be told apart.
  std::erase_if(all, [&](const auto& r) { return r->what->created == oldest; });
  return oldest + microseconds{1};
}

} // namespace

std::string page_token(const a2a_place& x) {
  return number_of(x.before) + '.' + std::to_string(x.counted) + '.' + number_of(x.updated) + '.' +
         x.id;
}

std::optional<a2a_place> read_page_token(std::string_view token) {
  const auto before = take_number(token);
  const auto counted = before ? take_number(token) : std::nullopt;
  const auto updated = counted ? take_number(token) : std::nullopt;
  if (!updated)
    return std::nullopt;
  return a2a_place{timestamp{microseconds{*before}}, static_cast<std::uint64_t>(*counted),
                   timestamp{microseconds{*updated}}, std::string{token}};
}

std::optional<a2a_list> read_a2a_list(const json& parameters, a2a_fault& why) {
  a2a_list out;
  const auto domain = read_a2a_text(parameters, "tenant", why);
  const auto session = domain ? read_a2a_text(parameters, "contextId", why) : std::nullopt;
  auto state = session ? read_a2a_text(parameters, "status", why) : std::nullopt;
  const auto after = state ? read_a2a_text(parameters, "pageToken", why) : std::nullopt;
  const auto since = after ? read_a2a_text(parameters, "statusTimestampAfter", why) : std::nullopt;
  const auto history = since ? read_history(parameters, 0, why) : std::nullopt;
  if (!history)
    return std::nullopt;
  if (!after->empty()) {
    auto place = read_page_token(*after);
    if (!place)
      return no_list(why, "pageToken must be the nextPageToken of another page");
    out.from = *std::move(place);
  }
  out.filter.domain = *domain;
  out.filter.session = *session;
  out.filter.before = out.from.before;
  out.filter.limit = task_filter::max_listed;
  out.shape = {*history, false};
  if (*state != "TASK_STATE_UNSPECIFIED")
    out.state = std::move(*state);
  if (!out.state.empty()) {
    const auto which = parse_a2a_state(out.state);
    if (!which)
      return no_list(why, "status must be a state of tasks");
    // States that a task leaves again are not looked for in the books, which may be behind.
    if (is_final(*which))
      out.filter.state = which;
  }
  if (!since->empty()) {
    const auto at = parse_time(*since, timestamp{});
    if (!at)
      return no_list(why, "statusTimestampAfter must be a time as of RFC 3339");
    out.changed_since = *at;
  }
  if (const auto& n = part_of(parameters, "pageSize"); !n.is_null()) {
    if (!n.is_number_integer() || n < 1 || n > 100)
      return no_list(why, "pageSize must be a whole number from 1 to 100");
    out.page_size = n.get<std::size_t>();
  }
  if (const auto& with = part_of(parameters, "includeArtifacts"); with.is_boolean())
    out.shape.artifacts = with.get<bool>();
  return out;
}

json a2a_page(const a2a_list& wish, std::vector<task_record_ptr> all) {
  std::erase(all, nullptr);
  const auto rest = cut_thousand(all);
  auto here = wish.from;
  // What is created from now on must not push anything out of this thousand.
  if (const auto newest = std::min_element(all.begin(), all.end(), is_newer);
      newest != all.end() && here.before == timestamp::max())
    here.before = (*newest)->what->created + microseconds{1};
  std::erase_if(all, [&](const auto& r) {
    return (!wish.state.empty() && a2a_state(r->state) != wish.state) ||
           r->updated < wish.changed_since;
  });
  const auto told_before = [](const auto& a, const auto& b) {
    return std::tie(a->updated, a->what->id) > std::tie(b->updated, b->what->id);
  };
  std::sort(all.begin(), all.end(), told_before);
  const auto from =
      here.id.empty() ? all.begin() : std::find_if(all.begin(), all.end(), [&](const auto& r) {
        return std::tie(r->updated, r->what->id) < std::tie(here.updated, here.id);
      });
  const auto left = static_cast<std::size_t>(all.end() - from);
  const auto to = from + static_cast<std::ptrdiff_t>(std::min(wish.page_size, left));
  const auto counted = here.counted + all.size();
  std::string next;
  if (to != all.end())
    next = page_token({here.before, here.counted, (*(to - 1))->updated, (*(to - 1))->what->id});
  else if (rest)
    next = page_token({*rest, counted, {}, {}});
  json out{{"tasks", json::array()},
           {"nextPageToken", std::move(next)},
           {"pageSize", wish.page_size},
           {"totalSize", counted}};
  for (auto r = from; r != to; ++r)
    out["tasks"].push_back(a2a_task(**r, wish.shape));
  return out;
}

} // namespace troupe
