#include "nodes/cli/dev_cluster.hpp"

#include "nodes/cli/diagnostics.hpp"
#include "nodes/cli/shell.hpp"
#include "nodes/cli/store_choice.hpp"
#include "nodes/local/local_cluster.hpp"

#include <filesystem>
#include <ostream>

namespace troupe::cli {

namespace fs = std::filesystem;

namespace {

/// What every node gets from the command line as it was given here.
std::vector<std::string> words_for_nodes(const dev_settings& x) {
  std::vector<std::string> out{fs::absolute(x.dir).lexically_normal().string()};
  const auto add = [&](const char* option, const std::string& value) {
    if (!value.empty())
      out.insert(out.end(), {option, value});
  };
  if (x.threads > 0)
    add("--threads", std::to_string(x.threads));
  add("--log-level", x.log_level);
  add("--log-format", x.log_format);
  for (const auto& dir : x.plugin_path)
    add("--plugin-path", fs::absolute(dir).string());
  return out;
}

milliseconds delay_of(const std::string& text) {
  return text == "0" ? milliseconds{0} : milliseconds{milliseconds_of(text, "--between")};
}

} // namespace

std::string cluster_data(const std::string& data_dir) {
  return (fs::path{data_dir} / "cluster").string();
}

exit_code run_cluster(const dev_settings& x, const cluster_shape& shape, std::ostream& err) {
  auto found = config::load_fleet(x.dir);
  if (!found.ok())
    throw cli_error{exit_failed, "the fleet in " + x.dir + " cannot run:\n" + report_text(found)};
  const auto& fleet = *found.fleet;
  local::local_cluster_settings to;
  std::error_code none;
  to.program = fs::read_symlink("/proc/self/exe", none).string();
  to.name = fleet.name;
  to.data = cluster_data(x.data.empty() ? fleet.data_dir : x.data);
  to.words = words_for_nodes(x);
  to.nodes = shape.nodes;
  to.regions = shape.regions;
  to.between_regions = delay_of(shape.between);
  to.port = x.port.value_or(fleet.door.port);
  if (const auto server = chosen_store(x))
    to.store = server->address;
  to.store_schema = x.store_schema;
  to.json_lines = x.log_format == "json";
  for (const auto& d : found.warnings)
    err << "warning: " << to_string(d) << '\n';
  switch (local::run_local_cluster(to, err)) {
  case local::cluster_end::stopped:
    return exit_ok;
  case local::cluster_end::interrupted:
    return exit_interrupted;
  case local::cluster_end::failed:
    break;
  }
  return exit_failed;
}

} // namespace troupe::cli
