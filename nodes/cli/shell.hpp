#pragma once

#include "nodes/cli/exit_code.hpp"

#include <troupe/json.hpp>

#include <CLI/CLI.hpp>

#include <functional>
#include <iosfwd>
#include <string>

namespace troupe::cli {

/// What all verbs share while one of them runs: where its output goes, and in which form.
struct shell {
  std::ostream& out; ///< results, and nothing but results
  std::ostream& err; ///< everything else
  std::string url = "http://127.0.0.1:7420";
  std::string key_file{};  ///< holds the API key; empty: TROUPE_KEY does, or there is none
  std::string authority{}; ///< certificates that nodes are believed by; empty: the system's
  std::string format = "text";
  /// What the verb on the command line does; it runs when the whole line has been understood.
  std::function<exit_code()> run{};

  [[nodiscard]] bool as_json() const noexcept { return format == "json"; }
  /// Writes one JSON document, indented.
  void print(const json& document) const;
  /// Writes what the node answered, without a change but for a newline at the end.
  void print_raw(const std::string& document) const;
  /// Writes `text` and a newline unless it ends with one.
  void print(const std::string& text) const;
};

/// Adds a verb. `examples` holds one command line per line; they end its `--help`.
CLI::App* add_verb(CLI::App& to, const std::string& name, const std::string& about,
                   const std::string& examples);
/// Gives a verb `-o json|text`.
void add_output(CLI::App& verb, shell& with);
/// Gives a verb `-o`, `--url`, `--key-file` and `--authority`: it talks to a node.
void add_node_options(CLI::App& verb, shell& with);
/// A duration such as `30s` (a bare number: milliseconds), or a usage error that names `option`.
[[nodiscard]] long long milliseconds_of(const std::string& text, const std::string& option);

/// All the words in `parts`, with blanks between them.
[[nodiscard]] std::string joined(const std::vector<std::string>& parts);

} // namespace troupe::cli
