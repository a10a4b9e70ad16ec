// A request as a stranger sends it: the head and the body through the door's parser, in pieces.
#include "nodes/doors/request_parser.hpp"
#include "nodes/doors/uri.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>

using namespace troupe;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  http_request request;
  request_parser parser{request};
  parser.header_limit(16 << 10);
  parser.body_limit(64 << 10);
  parser.eager(true);
  auto rest = fuzz::text_of(data, size);
  // The first byte says how large the pieces are: a parser must not care where packets end.
  const std::size_t piece = rest.empty() ? 1 : static_cast<unsigned char>(rest.front()) + 1;
  if (!rest.empty())
    rest.remove_prefix(1);
  std::string waiting;
  boost::beast::error_code error;
  while (!parser.is_done() && !rest.empty()) {
    const auto taken = std::min(piece, rest.size());
    waiting.append(rest.substr(0, taken));
    rest.remove_prefix(taken);
    const auto used = parser.put(boost::asio::buffer(waiting), error);
    waiting.erase(0, used);
    if (error == boost::beast::http::error::need_more)
      error = {};
    if (error) {
      const auto refusal = refusal_of(error);
      fuzz::demand(refusal.status >= 400 && refusal.status < 600, "a refusal has a status");
      return 0;
    }
  }
  if (!parser.is_done())
    return 0;
  fuzz::demand(request.body.size() <= (64u << 10), "a body keeps its limit");
  static_cast<void>(request.header("content-type"));
  std::string problem;
  static_cast<void>(percent_decode(request.path, false));
  static_cast<void>(parse_query(request.query, problem));
  return 0;
}
