#include "nodes/cli/verbs.hpp"

#include <troupe/caf.hpp>

namespace troupe::cli {

void add_version(CLI::App& to, shell& s) {
  auto* verb =
      add_verb(to, "version", "Show the version", "troupe version\ntroupe version -o json");
  add_output(*verb, s);
  verb->callback([&s] {
    s.run = [&s] {
      // CAF's version is a number: two digits each for major, minor and patch.
      const auto caf = std::to_string(CAF_VERSION / 10000) + "." +
                       std::to_string(CAF_VERSION / 100 % 100) + "." +
                       std::to_string(CAF_VERSION % 100);
      const std::string own = TROUPE_VERSION;
      if (s.as_json())
        s.print(json{{"version", own}, {"caf", caf}});
      else
        s.print("troupe " + own + " (CAF " + caf + ")");
      return exit_ok;
    };
  });
}

} // namespace troupe::cli
