#pragma once

#include "src/config/diagnostic.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::config {

enum class yaml_kind : std::uint8_t { null, scalar, list, map };

/// One value of a YAML file with its place. Aliases have been followed, keys are text and differ
/// from each other. The house keeps its own tree, because the checks need the place of every key,
/// the way back to the root, and the assurance that looking something up neither throws nor changes
/// the tree.
struct yaml_node {
  yaml_kind kind = yaml_kind::null;
  bool quoted = false; ///< a scalar that is text whatever it looks like
  bool from_environment =
      false;              ///< `text` holds something that must not be shown; `written` may be
  bool unusable = false;  ///< its variables could not be filled in, which is reported already
  std::uint32_t line = 0; ///< from 1; of the key for the entry of a map
  std::uint32_t column = 0;
  std::uint32_t index = 0; ///< in a list
  std::string key;         ///< in a map
  std::string text;        ///< of a scalar, variables filled in
  std::string written;     ///< of a scalar that holds variables: as it stands in the file
  std::vector<std::unique_ptr<yaml_node>> children;
  const yaml_node* parent = nullptr;
  std::shared_ptr<const std::string> file; ///< relative to the fleet's folder

  /// The value at `name` of a map, or null.
  [[nodiscard]] const yaml_node* find(std::string_view name) const noexcept;

  /// The value at the end of `names`; where that does not exist, the nearest one above it that
  /// does.
  [[nodiscard]] const yaml_node&
  nearest_to(std::initializer_list<std::string_view> names) const noexcept;

  /// `understand.intents.cancel_order.after[1]`; keys that hold anything but letters, digits, `_`
  /// and `-` are quoted.
  [[nodiscard]] std::string path() const;

  /// The scalar as it may be shown to anybody.
  [[nodiscard]] const std::string& shown() const noexcept {
    return from_environment ? written : text;
  }

  [[nodiscard]] bool is_map() const noexcept { return kind == yaml_kind::map; }
  [[nodiscard]] bool is_list() const noexcept { return kind == yaml_kind::list; }
  [[nodiscard]] bool is_scalar() const noexcept { return kind == yaml_kind::scalar; }
};

/// `path` extended by a key.
[[nodiscard]] std::string join_path(std::string path, std::string_view key);

/// Reads the only document of `text`. Nothing on a syntax error, a repeated key, an alias to
/// itself, or more nodes or levels than `load_limits` allows; `errors` then says why. Never throws
/// on account of the text.
[[nodiscard]] std::unique_ptr<yaml_node> parse_yaml(std::string_view text, const std::string& file,
                                                    std::vector<diagnostic>& errors);

} // namespace troupe::config
