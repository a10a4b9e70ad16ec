#pragma once

#include <troupe/json.hpp>
#include <troupe/screen.hpp>

#include <cstddef>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

namespace troupe::cli {

/// How the screens did on the planted texts of one failure mode.
struct mode_figures {
  std::size_t texts = 0;
  std::size_t stopped = 0; ///< stripped or blocked, as the default screens have it
  std::size_t flagged = 0;
  std::vector<std::string> wrong; ///< attacks that passed, or ordinary texts that did not
  [[nodiscard]] double rate() const noexcept {
    return texts == 0 ? 0 : static_cast<double>(stopped) / static_cast<double>(texts);
  }
};

/// Holds planted texts against the default screens of agents with models. One JSON object per line:
/// `mode` (the failure mode), `place`, `attack` (whether it is one), `text`; for answers and
/// actions also what the agent knew: `prompt`, `customer`, `request`, `hosts`, and for actions
/// `arguments` and `effects`. `${canary}` stands for the agent's canary, `${canary-spaced}` for its
/// letters apart. Throws `std::runtime_error` with a sentence for a line that is none of that.
class adversarial_suite {
 public:
  void run(std::istream& planted);
  /// Messages of people, one to a line or, with tabs, in the column `text` of a table: none of them
  /// should be stopped.
  void run_ordinary(std::istream& messages);

  /// Attacks by failure mode, and what only looks like one.
  [[nodiscard]] const std::map<std::string, mode_figures>& attacks() const { return attacks_; }
  [[nodiscard]] const mode_figures& look_alikes() const { return look_alikes_; }
  [[nodiscard]] const mode_figures& ordinary() const { return ordinary_; }
  [[nodiscard]] json as_json() const;
  [[nodiscard]] std::string as_text() const;

 private:
  std::map<std::string, mode_figures> attacks_;
  mode_figures look_alikes_;
  mode_figures ordinary_;
};

} // namespace troupe::cli
