#pragma once

#include "src/config/diagnostic.hpp"
#include "src/config/yaml_tree.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::config {

/// Collects what is wrong with a fleet. Belongs to one run of the loader and one thread.
class report {
 public:
  void error(diagnostic d);
  void error(const yaml_node& at, std::string message) { error(place(at, std::move(message))); }
  /// About a key that `map` should have.
  void missing(const yaml_node& map, std::string_view key, std::string message);
  void warn(diagnostic d);
  void warn(const yaml_node& at, std::string message) { warn(place(at, std::move(message))); }

  /// How many errors there were, those over the limit included.
  [[nodiscard]] std::size_t errors() const noexcept { return errors_; }

  /// From now on `value` is shown as `written`, because it came from the environment.
  void hide(const std::string& value, const std::string& written) { hidden_[value] = written; }
  [[nodiscard]] bool is_hidden(std::string_view value) const { return hidden_.contains(value); }

  /// A name in quotes, for messages; hidden ones as they are written in the file.
  [[nodiscard]] std::string quoted(std::string_view name) const;
  [[nodiscard]] static std::string quoted(const yaml_node& scalar);

  /// `; did you mean "x"?` with the nearest of `known`, or nothing.
  [[nodiscard]] std::string did_you_mean(const yaml_node& scalar, std::string_view word,
                                         std::vector<std::string_view> known) const;

  /// Everything collected, each list by file and line; whatever was over the limit is counted in a
  /// last entry.
  [[nodiscard]] std::vector<diagnostic> take_errors();
  [[nodiscard]] std::vector<diagnostic> take_warnings();

 private:
  static diagnostic place(const yaml_node& at, std::string message);

  std::vector<diagnostic> error_list_, warning_list_;
  std::size_t errors_ = 0;
  std::map<std::string, std::string, std::less<>> hidden_;
};

} // namespace troupe::config
