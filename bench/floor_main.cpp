// The floors of tasks in memory as a program of their own: CAF as anyone gets it, with its own
// scheduler settings and the C library's allocator, of which troupe's programs use neither.

#include "bench/floor.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>

int main(int argc, char** argv) {
  using namespace troupe::bench;
  const std::string_view what = argc == 4 ? argv[1] : "";
  const auto run = what == "route" ? floor_route : what == "compound" ? floor_compound : nullptr;
  const std::uint64_t count = run ? std::strtoull(argv[2], nullptr, 10) : 0;
  const std::uint64_t window = run ? std::strtoull(argv[3], nullptr, 10) : 0;
  if (count == 0 || window == 0) {
    std::fputs("troupe-floor route|compound COUNT IN_FLIGHT\n", stderr);
    return 2;
  }
  caf::actor_system_config config;
  troupe::silence(config);
  caf::actor_system sys{config};
  run(sys, count / 10 + window, window);
  const auto r = run(sys, count, window);
  std::printf("%.9g %.9g %.9g\n", r.per_second, r.p50_us, r.p99_us);
  return 0;
}
