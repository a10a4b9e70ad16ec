// Bytes from another node or from a damaged store: the first byte says what they claim to be.
#include "src/wire/codec.hpp"
#include "tests/fuzz/target.hpp"

using namespace troupe;

namespace {

/// What can be read can be written, and reads the same again.
template <class Decode, class Encode>
void round(std::string_view bytes, Decode decode, Encode encode) {
  const auto first = decode(bytes);
  if (!first) {
    fuzz::demand(!first.error.empty(), "what cannot be read says why");
    return;
  }
  std::string again;
  try {
    again = encode(*first);
  } catch (const encode_error&) {
    return;
  }
  const auto second = decode(again);
  fuzz::demand(static_cast<bool>(second), "what was written can be read");
  fuzz::demand(encode(*second) == again, "what was read again is the same");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  const auto bytes = fuzz::text_of(data + 1, size - 1);
  const auto write = [](const auto& x) { return encode(x); };
  switch (data[0] % 7) {
  case 0:
    round(bytes, decode_task, write);
    break;
  case 1:
    round(bytes, decode_event, write);
    break;
  case 2:
    round(bytes, decode_outcome, write);
    break;
  case 3:
    round(bytes, decode_plan, write);
    break;
  case 4:
    round(bytes, decode_plan_node, write);
    break;
  case 5:
    round(bytes, decode_task_record, write);
    break;
  default:
    round(bytes, decode_session, [](const auto& x) { return encode_session(x); });
    break;
  }
  return 0;
}
