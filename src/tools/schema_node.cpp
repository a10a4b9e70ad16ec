#include "src/tools/schema_node.hpp"

#include <algorithm>
#include <unordered_map>

#include "src/tools/json_schema.hpp"

namespace troupe::tools {
namespace {

using subschema = schema_node::child;

// References and combinations that stay on the same value may be chained this far.
constexpr std::size_t chain_max = 64;

class chain_checker {
 public:
  /// How many schemas in a row apply to one and the same value, starting here.
  std::size_t length(subschema from) {
    if (const auto known = lengths_.find(from); known != lengths_.end()) {
      if (known->second == in_progress)
        throw schema_invalid{
            from->where, "this leads back to itself without going any deeper into the document"};
      return known->second;
    }
    lengths_[from] = in_progress;
    // The way down is limited too, as it is this function that would run out of stack.
    if (++depth_ > chain_max)
      too_far(from);
    std::size_t longest = 0;
    const auto visit = [&](subschema next) {
      if (next != nullptr)
        longest = std::max(longest, length(next));
    };
    for (const auto* group : {&from->all_of, &from->any_of, &from->one_of})
      std::for_each(group->begin(), group->end(), visit);
    for (const auto& [name, next] : from->dependent_schemas)
      visit(next);
    for (const auto next :
         {from->ref, from->negated, from->condition, from->consequence, from->alternative})
      visit(next);
    --depth_;
    if (longest >= chain_max)
      too_far(from);
    return lengths_[from] = longest + 1;
  }

 private:
  static constexpr std::size_t in_progress = 0;

  [[noreturn]] static void too_far(subschema from) {
    throw schema_invalid{from->where, "references and combinations are chained more than " +
                                          std::to_string(chain_max) + " times from here"};
  }

  std::unordered_map<subschema, std::size_t> lengths_;
  std::size_t depth_ = 0;
};

} // namespace

bool nested_deeper_than(const nlohmann::json& value, std::size_t levels) {
  if (!value.is_structured())
    return false;
  return levels == 0 || std::any_of(value.begin(), value.end(), [&](const nlohmann::json& inner) {
           return nested_deeper_than(inner, levels - 1);
         });
}

std::string pointer_step(std::string_view key) {
  std::string result = "/";
  for (const char c : key) {
    if (c == '~')
      result += "~0";
    else if (c == '/')
      result += "~1";
    else
      result += c;
  }
  return result;
}

void check_chains(const schema_tree& tree) {
  chain_checker checker;
  for (const auto& one : tree.nodes)
    checker.length(&one);
}

} // namespace troupe::tools
