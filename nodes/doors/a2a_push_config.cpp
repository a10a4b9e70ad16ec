#include "nodes/doors/a2a_push_config.hpp"

#include "policies/screens/links.hpp"

#include <troupe/json_read.hpp>

#include <algorithm>

namespace troupe {

namespace {

constexpr std::size_t url_max = 2048;
constexpr std::size_t word_max = 1024;

struct place {
  bool tls = false;
  std::string host;
};

/// Nothing for what is no plain http or https URL.
std::optional<place> place_of(std::string_view url) {
  place out;
  if (url.starts_with("https://"))
    out.tls = true;
  else if (!url.starts_with("http://"))
    return std::nullopt;
  url.remove_prefix(out.tls ? 8 : 7);
  auto host = url.substr(0, url.find_first_of("/?#"));
  // A user could make a host look like another; a backslash is a slash to some.
  if (host.empty() || host.find_first_of("@\\%") != host.npos)
    return std::nullopt;
  if (host.front() == '[')
    host = host.substr(0, host.find(']') + 1);
  else
    host = host.substr(0, host.find(':'));
  out.host = screens::lowered(host);
  const bool plain = std::all_of(out.host.begin(), out.host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '[' ||
           c == ']' || c == ':';
  });
  return plain && !out.host.empty() ? std::optional{out} : std::nullopt;
}

bool is_this_machine(std::string_view host) noexcept {
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

bool is_header_text(const std::string& x) noexcept {
  return std::none_of(x.begin(), x.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7F;
  });
}

} // namespace

json to_json(const push_config& x) {
  json out{{"id", x.id}, {"taskId", x.task}, {"url", x.url}};
  if (!x.scheme.empty())
    out["authentication"] = {{"scheme", x.scheme}};
  return out;
}

std::optional<push_config> read_push_config(const json& from, std::string task, a2a_fault& why) {
  push_config out;
  out.task = std::move(task);
  out.id = text_at(from, "id");
  out.url = text_at(from, "url");
  out.token = text_at(from, "token");
  const auto& how = part_of(from, "authentication");
  out.scheme = text_at(how, "scheme");
  out.credentials = text_at(how, "credentials");
  const auto wrong = [&](const char* what) {
    why = {a2a_error::invalid_params, what, {}};
    return std::nullopt;
  };
  if (out.url.empty() || out.url.size() > url_max || !is_header_text(out.url))
    return wrong("url must say where to, in at most 2048 bytes");
  for (const auto* x : {&out.id, &out.token, &out.scheme, &out.credentials})
    if (x->size() > word_max || !is_header_text(*x))
      return wrong("id, token and authentication must be plain text of at most 1024 bytes");
  if (out.id.find('/') != std::string::npos)
    return wrong("id must hold no slash");
  return out;
}

std::string why_no_push_to(std::string_view url, const std::vector<std::string>& hosts) {
  const auto where = place_of(url);
  if (!where)
    return "url must be an http or https URL without a user";
  if (!where->tls && !is_this_machine(where->host))
    return "url must be https";
  return screens::is_host_of(where->host, hosts)
             ? std::string{}
             : "the host of url is none that this fleet sends notifications to "
               "(door.push_hosts)";
}

} // namespace troupe
