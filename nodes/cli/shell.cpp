#include "nodes/cli/shell.hpp"

#include "nodes/doors/uri.hpp"

#include <ostream>

namespace troupe::cli {

void shell::print(const json& document) const {
  out << as_text(document, 2) << '\n';
}

void shell::print_raw(const std::string& document) const {
  print(document);
}

void shell::print(const std::string& text) const {
  out << text;
  if (text.empty() || text.back() != '\n')
    out << '\n';
}

CLI::App* add_verb(CLI::App& to, const std::string& name, const std::string& about,
                   const std::string& examples) {
  auto* verb = to.add_subcommand(name, about);
  std::string footer = "Examples:\n";
  std::size_t from = 0;
  while (from < examples.size()) {
    const auto end = std::min(examples.find('\n', from), examples.size());
    footer += "  " + examples.substr(from, end - from) + "\n";
    from = end + 1;
  }
  verb->footer(footer);
  return verb;
}

void add_output(CLI::App& verb, shell& with) {
  verb.add_option("-o,--output", with.format, "text for people, json for programs")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
}

void add_node_options(CLI::App& verb, shell& with) {
  add_output(verb, with);
  verb.add_option("--url", with.url, "where the node is; else TROUPE_URL says it")
      ->capture_default_str();
  verb.add_option(
      "--key-file", with.key_file,
      "a file with the API key; else TROUPE_KEY_FILE names one, or TROUPE_KEY holds the "
      "key itself");
  verb.add_option("--authority", with.authority,
                  "a file with the certificates that an https node is believed by, instead of the "
                  "system's; else TROUPE_AUTHORITY names it");
}

long long milliseconds_of(const std::string& text, const std::string& option) {
  const auto out = parse_wait(text);
  if (!out || out->count() <= 0)
    throw cli_error{exit_usage,
                    option + " must be a duration such as 30s or 2m, not \"" + text + "\""};
  return out->count();
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const auto& p : parts)
    out += (out.empty() ? "" : " ") + p;
  return out;
}

} // namespace troupe::cli
