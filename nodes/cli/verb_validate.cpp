#include "nodes/cli/diagnostics.hpp"
#include "nodes/cli/verbs.hpp"

namespace troupe::cli {

void add_validate(CLI::App& to, shell& s) {
  auto* verb =
      add_verb(to, "validate", "Check a fleet's folder: every error with its file, line and column",
               "troupe validate examples/customer-support\n"
               "troupe validate . -o json");
  auto dir = std::make_shared<std::string>(".");
  verb->add_option("DIR", *dir, "the fleet's folder")->capture_default_str();
  add_output(*verb, s);
  verb->callback([&s, dir] {
    s.run = [&s, dir] {
      const auto found = config::load_fleet(*dir);
      if (s.as_json())
        s.print(report_json(found));
      else
        s.print(report_text(found));
      return found.ok() ? exit_ok : exit_failed;
    };
  });
}

} // namespace troupe::cli
