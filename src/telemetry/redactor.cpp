#include "src/telemetry/log.hpp"
#include "src/telemetry/secret_forms.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

/// Longest first, each once.
void put_in_order(std::vector<std::string>& all) {
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  all.erase(std::unique(all.begin(), all.end()), all.end());
}

} // namespace

redactor::redactor(std::vector<std::string> secrets) {
  use(std::move(secrets));
}

redactor::~redactor() = default;

void redactor::add(const std::vector<std::string>& more) {
  std::lock_guard hold{mutex_};
  auto all = known().secrets;
  all.insert(all.end(), more.begin(), more.end());
  use(std::move(all));
}

void redactor::use(values secrets) {
  std::erase_if(secrets, [](const auto& s) { return s.size() < shortest; });
  put_in_order(secrets);
  if (!all_.empty() && all_.back()->secrets == secrets)
    return;
  auto next = std::make_unique<what_is_known>();
  for (const auto& secret : secrets) {
    for (auto& form : quoted_forms(secret))
      next->forms.push_back(std::move(form));
    if (auto number = as_number(secret))
      next->numbers.push_back(*std::move(number));
  }
  next->forms.insert(next->forms.end(), secrets.begin(), secrets.end());
  put_in_order(next->forms);
  next->secrets = std::move(secrets);
  all_.push_back(std::move(next));
  now_.store(all_.back().get(), std::memory_order_release);
}

bool redactor::finds(std::string_view text) const noexcept {
  const auto& all = known().forms;
  return std::any_of(all.begin(), all.end(),
                     [&](const auto& secret) { return text.find(secret) != text.npos; });
}

bool redactor::is_secret(const json& number) const noexcept {
  const auto& all = known().numbers;
  return std::find(all.begin(), all.end(), number) != all.end();
}

bool redactor::finds_in(const json& value) const {
  if (value.is_string())
    return finds(value.get_ref<const std::string&>());
  if (value.is_number())
    return is_secret(value);
  if (value.is_array())
    return std::any_of(value.begin(), value.end(), [&](const json& x) { return finds_in(x); });
  if (value.is_object())
    for (const auto& [key, x] : value.items())
      if (finds(key) || finds_in(x))
        return true;
  return false;
}

std::string redactor::beginning(std::string text, std::size_t most) const {
  apply(text);
  if (text.size() > most)
    text.resize(most);
  return text;
}

void redactor::apply(std::string& text) const {
  for (const auto& secret : known().forms)
    for (auto at = text.find(secret); at != std::string::npos;
         at = text.find(secret, at + mask.size()))
      text.replace(at, secret.size(), mask);
}

void redactor::apply(json& value) const {
  if (value.is_string()) {
    apply(value.get_ref<std::string&>());
  } else if (value.is_number()) {
    if (is_secret(value))
      value = mask;
  } else if (value.is_array()) {
    for (auto& x : value)
      apply(x);
  } else if (value.is_object()) {
    json::object_t out;
    for (auto& [key, x] : value.get_ref<json::object_t&>()) {
      auto name = key;
      apply(name);
      apply(x);
      out.insert_or_assign(std::move(name), std::move(x));
    }
    value = std::move(out);
  }
}

void redactor::apply(log_entry& entry) const {
  if (empty())
    return;
  apply(entry.message);
  apply(entry.fields);
}

} // namespace troupe
