#include "nodes/cli/program.hpp"

#include "nodes/cli/verbs.hpp"
#include "src/config/text.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <ostream>
#include <utility>

#include <unistd.h>

namespace troupe::cli {

namespace {

constexpr auto exit_codes = R"(Exit codes:
  0 it worked   1 what was asked for failed   2 the command line is wrong
  3 no node answers   4 the node refused   5 not found   130 interrupted)";

/// Verbs that only ask and show can end wherever they are; `dev` blocks the signal and takes it
/// itself.
void end_at_ctrl_c() {
  struct sigaction act {};
  act.sa_handler = [](int) { ::_exit(exit_interrupted); };
  ::sigaction(SIGINT, &act, nullptr);
}

/// CLI11 would only say that a verb is missing.
void refuse_unknown_verb(const CLI::App& app, const std::vector<std::string>& rest) {
  if (rest.empty() || rest.front().starts_with('-'))
    return;
  std::vector<std::string_view> names;
  for (const auto* verb : app.get_subcommands([](const CLI::App*) { return true; }))
    names.emplace_back(verb->get_name());
  if (std::find(names.begin(), names.end(), rest.front()) != names.end())
    return;
  const auto meant = config::nearest(rest.front(), names);
  throw cli_error{exit_usage,
                  "there is no verb " + config::in_quotes(rest.front()) +
                      (meant.empty() ? "" : "; did you mean " + std::string{meant} + "?") +
                      "\nRun with --help for the verbs there are."};
}

} // namespace

std::unique_ptr<CLI::App> make_program(shell& s) {
  auto app = std::make_unique<CLI::App>("A supervised runtime for fleets of AI agents", "troupe");
  app->footer(exit_codes);
  app->require_subcommand(1);
  app->set_version_flag("--version", "troupe " TROUPE_VERSION);
  add_dev(*app, s);
  add_submit(*app, s);
  add_tasks(*app, s);
  add_trace(*app, s);
  add_explain(*app, s);
  add_fleet(*app, s);
  add_regions(*app, s);
  add_limits(*app, s);
  add_reload(*app, s);
  add_sessions(*app, s);
  add_human(*app, s);
  add_logs(*app, s);
  add_audit(*app, s);
  add_keys(*app, s);
  add_effects(*app, s);
  add_cost(*app, s);
  add_validate(*app, s);
  add_init(*app, s);
  add_knowledge(*app, s);
  add_mcp(*app, s);
  add_models(*app, s);
  add_screen(*app, s);
  add_replay(*app, s);
  add_sim(*app, s);
  add_sim_llm(*app, s);
  add_certs(*app, s);
  add_chaos(*app, s);
  add_recorder(*app, s);
  add_completion(*app, s);
  add_version(*app, s);
  return app;
}

namespace {

/// What the environment says stands where no option says otherwise. CLI11's own way of reading it
/// does so for every verb, and each would write over what was said to the one that runs.
void read_environment(shell& s) {
  for (const auto& [name, to] :
       {std::pair{"TROUPE_URL", &s.url}, std::pair{"TROUPE_KEY_FILE", &s.key_file},
        std::pair{"TROUPE_AUTHORITY", &s.authority}})
    if (const char* given = std::getenv(name); given && *given)
      *to = given;
}

} // namespace

int run(const std::vector<std::string>& words, std::ostream& out, std::ostream& err) {
  shell s{out, err};
  read_environment(s);
  try {
    const auto app = make_program(s);
    std::vector<std::string> rest{words.begin() + (words.empty() ? 0 : 1), words.end()};
    refuse_unknown_verb(*app, rest);
    std::reverse(rest.begin(), rest.end()); // CLI11 takes a vector from its end.
    try {
      app->parse(std::move(rest));
    } catch (const CLI::ParseError& e) {
      return app->exit(e, out, err) == 0 ? exit_ok : exit_usage;
    }
    end_at_ctrl_c();
    const auto code = s.run();
    out.flush();
    return out ? code : exit_failed;
  } catch (const cli_error& e) {
    out.flush();
    if (*e.what() != '\0')
      err << "troupe: " << e.what() << '\n';
    return e.code();
  } catch (const std::exception& e) {
    err << "troupe: " << e.what() << '\n';
    return exit_failed;
  }
}

} // namespace troupe::cli
