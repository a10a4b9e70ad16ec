#include "src/config/agent_schema.hpp"

#include "src/config/read_text.hpp"
#include "src/config/text.hpp"
#include "src/config/values.hpp"
#include "src/tools/json_schema.hpp"

#include <utility>

namespace troupe::config {

namespace fs = std::filesystem;

namespace {

bool leaves(const fs::path& relative) {
  return relative.is_absolute() || relative.empty() || *relative.begin() == "..";
}

std::optional<json> from_file(const yaml_node& at, const std::string& name, const fs::path& dir,
                              const fs::path& folder, report& problems) {
  const auto file = (folder / name).lexically_normal();
  if (fs::path{name}.is_absolute() || leaves(file)) {
    problems.error(at, "the schema must be a file within the fleet's folder");
    return std::nullopt;
  }
  auto text = read_text(dir / file);
  if (!text.text) {
    problems.error(at, "the schema " + in_quotes(file.generic_string()) + ": " + text.error);
    return std::nullopt;
  }
  std::vector<diagnostic> syntax;
  const auto root = parse_yaml(*text.text, file.generic_string(), syntax);
  for (auto& d : syntax)
    problems.error(std::move(d));
  return root ? as_json(*root) : std::nullopt;
}

void read_schema(const yaml_node* at, const fs::path& dir, const fs::path& folder, json& out,
                 report& problems) {
  if (!at || at->unusable)
    return;
  std::optional<json> schema;
  if (at->is_scalar() && !as_truth(*at)) {
    const auto name = as_text(*at);
    if (!name || name->empty()) {
      problems.error(*at, "must be a JSON Schema, or the path of a file that holds one");
      return;
    }
    schema = from_file(*at, *name, dir, folder, problems);
  } else {
    schema = as_json(*at);
  }
  if (!schema)
    return;
  if (!schema->is_object() && !schema->is_boolean()) {
    problems.error(*at, "a JSON Schema is a map, true or false");
    return;
  }
  try {
    static_cast<void>(tools::json_schema::compile(*schema));
    out = *std::move(schema);
  } catch (const tools::schema_invalid& e) {
    problems.error(*at, e.what());
  }
}

void read_prompts(const yaml_node& list, const fs::path& dir, const fs::path& folder, json& out,
                  std::vector<std::string>& files, report& problems) {
  std::string all;
  for (const auto& child : list.children) {
    const auto name = as_text(*child);
    if (!name)
      continue;
    const auto file = (folder / *name).lexically_normal();
    if (fs::path{*name}.is_absolute() || leaves(file)) {
      problems.error(*child, "the prompt must be a file within the fleet's folder");
      continue;
    }
    auto text = read_text(dir / file);
    if (!text.text) {
      problems.error(*child, "the prompt " + in_quotes(file.generic_string()) + ": " + text.error);
      continue;
    }
    files.push_back(file.generic_string());
    all += (all.empty() ? "" : "\n\n") + *text.text;
  }
  out = std::move(all);
}

} // namespace

void read_llm(const yaml_node& root, const fs::path& dir, const fs::path& folder, agent_spec& out,
              std::vector<std::string>& files, report& problems) {
  const auto* block = root.find("llm");
  if (!block || !block->is_map() || out.card.kind != agent_kind::llm)
    return;
  if (const auto* prompts = block->find("prompt"); prompts && prompts->is_list())
    read_prompts(*prompts, dir, folder, out.settings["instructions"], files, problems);
  const auto* tools = block->find("tools");
  if (!tools || !tools->is_map())
    return;
  for (const auto& tool : tools->children)
    if (const auto* takes = tool->is_map() ? tool->find("takes") : nullptr)
      read_schema(takes, dir, folder, out.settings["tools"][tool->key]["takes"], problems);
}

void read_schemas(const yaml_node& root, const fs::path& dir, const fs::path& folder,
                  agent_spec& out, report& problems) {
  read_schema(root.find("takes"), dir, folder, out.takes, problems);
  read_schema(root.find("gives"), dir, folder, out.gives, problems);
}

} // namespace troupe::config
