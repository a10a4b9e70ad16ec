#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe {

class access_pass;

/// A request as it came in, without its connection. It is valid only while its handler runs: what
/// is needed longer is copied or moved out of it.
class http_request {
 public:
  std::string_view method;
  std::string_view target; ///< as it was sent: path and query
  std::string_view path;   ///< of `target`, not decoded
  std::string_view query;  ///< of `target`, without the question mark
  std::string body;        ///< a handler may move it out
  /// What the route's `{name}` segments matched, decoded, in their order.
  std::vector<std::string> parameters;
  std::string_view remote; ///< the address it came from; empty: not known
  /// Of the key that it came with; null: no keys are asked for.
  std::shared_ptr<const access_pass> pass;

  /// The value of a header field, by its name in lower case; empty when it was not sent. Of a
  /// repeated field the first.
  [[nodiscard]] std::string_view header(std::string_view lower_name) const noexcept;
  /// Whether a header field was sent, and how often.
  [[nodiscard]] std::size_t count(std::string_view lower_name) const noexcept;

  // -- for the parser ---------------------------------------------------------

  void clear() noexcept;
  void set_request_line(std::string_view method_name, std::string_view whole_target);
  void add_header(std::string_view name, std::string_view value);

 private:
  struct field {
    std::uint32_t name = 0, name_size = 0, value = 0, value_size = 0;
  };
  std::string line_;
  std::string text_; ///< names (in lower case) and values, one after the other
  std::vector<field> fields_;
};

/// What is answered.
struct http_reply {
  unsigned status = 200;
  std::string body;
  std::string_view type = "application/json"; ///< of static storage; empty: no body
  std::string headers;                        ///< further header lines, each with its CRLF

  /// Adds a header line. Control characters in the value are left out, so that no value can end the
  /// line.
  void add(std::string_view name, std::string_view value);
};

/// The words of a status code; empty for those that this server never answers.
[[nodiscard]] std::string_view status_words(unsigned status) noexcept;

/// Appends status line and headers for a body of `length` bytes; `streamed` stands for a body of
/// unknown length in chunks, or up to the end of the connection if `chunked` is false. `date` is a
/// complete header line or empty.
struct reply_head {
  const http_reply* reply = nullptr;
  std::size_t length = 0;
  bool streamed = false;
  bool chunked = true;
  bool keep = true;      ///< the connection stays
  bool say_keep = false; ///< HTTP/1.0 has to be told
  std::string_view date;
};
void append_head(std::string& out, const reply_head& head);

} // namespace troupe
