#include "src/knowledge/collection.hpp"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <set>
#include <system_error>

namespace troupe::knowledge {

namespace fs = std::filesystem;

namespace {

constexpr int folders_deep = 12;
constexpr std::size_t entries_most = 20000; ///< of folders that are looked through

class reader {
 public:
  explicit reader(fs::path folder)
      : folder_(std::move(folder)) {}

  documents run(const std::vector<std::string>& declared) {
    for (const auto& one : declared)
      enter(fs::path{one}.lexically_normal(), 0);
    const auto by_path = [](const auto& a, const auto& b) { return a.path < b.path; };
    std::sort(out_.taken.begin(), out_.taken.end(), by_path);
    std::sort(out_.left.begin(), out_.left.end(), by_path);
    return std::move(out_);
  }

 private:
  void leave(const fs::path& path, std::string why) {
    out_.left.push_back({path.generic_string(), std::move(why)});
  }

  void enter(fs::path path, int deep) {
    if (!path.has_filename())
      path = path.parent_path();
    std::error_code failed;
    const auto kind = fs::status(folder_ / path, failed).type();
    if (kind == fs::file_type::not_found)
      return leave(path, "there is no such file or folder");
    if (kind == fs::file_type::directory)
      return enter_folder(path, deep);
    // Pipes and devices are refused instead of waited for.
    if (kind != fs::file_type::regular)
      return leave(path, "it is neither a file nor a folder");
    take(path);
  }

  void enter_folder(const fs::path& path, int deep) {
    if (deep > folders_deep)
      return leave(path, "it lies too deep");
    std::error_code failed;
    std::vector<fs::path> names;
    fs::directory_iterator at{folder_ / path, failed};
    for (; !failed && at != fs::directory_iterator{}; at.increment(failed)) {
      if (++seen_ > entries_most)
        return leave(path, "there are too many files");
      auto name = at->path().filename();
      if (!name.string().starts_with('.'))
        names.push_back(std::move(name));
    }
    if (failed)
      return leave(path, "the folder cannot be read: " + failed.message());
    // What there is no room for is the same on every node, whatever order its file system has.
    std::sort(names.begin(), names.end());
    for (const auto& name : names)
      enter((path / name).lexically_normal(), deep + 1);
  }

  void take(const fs::path& path) {
    document x;
    x.path = path.generic_string();
    if (!known_.insert(x.path).second)
      return;
    if (!form_of(x.path, x.form))
      return leave(path, "it is no Markdown, text or HTML by its ending");
    if (out_.taken.size() >= document_limits::documents)
      return leave(path, "the collection has " + std::to_string(document_limits::documents) +
                             " documents already");
    std::error_code failed;
    const auto size = fs::file_size(folder_ / path, failed);
    if (failed)
      return leave(path, failed.message());
    if (size > document_limits::bytes)
      return leave(path, "it is larger than 1 MiB");
    if (bytes_ + size > document_limits::all_bytes)
      return leave(path, "the collection is larger than 16 MiB");
    std::ifstream in{folder_ / path, std::ios::binary};
    x.bytes.resize(size);
    if (!in.read(x.bytes.data(), static_cast<std::streamsize>(size)))
      return leave(path, "it cannot be read");
    bytes_ += size;
    out_.taken.push_back(std::move(x));
  }

  fs::path folder_;
  documents out_;
  std::set<std::string> known_;
  std::size_t seen_ = 0;
  std::size_t bytes_ = 0;
};

std::uint64_t fnv(std::string_view bytes, std::uint64_t from) {
  for (const char c : bytes)
    from = (from ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return from;
}

std::string hex_of(std::uint64_t x) {
  std::string out(16, '0');
  for (auto i = out.rbegin(); i != out.rend(); ++i, x >>= 4)
    *i = "0123456789abcdef"[x & 15];
  return out;
}

} // namespace

documents documents_of(const fs::path& folder, const std::vector<std::string>& declared) {
  return reader{folder}.run(declared);
}

std::string digest_of(std::string_view bytes) {
  return hex_of(fnv(bytes, 0xcbf29ce484222325)) + hex_of(fnv(bytes, 0x9ae16a3b2f90404f));
}

std::string digest_of(const documents& all) {
  std::string whole;
  for (const auto& x : all.taken)
    whole += x.path + '\0' + digest_of(std::string_view{x.bytes});
  return digest_of(std::string_view{whole});
}

} // namespace troupe::knowledge
