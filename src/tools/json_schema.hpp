#pragma once

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace troupe::tools {

/// One way in which a document breaks its schema.
struct schema_error {
  /// A JSON pointer to the offending value in the document; empty for the document itself.
  std::string pointer;
  /// The keyword that it breaks, such as `required`; `limit` when the document could not be
  /// checked.
  std::string keyword;
  std::string message;
};

/// A schema that cannot be used.
class schema_invalid : public std::runtime_error {
 public:
  schema_invalid(std::string where, const std::string& reason);
  /// A JSON pointer into the schema; empty for its root.
  const std::string& pointer() const noexcept { return pointer_; }

 private:
  std::string pointer_;
};

/// A compiled JSON Schema, draft 7. Immutable and cheap to copy; any number of threads may validate
/// with one at the same time.
///
/// Both schemas and documents may come from strangers, so the time and the stack that either can
/// take are bounded. `format` and the other annotations are accepted and not checked. A schema that
/// declares a later draft is accepted as long as it uses nothing that draft 7 does not have;
/// `$defs` is the same as `definitions`. A `$ref` must start with '#', and constraints beside it
/// are refused.
class json_schema {
 public:
  /// Documents and schemas nested deeper than this are refused.
  static constexpr std::size_t depth_max = 64;
  /// Strings and property names longer than this are never matched against a pattern: they are an
  /// error.
  static constexpr std::size_t pattern_subject_max_bytes = 4096;
  /// No more errors than this are reported for one document.
  static constexpr std::size_t errors_max = 32;

  /// Compiles a schema. Throws schema_invalid for whatever would otherwise be silently ignored or
  /// misread: an unknown keyword, a keyword with a value of the wrong kind, a pattern that is no
  /// regular expression or cannot be matched in bounded time, a `$ref` that is remote or leads
  /// nowhere, and references that lead back to themselves without getting any deeper into the
  /// document. Recursive schemas, as for trees, are fine.
  static json_schema compile(const nlohmann::json& schema);

  /// The ways in which the document breaks the schema; empty when it is valid. A document that
  /// would take too much work to check is an error too. Never throws on account of the document.
  std::vector<schema_error> validate(const nlohmann::json& document) const;

 private:
  struct compiled;
  explicit json_schema(std::shared_ptr<const compiled>);
  std::shared_ptr<const compiled> compiled_;
};

} // namespace troupe::tools
