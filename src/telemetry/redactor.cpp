#include "src/telemetry/log.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

redactor::redactor(std::vector<std::string> secrets) {
  std::erase_if(secrets, [](const auto& s) { return s.size() < shortest; });
  std::sort(secrets.begin(), secrets.end(), [](const auto& a, const auto& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  secrets.erase(std::unique(secrets.begin(), secrets.end()), secrets.end());
  secrets_ = std::move(secrets);
}

void redactor::apply(std::string& text) const {
  for (const auto& secret : secrets_)
    for (auto at = text.find(secret); at != std::string::npos;
         at = text.find(secret, at + mask.size()))
      text.replace(at, secret.size(), mask);
}

void redactor::apply(json& value) const {
  if (value.is_string()) {
    apply(value.get_ref<std::string&>());
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
  if (secrets_.empty())
    return;
  apply(entry.message);
  apply(entry.fields);
}

} // namespace troupe
