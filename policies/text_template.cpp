#include "policies/text_template.hpp"

#include <charconv>
#include <stdexcept>

namespace troupe {

namespace {

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> out;
  for (;;) {
    const auto dot = path.find('.');
    out.emplace_back(path.substr(0, dot));
    if (dot == std::string_view::npos)
      return out;
    path.remove_prefix(dot + 1);
  }
}

/// The element that `word` counts from zero; out of range when it is no number.
std::size_t index_of(const std::string& word) noexcept {
  std::size_t at = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), at);
  return error == std::errc{} && end == word.data() + word.size() ? at
                                                                  : static_cast<std::size_t>(-1);
}

std::string inserted(const json& value) {
  return value.is_string() ? value.get<std::string>() : as_text(value);
}

} // namespace

text_template::part text_template::read_place(std::string_view inside) {
  part out;
  const auto bar = inside.find('|');
  if (bar != std::string_view::npos) {
    out.has_default = true;
    out.literal = inside.substr(bar + 1);
  }
  const auto path = inside.substr(0, bar);
  auto words = split_path(path);
  const auto root = words.front();
  words.erase(words.begin());
  bool fits = true;
  for (const auto& word : words)
    fits = fits && !word.empty();
  if (root == "text" || root == "skill") {
    out.from = root == "text" ? source::text : source::skill;
    fits = words.empty();
  } else if (root == "context" || root == "input") {
    out.from = root == "context" ? source::context : source::input;
    fits = fits && !words.empty();
  } else {
    fits = false;
  }
  if (!fits)
    throw std::invalid_argument{
        "${" + std::string{inside} +
        "} names nothing: say text, skill, context.<field> or input.<field>"};
  out.path = std::move(words);
  return out;
}

text_template::text_template(std::string_view text) {
  while (!text.empty()) {
    const auto open = text.find("${");
    if (open != 0)
      parts_.push_back({source::literal, std::string{text.substr(0, open)}, false, {}});
    if (open == std::string_view::npos)
      return;
    const auto close = text.find('}', open);
    if (close == std::string_view::npos)
      throw std::invalid_argument{"'" + std::string{text.substr(open)} +
                                  "' lacks its closing brace"};
    parts_.push_back(read_place(text.substr(open + 2, close - open - 2)));
    text.remove_prefix(close + 1);
  }
}

const json* text_template::find(const part& p, const agent_call& call) {
  const json* at = p.from == source::context ? &call.context : &call.input;
  for (const auto& word : p.path) {
    if (at->is_object()) {
      const auto hit = at->find(word);
      if (hit == at->end())
        return nullptr;
      at = &*hit;
    } else if (at->is_array()) {
      const auto i = index_of(word);
      if (i >= at->size())
        return nullptr;
      at = &(*at)[i];
    } else {
      return nullptr;
    }
  }
  return at->is_null() ? nullptr : at;
}

std::optional<json> text_template::fill_typed(const agent_call& call) const {
  if (parts_.size() == 1 && (parts_[0].from == source::context || parts_[0].from == source::input))
    if (const auto* value = find(parts_[0], call))
      return *value;
  auto text = fill(call);
  return text ? std::optional<json>{std::move(*text)} : std::nullopt;
}

std::optional<std::string> text_template::fill(const agent_call& call) const {
  std::string out;
  for (const auto& p : parts_) {
    switch (p.from) {
    case source::literal:
      out += p.literal;
      break;
    case source::text:
      out += call.text.empty() ? p.literal : call.text;
      break;
    case source::skill:
      out += call.skill.empty() ? p.literal : call.skill;
      break;
    case source::context:
    case source::input:
      if (const auto* value = find(p, call))
        out += inserted(*value);
      else if (p.has_default)
        out += p.literal;
      else
        return std::nullopt;
      break;
    }
  }
  return out;
}

} // namespace troupe
