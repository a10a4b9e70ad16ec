#include "nodes/cli/starter_fleet.hpp"
#include "nodes/cli/verbs.hpp"
#include "src/config/text_rules.hpp"

#include <filesystem>
#include <fstream>

namespace troupe::cli {

namespace fs = std::filesystem;

namespace {

std::string name_for(const fs::path& dir) {
  auto name = fs::absolute(dir).lexically_normal();
  return name.has_filename() ? name.filename().string() : name.parent_path().filename().string();
}

exit_code init(const shell& s, const fs::path& dir, std::string name) {
  if (name.empty())
    name = name_for(dir);
  if (!config::follows(name, config::text_rule::name))
    throw cli_error{exit_usage, "the fleet's name must be " +
                                    std::string{config::explain(config::text_rule::name)} +
                                    ", not \"" + name + "\": give one with --name"};
  const auto files = starter_fleet(name);
  // All or nothing: nobody's files are written over.
  for (const auto& f : files)
    if (fs::exists(dir / f.path))
      throw cli_error{exit_failed, (dir / f.path).string() + " is already there"};
  for (const auto& f : files) {
    const auto path = dir / f.path;
    fs::create_directories(path.parent_path());
    std::ofstream out{path, std::ios::binary};
    out << f.text;
    if (!out.flush())
      throw cli_error{exit_failed, "cannot write " + path.string()};
  }
  if (s.as_json()) {
    json written = json::array();
    for (const auto& f : files)
      written.push_back(f.path);
    s.print(json{{"fleet", name}, {"folder", dir.string()}, {"files", std::move(written)}});
    return exit_ok;
  }
  s.print("fleet " + name + " is in " + dir.string() + "\nnext:\n  troupe validate " +
          dir.string() + "\n  troupe dev " + dir.string() +
          "\n  troupe submit when are you open   (in another terminal)");
  return exit_ok;
}

} // namespace

void add_init(CLI::App& to, shell& s) {
  auto* verb = add_verb(to, "init", "Write a small fleet to start from",
                        "troupe init myfleet\n"
                        "troupe init . --name support-desk");
  struct settings {
    std::string dir, name;
  };
  const auto x = std::make_shared<settings>();
  verb->add_option("DIR", x->dir, "the folder; made if it is missing")->required();
  verb->add_option("--name", x->name, "the fleet's; else the folder's");
  add_output(*verb, s);
  verb->callback([&s, x] { s.run = [&s, x] { return init(s, x->dir, x->name); }; });
}

} // namespace troupe::cli
