#include "src/config/interpolate.hpp"

#include "src/config/text.hpp"

#include <algorithm>
#include <cstdlib>

namespace troupe::config {

environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>{value} : std::nullopt;
  };
}

namespace {

constexpr std::string_view opening = "${env:";

bool is_variable_name(std::string_view s) {
  return !s.empty() && (s[0] < '0' || s[0] > '9') && std::all_of(s.begin(), s.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// The text between "${env:" and "}" gives its value, or says why there is none.
std::optional<std::string> value_of(std::string_view inside, const environment& variables,
                                    std::string& why) {
  const auto dash = inside.find(":-");
  const auto name = inside.substr(0, dash);
  if (!is_variable_name(name)) {
    why = in_quotes(name) + " is not the name of a variable";
    return std::nullopt;
  }
  auto value = variables(std::string{name});
  if (!value && dash == inside.npos) {
    why = "the variable " + std::string{name} +
          " is not set, and there is no default (${env:" + std::string{name} + ":-...})";
    return std::nullopt;
  }
  if (!value)
    return std::string{inside.substr(dash + 2)};
  if (value->size() > 65536 || first_bad_utf8(*value) != std::string::npos) {
    why = "the value of the variable " + std::string{name} + " is not UTF-8 text of at most 64 KiB";
    return std::nullopt;
  }
  return value;
}

void give_up(yaml_node& node, std::string why, report& problems) {
  node.unusable = true;
  problems.error(node, std::move(why));
}

void fill_in_scalar(yaml_node& node, const environment& variables, report& problems) {
  if (node.text.find(opening) == std::string::npos)
    return;
  std::string out;
  std::string_view rest = node.text;
  for (;;) {
    const auto start = rest.find(opening);
    out += rest.substr(0, start);
    if (start == rest.npos)
      break;
    rest.remove_prefix(start + opening.size());
    const auto end = rest.find('}');
    if (end == rest.npos)
      return give_up(node, "${env: without a closing }", problems);
    std::string why;
    const auto value = value_of(rest.substr(0, end), variables, why);
    if (!value)
      return give_up(node, why, problems);
    out += *value;
    if (out.size() > load_limits::file_bytes)
      return give_up(node, "its variables make it too long", problems);
    rest.remove_prefix(end + 1);
  }
  node.written = std::move(node.text);
  node.text = std::move(out);
  node.from_environment = true;
  problems.hide(node.text, node.written);
  // Names go on without the kind before them: `agent:NAME`.
  if (const auto colon = node.text.find(':'); colon != std::string::npos)
    problems.hide(node.text.substr(colon + 1), node.written);
}

} // namespace

void fill_in(yaml_node& node, const environment& variables, report& problems) {
  if (node.is_scalar())
    fill_in_scalar(node, variables, problems);
  for (auto& child : node.children)
    fill_in(*child, variables, problems);
}

} // namespace troupe::config
