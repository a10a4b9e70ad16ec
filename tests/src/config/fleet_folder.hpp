#pragma once

#include "src/config/load_fleet.hpp"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>

#include <unistd.h>

namespace troupe::config::test {

/// A fleet in a folder of its own that goes away with it.
class fleet_folder {
 public:
  fleet_folder() {
    static std::atomic<int> number{0};
    dir_ = std::filesystem::temp_directory_path() /
           ("troupe-config-" + std::to_string(::getpid()) + "-" + std::to_string(++number));
    std::filesystem::create_directories(dir_);
  }
  ~fleet_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
  }
  fleet_folder(const fleet_folder&) = delete;
  fleet_folder& operator=(const fleet_folder&) = delete;

  fleet_folder& write(const std::string& file, std::string_view text) {
    std::filesystem::create_directories((dir_ / file).parent_path());
    std::ofstream{dir_ / file, std::ios::binary} << text;
    return *this;
  }
  fleet_folder& remove(const std::string& file) {
    std::filesystem::remove_all(dir_ / file);
    return *this;
  }
  [[nodiscard]] const std::filesystem::path& dir() const { return dir_; }

  [[nodiscard]] loaded load(std::map<std::string, std::string> variables = {}) const {
    return load_fleet(
        dir_,
        [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
          const auto i = variables.find(name);
          return i == variables.end() ? std::nullopt : std::optional<std::string>{i->second};
        });
  }

 private:
  std::filesystem::path dir_;
};

inline std::string lines(const std::vector<diagnostic>& all) {
  std::string out;
  for (const auto& d : all)
    out += to_string(d) + '\n';
  return out;
}

inline constexpr std::string_view small_fleet =
    "fleet: shop\nentry: support\nhumans:\n  desk: {answer_timeout: 1h}\n";

/// A small fleet that is right: two domains, three agents, a queue of people.
inline void write_small(fleet_folder& f) {
  f.write("fleet.yaml", small_fleet)
      .write("support/domain.yaml", "domain: support\ncontext: {tier: string}\n")
      .write("support/agents/billing.yaml",
             "agent: billing\nkind: http\nskills: [bill, refund]\nreads: [tier]\n"
             "http: {url: 'http://localhost:1/x'}\n")
      .write("support/agents/general.yaml",
             "agent: general\nkind: native\nskills: [talk]\nnative: {function: f}\n")
      .write("support/agents/payer.yaml",
             "agent: payer\neffects: unsafe\nskills: [pay]\nnative: {function: p}\n")
      .write("support/agents/triage.yaml",
             "agent: triage\nkind: triage\ntriage: {model: m, examples: e.tsv}\n")
      .write("support/e.tsv",
             "intent\ttext\nbill\tthe bill\nbill\ta bill please\npay\ti pay\npay\tlet me pay\n")
      .write("sales/domain.yaml", "domain: sales\n")
      .write("sales/agents/seller.yaml", "agent: seller\nskills: [sell]\nnative: {function: s}\n");
}

} // namespace troupe::config::test
