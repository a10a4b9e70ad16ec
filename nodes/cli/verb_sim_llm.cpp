#include "nodes/cli/diagnostics.hpp"
#include "nodes/cli/stop_switch.hpp"
#include "nodes/cli/verbs.hpp"
#include "nodes/sim_llm/server.hpp"

#include <filesystem>
#include <fstream>
#include <numeric>
#include <optional>
#include <ostream>

namespace troupe::cli {

namespace {

struct sim_llm_choice {
  std::string script;
  std::string host = "127.0.0.1";
  std::uint16_t port = 7440;
  std::string port_file;
  std::optional<std::uint64_t> seed;
  std::vector<std::string> mishaps;
  bool worst = false;
  std::string latency, p99, per_token;
  std::optional<std::uint32_t> requests_per_minute;
};

void set_mishaps(const sim_llm_choice& x, sim_llm::settings& out) {
  if (x.worst)
    out.mishaps = sim_llm::worst();
  for (const auto& given : x.mishaps) {
    const auto equals = given.find('=');
    const auto what = parse_enum<sim_llm::mishap>(given.substr(0, equals));
    char* end = nullptr;
    const auto number = equals == std::string::npos ? std::string{} : given.substr(equals + 1);
    const double share = std::strtod(number.c_str(), &end);
    if (!what || *what == sim_llm::mishap::none || number.empty() || *end != '\0' ||
        !(share >= 0 && share <= 1))
      throw cli_error{exit_usage, "--mishap: '" + given +
                                      "' is no KIND=SHARE; shares are from 0 to 1, kinds are " +
                                      words_of<sim_llm::mishap>().substr(6)};
    out.mishaps[static_cast<std::size_t>(*what)] = share;
  }
  if (std::accumulate(out.mishaps.begin(), out.mishaps.end(), 0.0) > 1.000001)
    throw cli_error{exit_usage, "the shares of mishaps come to more than 1"};
}

sim_llm::settings settings_for(const sim_llm_choice& x) {
  sim_llm::settings out;
  if (!x.script.empty()) {
    std::vector<config::diagnostic> errors;
    sim_llm::read_script(x.script, out, errors);
    std::string text = "the script cannot be used:";
    for (const auto& e : errors)
      text += "\n" + to_string(e);
    if (!errors.empty())
      throw cli_error{exit_failed, text};
  }
  out.host = x.host;
  out.port = x.port;
  if (x.seed)
    out.seed = *x.seed;
  if (x.requests_per_minute)
    out.requests_per_minute = *x.requests_per_minute;
  const auto set = [](const std::string& text, const char* option, milliseconds& to) {
    if (!text.empty())
      to = milliseconds{milliseconds_of(text, option)};
  };
  set(x.latency, "--latency", out.latency.median);
  set(x.p99, "--p99", out.latency.p99);
  set(x.per_token, "--per-token", out.latency.per_token);
  set_mishaps(x, out);
  return out;
}

exit_code run_sim_llm(const sim_llm_choice& x, shell& s) {
  const auto with = settings_for(x);
  stop_switch stop;
  sim_llm::server server{with};
  server.start();
  stop.started();
  if (!x.port_file.empty()) {
    // Written beside and moved into place, so that nobody reads half of it.
    const auto beside = x.port_file + ".new";
    std::ofstream{beside} << server.port() << '\n';
    std::filesystem::rename(beside, x.port_file);
  }
  s.err << "simulated models are up: http://" << with.host << ":" << server.port()
        << "/v1; stop with Ctrl-C" << std::endl;
  static_cast<void>(stop.wait());
  server.stop();
  s.print(server.stats());
  return exit_ok;
}

} // namespace

void add_sim_llm(CLI::App& to, shell& s) {
  auto* verb = add_verb(to, "sim-llm",
                        "Simulate a provider of language models: an HTTP server that speaks the "
                        "protocols of OpenAI and of Anthropic, until Ctrl-C",
                        "troupe sim-llm --port 7440\n"
                        "troupe sim-llm --script answers.yaml --latency 400ms --p99 3s\n"
                        "troupe sim-llm --mishap limited=0.2 --mishap cut=0.05 --seed 7\n"
                        "troupe sim-llm --worst --port 0 --port-file port.txt");
  const auto x = std::make_shared<sim_llm_choice>();
  verb->add_option("--script", x->script, "answers, speed and mishaps, in YAML");
  verb->add_option("--host", x->host, "a loopback address")->capture_default_str();
  verb->add_option("--port", x->port, "0 takes a free one")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  verb->add_option("--port-file", x->port_file, "gets the port's number once it listens");
  verb->add_option("--seed", x->seed, "decides everything that is left to chance");
  verb->add_option("--mishap", x->mishaps,
                   "KIND=SHARE of the requests goes wrong like this; may be given again: " +
                       words_of<sim_llm::mishap>().substr(6))
      ->allow_extra_args(false);
  verb->add_flag("--worst", x->worst, "everything goes wrong, and often");
  verb->add_option("--latency", x->latency, "to the first token, in half of all requests");
  verb->add_option("--p99", x->p99, "to the first token, in 99 of 100 requests");
  verb->add_option("--per-token", x->per_token, "for each further token");
  verb->add_option("--requests-per-minute", x->requests_per_minute,
                   "that a key may make in any minute; 0: no limit");
  verb->callback([&s, x] { s.run = [&s, x] { return run_sim_llm(*x, s); }; });
}

} // namespace troupe::cli
