#include "nodes/doors/body_form.hpp"

#include "nodes/doors/api_parts.hpp"

namespace troupe {

body_form::body_form(const http_request& what, const responder& answer, bool may_lack)
    : what_(what)
    , answer_(answer) {
  problem bad;
  body_ = read_object(what, bad, may_lack);
  if (body_)
    in_.emplace(*body_, "", errors_);
  else
    refuse(answer, bad, what.path);
}

bool body_form::ends() {
  in_->end();
  if (errors_.empty())
    return true;
  refuse(answer_, bad_request("the body breaks its schema", std::move(errors_)), what_.path);
  return false;
}

} // namespace troupe
