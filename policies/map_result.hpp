#pragma once

#include <troupe/plan.hpp>
#include <troupe/task.hpp>

#include <span>
#include <string_view>

namespace troupe {

/// The outcomes of a map's items as one. Null: the item did not come to an end.
///
/// `concatenate` gives `{"items": [...]}` in the order of the list, null where an item has nothing,
/// and the texts one after the other; `merge` merges as `aggregate` does. What is missing is named
/// under `missing` as `name[n]` with its reason: the outcome is `partial` then, and failed when
/// every item is missing. Takes time in proportion to the size of what it is given.
[[nodiscard]] outcome reduce_items(join how, std::string_view name,
                                   std::span<const outcome* const> items);

} // namespace troupe
