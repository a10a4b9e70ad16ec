#include "src/config/find_files.hpp"

#include "src/config/load_fleet.hpp"
#include "src/config/text.hpp"
#include "src/config/text_rules.hpp"

#include <algorithm>
#include <system_error>

namespace troupe::config {

namespace fs = std::filesystem;

namespace {

class finder {
 public:
  finder(const fs::path& dir, report& problems)
      : dir_(dir)
      , problems_(problems) {}

  std::vector<domain_files> run() {
    std::error_code failed;
    auto real = fs::canonical(dir_, failed);
    if (failed)
      return {};
    above_.push_back(std::move(real));
    enter("");
    return std::move(found_);
  }

 private:
  // Names in a folder, sorted; hidden ones are left out.
  std::vector<std::string> names_in(const std::string& folder) {
    std::vector<std::string> names;
    std::error_code failed;
    fs::directory_iterator at{dir_ / folder, failed};
    for (; !failed && at != fs::directory_iterator{}; at.increment(failed)) {
      auto name = at->path().filename().string();
      if (name.starts_with('.'))
        continue;
      if (++seen_ > load_limits::files) {
        if (seen_ == load_limits::files + 1)
          problems_.error({folder,
                           0,
                           0,
                           {},
                           "more than " + std::to_string(load_limits::files) + " files in all"});
        break;
      }
      names.push_back(std::move(name));
    }
    if (failed)
      problems_.error({folder, 0, 0, {}, "the folder cannot be read: " + failed.message()});
    std::sort(names.begin(), names.end());
    return names;
  }

  [[nodiscard]] bool is_there(const std::string& file) const {
    std::error_code failed;
    return fs::symlink_status(dir_ / file, failed).type() != fs::file_type::not_found && !failed;
  }

  void enter(const std::string& folder) {
    for (const auto& name : names_in(folder)) {
      if (name == "agents" || seen_ > load_limits::files)
        continue;
      const auto path = folder.empty() ? name : folder + '/' + name;
      std::error_code failed;
      const bool is_folder = fs::is_directory(dir_ / path, failed);
      if (failed == std::errc::too_many_symbolic_link_levels)
        problems_.error({path, 0, 0, {}, "a symbolic link that leads to itself"});
      if (is_folder)
        look_at(name, path);
    }
  }

  void look_at(const std::string& name, const std::string& path) {
    std::error_code failed;
    const auto real = fs::canonical(dir_ / path, failed);
    if (failed)
      return problems_.error({path, 0, 0, {}, "the folder cannot be read: " + failed.message()});
    if (std::find(above_.begin(), above_.end(), real) != above_.end())
      return problems_.error({path, 0, 0, {}, "a symbolic link back to a folder that it is in"});
    const auto file = path + "/domain.yaml";
    if (!is_there(file)) {
      if (is_there(path + "/domain.yml"))
        problems_.warn(
            {path + "/domain.yml", 0, 0, {}, "ignored, because it is not called domain.yaml"});
      return;
    }
    if (!follows(name, text_rule::word))
      return problems_.error(
          {path,
           0,
           0,
           {},
           "the folder of a domain must be called " + std::string{explain(text_rule::word)}});
    if (above_.size() > load_limits::domain_depth)
      return problems_.error(
          {path,
           0,
           0,
           {},
           "domains are nested deeper than " + std::to_string(load_limits::domain_depth)});
    found_.push_back({path, file, agents_of(path)});
    above_.push_back(real);
    enter(path);
    above_.pop_back();
  }

  std::vector<domain_files::agent_file> agents_of(const std::string& path) {
    std::vector<domain_files::agent_file> out;
    const auto folder = path + "/agents";
    std::error_code failed;
    if (!fs::is_directory(dir_ / folder, failed))
      return out;
    for (const auto& name : names_in(folder)) {
      const auto file = folder + '/' + name;
      if (name.ends_with(".yml"))
        problems_.warn({file, 0, 0, {}, "ignored, because its name does not end in .yaml"});
      if (!name.ends_with(".yaml"))
        continue;
      const auto agent = name.substr(0, name.size() - 5);
      if (!follows(agent, text_rule::word))
        problems_.error(
            {file, 0, 0, {}, "an agent must be called " + std::string{explain(text_rule::word)}});
      else
        out.push_back({agent, file});
    }
    return out;
  }

  const fs::path& dir_;
  report& problems_;
  std::vector<fs::path> above_; ///< the folders that the search is in, real names
  std::vector<domain_files> found_;
  std::size_t seen_ = 0;
};

} // namespace

std::vector<domain_files> find_domains(const fs::path& dir, report& problems) {
  return finder{dir, problems}.run();
}

} // namespace troupe::config
