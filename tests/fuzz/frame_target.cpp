// Bytes that come in on a link, in pieces as the network may cut them: the first byte says how long
// the pieces are. What the frames hold is read as the link would read it.
#include "src/links/framing.hpp"
#include "src/wire/frames.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <cstring>

using namespace troupe;
using links::frame_type;

namespace {

/// What can be read can be written, and reads the same again.
void round_batch(std::string_view bytes) {
  const auto first = decode_batch(bytes);
  if (!first) {
    fuzz::demand(!first.error.empty(), "what cannot be read says why");
    return;
  }
  fuzz::demand(first->size() <= max_batch_envelopes, "a batch is bounded");
  const auto again = encode_batch(*first);
  const auto second = decode_batch(again);
  fuzz::demand(static_cast<bool>(second), "what was written can be read");
  fuzz::demand(encode_batch(*second) == again, "what was read again is the same");
}

void round_hello(std::string_view bytes) {
  const auto first = decode_hello(bytes);
  if (!first) {
    fuzz::demand(!first.error.empty(), "what cannot be read says why");
    return;
  }
  const auto second = decode_hello(encode_hello(*first));
  fuzz::demand(second && *second == *first, "a hello that was written reads the same");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  const std::size_t piece = 1 + data[0];
  auto rest = fuzz::text_of(data + 1, size - 1);
  round_batch(rest);
  round_hello(rest);
  constexpr std::size_t limit = 4096;
  links::frame_reader reader{limit};
  while (!rest.empty()) {
    const auto space = reader.space();
    fuzz::demand(!space.empty(), "a reader that has no frame has space for more");
    const auto n = std::min({piece, rest.size(), space.size()});
    std::memcpy(space.data(), rest.data(), n);
    reader.filled(n);
    rest.remove_prefix(n);
    while (const auto frame = reader.next()) {
      fuzz::demand(frame->body.size() <= limit, "a frame is bounded");
      switch (frame->type) {
      case frame_type::hello:
        round_hello(frame->body);
        break;
      case frame_type::batch:
        round_batch(frame->body);
        break;
      case frame_type::goodbye:
        if (const auto bye = decode_goodbye(frame->body))
          fuzz::demand(bye->why.size() <= max_goodbye_bytes, "a goodbye is bounded");
        break;
      case frame_type::beat:
        break;
      }
    }
    if (!reader.error().empty())
      break;
  }
  return 0;
}
