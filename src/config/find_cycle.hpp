#pragma once

#include "src/config/report.hpp"
#include "src/config/yaml_tree.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::config {

/// An arrow of a graph of names, and the value in a file that draws it.
struct arrow {
  std::string to;
  const yaml_node* because = nullptr;
};

using digraph = std::map<std::string, std::vector<arrow>, std::less<>>;

/// One cycle for each knot of `graph`: the arrows along it, the last one leading back to where the
/// first one starts. Takes time linear in the size of the graph, and no recursion, so that a long
/// chain cannot overflow the stack.
[[nodiscard]] std::vector<std::vector<arrow>> find_cycles(const digraph& graph);

/// Reports every cycle at the value that closes it: `<what>: "a" -> "b" -> "a"`.
void report_cycles(const digraph& graph, std::string_view what, report& problems);

} // namespace troupe::config
