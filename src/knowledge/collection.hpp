#pragma once

#include "src/knowledge/document.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::knowledge {

/// A document as it lies in the fleet's folder.
struct document {
  std::string path; ///< relative to its domain's folder, with '/' on every system
  std::string bytes;
  document_form form = document_form::text;
};

/// What was found where the files of a collection are.
struct documents {
  struct left_out {
    std::string path;
    std::string why;
  };
  std::vector<document> taken; ///< by path
  std::vector<left_out> left;  ///< by path; what is hidden is not even named
};

/// Reads the documents of a collection: the files and all that is in the folders that `declared`
/// names, relative to `folder`. What cannot be read, is too large or is of no form that troupe
/// reads is left out. Blocks on the file system.
[[nodiscard]] documents documents_of(const std::filesystem::path& folder,
                                     const std::vector<std::string>& declared);

/// Of names and bytes; the same documents give the same 32 hexadecimal digits. No defence against
/// somebody who looks for two that are alike.
[[nodiscard]] std::string digest_of(const documents& all);
[[nodiscard]] std::string digest_of(std::string_view bytes);

} // namespace troupe::knowledge
