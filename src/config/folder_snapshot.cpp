#include "src/config/folder_snapshot.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <system_error>

namespace troupe::config {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view heading = "troupe folder 1\n";
constexpr std::size_t depth_max = 32;

std::string too_much() {
  return "it holds more than " + std::to_string(snapshot_limits::files) + " files or " +
         std::to_string(snapshot_limits::bytes >> 20) + " MiB";
}

/// Why a path cannot be one within a folder; empty: it can.
std::string flaw_of_path(std::string_view path) {
  const std::string shown{path.substr(0, 80)};
  if (path.empty() || path.size() > snapshot_limits::path)
    return "a path is empty or has more than " + std::to_string(snapshot_limits::path) + " bytes";
  if (std::any_of(path.begin(), path.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == '\\' || c == 0x7F;
      }))
    return "a path holds control characters or backslashes";
  std::size_t from = 0;
  std::size_t parts = 0;
  while (from <= path.size()) {
    const auto end = std::min(path.find('/', from), path.size());
    const auto part = path.substr(from, end - from);
    if (part.empty() || part.front() == '.')
      return "the path '" + shown + "' leads elsewhere or is hidden";
    if (++parts > depth_max)
      return "the path '" + shown + "' is too deep";
    from = end + 1;
  }
  return {};
}

class reader {
 public:
  reader(const fs::path& dir, const std::vector<fs::path>& except)
      : dir_(fs::canonical(dir)) {
    std::error_code failed;
    for (const auto& x : except)
      if (auto real = fs::weakly_canonical(x, failed); !failed)
        except_.insert(std::move(real));
  }

  folder_snapshot run() {
    enter(dir_, "", 0);
    return std::move(out_);
  }

 private:
  void enter(const fs::path& folder, const std::string& prefix, std::size_t depth) {
    if (depth > depth_max)
      throw snapshot_error{"its folders are nested too deeply: " + prefix};
    std::vector<fs::path> names;
    for (const auto& entry : fs::directory_iterator{folder})
      names.push_back(entry.path());
    std::sort(names.begin(), names.end());
    for (const auto& path : names) {
      const auto name = path.filename().string();
      std::error_code failed;
      const auto real = fs::canonical(path, failed);
      if (name.starts_with('.') || name == "__pycache__" || failed || except_.contains(real))
        continue;
      const auto status = fs::status(path);
      if (fs::is_directory(status))
        enter(path, prefix + name + "/", depth + 1);
      else if (fs::is_regular_file(status))
        take(path, prefix + name, status);
    }
  }

  void take(const fs::path& path, const std::string& name, const fs::file_status& status) {
    if (const auto flaw = flaw_of_path(name); !flaw.empty())
      throw snapshot_error{flaw};
    bytes_ += fs::file_size(path);
    if (bytes_ > snapshot_limits::bytes || out_.files.size() >= snapshot_limits::files)
      throw snapshot_error{too_much()};
    std::ifstream in{path, std::ios::binary};
    snapshot_file file;
    file.bytes.assign(std::istreambuf_iterator<char>{in}, {});
    if (!in)
      throw snapshot_error{name + " cannot be read"};
    file.executable = (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
    out_.files.emplace(name, std::move(file));
  }

  fs::path dir_;
  std::set<fs::path> except_;
  folder_snapshot out_;
  std::uintmax_t bytes_ = 0;
};

/// Takes the text up to `end` off the front.
std::string_view take_to(std::string_view& text, char end) {
  const auto at = text.find(end);
  if (at == text.npos)
    throw snapshot_error{"this is no packed folder"};
  const auto out = text.substr(0, at);
  text.remove_prefix(at + 1);
  return out;
}

} // namespace

folder_snapshot read_folder(const fs::path& dir, const std::vector<fs::path>& except) {
  try {
    return reader{dir, except}.run();
  } catch (const fs::filesystem_error& e) {
    throw snapshot_error{"the folder " + dir.string() + " cannot be read: " + e.code().message()};
  } catch (const snapshot_error& e) {
    throw snapshot_error{"the folder " + dir.string() + " cannot be kept: " + e.what()};
  }
}

void write_folder(const folder_snapshot& from, const fs::path& dir) {
  if (const auto flaw = flaw_of(from); !flaw.empty())
    throw snapshot_error{flaw};
  const auto beside = fs::path{dir}.concat(".new");
  try {
    fs::remove_all(beside);
    fs::create_directories(beside);
    for (const auto& [name, file] : from.files) {
      const auto path = beside / name;
      fs::create_directories(path.parent_path());
      std::ofstream out{path, std::ios::binary};
      out << file.bytes;
      if (!out.flush())
        throw snapshot_error{path.string() + " cannot be written"};
      out.close();
      if (file.executable)
        fs::permissions(path,
                        fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec,
                        fs::perm_options::add);
    }
    fs::rename(beside, dir);
  } catch (const fs::filesystem_error& e) {
    std::error_code ignored;
    fs::remove_all(beside, ignored);
    throw snapshot_error{"the folder " + dir.string() +
                         " cannot be written: " + e.code().message()};
  }
}

std::string pack(const folder_snapshot& from) {
  std::string out{heading};
  for (const auto& [name, file] : from.files) {
    out += std::to_string(file.bytes.size()) + (file.executable ? " x " : " - ") + name + '\n';
    out += file.bytes;
    out += '\n';
  }
  return out;
}

folder_snapshot unpack(std::string_view text) {
  if (!text.starts_with(heading))
    throw snapshot_error{"this is no packed folder"};
  text.remove_prefix(heading.size());
  folder_snapshot out;
  while (!text.empty()) {
    const auto number = take_to(text, ' ');
    std::size_t size = 0;
    const auto read = std::from_chars(number.data(), number.data() + number.size(), size);
    if (read.ec != std::errc{} || read.ptr != number.data() + number.size())
      throw snapshot_error{"this is no packed folder"};
    const auto mode = take_to(text, ' ');
    const auto name = take_to(text, '\n');
    if (text.size() <= size || text[size] != '\n' || (mode != "x" && mode != "-"))
      throw snapshot_error{"this is no packed folder"};
    if (!out.files
             .emplace(std::string{name},
                      snapshot_file{std::string{text.substr(0, size)}, mode == "x"})
             .second)
      throw snapshot_error{"a file is there twice"};
    text.remove_prefix(size + 1);
  }
  if (const auto flaw = flaw_of(out); !flaw.empty())
    throw snapshot_error{flaw};
  return out;
}

std::string flaw_of(const folder_snapshot& x) {
  std::size_t bytes = 0;
  for (const auto& [name, file] : x.files) {
    if (auto flaw = flaw_of_path(name); !flaw.empty())
      return flaw;
    bytes += file.bytes.size();
    // A folder's content follows it in the order of names, if not at once.
    const auto within = x.files.lower_bound(name + "/");
    if (within != x.files.end() && within->first.starts_with(name + "/"))
      return "'" + name + "' is a file and a folder";
  }
  if (bytes > snapshot_limits::bytes || x.files.size() > snapshot_limits::files)
    return too_much();
  return {};
}

folder_snapshot with_domain(folder_snapshot whole, const std::string& path,
                            const folder_snapshot& part) {
  const auto prefix = path + "/";
  std::erase_if(whole.files, [&](const auto& x) { return x.first.starts_with(prefix); });
  for (const auto& [name, file] : part.files)
    whole.files.emplace(prefix + name, file);
  return whole;
}

std::set<std::string> changed_files(const folder_snapshot& a, const folder_snapshot& b) {
  std::set<std::string> out;
  for (const auto& [name, file] : a.files)
    if (const auto hit = b.files.find(name); hit == b.files.end() || !(hit->second == file))
      out.insert(name);
  for (const auto& [name, file] : b.files)
    if (!a.files.contains(name))
      out.insert(name);
  return out;
}

} // namespace troupe::config
