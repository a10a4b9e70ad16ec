#include "bench/bare_caf.hpp"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>

namespace troupe::bench {

run_result bare_caf(const std::string& floor, std::uint64_t count, std::uint64_t window) {
  const auto program =
      std::filesystem::read_symlink("/proc/self/exe").parent_path() / "troupe-floor";
  const auto command = "'" + program.string() + "' " + floor + " " + std::to_string(count) + " " +
                       std::to_string(window);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out{::popen(command.c_str(), "r"),
                                                            ::pclose};
  run_result r;
  if (!out || std::fscanf(out.get(), "%lf %lf %lf", &r.per_second, &r.p50_us, &r.p99_us) != 3)
    throw std::runtime_error{program.string() + " does not run"};
  return r;
}

} // namespace troupe::bench
