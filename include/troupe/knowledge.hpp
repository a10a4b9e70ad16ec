#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace troupe {

/// Documents of a domain that its agents answer from.
struct document_collection {
  std::vector<std::string>
      files;          ///< files and folders as declared, relative to the domain's folder
  std::string digest; ///< of the names and bytes of all documents
  friend bool operator==(const document_collection&, const document_collection&) = default;
};

/// What an agent has of its domain's documents.
struct knowledge_use {
  std::vector<std::string> collections; ///< the only ones that it is ever shown
  std::uint32_t passages = 4;           ///< at most so many for a request
  double least = 0.5;    ///< a passage that is less to the point, from 0 to 1, is no finding
  bool in_prompt = true; ///< a model finds the passages with the request
  bool as_tool = false;  ///< a model may search by itself
  std::string nothing;   ///< said when nothing is found; empty: the house's own sentence
  /// Of the content of its collections, and of how it is searched: an agent whose documents have
  /// changed is another one.
  std::string digest;

  [[nodiscard]] bool any() const noexcept { return !collections.empty(); }
  friend bool operator==(const knowledge_use&, const knowledge_use&) = default;
};

/// A server of sentence vectors in place of those that a node learns by itself.
struct vectors_spec {
  std::string provider; ///< of `fleet_spec::providers`; empty: learned
  std::string model;    ///< by which its provider knows it
  friend bool operator==(const vectors_spec&, const vectors_spec&) = default;
};

} // namespace troupe
