#include "policies/context_forward.hpp"

#include <algorithm>

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

std::size_t size_in_text(const json& x) {
  return as_text(x).size();
}

bool is_plain(const json& x) {
  return x.is_primitive() && !x.is_null();
}

json cut_value(const json& x, std::size_t most) {
  return x.is_string() ? json(beginning_of(x.get_ref<const std::string&>(), most)) : x;
}

json structured_form(const json& data, std::size_t whole) {
  auto kept = json::object();
  auto left_out = json::array();
  for (const auto& [key, value] : data.items())
    if (is_plain(value))
      kept[key] = cut_value(value, structured_value);
  const bool nothing_plain = kept.empty();
  const auto most = static_cast<std::size_t>(structured_share * static_cast<double>(whole));
  auto size = size_in_text({{"data", kept}});
  for (const auto& [key, value] : data.items()) {
    if (!value.is_structured() || key == "context")
      continue;
    const auto more =
        size_in_text(value) + key.size() + 4; // With its name, and what stands around.
    if (nothing_plain || size + more <= most) {
      kept[key] = value;
      size += more;
    } else {
      left_out.push_back(key);
    }
  }
  json out{{"data", std::move(kept)}};
  if (!left_out.empty())
    out["left_out"] = std::move(left_out);
  return out;
}

json summary_form(const std::string& text, const json& data, std::size_t whole) {
  const auto most = static_cast<std::size_t>(summary_share * static_cast<double>(whole));
  auto out = json::object();
  constexpr std::size_t around = 20; // {"summary":""} and some
  if (auto sentence = first_sentence(text); !sentence.empty())
    out["summary"] = beginning_of(sentence, std::max(summary_least, most - std::min(most, around)));
  auto values = json::object();
  for (const auto& [key, value] : data.items()) {
    if (values.size() >= summary_values)
      break;
    if (!is_plain(value))
      continue;
    auto with = out;
    with["data"] = values;
    with["data"][key] = cut_value(value, summary_value);
    if (size_in_text(with) <= most)
      values = std::move(with["data"]);
  }
  if (!values.empty())
    out["data"] = std::move(values);
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
  const auto whole = size_in_text(outcome);
  if (how == forwarding::structured)
    return has_data ? structured_form(*data, whole)
                    : json{{"text", beginning_of(text_in(outcome), summary_sentence)}};
  return summary_form(text_in(outcome), has_data ? *data : json::object(), whole);
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
