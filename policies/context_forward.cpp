#include "policies/context_forward.hpp"

namespace troupe {

namespace {

std::string first_sentence(const std::string& text) {
  for (std::size_t i = 0; i + 1 < text.size() && i < summary_sentence; ++i)
    if ((text[i] == '.' || text[i] == '!' || text[i] == '?') &&
        (text[i + 1] == ' ' || text[i + 1] == '\n'))
      return text.substr(0, i + 1);
  return beginning_of(text, summary_sentence);
}

std::string text_in(const json& outcome) {
  const auto text = outcome.find("text");
  return text != outcome.end() && text->is_string() ? text->get<std::string>() : std::string{};
}

json plain_values(const json& data) {
  auto out = json::object();
  for (const auto& [key, value] : data.items()) {
    if (out.size() >= summary_values)
      break;
    if (value.is_string())
      out[key] = beginning_of(value.get_ref<const std::string&>(), summary_value);
    else if (value.is_primitive() && !value.is_null())
      out[key] = value;
  }
  return out;
}

} // namespace

std::string beginning_of(std::string_view text, std::size_t most) {
  if (text.size() <= most)
    return std::string{text};
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80)
    --most;
  return std::string{text.substr(0, most)};
}

json forwarded(const json& outcome, forwarding how) {
  if (how == forwarding::full || !outcome.is_object())
    return outcome;
  const auto data = outcome.find("data");
  const bool has_data = data != outcome.end() && data->is_object() && !data->empty();
  auto out = json::object();
  if (how == forwarding::structured) {
    if (has_data)
      out["data"] = *data;
    else
      out["text"] = beginning_of(text_in(outcome), summary_sentence);
    return out;
  }
  if (auto text = first_sentence(text_in(outcome)); !text.empty())
    out["summary"] = std::move(text);
  if (has_data)
    if (auto values = plain_values(*data); !values.empty())
      out["data"] = std::move(values);
  return out;
}

json forwarded(const json& previous, const forward_rules& rules) {
  if (!previous.is_object())
    return previous;
  auto out = json::object();
  for (const auto& [step, outcome] : previous.items())
    out[step] = forwarded(outcome, rules.of(step));
  return out;
}

} // namespace troupe
