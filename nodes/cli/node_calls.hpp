#pragma once

#include "nodes/cli/http_client.hpp"
#include "nodes/cli/shell.hpp"

#include <string>
#include <utility>
#include <vector>

namespace troupe::cli {

/// A path with a query, built bit by bit; what is empty is left out.
class path_builder {
 public:
  explicit path_builder(std::string path)
      : path_(std::move(path)) {}
  /// Adds `/segment`, encoded.
  path_builder& part(std::string_view segment);
  path_builder& with(std::string_view name, std::string_view value);
  [[nodiscard]] const std::string& text() const noexcept { return path_; }

 private:
  std::string path_;
  bool asks_ = false;
};

/// Sends `call`, with `path` in place of its URL, to the node that `s` names. Whatever is not a 2xx
/// answer, nor the refusal that the call wants, is thrown as a `cli_error` with the code that
/// documents it and the node's own words.
[[nodiscard]] http_answer ask(const shell& s, const path_builder& path, http_call call = {});

/// The document of a 2xx answer.
[[nodiscard]] json document_of(const http_answer& answer);

/// GETs `path`: prints it as it came with `-o json`, or what `show` makes of it.
template <class Show>
exit_code show_path(const shell& s, const path_builder& path, Show show) {
  const auto answer = ask(s, path);
  if (s.as_json())
    s.print_raw(answer.body);
  else
    s.print(show(document_of(answer)));
  return exit_ok;
}

} // namespace troupe::cli
