#include "bench/benches.hpp"
#include "bench/second_process.hpp"

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

/// Runs the named benchmarks, or all of them, and prints one JSON line per figure.
int main(int argc, char** argv) {
  using namespace troupe::bench;
  std::vector<std::string> wanted(argv + 1, argv + argc);
  if (wanted.size() == 3 && wanted[0] == "--role")
    return play(wanted[1], wanted[2]);
  if (!wanted.empty() && (wanted[0] == "-h" || wanted[0] == "--help")) {
    std::printf("usage: troupe-bench [NAME...]\n");
    for (const auto& b : all())
      std::printf("  %s\n", b.name);
    return 0;
  }
  for (const auto& name : wanted) {
    bool known = false;
    for (const auto& b : all())
      known = known || name == b.name;
    if (!known) {
      std::fprintf(stderr, "there is no benchmark '%s'\n", name.c_str());
      return 2;
    }
  }
  for (const auto& b : all()) {
    bool run = wanted.empty();
    for (const auto& name : wanted)
      run = run || name == b.name;
    if (run)
      b.run();
  }
  return 0;
}
