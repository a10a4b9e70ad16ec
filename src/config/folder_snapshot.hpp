#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::config {

/// A file of a fleet's folder as it travels between nodes.
struct snapshot_file {
  std::string bytes;
  bool executable = false;
  friend bool operator==(const snapshot_file&, const snapshot_file&) = default;
};

/// The content of a fleet's folder: what a version of the fleet is kept as. Paths are relative,
/// with
/// '/' on every system.
struct folder_snapshot {
  std::map<std::string, snapshot_file, std::less<>> files;
  friend bool operator==(const folder_snapshot&, const folder_snapshot&) = default;
};

/// Bounds on what is kept of a folder.
struct snapshot_limits {
  static constexpr std::size_t files = 4096;
  static constexpr std::size_t bytes = std::size_t{16} << 20; ///< of all files together
  static constexpr std::size_t path = 512;
};

/// A folder that cannot be kept, or text that is none; the sentence is for people.
class snapshot_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Reads a folder, symbolic links followed. Left out: what is hidden, `__pycache__`, and `except`,
/// files and folders. Throws `snapshot_error`. Blocks on the file system.
[[nodiscard]] folder_snapshot read_folder(const std::filesystem::path& dir,
                                          const std::vector<std::filesystem::path>& except = {});

/// Writes the files to `dir`, which is made and must not exist: all of them or nothing. Throws
/// `snapshot_error`.
void write_folder(const folder_snapshot& from, const std::filesystem::path& dir);

/// As one text: the same files give the same text.
[[nodiscard]] std::string pack(const folder_snapshot& from);
/// Reads what `pack` wrote, from whomever it comes. Throws `snapshot_error`.
[[nodiscard]] folder_snapshot unpack(std::string_view text);

/// Why these cannot be the files of a folder: a path that leads elsewhere or is hidden, a file
/// where another one needs a folder, too much of it; empty: they can.
[[nodiscard]] std::string flaw_of(const folder_snapshot& x);

/// `whole` with the folder of the domain at `path`, and all that is within it, replaced by `part`,
/// whose paths are relative to that folder.
[[nodiscard]] folder_snapshot with_domain(folder_snapshot whole, const std::string& path,
                                          const folder_snapshot& part);

/// Paths of files that are there in one only, or differ.
[[nodiscard]] std::set<std::string> changed_files(const folder_snapshot& a,
                                                  const folder_snapshot& b);

} // namespace troupe::config
