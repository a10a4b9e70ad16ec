#include "policies/body_size.hpp"

namespace troupe {

namespace {

// A member has a node of a tree around its key and value, a text that is not short a block of its
// own. Small values in great number are what makes a body much larger in memory than on the wire.
constexpr std::size_t for_value = sizeof(json);
constexpr std::size_t for_text = sizeof(std::string);
constexpr std::size_t for_node = 32;

} // namespace

std::size_t body_size(const json& x) noexcept {
  std::size_t sum = for_value;
  if (const auto* text = x.get_ptr<const json::string_t*>()) {
    sum += for_text + text->size();
  } else if (const auto* list = x.get_ptr<const json::array_t*>()) {
    for (const auto& value : *list)
      sum += body_size(value);
  } else if (const auto* object = x.get_ptr<const json::object_t*>()) {
    for (const auto& [key, value] : *object)
      sum += for_node + for_text + key.size() + body_size(value);
  }
  return sum;
}

} // namespace troupe
