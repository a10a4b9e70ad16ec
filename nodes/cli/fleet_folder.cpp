#include "nodes/cli/fleet_folder.hpp"

#include "nodes/cli/diagnostics.hpp"
#include "nodes/cli/exit_code.hpp"
#include "nodes/cli/secrets.hpp"
#include "nodes/cli/shell.hpp"
#include "src/config/folder_snapshot.hpp"
#include "src/config/load_fleet.hpp"
#include "src/digest/digest.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <system_error>
#include <utility>

namespace troupe::cli {

namespace fs = std::filesystem;

namespace {

/// SHA-256 over the names and the bytes of the fleet's files, in order.
std::string fingerprint_of(const std::string& dir, const std::vector<std::string>& files) {
  std::string all;
  for (const auto& file : files) {
    std::ifstream in{fs::path{dir} / file, std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
    all += file + '\0' + std::to_string(bytes.size()) + '\0' + bytes;
  }
  return hex(sha256(all));
}

/// What the command line says stands where the fleet's files say otherwise.
void override_by(fleet_spec& fleet, const dev_settings& x) {
  if (!x.host.empty())
    fleet.door.host = x.host;
  if (x.port)
    fleet.door.port = *x.port;
  if (!x.data.empty())
    fleet.data_dir = x.data;
  if (!x.log_level.empty())
    fleet.log_level = x.log_level;
  fleet.node_labels.insert(fleet.node_labels.end(), x.labels.begin(), x.labels.end());
  if (x.cluster) {
    fleet.node_id = x.cluster->id;
    if (!x.cluster->region.empty())
      fleet.region = x.cluster->region;
  }
  // Children run in the fleet's folder, so that paths handed to them must not depend on ours.
  if (!fleet.data_dir.empty())
    fleet.data_dir = fs::absolute(fleet.data_dir).lexically_normal().string();
  fleet.dir = fs::absolute(fleet.dir).lexically_normal().string();
}

std::vector<std::string> all_secrets(const config::loaded& found, const variables_seen& seen) {
  auto out = secrets_of(*found.fleet, seen);
  out.insert(out.end(), found.secrets.begin(), found.secrets.end());
  return out;
}

std::map<std::string, std::string> digests_of(const config::folder_snapshot& from) {
  std::map<std::string, std::string> out;
  for (const auto& [path, file] : from.files)
    out.emplace(path, hex(sha256(file.bytes)) + (file.executable ? "x" : ""));
  return out;
}

/// A folder that goes away with the last who holds it.
std::shared_ptr<void> lasting_folder(const fs::path& dir) {
  return {new fs::path{dir}, [](fs::path* gone) {
            std::error_code ignored;
            fs::remove_all(*gone, ignored);
            delete gone;
          }};
}

std::string digest_of(const std::string& content) {
  return hex(sha256(content));
}

/// Versions are read by several threads, and each reading has a folder of its own.
fs::path next_folder(const std::string& data_dir, const std::string& digest) {
  static std::atomic<unsigned> number{0};
  return fs::path{data_dir} / "versions" / (digest.substr(0, 16) + "-" + std::to_string(++number));
}

/// The folder within `dir` that holds the data folder, with those of other nodes; empty: it does
/// not lie there.
fs::path data_folder_in(const fs::path& dir, const std::string& data_dir) {
  const auto within = fs::absolute(data_dir).lexically_normal().lexically_relative(
      fs::absolute(dir).lexically_normal());
  if (within.empty() || *within.begin() == ".." || *within.begin() == ".")
    return {};
  return dir / *within.begin();
}

} // namespace

std::vector<fs::path> not_of_the_fleet(const fs::path& dir, const config::loaded& found) {
  std::vector<fs::path> out{dir / fleet_spec{}.data_dir};
  for (const auto& file : found.secret_files)
    out.push_back(dir / file);
  if (found.fleet)
    if (const auto data = data_folder_in(dir, found.fleet->data_dir); !data.empty())
      out.push_back(data);
  return out;
}

loaded_fleet load_own_fleet(const dev_settings& x, std::ostream& err) {
  const auto noted = std::make_shared<variables_seen>();
  auto found = config::load_fleet(x.dir, noting_environment(noted));
  if (!found.ok())
    throw cli_error{exit_failed, "the fleet in " + x.dir + " cannot run:\n" + report_text(found)};
  for (const auto& d : found.warnings)
    err << "warning: " << to_string(d) << '\n';
  loaded_fleet out;
  out.secrets = all_secrets(found, *noted);
  out.secret_files = std::move(found.secret_files);
  out.fingerprint = fingerprint_of(x.dir, found.files);
  out.fleet = std::move(*found.fleet);
  override_by(out.fleet, x);
  const auto& regions = out.fleet.regions;
  if (x.cluster && !regions.empty() &&
      std::none_of(regions.begin(), regions.end(),
                   [&](const region_plan& r) { return r.name == out.fleet.region; }))
    throw cli_error{exit_usage, "the fleet in " + x.dir + " declares no region '" +
                                    out.fleet.region + "': --region says where the node stands"};
  return out;
}

fleet_source source_in_folder(const dev_settings& x, const std::string& data_dir,
                              std::shared_ptr<redactor> secrets) {
  fleet_source out;
  out.digest_of = digest_of;
  out.own_content = [dir = fs::absolute(x.dir), data_dir] {
    const auto found = config::load_fleet(dir);
    auto except = not_of_the_fleet(dir, found);
    if (const auto data = data_folder_in(dir, data_dir); !data.empty())
      except.push_back(data);
    return config::pack(config::read_folder(dir, except));
  };
  out.with_domain = [](const std::string& whole, const std::string& domain,
                       const std::string& content) {
    if (whole.empty())
      throw config::snapshot_error{"the version that is active is not in the store"};
    return config::pack(
        config::with_domain(config::unpack(whole), domain, config::unpack(content)));
  };
  out.load = [x, data_dir, secrets](const std::string& content) {
    loaded_content loaded;
    const auto snapshot = config::unpack(content);
    const auto dir = next_folder(data_dir, digest_of(content));
    loaded.folder = lasting_folder(dir);
    fs::create_directories(dir.parent_path());
    config::write_folder(snapshot, dir);
    const auto noted = std::make_shared<variables_seen>();
    auto found = config::load_fleet(dir, noting_environment(noted), x.dir);
    loaded.errors = std::move(found.errors);
    if (!found.fleet)
      return loaded;
    // Before anybody can write them into a log.
    secrets->add(all_secrets(found, *noted));
    loaded.files = digests_of(snapshot);
    loaded.fleet = std::move(*found.fleet);
    override_by(*loaded.fleet, x);
    return loaded;
  };
  return out;
}

std::optional<own_content> content_of_own(const loaded_fleet& own, const fleet_source& source,
                                          const std::function<void(const std::string&)>& warn) {
  own_content out;
  try {
    out.packed = source.own_content();
    out.loaded.files = digests_of(config::unpack(out.packed));
  } catch (const config::snapshot_error& e) {
    warn(std::string{"the fleet cannot be reloaded while it runs: "} + e.what());
    return std::nullopt;
  }
  out.loaded.fleet = own.fleet;
  return out;
}

} // namespace troupe::cli
