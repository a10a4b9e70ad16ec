#include "nodes/cli/node_calls.hpp"

#include "nodes/doors/host_check.hpp"

#include <cctype>
#include <cstdlib>
#include <fstream>

namespace troupe::cli {

namespace {

/// What a problem document says, or the beginning of whatever else came.
std::string words_of_problem(const http_answer& answer) {
  const auto p = json::parse(answer.body, nullptr, false);
  if (!p.is_object() || !p.contains("detail") || !p["detail"].is_string())
    return "the node answered with status " + std::to_string(answer.status) + ": " +
           answer.body.substr(0, 200);
  auto out = p["detail"].get<std::string>();
  if (const auto errors = p.find("errors"); errors != p.end() && errors->is_array())
    for (const auto& e : *errors)
      if (e.is_object())
        out += "\n  " + e.value("pointer", std::string{}) + " " + e.value("detail", std::string{});
  return out;
}

/// The API key to show; empty: none.
std::string key_to_show(const shell& s) {
  std::string key;
  if (!s.key_file.empty()) {
    std::ifstream in{s.key_file};
    if (!std::getline(in, key))
      throw cli_error{exit_usage, "there is no API key in " + s.key_file};
  } else if (const char* given = std::getenv("TROUPE_KEY")) {
    key = given;
  }
  while (!key.empty() && std::isspace(static_cast<unsigned char>(key.back())))
    key.pop_back();
  for (const char c : key)
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7F)
      throw cli_error{exit_usage, "the API key holds characters that no key has"};
  return key;
}

/// Whether a URL leads to this machine, so that what is sent there in clear text stays on it.
bool stays_here(const std::string& url) {
  const auto host = url.substr(url.find("://") + 3);
  return names_this_machine(host.substr(0, host.find('/')));
}

} // namespace

path_builder& path_builder::part(std::string_view segment) {
  path_ += "/" + percent_encode(segment);
  return *this;
}

path_builder& path_builder::with(std::string_view name, std::string_view value) {
  if (value.empty())
    return *this;
  path_ += asks_ ? "&" : "?";
  asks_ = true;
  path_ += std::string{name} + "=" + percent_encode(value);
  return *this;
}

http_answer ask(const shell& s, const path_builder& path, http_call call) {
  auto base = s.url;
  while (base.ends_with('/'))
    base.pop_back();
  if (!base.starts_with("http://") && !base.starts_with("https://"))
    throw cli_error{exit_usage, "--url must be like http://127.0.0.1:7420, not \"" + s.url + "\""};
  call.url = base + path.text();
  call.authority = s.authority;
  if (const auto key = key_to_show(s); !key.empty()) {
    if (base.starts_with("http://") && !stays_here(base))
      throw cli_error{exit_usage,
                      "the API key is not sent in clear text to " + base + ": use https://"};
    call.headers.emplace_back("Authorization", "Bearer " + key);
  }
  auto answer = send(call);
  if (answer.status == 0)
    throw cli_error{exit_unreachable,
                    answer.never_sent ? "no node answers at " + base +
                                            " - is `troupe dev` running? (" + answer.problem + ")"
                                      : "the node at " + base + " went silent: " + answer.problem};
  if ((answer.status >= 200 && answer.status < 300) || answer.status == call.refusal)
    return answer;
  throw cli_error{answer.status == 404 ? exit_not_found : exit_refused, words_of_problem(answer)};
}

json document_of(const http_answer& answer) {
  auto out = json::parse(answer.body, nullptr, false);
  if (out.is_discarded())
    throw cli_error{exit_refused, "what answers there is no troupe node: its answer is not JSON"};
  return out;
}

} // namespace troupe::cli
