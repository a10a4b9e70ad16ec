#include "nodes/cli/node_calls.hpp"

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
  auto answer = send(call);
  if (answer.status == 0)
    throw cli_error{exit_unreachable,
                    answer.never_sent ? "no node answers at " + base +
                                            " - is `troupe dev` running? (" + answer.problem + ")"
                                      : "the node at " + base + " went silent: " + answer.problem};
  if (answer.status >= 200 && answer.status < 300)
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
