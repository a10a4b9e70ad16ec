#include "src/config/interpolate.hpp"

#include "src/config/read_text.hpp"
#include "src/config/text.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace troupe::config {

environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>{value} : std::nullopt;
  };
}

namespace {

constexpr std::size_t value_max = 65536;
constexpr std::array<std::string_view, 3> openings{"${env:", "${secret:", "${file:"};

/// A value, or why there is none.
struct filled {
  std::optional<std::string> value;
  std::string why;
  bool secret = false;
};

bool is_variable_name(std::string_view s) {
  return !s.empty() && (s[0] < '0' || s[0] > '9') && std::all_of(s.begin(), s.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

filled from_variable(std::string_view inside, std::string_view kind, const environment& variables) {
  const auto dash = inside.find(":-");
  const std::string name{inside.substr(0, dash)};
  if (!is_variable_name(name))
    return {{}, in_quotes(name) + " is not the name of a variable", false};
  filled out{variables(name), {}, kind == "secret" || sounds_secret(name)};
  if (!out.value && dash == inside.npos)
    return {{},
            "the variable " + name + " is not set, and there is no default (${" +
                std::string{kind} + ":" + name + ":-...})",
            false};
  if (!out.value) // What stands in the file for all to read is no secret.
    return {std::string{inside.substr(dash + 2)}, {}, false};
  if (out.value->size() > value_max || first_bad_utf8(*out.value) != std::string::npos)
    return {
        {}, "the value of the variable " + name + " is not UTF-8 text of at most 64 KiB", false};
  return out;
}

filled from_file(std::string_view inside, const std::filesystem::path& dir) {
  if (inside.empty())
    return {{}, "${file:} needs the path of a file", false};
  auto found = read_text(dir / inside);
  if (!found.text)
    return {{}, "the file " + in_quotes(inside) + ": " + found.error, false};
  auto& text = *found.text;
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
    text.pop_back();
  if (text.size() > value_max)
    return {{}, "the file " + in_quotes(inside) + " has more than 64 KiB", false};
  return {std::move(text), {}, true};
}

void give_up(yaml_node& node, std::string why, report& problems) {
  node.unusable = true;
  problems.error(node, std::move(why));
}

/// The next opening in `text` and where it is; npos: none.
std::pair<std::size_t, std::string_view> next_opening(std::string_view text) {
  std::pair<std::size_t, std::string_view> out{std::string_view::npos, {}};
  for (const auto opening : openings)
    if (const auto at = text.find(opening); at < out.first)
      out = {at, opening};
  return out;
}

void fill_in_scalar(yaml_node& node, const filling& with) {
  if (next_opening(node.text).first == std::string::npos)
    return;
  std::string out;
  std::string_view rest = node.text;
  for (;;) {
    const auto [start, opening] = next_opening(rest);
    out += rest.substr(0, start);
    if (start == rest.npos)
      break;
    rest.remove_prefix(start + opening.size());
    const auto end = rest.find('}');
    if (end == rest.npos)
      return give_up(node, std::string{opening} + " without a closing }", with.problems);
    const auto inside = rest.substr(0, end);
    const auto kind = opening.substr(2, opening.size() - 3);
    const auto found =
        kind == "file" ? from_file(inside, with.dir) : from_variable(inside, kind, with.variables);
    if (kind == "file")
      with.secrets.add_file(std::string{inside});
    if (!found.value)
      return give_up(node, found.why, with.problems);
    if (found.secret) {
      if (!with.may_be_secret(node))
        return give_up(node,
                       "a secret may not stand here, where agents, logs and answers would show it",
                       with.problems);
      with.secrets.add(*found.value);
    }
    out += *found.value;
    if (out.size() > load_limits::file_bytes)
      return give_up(node, "its variables make it too long", with.problems);
    rest.remove_prefix(end + 1);
  }
  node.written = std::move(node.text);
  node.text = std::move(out);
  node.from_environment = true;
  with.problems.hide(node.text, node.written);
  // Names go on without the kind before them: `agent:NAME`.
  if (const auto colon = node.text.find(':'); colon != std::string::npos)
    with.problems.hide(node.text.substr(colon + 1), node.written);
}

} // namespace

void fill_in(yaml_node& node, const filling& with) {
  if (node.is_scalar())
    fill_in_scalar(node, with);
  for (auto& child : node.children)
    fill_in(*child, with);
}

} // namespace troupe::config
