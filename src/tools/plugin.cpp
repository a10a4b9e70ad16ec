#include "src/tools/plugin.hpp"

#include <algorithm>
#include <cctype>
#include <memory>
#include <system_error>

#include <dlfcn.h>

namespace troupe::tools {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(std::string_view name, const std::string& reason) {
  throw plugin_error{"plugin '" + std::string{name} + "': " + reason};
}

/// The file itself, without links, if there is one; empty if not.
fs::path real_file(const fs::path& path) {
  std::error_code error;
  auto real = fs::canonical(path, error);
  if (error || !fs::is_regular_file(real, error) || error)
    return {};
  return real;
}

bool is_bare_name(std::string_view name) {
  return !name.empty() && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return (c < 0x80 && std::isalnum(c) != 0) || c == '_' || c == '-' || c == '.';
         });
}

struct unload {
  void operator()(void* library) const { dlclose(library); }
};
using library = std::unique_ptr<void, unload>;

std::string last_error() {
  const char* text = dlerror();
  return text != nullptr ? text : "the system gives no reason";
}

void* symbol(const library& from, const char* what, std::string_view name) {
  void* found = dlsym(from.get(), what);
  if (found == nullptr)
    fail(name, "it does not export " + std::string{what} + "()");
  return found;
}

} // namespace

fs::path find_plugin(std::string_view name, const std::vector<fs::path>& search_path) {
  if (name.find('\0') != std::string_view::npos)
    fail("", "its name contains a NUL byte");
  if (name.find('/') != std::string_view::npos) {
    auto file = real_file(fs::path{name});
    if (file.empty())
      fail(name, "there is no such file");
    return file;
  }
  if (!is_bare_name(name))
    fail(name, "this is neither a path nor a plain name");
  const auto file_name = "lib" + std::string{name} + ".so";
  std::string searched;
  for (const auto& dir : search_path) {
    if (dir.empty())
      continue;
    if (auto file = real_file(dir / file_name); !file.empty())
      return file;
    searched += (searched.empty() ? "" : ", ") + dir.string();
  }
  fail(name, "there is no " + file_name +
                 (searched.empty() ? ", as the search path is empty" : " in " + searched));
}

fs::path load_plugin(std::string_view name, const std::vector<fs::path>& search_path,
                     std::string_view abi, void* host) {
  const auto file = find_plugin(name, search_path);
  // The path is absolute, so the system's own search for libraries has no say in what is loaded.
  library loaded{dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)};
  if (!loaded)
    fail(name, last_error());
  const auto theirs =
      reinterpret_cast<const char* (*)()>(symbol(loaded, "troupe_plugin_abi", name));
  const auto entry = reinterpret_cast<void (*)(void*)>(symbol(loaded, "troupe_plugin", name));
  try {
    const char* answer = theirs();
    if (answer == nullptr || answer != abi)
      fail(name, "it was built for ABI '" + std::string{answer != nullptr ? answer : ""} +
                     "', this program has '" + std::string{abi} +
                     "'; build it again against this version");
  } catch (const plugin_error&) {
    throw;
  } catch (...) {
    fail(name, "troupe_plugin_abi() threw an exception");
  }
  // From here on the host may hold pointers into the library, even if the entry fails half-way.
  static_cast<void>(loaded.release());
  try {
    entry(host);
  } catch (const std::exception& e) {
    fail(name, std::string{"its entry failed: "} + e.what());
  } catch (...) {
    fail(name, "its entry threw something that is no std::exception");
  }
  return file;
}

} // namespace troupe::tools
