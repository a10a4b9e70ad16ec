#pragma once

#include "src/config/values.hpp"
#include "src/config/yaml_tree.hpp"

#include <algorithm>
#include <concepts>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::config {

/// Takes values out of a map into the words of the house. What is absent, or not what it should be,
/// leaves its target as it is: `check_shape` has reported it.
class section {
 public:
  explicit section(const yaml_node* map) noexcept
      : map_(map) {}

  [[nodiscard]] const yaml_node* find(std::string_view key) const noexcept {
    return map_ ? map_->find(key) : nullptr;
  }
  [[nodiscard]] section in(std::string_view key) const noexcept { return section{find(key)}; }

  void get(std::string_view key, std::string& out) const { put(find(key), as_text, out); }
  void get(std::string_view key, bool& out) const { put(find(key), as_truth, out); }
  void get(std::string_view key, double& out) const { put(find(key), as_number, out); }
  void get(std::string_view key, std::optional<double>& out) const {
    put(find(key), as_number, out);
  }
  void get(std::string_view key, milliseconds& out) const { put(find(key), as_duration, out); }

  template <std::integral T>
  requires(!std::same_as<T, bool>) void get(std::string_view key, T& out) const {
    clamp(find(key), as_integer, out);
  }
  template <std::integral T>
  void get_size(std::string_view key, T& out) const {
    clamp(find(key), as_size, out);
  }
  template <named_enum E>
  void get(std::string_view key, E& out) const {
    put(find(key), as_word<E>, out);
  }
  void get(std::string_view key, std::vector<std::string>& out) const {
    const auto* list = find(key);
    if (!list || !list->is_list())
      return;
    out.clear();
    for (const auto& child : list->children)
      if (auto text = as_text(*child))
        out.push_back(std::move(*text));
  }
  void get(std::string_view key, std::map<std::string, std::string>& out) const {
    for (const auto* child : entries(key))
      if (auto text = as_text(*child))
        out[child->key] = std::move(*text);
  }
  void get(std::string_view key, json& out) const {
    if (const auto* node = find(key))
      if (auto value = as_json(*node))
        out = std::move(*value);
  }

  /// The elements of the list at `key`; none when there is no list.
  [[nodiscard]] std::vector<const yaml_node*> elements(std::string_view key) const {
    std::vector<const yaml_node*> out;
    if (const auto* list = find(key); list && list->is_list())
      for (const auto& child : list->children)
        out.push_back(child.get());
    return out;
  }

  /// The values of the map at `key`; none when there is no map.
  [[nodiscard]] std::vector<const yaml_node*> entries(std::string_view key) const {
    std::vector<const yaml_node*> out;
    if (const auto* map = find(key); map && map->is_map())
      for (const auto& child : map->children)
        out.push_back(child.get());
    return out;
  }

 private:
  template <class Read, class T>
  static void put(const yaml_node* node, Read read, T& out) {
    if (node)
      if (auto value = read(*node))
        out = std::move(*value);
  }
  template <class Read, std::integral T>
  static void clamp(const yaml_node* node, Read read, T& out) {
    if (node)
      if (const auto value = read(*node))
        out = std::cmp_less(*value, std::numeric_limits<T>::min()) ? std::numeric_limits<T>::min()
              : std::cmp_greater(*value, std::numeric_limits<T>::max())
                  ? std::numeric_limits<T>::max()
                  : static_cast<T>(*value);
  }

  const yaml_node* map_;
};

} // namespace troupe::config
