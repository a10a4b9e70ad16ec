#include "policies/screens/signals.hpp"

#include <algorithm>
#include <cctype>

namespace troupe::screens {

namespace {

std::string_view trimmed(std::string_view x) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!x.empty() && blank(x.front()))
    x.remove_prefix(1);
  while (!x.empty() && blank(x.back()))
    x.remove_suffix(1);
  return x;
}

/// What stands around words to make them look like a heading: `### `, `[`, `**`, `<`.
bool is_ornament(char c) noexcept {
  return std::string_view{"#*[]<>{}(|/=-_~`:\"' "}.find(c) != std::string_view::npos;
}

/// Who speaks in chat templates and transcripts.
constexpr std::string_view speakers[] = {"system", "developer", "assistant", "system prompt",
                                         "system message", "system override", "system instruction",
                                         "system instructions", "system note", "system update",
                                         "admin", "administrator", "root", "ai", "sys", "tool",
                                         "function", "systemprompt", "systeme", "sistema",
                                         "система", "系统", "系統", "システム", "시스템"};
/// These are also what people write.
constexpr std::string_view others[] = {"user", "human", "instruction", "instructions", "note to ai",
                                       "new instructions", "important instructions", "override",
                                       "prompt", "input", "response", "output"};

void look_at_line(std::string_view line, strengths& out) {
  const auto whole = trimmed(line);
  std::size_t ornaments = 0;
  auto rest = whole;
  while (!rest.empty() && is_ornament(rest.front())) {
    ornaments += rest.front() == ' ' ? 0 : 1;
    rest.remove_prefix(1);
  }
  const auto named = [&](std::string_view name) {
    if (!rest.starts_with(name) || rest.size() == name.size())
      return rest == name && ornaments > 0;
    const auto after = trimmed(rest.substr(name.size()));
    if (after.empty())
      return ornaments > 0;
    const char c = after.front();
    return c == ':' || c == ']' || c == '>' || c == '|' || c == '}' ||
           (ornaments > 0 && (c == '*' || c == '#' || c == '-' || c == '=' || c == '"' || c == ')'));
  };
  for (const auto name : speakers)
    if (named(name))
      out.raise(signal::role, ornaments > 0 ? 0.65 : 0.55);
  for (const auto name : others)
    if (named(name))
      out.raise(signal::role, ornaments > 1 ? 0.45 : 0.15);
  // The pretended end of what the data are: "--- end of document ---", "</input>", "### begin ###".
  if (ornaments >= 2 && whole.size() < 120)
    for (const std::string_view word : {"end of ", "end ", "begin ", "start of ", "fin ", "ende ",
                                        "/"})
      if (rest.starts_with(word) || (word == "/" && whole.starts_with("</")))
        for (const std::string_view what :
             {"input", "data", "document", "context", "prompt", "user", "query", "instruction",
              "system", "message", "conversation", "tool", "result", "output", "untrusted",
              "quoted", "text", "email", "transcript", "override", "admin"})
          if (rest.find(what) != std::string_view::npos && rest.find(what) < 32)
            out.raise(signal::role, what == "system" || what == "instruction" || what == "prompt" ||
                                            what == "override"
                                        ? 0.65
                                        : 0.5);
}

struct mark {
  std::string_view text;
  signal says;
  double weight;
};

constexpr mark marks[] = {
    {"<|im_start|>", signal::role, 0.85},
    {"<|im_end|>", signal::role, 0.85},
    {"<|system|>", signal::role, 0.85},
    {"<|user|>", signal::role, 0.8},
    {"<|assistant|>", signal::role, 0.85},
    {"<|endoftext|>", signal::role, 0.8},
    {"<|eot_id|>", signal::role, 0.85},
    {"<|start_header_id|>", signal::role, 0.85},
    {"<|channel|>", signal::role, 0.8},
    {"[inst]", signal::role, 0.75},
    {"[/inst]", signal::role, 0.75},
    {"<<sys>>", signal::role, 0.85},
    {"<start_of_turn>", signal::role, 0.8},
    {"<end_of_turn>", signal::role, 0.8},
    {"<system>", signal::role, 0.7},
    {"</system>", signal::role, 0.7},
    {"<system_", signal::role, 0.65},
    {"<admin>", signal::role, 0.65},
    {"</data>", signal::role, 0.75},
    {"<data of=", signal::role, 0.75},
    {"</user_input>", signal::role, 0.7},
    {"</tool_result>", signal::role, 0.7},
    {"\"role\":\"system\"", signal::role, 0.75},
    {"\"role\": \"system\"", signal::role, 0.75},
    {"\"role\":\"developer\"", signal::role, 0.75},
    {"\"role\": \"developer\"", signal::role, 0.75},
    {"\"role\":\"assistant\"", signal::role, 0.6},
    {"\"role\": \"assistant\"", signal::role, 0.6},
    {"role: system", signal::role, 0.5},
    {"\"tool_calls\"", signal::command, 0.65},
    {"\"function_call\"", signal::command, 0.65},
    {"<tool_call", signal::command, 0.7},
    {"<function_call", signal::command, 0.7},
    {"<function=", signal::command, 0.7},
    {"<invoke ", signal::command, 0.7},
    {"<tool_use", signal::command, 0.7},
    {"[tool_calls]", signal::command, 0.7},
    {"<|tool", signal::command, 0.75},
    {"<script", signal::exfiltration, 0.5},
    {"javascript:", signal::exfiltration, 0.5},
    {"data:text/html", signal::exfiltration, 0.5},
    {" onerror=", signal::exfiltration, 0.55},
    {" onload=", signal::exfiltration, 0.5},
    {"<iframe", signal::exfiltration, 0.5},
};

/// {"name": ..., "arguments": ...} is how a model asks for a tool.
bool looks_like_a_call(std::string_view x) {
  const auto has = [&](std::string_view part) { return x.find(part) != x.npos; };
  return (has("\"name\"") || has("\"tool\"") || has("\"function\"") || has("\"action\"")) &&
         (has("\"arguments\"") || has("\"parameters\"") || has("\"action_input\"") ||
          has("\"tool_input\"") || has("\"args\""));
}

} // namespace

void look_at_marks(std::string_view folded, screen_place where, strengths& out) {
  for (std::size_t at = 0; at <= folded.size();) {
    const auto end = std::min(folded.find('\n', at), folded.size());
    look_at_line(folded.substr(at, end - at), out);
    at = end + 1;
  }
  if (folded.find_first_of("<[\"(=:") == folded.npos)
    return;
  for (const auto& m : marks)
    if (folded.find(m.text) != folded.npos)
      out.raise(m.says, m.weight);
  if (looks_like_a_call(folded))
    out.raise(signal::command, where == screen_place::request ? 0.6 : 0.65);
}

} // namespace troupe::screens
