#pragma once

#include "nodes/doors/body_reader.hpp"
#include "nodes/doors/responder.hpp"

#include <optional>
#include <vector>

namespace troupe {

/// The body of a request as its handler reads it, member by member and strictly; what is wrong with
/// it is answered with a problem document. Used within one handler, and not after it.
class body_form {
 public:
  /// With `may_lack`, no body at all is an empty object.
  body_form(const http_request& what, const responder& answer, bool may_lack = false);
  body_form(const body_form&) = delete;
  body_form& operator=(const body_form&) = delete;

  /// Whether there is a body to be read; otherwise the request has been answered.
  [[nodiscard]] explicit operator bool() const noexcept { return body_.has_value(); }
  [[nodiscard]] member_reader& in() noexcept { return *in_; }
  /// Whether nothing was wrong so far.
  [[nodiscard]] bool sound() const noexcept { return errors_.empty(); }
  void fail(body_error x) { errors_.push_back(std::move(x)); }
  /// After the last member: whether all is well; otherwise the request has been answered.
  [[nodiscard]] bool ends();

 private:
  const http_request& what_;
  const responder& answer_;
  std::optional<json> body_;
  std::vector<body_error> errors_;
  std::optional<member_reader> in_;
};

} // namespace troupe
