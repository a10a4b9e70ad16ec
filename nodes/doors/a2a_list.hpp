#pragma once

#include "nodes/doors/a2a_request.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Where a page of ListTasks begins. The protocol wants the tasks that changed last first, and the
/// books know when tasks were created: so they are looked through a thousand at a time, the newest
/// thousand first, and each thousand is told in the protocol's order.
struct a2a_place {
  timestamp before = timestamp::max(); ///< its thousand: the newest that were created before it
  std::uint64_t counted = 0;           ///< tasks that fit in the thousands before
  timestamp updated{}; ///< when the last task of the page before had changed; with `id`
  std::string id;      ///< that task; empty: the page is the first of its thousand
};
[[nodiscard]] std::string page_token(const a2a_place& x);
/// Nothing when it is none of ours.
[[nodiscard]] std::optional<a2a_place> read_page_token(std::string_view token);

/// What ListTasks asks for.
struct a2a_list {
  task_filter filter;
  std::string state; ///< in the words of the protocol; empty: any
  std::size_t page_size = 50;
  a2a_place from;
  timestamp changed_since{};
  a2a_shape shape;
};
[[nodiscard]] std::optional<a2a_list> read_a2a_list(const json& parameters, a2a_fault& why);
/// The page of `all`, which is what the filter found.
[[nodiscard]] json a2a_page(const a2a_list& wish, std::vector<task_record_ptr> all);

} // namespace troupe
