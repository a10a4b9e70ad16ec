#include "policies/map_items.hpp"

namespace troupe {

outcome find_items(const plan_node& map, const json& document) {
  const auto bad = [&](const std::string& why) {
    return outcome::of(
        {reason::invalid_input, "map " + map.name + ": " + map.items + " " + why, {}});
  };
  try {
    const auto at = json::json_pointer{map.items};
    if (!document.contains(at))
      return bad("leads to nothing");
    const auto& list = document.at(at);
    if (!list.is_array())
      return bad(std::string{"leads to no list but to a value of type "} + list.type_name());
    if (list.size() > plan::max_items)
      return bad("leads to " + std::to_string(list.size()) + " items, and " +
                 std::to_string(plan::max_items) + " are possible");
    outcome out;
    out.data = list;
    return out;
  } catch (const json::exception&) {
    // A pointer with a number in it that is none, as far as the document goes.
    return bad("leads to nothing");
  }
}

std::string member_of(std::string_view pointer, std::string_view first) {
  if (pointer.size() < first.size() + 2 || pointer[0] != '/' ||
      pointer.substr(1, first.size()) != first || pointer[first.size() + 1] != '/')
    return {};
  const auto rest = pointer.substr(first.size() + 2);
  std::string out;
  for (std::size_t i = 0; i < rest.size() && rest[i] != '/'; ++i) {
    if (rest[i] == '~' && i + 1 < rest.size()) {
      out += rest[++i] == '1' ? '/' : '~';
    } else {
      out += rest[i];
    }
  }
  return out;
}

} // namespace troupe
