#pragma once

#include "nodes/doors/http_message.hpp"

#include <utility>

#include <boost/beast/http/basic_parser.hpp>

namespace troupe {

/// Beast's HTTP/1 parser, writing into a request that is used again for the next one: no allocation
/// per field.
class request_parser final : public boost::beast::http::basic_parser<true> {
 public:
  explicit request_parser(http_request& into)
      : into_(into) {}

  /// The client waits for "100 Continue" before it sends the body.
  [[nodiscard]] bool expects_continue() const noexcept { return expects_continue_; }
  [[nodiscard]] int http_version() const noexcept { return version_; }

 private:
  using verb = boost::beast::http::verb;
  using field = boost::beast::http::field;
  using text = boost::beast::string_view;
  using error_code = boost::beast::error_code;

  void on_request_impl(verb, text method, text target, int version, error_code&) override;
  void on_response_impl(int, text, int, error_code&) override {}
  void on_field_impl(field, text name, text value, error_code&) override;
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override;
  std::size_t on_body_impl(text piece, error_code&) override;
  void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, text piece, error_code&) override;
  void on_finish_impl(error_code&) override {}

  http_request& into_;
  int version_ = 11;
  bool expects_continue_ = false;
};

/// How a parser's error is answered: the status, and words for people.
struct parse_refusal {
  unsigned status = 400;
  const char* word = "malformed_request";
  const char* title = "Malformed request";
  std::string detail;
};
[[nodiscard]] parse_refusal refusal_of(const boost::beast::error_code& e);

} // namespace troupe
