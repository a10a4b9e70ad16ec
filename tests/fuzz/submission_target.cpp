// The body of `POST /v1/tasks`.
#include "nodes/doors/problem.hpp"
#include "nodes/doors/submit_request.hpp"
#include "tests/fuzz/target.hpp"

using namespace troupe;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  http_request request;
  request.set_request_line("POST", "/v1/tasks");
  request.add_header("content-type", "application/json");
  request.body = fuzz::text_of(data, size);
  problem why;
  const auto wish = read_submission(request, why);
  if (!wish) {
    fuzz::demand(why.status >= 400 && why.status < 500, "a refused body has a problem document");
    return 0;
  }
  // What was let in can be written down and told to others.
  static_cast<void>(wish->data.dump(-1, ' ', false, json::error_handler_t::strict));
  return 0;
}
