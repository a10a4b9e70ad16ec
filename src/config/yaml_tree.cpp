#include "src/config/yaml_tree.hpp"

#include "src/config/load_fleet.hpp"
#include "src/config/text.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <unordered_map>

namespace troupe::config {

const yaml_node* yaml_node::find(std::string_view name) const noexcept {
  if (!is_map())
    return nullptr;
  for (const auto& child : children)
    if (child->key == name)
      return child.get();
  return nullptr;
}

const yaml_node&
yaml_node::nearest_to(std::initializer_list<std::string_view> names) const noexcept {
  const auto* at = this;
  for (auto name : names) {
    const auto* next = at->find(name);
    if (!next)
      break;
    at = next;
  }
  return *at;
}

std::string join_path(std::string path, std::string_view key) {
  const bool plain = !key.empty() && std::all_of(key.begin(), key.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c == '-';
  });
  if (!path.empty())
    path += '.';
  return path + (plain ? std::string{key} : in_quotes(key));
}

std::string yaml_node::path() const {
  if (!parent)
    return {};
  auto above = parent->path();
  return parent->is_list() ? above + '[' + std::to_string(index) + ']'
                           : join_path(std::move(above), key);
}

namespace {

struct refused_yaml {
  YAML::Mark mark;
  std::string message;
};

// Builds the tree from the parser's events. Throws `refused_yaml` at the first thing that cannot be
// taken.
class tree_builder : public YAML::EventHandler {
 public:
  explicit tree_builder(std::shared_ptr<const std::string> file)
      : file_(std::move(file)) {}

  std::unique_ptr<yaml_node> take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_as_key(mark);
    add(mark, make(mark, yaml_kind::null), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_as_key(mark);
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end())
      throw refused_yaml{mark, "an alias to a value that holds it"};
    add(mark, copy(mark, *known->second, open_.size()), YAML::NullAnchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (first_bad_utf8(value) != std::string::npos || value.find('\0') != std::string::npos)
      throw refused_yaml{mark, "an escape that is not a character"};
    if (wants_key()) {
      take_key(mark, value, anchor);
      return;
    }
    auto node = make(mark, yaml_kind::scalar);
    node->quoted = check_tag(mark, tag);
    node->text = value;
    add(mark, std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, yaml_kind::list);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, yaml_kind::map);
  }
  void OnMapEnd() override { close(); }

 private:
  struct level {
    yaml_node* node = nullptr;
    YAML::anchor_t anchor = YAML::NullAnchor;
    bool has_key = false;
    std::string key;
    YAML::Mark key_mark;
    std::unordered_map<std::string, int>
        seen; ///< keys and their lines: looking through the children is quadratic
  };

  [[nodiscard]] bool wants_key() const {
    return !open_.empty() && open_.back().node->is_map() && !open_.back().has_key;
  }

  void refuse_as_key(const YAML::Mark& mark) const {
    if (wants_key())
      throw refused_yaml{mark, "a key must be a word"};
  }

  void take_key(const YAML::Mark& mark, const std::string& value, YAML::anchor_t anchor) {
    auto& top = open_.back();
    if (anchor != YAML::NullAnchor)
      throw refused_yaml{mark, "a key cannot have an anchor"};
    const auto [old, fresh] = top.seen.emplace(value, mark.line + 1);
    if (!fresh)
      throw refused_yaml{mark, "the key " + in_quotes(value) + " is there already, in line " +
                                   std::to_string(old->second)};
    top.has_key = true;
    top.key = value;
    top.key_mark = mark;
  }

  // Whether the tag makes a scalar text. The parser gives "!" for what is quoted and "?" for what
  // is plain.
  static bool check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag == "!" || tag == "tag:yaml.org,2002:str")
      return true;
    if (!tag.empty() && tag != "?")
      throw refused_yaml{mark, "tags such as " + in_quotes(tag) + " are not understood"};
    return false;
  }

  std::unique_ptr<yaml_node> make(const YAML::Mark& mark, yaml_kind kind) {
    if (++nodes_ > load_limits::nodes_per_file)
      throw refused_yaml{mark, "more than " + std::to_string(load_limits::nodes_per_file) +
                                   " values, aliases followed"};
    auto node = std::make_unique<yaml_node>();
    node->kind = kind;
    node->file = file_;
    node->line = static_cast<std::uint32_t>(mark.line + 1);
    node->column = static_cast<std::uint32_t>(mark.column + 1);
    return node;
  }

  std::unique_ptr<yaml_node> copy(const YAML::Mark& mark, const yaml_node& from,
                                  std::size_t depth) {
    check_depth(mark, depth);
    auto node = make(mark, from.kind);
    node->quoted = from.quoted;
    node->line = from.line;
    node->column = from.column;
    node->text = from.text;
    for (const auto& child : from.children) {
      auto twin = copy(mark, *child, depth + 1);
      twin->parent = node.get();
      twin->key = child->key;
      twin->index = child->index;
      node->children.push_back(std::move(twin));
    }
    return node;
  }

  static void check_depth(const YAML::Mark& mark, std::size_t depth) {
    if (depth >= load_limits::depth)
      throw refused_yaml{mark,
                         "nested deeper than " + std::to_string(load_limits::depth) + " levels"};
  }

  yaml_node* add(const YAML::Mark& mark, std::unique_ptr<yaml_node> node, YAML::anchor_t anchor) {
    auto* raw = node.get();
    if (anchor != YAML::NullAnchor && raw->children.empty() && !raw->is_list() && !raw->is_map())
      anchors_[anchor] = raw;
    if (open_.empty()) {
      if (root_)
        throw refused_yaml{mark, "a second document: a file holds one"};
      root_ = std::move(node);
      return raw;
    }
    auto& top = open_.back();
    raw->parent = top.node;
    if (top.node->is_map()) {
      raw->key = std::move(top.key);
      raw->line = static_cast<std::uint32_t>(top.key_mark.line + 1);
      raw->column = static_cast<std::uint32_t>(top.key_mark.column + 1);
      top.has_key = false;
    } else {
      raw->index = static_cast<std::uint32_t>(top.node->children.size());
    }
    top.node->children.push_back(std::move(node));
    return raw;
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, yaml_kind kind) {
    refuse_as_key(mark);
    check_tag(mark, tag);
    check_depth(mark, open_.size());
    auto* node = add(mark, make(mark, kind), YAML::NullAnchor);
    open_.push_back({});
    open_.back().node = node;
    open_.back().anchor = anchor;
  }

  // An anchor counts from here on, so that a value can never hold itself.
  void close() {
    if (open_.back().anchor != YAML::NullAnchor)
      anchors_[open_.back().anchor] = open_.back().node;
    open_.pop_back();
  }

  std::shared_ptr<const std::string> file_;
  std::unique_ptr<yaml_node> root_;
  std::vector<level> open_;
  std::map<YAML::anchor_t, const yaml_node*> anchors_;
  std::size_t nodes_ = 0;
};

diagnostic at_mark(const std::string& file, const YAML::Mark& mark, std::string message) {
  diagnostic d{file, 0, 0, {}, std::move(message)};
  if (!mark.is_null()) {
    d.line = static_cast<std::uint32_t>(mark.line + 1);
    d.column = static_cast<std::uint32_t>(mark.column + 1);
  }
  return d;
}

} // namespace

std::unique_ptr<yaml_node> parse_yaml(std::string_view text, const std::string& file,
                                      std::vector<diagnostic>& errors) {
  tree_builder builder{std::make_shared<const std::string>(file)};
  try {
    std::istringstream in{std::string{text}};
    YAML::Parser parser{in};
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const refused_yaml& e) {
    errors.push_back(at_mark(file, e.mark, e.message));
    return nullptr;
  } catch (const YAML::Exception& e) {
    errors.push_back(at_mark(file, e.mark, "not valid YAML: " + printable(e.msg)));
    return nullptr;
  }
  auto root = builder.take();
  if (!root || root->kind == yaml_kind::null) {
    errors.push_back({file, 0, 0, {}, "the file is empty"});
    return nullptr;
  }
  return root;
}

} // namespace troupe::config
