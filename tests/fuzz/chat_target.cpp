// The body of `POST /v1/chat/completions`.
#include "nodes/doors/openai_reply.hpp"
#include "nodes/doors/openai_request.hpp"
#include "src/wire/codec.hpp"
#include "tests/fuzz/target.hpp"

using namespace troupe;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  http_request request;
  request.set_request_line("POST", "/v1/chat/completions");
  request.add_header("content-type", "application/json");
  request.body = fuzz::text_of(data, size);
  problem why;
  const auto wish = read_chat(request, why);
  if (!wish) {
    fuzz::demand(why.status >= 400 && why.status < 500, "a refused body has a problem");
    fuzz::demand(json::parse(openai_error_text(why))["error"].is_object(),
                 "and an error of this API");
    return 0;
  }
  fuzz::demand(!wish->what.text.empty() && !wish->what.domain.empty(),
               "a task has a text and a domain");
  fuzz::demand(json_fits(wish->what.data), "a task can be stored");
  static_cast<void>(wish->what.data.dump(-1, ' ', false, json::error_handler_t::strict));
  return 0;
}
