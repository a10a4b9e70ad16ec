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
constexpr std::string_view speakers[] = {"system",
                                         "developer",
                                         "assistant",
                                         "system prompt",
                                         "system message",
                                         "system override",
                                         "system instruction",
                                         "system instructions",
                                         "system note",
                                         "system update",
                                         "admin",
                                         "administrator",
                                         "root",
                                         "ai",
                                         "sys",
                                         "tool",
                                         "function",
                                         "systemprompt",
                                         "systeme",
                                         "sistema",
                                         "система",
                                         "系统",
                                         "系統",
                                         "システム",
                                         "시스템"};
/// These are also what people write.
constexpr std::string_view others[] = {"user",
                                       "human",
                                       "instruction",
                                       "instructions",
                                       "note to ai",
                                       "new instructions",
                                       "important instructions",
                                       "override",
                                       "prompt",
                                       "input",
                                       "response",
                                       "output"};

/// How many signs of a role that the line has.
int look_at_line(std::string_view line, strengths& out) {
  int found = 0;
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
           (ornaments > 0 &&
            (c == '*' || c == '#' || c == '-' || c == '=' || c == '"' || c == ')'));
  };
  for (const auto name : speakers)
    if (named(name)) {
      out.raise(sign::role, ornaments > 0 ? 0.72 : 0.55);
      found = 1;
    }
  for (const auto name : others)
    if (named(name))
      out.raise(sign::role, ornaments > 1 ? 0.45 : 0.15);
  // The pretended end of what the data are: "--- end of document ---", "</input>", "### begin ###".
  if (ornaments >= 2 && whole.size() < 120)
    for (const std::string_view word :
         {"end of ", "end ", "begin ", "start of ", "fin ", "ende ", "/"})
      if (rest.starts_with(word) || (word == "/" && whole.starts_with("</")))
        for (const std::string_view what :
             {"input",      "data",        "document",  "context", "prompt",       "user",
              "query",      "instruction", "system",    "message", "conversation", "tool",
              "result",     "output",      "untrusted", "quoted",  "text",         "email",
              "transcript", "override",    "admin"})
          if (rest.find(what) != std::string_view::npos && rest.find(what) < 32) {
            out.raise(sign::role, what == "system" || what == "instruction" || what == "prompt" ||
                                          what == "override"
                                      ? 0.65
                                      : 0.5);
            found = std::max(found, 1);
          }
  return found;
}

struct mark {
  std::string_view text;
  sign says;
  double weight;
};

constexpr mark marks[] = {
    {"<|im_start|>", sign::role, 0.85},
    {"<|im_end|>", sign::role, 0.85},
    {"<|system|>", sign::role, 0.85},
    {"<|user|>", sign::role, 0.8},
    {"<|assistant|>", sign::role, 0.85},
    {"<|endoftext|>", sign::role, 0.8},
    {"<|eot_id|>", sign::role, 0.85},
    {"<|start_header_id|>", sign::role, 0.85},
    {"<|channel|>", sign::role, 0.8},
    {"[inst]", sign::role, 0.75},
    {"[/inst]", sign::role, 0.75},
    {"<<sys>>", sign::role, 0.85},
    {"<start_of_turn>", sign::role, 0.8},
    {"<end_of_turn>", sign::role, 0.8},
    {"<system>", sign::role, 0.7},
    {"</system>", sign::role, 0.7},
    {"<system_", sign::role, 0.65},
    {"<admin>", sign::role, 0.65},
    {"</data>", sign::role, 0.75},
    {"<data of=", sign::role, 0.75},
    {"</user_input>", sign::role, 0.7},
    {"</tool_result>", sign::role, 0.7},
    {"\"role\":\"system\"", sign::role, 0.75},
    {"\"role\": \"system\"", sign::role, 0.75},
    {"\"role\":\"developer\"", sign::role, 0.75},
    {"\"role\": \"developer\"", sign::role, 0.75},
    {"\"role\":\"assistant\"", sign::role, 0.6},
    {"\"role\": \"assistant\"", sign::role, 0.6},
    {"role: system", sign::role, 0.5},
    {"\"tool_calls\"", sign::command, 0.65},
    {"\"function_call\"", sign::command, 0.65},
    {"<tool_call", sign::command, 0.7},
    {"<function_call", sign::command, 0.7},
    {"<function=", sign::command, 0.7},
    {"<invoke ", sign::command, 0.7},
    {"<tool_use", sign::command, 0.7},
    {"[tool_calls]", sign::command, 0.7},
    {"<|tool", sign::command, 0.75},
    {"<script", sign::exfiltration, 0.5},
    {"javascript:", sign::exfiltration, 0.5},
    {"data:text/html", sign::exfiltration, 0.5},
    {" onerror=", sign::exfiltration, 0.55},
    {" onload=", sign::exfiltration, 0.5},
    {"<iframe", sign::exfiltration, 0.5},
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
  int roles = 0;
  for (std::size_t at = 0; at <= folded.size();) {
    const auto end = std::min(folded.find('\n', at), folded.size());
    roles += look_at_line(folded.substr(at, end - at), out);
    at = end + 1;
  }
  // One line may begin like that by chance; who plays several roles writes a script.
  if (roles > 1)
    out.raise(sign::role, 0.75);
  if (folded.find_first_of("<[\"(=:") == folded.npos)
    return;
  for (const auto& m : marks)
    if (folded.find(m.text) != folded.npos)
      out.raise(m.says, m.weight);
  if (looks_like_a_call(folded))
    out.raise(sign::command, where == screen_place::request ? 0.6 : 0.65);
}

} // namespace troupe::screens
