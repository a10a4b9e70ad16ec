#pragma once

#include <troupe/json.hpp>
#include <troupe/plan.hpp>
#include <troupe/task.hpp>

#include <string>
#include <string_view>

namespace troupe {

/// The list that `map` goes through, as the `data` of an outcome that an `expanded` event records:
/// what its `items` points to in `document`, {"input", "previous", "context"}. Failed as
/// `invalid_input`, with the pointer named, when there is nothing there or no list.
[[nodiscard]] outcome find_items(const plan_node& map, const json& document);

/// The second name in a pointer whose first is `first`: "orders" of "/input/orders/0"; empty if the
/// pointer does not begin so.
[[nodiscard]] std::string member_of(std::string_view pointer, std::string_view first);

} // namespace troupe
