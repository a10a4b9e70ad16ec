#include "src/config/read_specs.hpp"

#include "src/config/section.hpp"

#include <array>
#include <set>

namespace troupe::config {

namespace {

// The operator of a node and its value; nothing when there is no such key, or more than one.
const yaml_node* operator_of(const yaml_node& node, plan_op& op) {
  const yaml_node* body = nullptr;
  if (node.is_map())
    for (const auto& child : node.children)
      if (const auto known = parse_enum<plan_op>(child->key)) {
        if (body)
          return nullptr;
        body = child.get();
        op = *known;
      }
  return body;
}

void read_condition(const section& from, condition& out) {
  from.get("pointer", out.pointer);
  for (std::size_t i = 0; i < enum_names<gate_test>::value.size(); ++i)
    if (from.find(enum_names<gate_test>::value[i])) {
      out.test = static_cast<gate_test>(i);
      from.get(enum_names<gate_test>::value[i], out.value);
    }
}

void read_leaf(const section& from, std::string_view domain, plan_node& out) {
  from.get("skill", out.skill);
  from.get("text", out.text);
  from.get("input", out.input);
  from.get("timeout", out.timeout);
  from.get("priority", out.urgency);
  from.get("fallback", out.fallback);
  out.fallback = qualified(std::move(out.fallback), domain);
  switch (out.op) {
  case plan_op::call:
    from.get("agent", out.target);
    if (!out.target.empty())
      out.target = std::string{domain} + '/' + out.target;
    return;
  case plan_op::domain:
    from.get("domain", out.target);
    return;
  case plan_op::human:
    from.get("queue", out.target);
    return;
  case plan_op::gate:
    read_condition(from, out.when);
    return;
  default:
    return;
  }
}

bool is_pattern(plan_op op) noexcept {
  return op == plan_op::map || op == plan_op::loop || op == plan_op::judge;
}

void read_node(const yaml_node& node, std::string_view domain, plan_node& out, plan_site& site);

// A step that is done once for every item or in every round, and what else belongs to it.
void read_pattern(const section& from, std::string_view domain, plan_node& out, plan_site& site) {
  from.get("timeout", out.timeout);
  read_condition(from.in(out.op == plan_op::judge ? "passes" : "until"), out.when);
  for (const auto* key : {"step", "by"})
    if (const auto* step = from.find(key))
      read_node(*step, domain, out.children.emplace_back(), site.children.emplace_back());
}

void read_node(const yaml_node& node, std::string_view domain, plan_node& out, plan_site& site) {
  site.node = &node;
  site.body = operator_of(node, out.op);
  if (!site.body)
    return;
  const section from{site.body};
  from.get("name", out.name);
  from.get("needed", out.needed);
  from.get("how", out.how);
  from.get("items", out.items);
  from.get("at_once", out.at_once);
  from.get("max_rounds", out.max_rounds);
  if (const auto* undo = from.find("undo"))
    read_node(*undo, domain, out.undo.emplace_back(), site.undo.emplace_back());
  if (is_pattern(out.op))
    return read_pattern(from, domain, out, site);
  const auto* steps = site.body->is_list() ? site.body : from.find("steps");
  const bool group = out.op == plan_op::sequence || out.op == plan_op::parallel ||
                     out.op == plan_op::race || out.op == plan_op::quorum ||
                     out.op == plan_op::compensate;
  if (!group)
    return read_leaf(from, domain, out);
  from.get("timeout", out.timeout);
  if (!steps || !steps->is_list())
    return;
  out.children.resize(steps->children.size());
  site.children.resize(steps->children.size());
  for (std::size_t i = 0; i < steps->children.size(); ++i)
    read_node(*steps->children[i], domain, out.children[i], site.children[i]);
}

void collect_names(const plan_node& node, std::set<std::string>& names) {
  names.insert(node.name);
  for (const auto& child : node.children)
    collect_names(child, names);
  for (const auto& undo : node.undo)
    collect_names(undo, names);
}

void name_rest(plan_node& node, const std::set<std::string>& taken,
               std::array<std::uint32_t, enum_names<plan_op>::value.size()>& numbers) {
  while (node.name.empty()) {
    auto name = std::string{to_string(node.op)} +
                std::to_string(++numbers[static_cast<std::size_t>(node.op)]);
    if (!taken.contains(name))
      node.name = std::move(name);
  }
  for (auto& child : node.children)
    name_rest(child, taken, numbers);
  for (auto& undo : node.undo)
    name_rest(undo, taken, numbers);
}

} // namespace

void read_plan(const yaml_node& node, std::string_view domain, plan_draft& out) {
  read_node(node, domain, out.tree, out.site);
  std::set<std::string> taken;
  collect_names(out.tree, taken);
  std::array<std::uint32_t, enum_names<plan_op>::value.size()> numbers{};
  name_rest(out.tree, taken, numbers);
}

} // namespace troupe::config
